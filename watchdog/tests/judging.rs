//! The judge of providers on the reference provider: nothing is left behind, however a run ends.
//! It knows that this executable is judge, provider, probe and test in one.
//! It refuses to say how the provider stands: `conformance run` does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and is no part of the watchdog"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use conformance::wire::{Request, Transcript, Wire};

/// admin, admin.
const BASIC: &str = "Basic YWRtaW46YWRtaW4=";
const PATIENCE: Duration = Duration::from_mins(1);
/// Cases that make functions and secrets, again and again.
const BUSY: &[&str] = &[
    "run",
    "-p",
    "admin",
    "--profile",
    "core,gateway,secrets",
    "--run",
    "auth/secrets",
    "--repeat",
    "500",
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        Some(("fixture", rest)) => return conformance::fixture::run(rest).into(),
        Some(("serve" | "run" | "cleanup", _)) => return conformance::cli::run(&words).into(),
        _ => {}
    }
    // The classic build knows no mode http, in which the probe runs.
    if cfg!(feature = "classic") {
        return ExitCode::SUCCESS;
    }
    an_interrupted_run_removes_what_it_made();
    a_killed_run_is_cleaned_up_after();
    let _ = std::io::stdout().write_all(b"2 passed\n");
    ExitCode::SUCCESS
}

struct Reference {
    child: Child,
    address: String,
    state: tempfile::TempDir,
}

impl Reference {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--fwatchdog", env!("CARGO_BIN_EXE_fwatchdog")])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("it listens").unwrap();
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let state = tempfile::tempdir().unwrap();
        Self {
            child,
            address,
            state,
        }
    }

    fn judge(&self, words: &[&str]) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(words)
            .env("OPENFAAS_URL", format!("http://{}", self.address))
            .env("XDG_STATE_HOME", self.state.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn get(&self, path: &str) -> String {
        let address = self.address.parse().unwrap();
        let wire = Wire::connect(address, PATIENCE, &Transcript::default());
        let request = Request::get(path).header("Authorization", BASIC);
        wire.unwrap().exchange(&request).unwrap().text()
    }

    /// A run in the middle of its cases.
    fn under_way(&self) -> Child {
        let judge = self.judge(BUSY);
        eventually("functions and secrets", || {
            let functions = self.get("/system/functions");
            functions.contains("-auth-") && self.get("/system/secrets").contains("cf-")
        });
        judge
    }

    fn journals(&self) -> Vec<PathBuf> {
        let dir = fs::read_dir(self.state.path().join("conformance"));
        let entries = dir.into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    fn assert_nothing_left(&self) {
        assert_eq!(self.get("/system/functions"), "[]");
        assert_eq!(self.get("/system/secrets"), "[]");
        assert_eq!(self.journals(), Vec::<PathBuf>::new());
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn an_interrupted_run_removes_what_it_made() {
    let reference = Reference::start();
    let mut judge = reference.under_way();
    let pid = judge.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(judge.wait().unwrap().code(), Some(130));
    reference.assert_nothing_left();
}

fn a_killed_run_is_cleaned_up_after() {
    let reference = Reference::start();
    let mut judge = reference.under_way();
    judge.kill().unwrap();
    judge.wait().unwrap();
    let journals = reference.journals();
    assert_eq!(journals.len(), 1, "{journals:?}");
    let run = journals[0].file_stem().unwrap().to_str().unwrap();
    let mut cleanup = reference.judge(&["cleanup", "--run", run, "-p", "admin"]);
    assert_eq!(cleanup.wait().unwrap().code(), Some(0));
    reference.assert_nothing_left();
}
