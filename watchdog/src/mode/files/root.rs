//! The directory that is served.
//!
//! Owns the one way to open something in it, and what its name stands for. May know whether links may lead out of it. Refuses whatever is neither a file nor a directory: a pipe or a
//! device could keep a request waiting.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// A directory by its name, which may come to stand for another one: a deployment renames a link.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    /// Links may lead out of it.
    open: bool,
    current: RwLock<Arc<Tree>>,
}

/// An open directory; what is opened stays below it.
#[derive(Debug)]
pub(super) struct Tree {
    dir: Dir,
    /// Which one it is.
    id: Id,
    open: bool,
    /// Tells its files from those of the first one, which may have their size and age. Empty for the first, as other replicas have the same.
    mark: String,
}

/// A device and a number on it.
type Id = (u64, u64);

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
        Ok(Self {
            path: path.to_owned(),
            open,
            current: RwLock::new(Arc::new(Tree::new(path, open)?)),
        })
    }

    /// The directory that the name stands for now, or the last one where it stands for none.
    pub(super) fn tree(&self) -> Arc<Tree> {
        let known = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        match self.id() {
            Some(id) if id != known.id => {}
            _ => return known,
        }
        let Ok(mut tree) = Tree::new(&self.path, self.open) else {
            return known;
        };
        tree.mark = format!("-{:x}", tree.id.1);
        let tree = Arc::new(tree);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.clone_from(&tree);
        tree
    }

    /// The name stands for a directory.
    pub(super) fn is_there(&self) -> bool {
        self.id().is_some()
    }

    fn id(&self) -> Option<Id> {
        let about = rustix::fs::stat(self.path.as_os_str().as_bytes()).ok()?;
        FileType::from_raw_mode(about.st_mode)
            .is_dir()
            .then_some((about.st_dev, about.st_ino))
    }
}

impl Tree {
    fn new(path: &Path, open: bool) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        let about = rustix::fs::fstat(&dir)?;
        let id = (about.st_dev, about.st_ino);
        let mark = String::new();
        Ok(Self {
            dir,
            id,
            open,
            mark,
        })
    }

    pub(super) fn mark(&self) -> &str {
        &self.mark
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
