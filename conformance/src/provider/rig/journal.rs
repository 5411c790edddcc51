//! What a run makes on a provider, on disk before it is made.
//! It knows one file per run, a line per event, and where such files are kept.
//! It refuses to let something be made that it could not write down.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The kinds of things that outlive a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Function,
    Secret,
    Namespace,
}

/// Something that was made, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    pub kind: Kind,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Thing {
    pub fn function(name: &str, namespace: Option<&str>) -> Self {
        Self::new(Kind::Function, name, namespace)
    }

    pub fn secret(name: &str, namespace: Option<&str>) -> Self {
        Self::new(Kind::Secret, name, namespace)
    }

    pub fn namespace(name: &str) -> Self {
        Self::new(Kind::Namespace, name, None)
    }

    fn new(kind: Kind, name: &str, namespace: Option<&str>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            namespace: namespace.filter(|text| !text.is_empty()).map(str::to_owned),
        }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Function => "function",
            Kind::Secret => "secret",
            Kind::Namespace => "namespace",
        };
        write!(f, "{kind} {}", self.name)?;
        match &self.namespace {
            Some(namespace) => write!(f, " in {namespace}"),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Run {
        id: String,
        gateway: String,
        user: String,
        started: String,
    },
    Make(Thing),
    Gone(Thing),
}

/// The open journal of this run.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    left: Mutex<Vec<Thing>>,
    stop: Arc<AtomicBool>,
}

impl Journal {
    pub fn begin(dir: &Path, id: &str, gateway: &str, user: &str) -> Result<Self, String> {
        let path = dir.join(format!("{id}.jsonl"));
        let file = fs::create_dir_all(dir)
            .and_then(|()| File::options().append(true).create_new(true).open(&path))
            .map_err(|e| {
                let shown = path.display();
                format!(
                    "cannot write the journal {shown}: {e}; name a directory with --journal DIR"
                )
            })?;
        let journal = Self {
            path,
            file: Mutex::new(file),
            left: Mutex::default(),
            stop: Arc::default(),
        };
        let started = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        journal
            .write(&Line::Run {
                id: id.to_owned(),
                gateway: gateway.to_owned(),
                user: user.to_owned(),
                started,
            })
            .map_err(|failure| failure.message)?;
        Ok(journal)
    }

    /// Written before anything is sent that would make it.
    pub fn make(&self, thing: &Thing) -> Result<(), Failure> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if !left.contains(thing) {
            self.write(&Line::Make(thing.clone()))?;
            left.push(thing.clone());
        }
        Ok(())
    }

    pub fn gone(&self, thing: &Thing) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.retain(|other| other != thing);
        let _ = self.write(&Line::Gone(thing.clone()));
    }

    /// Once set, nothing more is made and no wait goes on.
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// What was made and is not known to be gone.
    pub fn left(&self) -> Vec<Thing> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.clone()
    }

    /// Nothing is left: the file is not needed any more.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn write(&self, line: &Line) -> Result<(), Failure> {
        let failed = |e: String| {
            let path = self.path.display();
            Failure::fault(format!("cannot write the journal {path}: {e}"))
        };
        let text = serde_json::to_string(line).map_err(|e| failed(e.to_string()))?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{text}\n").as_bytes())
            .map_err(|e| failed(e.to_string()))
    }
}

/// A journal that a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub path: PathBuf,
    pub id: String,
    pub gateway: String,
    pub user: String,
    pub started: String,
    pub things: Vec<Thing>,
}

impl Leftover {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut read = Self {
            path: path.to_path_buf(),
            id: String::new(),
            gateway: String::new(),
            user: String::new(),
            started: String::new(),
            things: Vec::new(),
        };
        // A line that a killed run did not finish made nothing.
        for line in text.lines().filter_map(|l| serde_json::from_str(l).ok()) {
            match line {
                Line::Run {
                    id,
                    gateway,
                    user,
                    started,
                } => {
                    (read.id, read.gateway, read.user, read.started) = (id, gateway, user, started);
                }
                Line::Make(thing) => read.things.push(thing),
                Line::Gone(thing) => read.things.retain(|other| *other != thing),
            }
        }
        if read.id.is_empty() {
            return Err(format!("{}: not a journal of a run", path.display()));
        }
        Ok(read)
    }

    /// Every journal in the directory, the oldest first.
    pub fn all(dir: &Path) -> Vec<Self> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let mut found: Vec<Self> = entries
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "jsonl"))
            .filter_map(|entry| Self::read(&entry.path()).ok())
            .collect();
        found.sort_by(|a, b| a.started.cmp(&b.started));
        found
    }
}

/// What one case made. Once closed it takes nothing more, so that a case that overran its time leaves nothing.
#[derive(Clone, Debug)]
pub struct Made {
    journal: Arc<Journal>,
    /// `None` once closed.
    things: Arc<Mutex<Option<Vec<Thing>>>>,
}

impl Made {
    pub fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            things: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    pub fn add(&self, thing: &Thing) -> Result<(), Failure> {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let stopped = self.journal.stop.load(Ordering::SeqCst);
        let Some(things) = things.as_mut().filter(|_| !stopped) else {
            return Err(Failure::fault(format!("the case is over: no {thing}")));
        };
        self.journal.make(thing)?;
        if !things.contains(thing) {
            things.push(thing.clone());
        }
        Ok(())
    }

    /// Whether the case is over, or the whole run.
    pub fn is_closed(&self) -> bool {
        let things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        things.is_none() || self.journal.stop.load(Ordering::SeqCst)
    }

    pub fn close(&self) -> Vec<Thing> {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        things.take().unwrap_or_default()
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_killed_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::begin(dir.path(), "abc", "http://h", "joe").unwrap();
        let (one, two) = (Thing::function("a", None), Thing::secret("b", Some("n")));
        journal.make(&one).unwrap();
        journal.make(&two).unwrap();
        journal.make(&two).unwrap();
        journal.gone(&one);
        let mut file = File::options()
            .append(true)
            .open(dir.path().join("abc.jsonl"))
            .unwrap();
        file.write_all(b"{\"make\":{\"ki").unwrap();
        let found = Leftover::all(dir.path());
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].id.as_str(), found[0].user.as_str()),
            ("abc", "joe")
        );
        assert_eq!(found[0].things, vec![two]);
        assert!(Journal::begin(dir.path(), "abc", "", "").is_err());
        journal.remove();
        assert!(Leftover::all(dir.path()).is_empty());
    }

    #[test]
    fn a_case_that_is_over_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::begin(dir.path(), "abc", "", "").unwrap());
        let made = Made::new(Arc::clone(&journal));
        made.add(&Thing::function("a", Some(""))).unwrap();
        assert_eq!(made.clone().close(), vec![Thing::function("a", None)]);
        assert!(made.is_closed());
        assert!(made.add(&Thing::function("b", None)).is_err());
        assert_eq!(journal.left().len(), 1);
    }
}
