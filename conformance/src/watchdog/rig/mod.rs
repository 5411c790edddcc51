//! What a case is given: a subject to start, fixtures to run in it, a place for evidence and a clock.
//! It knows the mode, flavour and profile of the run, and which executable holds the fixtures.
//! It refuses to outlive the case: what was started is killed and what was written is removed.

pub mod ports;
pub mod proc;
pub mod setup;
pub mod subject;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::profile::{MetricsPort, Profile};
use super::traits::{Flavour, Mode};
use crate::judge::{self, Evidence, Failure};
use crate::wire::{Transcript, Wire};

pub use crate::wire::WebSocket;
pub use setup::Setup;
pub use subject::{Exit, Watchdog};

/// What every run shares.
#[derive(Debug)]
pub struct Ground {
    pub subject: PathBuf,
    pub fixture_exe: PathBuf,
    pub flavour: Flavour,
    pub profile: &'static Profile,
    pub timeout_scale: f64,
    /// Whoever judges a subject with fixed ports has them to himself for the whole run, where nobody else was first.
    _turn: Option<fs::File>,
}

impl Ground {
    /// `fixture_exe` is the executable that answers to `fixture NAME ARGS...`.
    pub fn new(
        subject: PathBuf,
        fixture_exe: PathBuf,
        flavour: Flavour,
        profile: &'static Profile,
    ) -> Self {
        Self {
            subject,
            fixture_exe,
            flavour,
            profile,
            timeout_scale: 1.0,
            _turn: match profile.metrics {
                MetricsPort::Fixed(port) => ports::turn(port),
                MetricsPort::Chosen => None,
            },
        }
    }
}

/// The logs of the subjects of one run, kept for its failure.
pub(crate) type Logs = Arc<Mutex<Vec<(String, subject::Stream)>>>;

/// The tools of one run of one case.
#[derive(Debug)]
pub struct Rig {
    pub(crate) ground: Arc<Ground>,
    pub(crate) mode: Mode,
    pub(crate) dir: Arc<CaseDir>,
    pub(crate) transcript: Transcript,
    pub(crate) logs: Logs,
}

impl Rig {
    pub fn new(ground: Arc<Ground>, mode: Mode) -> Result<Self, Failure> {
        let dir = Arc::new(CaseDir::new()?);
        Ok(Self {
            ground,
            mode,
            dir,
            transcript: Transcript::default(),
            logs: Logs::default(),
        })
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn flavour(&self) -> Flavour {
        self.ground.flavour
    }

    pub fn profile(&self) -> &'static Profile {
        self.ground.profile
    }

    /// `secs`, scaled for slow machines.
    pub fn timeout(&self, secs: f64) -> Duration {
        Duration::from_secs_f64(secs * self.ground.timeout_scale)
    }

    /// The directory of this run; fixtures find it in `FIXTURE_DIR`.
    pub fn dir(&self) -> &Path {
        &self.dir.path
    }

