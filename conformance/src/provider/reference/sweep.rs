//! What a replica may have left running after its watchdog has ended.
//! It knows the mark that every process of a replica inherits.
//! It refuses to touch a process without that mark.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The variable that every process of a replica has, with the name of the replica.
pub const MARK: &str = "REFERENCE_INSTANCE";
/// How long killed processes are waited for.
const TRIES: u32 = 100;

/// Kills what has the mark of that replica, until there is nothing left.
pub async fn end(instance: &str) {
    for _ in 0..TRIES {
        let mine = marked(instance);
        if mine.is_empty() {
            return;
        }
        for pid in mine {
            let _ = kill(pid, Signal::SIGKILL);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn marked(instance: &str) -> Vec<Pid> {
    let mark = format!("{MARK}={instance}");
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mine = entries.filter_map(|entry| {
        let number: i32 = entry.file_name().to_str()?.parse().ok()?;
        // One that has ended and is not yet waited for has none.
        let environment = fs::read(entry.path().join("environ")).ok()?;
        let has = environment
            .split(|&byte| byte == 0)
            .any(|pair| pair == mark.as_bytes());
        has.then(|| Pid::from_raw(number))
    });
    mine.collect()
}
