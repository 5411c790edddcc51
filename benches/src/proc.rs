//! What a process has used, as the kernel counts it.
//! It knows the CPU clock of a process and the sizes of `/proc`.
//! It refuses to count children: the clock of a process is its own threads, those that ended included, and nothing waited for.

use std::fs;
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;

use crate::fault::{During as _, Fault};

/// User and system time of all threads, in nanoseconds: what utime and stime of `/proc/<pid>/stat` show in ticks.
pub fn cpu(pid: i32) -> Result<Duration, Fault> {
    ClockId::pid_cpu_clock_id(Pid::from_raw(pid))
        .and_then(ClockId::now)
        .map(Duration::from)
        .during(format!("the CPU clock of process {pid}"))
}

/// A size of `/proc/<pid>/status` in bytes, such as `VmHWM` or `VmRSS`.
pub fn memory(pid: i32, field: &str) -> Result<u64, Fault> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).during("memory of a process")?;
    size(&text, field).ok_or_else(|| Fault::new(format!("no {field} for process {pid}")))
}

fn size(status: &str, field: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

/// The process and everything below it, parents first.
pub fn tree(root: i32) -> Vec<i32> {
    let all = parents();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        found.extend(
            all.iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| *pid),
        );
        at += 1;
    }
    found
}

/// Every process with its parent.
fn parents() -> Vec<(i32, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect()
}

fn parent(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{cpu, parent, size};

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        assert_eq!(parent("12 (a) b (c)) S 7 12 12"), Some(7));
        assert_eq!(parent("nothing"), None);
    }

    #[test]
    fn sizes_are_kib() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(size(status, "VmHWM"), Some(2 << 20));
        assert_eq!(size(status, "VmPeak"), None);
    }

    #[test]
    fn the_clock_of_a_process_runs() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let before = cpu(pid).unwrap();
        let mut work = 0_u64;
        while cpu(pid).unwrap() == before {
            work = std::hint::black_box(work + 1);
        }
    }
}
