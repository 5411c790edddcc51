//! The memory of a replica, held against the limit of its deployment.
//! It knows the processes below the watchdog, and how much each has for itself.
//! It refuses exactness: it looks again and again, and what was too much in between is not seen.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(10);

/// Returns when the processes from `root` down have more bytes than `limit`; never, where there is no limit.
pub async fn over(root: Option<u32>, limit: Option<u64>) {
    let (Some(root), Some(limit)) = (root, limit) else {
        return std::future::pending().await;
    };
    while used(root) <= limit {
        sleep(PAUSE).await;
    }
}

fn used(pid: u32) -> u64 {
    let below: u64 = children(pid).into_iter().map(used).sum();
    own(pid).unwrap_or(0) + below
}

/// What the process has in memory that is backed by no file.
fn own(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((kib("RssAnon:")? + kib("RssShmem:").unwrap_or(0)) * 1024)
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_counts() {
        let own = std::process::id();
        let before = used(own);
        let block = vec![1_u8; 64 << 20];
        assert!(used(own) >= before.saturating_add(block.len() as u64 / 2));
    }
}
