//! The folder in which the reference provider keeps secrets and logs while it runs.
//! It knows its own, and those that a killed one left behind.
//! It refuses to touch the folder of one that is alive.

use std::env::temp_dir;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "reference-";
/// Locked by whose folder it is: a lock ends with its process, however that ends.
const OWNER: &str = "owner";

/// Removed when dropped.
#[derive(Debug)]
pub struct Root {
    folder: TempDir,
    _owner: File,
}

impl Root {
    /// A new one; those that nobody has any more are removed.
    pub fn new() -> io::Result<Self> {
        sweep(&temp_dir());
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let owner = File::create(folder.path().join(OWNER))?;
        owner.lock()?;
        Ok(Self {
            folder,
            _owner: owner,
        })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What cannot be read or removed is somebody else's.
fn sweep(below: &Path) {
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// One without a lock file is about to get one.
fn is_left(folder: &Path) -> bool {
    File::open(folder.join(OWNER)).is_ok_and(|owner| owner.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_once_nobody_has_it() {
        let below = tempfile::tempdir().unwrap();
        let folder = below.path().join("reference-a");
        fs::create_dir(&folder).unwrap();
        sweep(below.path());
        assert!(folder.exists(), "it has no owner yet");
        let owner = File::create(folder.join(OWNER)).unwrap();
        owner.lock().unwrap();
        sweep(below.path());
        assert!(folder.exists(), "its owner is alive");
        drop(owner);
        sweep(below.path());
        assert!(!folder.exists());
    }
}
