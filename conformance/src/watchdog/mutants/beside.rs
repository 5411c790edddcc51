//! Who meddles with files and processes while the watchdog runs.
//! It knows the process, its environment and the files that it owns.
//! It refuses to outlive the watchdog.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::watchdog::rig::proc;

/// A watchdog as its neighbour sees it.
#[derive(Clone, Debug)]
pub struct Scene {
    pub pid: i32,
    pub env: BTreeMap<String, String>,
}

impl Scene {
    pub fn alive(&self) -> bool {
        proc::alive(self.pid)
    }

    /// Where its lock file is.
    pub fn lock(&self) -> PathBuf {
        let dir = self.env.get("TMPDIR").map_or("/tmp", String::as_str);
        PathBuf::from(dir).join(".lock")
    }

    /// Acts every two milliseconds until the watchdog is gone.
    pub fn each_moment(&self, mut act: impl FnMut()) {
        while self.alive() {
            act();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until this holds; whether it ever did.
    pub fn until(&self, mut held: impl FnMut() -> bool) -> bool {
        while self.alive() {
            if held() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// Waits for the end of the watchdog.
    pub fn end(&self) {
        self.each_moment(|| {});
    }
}
