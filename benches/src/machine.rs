//! The machine and what is installed on it.
//! It knows `/proc` and the version switches of programs.
//! It refuses to guess: what cannot be learned is empty.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::fault::{During as _, Fault};
use crate::screen::say;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cpus: usize,
    pub memory_mib: u64,
    pub kernel: String,
    pub toolchain: String,
    pub wrk: String,
}

impl Machine {
    pub fn look(wrk: Option<&Path>) -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib: u64 = after(&meminfo, "MemTotal")
            .and_then(|text| text.trim_end_matches(" kB").parse().ok())
            .unwrap_or_default();
        Self {
            cpu: after(&cpuinfo, "model name").unwrap_or_default().to_owned(),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: kib >> 10,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map(|text| text.trim().to_owned())
                .unwrap_or_default(),
            toolchain: first_line(Path::new("rustc"), "--version"),
            wrk: wrk.map(|wrk| first_line(wrk, "-v")).unwrap_or_default(),
        }
    }

    pub fn line(&self) -> String {
        format!(
            "{} x {}, {} MiB, Linux {}",
            self.cpus, self.cpu, self.memory_mib, self.kernel
        )
    }
}

/// Others at work are a part of every figure.
pub fn say_if_busy(cpus: usize) {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = text
        .split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or_default();
    if load > cpus as f64 / 2.0 {
        say(format!(
            "the machine is busy (load {load}): figures will be noisy"
        ));
    }
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim())
}

/// The first line that a program prints, wherever it prints it.
pub fn first_line(program: &Path, switch: &str) -> String {
    let output = Command::new(program)
        .arg(switch)
        .stdin(Stdio::null())
        .output();
    output
        .map(|output| [output.stdout, output.stderr].concat())
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .ok()
        .and_then(|text| text.lines().next().map(|line| line.trim().to_owned()))
        .unwrap_or_default()
}

/// As many descriptors as we may have, for us and all we start.
pub fn raise_descriptors() -> Result<(), Fault> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).during("the limit of descriptors")?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).during("raise the limit of descriptors")
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn a_field_is_what_follows_its_colon() {
        let text = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n";
        assert_eq!(after(text, "model name"), Some("A CPU @ 2 GHz"));
        assert_eq!(after(text, "MemTotal"), None);
    }
}