    /// A file of the run's directory: what a fixture wrote there, or will.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes a file below the run's directory, with its folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, Failure> {
        let path = self.file(name);
        let folder = path.parent().unwrap_or(self.dir());
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, content))
            .map_err(|e| Failure::fault(format!("cannot write {}: {e}", path.display())))?;
        Ok(path)
    }

    /// What the fixtures wrote to `name` so far; empty when there is no such file.
    pub fn evidence(&self, name: &str) -> String {
        fs::read(self.file(name)).map_or_else(
            |_| String::new(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// Waits until the file `name` is there and not empty.
    pub fn wait_evidence(&self, name: &str, secs: f64) -> Result<String, Failure> {
        self.poll(secs, &format!("evidence {name:?} of the fixture"), || {
            Some(self.evidence(name)).filter(|text| !text.is_empty())
        })
    }

    /// Waits until `name` contains `text`.
    pub fn wait_evidence_of(&self, name: &str, text: &str, secs: f64) -> Result<(), Failure> {
        self.poll(secs, &format!("{text:?} in evidence {name:?}"), || {
            self.evidence(name).contains(text).then_some(())
        })
    }

    /// The process id that a fixture wrote to `name`.
    pub fn wait_pid(&self, name: &str, secs: f64) -> Result<i32, Failure> {
        let text = self.wait_evidence(name, secs)?;
        let pid = text
            .split_whitespace()
            .next()
            .and_then(|word| word.parse().ok());
        pid.ok_or_else(|| Failure::fault(format!("no process id in evidence {name:?}: {text:?}")))
    }

    /// Waits until the process is gone, or a zombie.
    pub fn wait_gone(&self, pid: i32, secs: f64) -> Result<(), Failure> {
        self.poll(secs, &format!("the end of process {pid}"), || {
            (!proc::alive(pid)).then_some(())
        })
    }

    /// The command line for `fprocess` that runs a fixture.
    pub fn fixture(&self, name: &str, args: &[&str]) -> String {
        let mut line = format!("{} fixture {name}", self.ground.fixture_exe.display());
        for arg in args {
            line.push(' ');
            line.push_str(arg);
        }
        line
    }

    /// The same as separate words, the program first.
    pub fn fixture_words(&self, name: &str, args: &[&str]) -> Vec<String> {
        let mut words = vec![
            self.ground.fixture_exe.display().to_string(),
            "fixture".into(),
            name.into(),
        ];
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        words
    }

    /// A subject to be configured and started.
    pub fn watchdog(&self) -> Setup {
        Setup::new(self)
    }

    /// A function for the current mode: in http mode the fixture server, in static mode none,
    /// otherwise `fork`, a command line of `fixture`.
    pub fn function(&self, fork: &str) -> Setup {
        match self.mode {
            Mode::Http => self.watchdog().fprocess(&self.fixture("http-server", &[])),
            Mode::Static => self.watchdog(),
            _ => self.watchdog().fprocess(fork),
        }
    }

    /// A connection to any loopback port, recorded like the others.
    pub fn connect(&self, port: u16) -> Result<Wire, Failure> {
        Wire::connect(
            ([127, 0, 0, 1], port).into(),
            self.timeout(10.0),
            &self.transcript,
        )
    }

    /// A free port below the ephemeral range, ours until the suite ends.
    pub fn free_port(&self) -> Result<u16, Failure> {
        ports::free()
    }

    /// The right to a port that is known by its number, for as long as the answer is held.
    pub fn turn(&self, port: u16) -> Result<fs::File, Failure> {
        let turn = self.poll(10.0, "a turn", || ports::turn(port));
        turn.map_err(|_| Failure::skipped(format!("another suite has port {port}")))
    }

    /// The only way to wait: asks until there is an answer, or fails after `secs` (scaled).
    pub fn poll<T>(
        &self,
        secs: f64,
        what: &str,
        ask: impl FnMut() -> Option<T>,
    ) -> Result<T, Failure> {
        poll(self.timeout(secs), what, ask)
    }

    /// Holds the case for `during`, where the passing of time is what is judged.
    pub fn pass_time(&self, during: Duration) {
        std::thread::sleep(during);
    }

    pub fn not_applicable<T>(&self, why: &str) -> Result<T, Failure> {
        Err(Failure::skipped(why))
    }

    /// The wires, the logs and the processes of this run, beyond a case that overran its time.
    pub(crate) fn hold(&self) -> Hold {
        Hold {
            dir: Arc::clone(&self.dir),
            transcript: self.transcript.clone(),
            logs: Arc::clone(&self.logs),
        }
    }
}

/// A hand on a run from outside the case.
#[derive(Debug)]
pub struct Hold {
    dir: Arc<CaseDir>,
    transcript: Transcript,
    logs: Logs,
}

impl judge::Hold for Hold {
    fn stop(&self) {
        self.dir.kill_all();
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            wire: self.transcript.text(),
            log: self.log(),
            ..Evidence::default()
        }
    }
}

impl Hold {
    fn log(&self) -> String {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        for (name, stream) in logs.iter() {
            for line in stream.text().lines() {
                out.push_str(name);
                out.push_str(" | ");
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}

/// The directory of a run. Dropping it kills every process that carries its name.
#[derive(Debug)]
pub struct CaseDir {
    pub(crate) path: PathBuf,
    _temp: tempfile::TempDir,
}

impl CaseDir {
    fn new() -> Result<Self, Failure> {
        let temp = tempfile::Builder::new()
            .prefix("conformance-")
            .tempdir()
            .map_err(|e| Failure::fault(format!("no directory for the case: {e}")))?;
        // Functions may run as somebody else.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(temp.path(), open)?;
        Ok(Self {
            path: temp.path().to_path_buf(),
            _temp: temp,
        })
    }

    /// Ends whatever this run started, wherever it was reparented to.
    pub(crate) fn kill_all(&self) {
        proc::kill_marked(&format!("FIXTURE_DIR={}", self.path.display()));
    }
}

impl Drop for CaseDir {
    fn drop(&mut self) {
        self.kill_all();
    }
}

pub(crate) fn poll<T>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> Option<T>,
) -> Result<T, Failure> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if Instant::now() >= deadline {
            return Err(Failure::failed(format!("{what}: not within {limit:?}")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
