//! The directory that is served.
//!
//! Owns the one way to open something in it. May know whether links may lead out of it. Refuses whatever is neither a file nor a directory: a pipe or a
//! device could keep a request waiting.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// An open directory; what is opened stays below it.
#[derive(Debug)]
pub(super) struct Root {
    dir: Dir,
    /// Links may lead out of it.
    open: bool,
}

#[derive(Debug)]
pub(super) enum Found {
    File(File, Metadata),
    Directory(File),
}

/// Why nothing was found.
#[derive(Debug)]
pub(super) enum Lost {
    Missing,
    /// There, but not for this user.
    Forbidden,
    /// There perhaps, but the system fails.
    Broken(io::Error),
}

impl Root {
    pub(super) fn new(path: &Path, open: bool) -> io::Result<Self> {
        Dir::open_ambient_dir(path, ambient_authority()).map(|dir| Self { dir, open })
    }

    /// Opens `path`, which holds plain names only.
    pub(super) fn open(&self, path: &Path) -> Result<Found, Lost> {
        let file = if self.open {
            self.open_anywhere(path)
        } else {
            self.open_beneath(path)
        };
        let file = file.map_err(Lost::from)?;
        let about = file.metadata().map_err(Lost::Broken)?;
        if about.is_file() {
            Ok(Found::File(file, about))
        } else if about.is_dir() {
            Ok(Found::Directory(file))
        } else {
            Err(Lost::Missing)
        }
    }

    fn open_beneath(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(QUIET.bits().cast_signed());
        self.dir
            .open_with(path, &options)
            .map(cap_std::fs::File::into_std)
    }

    fn open_anywhere(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | QUIET;
        Ok(
            rustix::fs::openat(&self.dir, path.as_os_str().as_bytes(), flags, Mode::empty())?
                .into(),
        )
    }
}

/// Opening a pipe waits for nobody, and a terminal is not adopted.
const QUIET: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::ACCESS) => Self::Forbidden,
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::IO) => Self::Broken(error),
            _ => Self::Missing,
        }
    }
}
