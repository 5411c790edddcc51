//! A subject before it runs: command, environment, arguments.
//! It knows how the profile wants the mode, the ports and the upstream to be told.
//! It refuses to leak the judge's own environment: only PATH and what the case gives.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::subject::{Exit, Watchdog};
use super::{Ground, Rig, ports};
use crate::judge::Failure;
use crate::watchdog::profile::MetricsPort;
use crate::watchdog::traits::Mode;

/// The variable that everything below one subject inherits, and the number of the subject.
const MARK: &str = "FIXTURE_SUBJECT";
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// What to run the subject in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Housing {
    #[default]
    Plain,
    /// PID 1 of a new PID namespace.
    Init,
}

/// A subject to be started.
#[derive(Clone, Debug)]
pub struct Setup {
    rig: RigParts,
    env: BTreeMap<String, Option<String>>,
    args: Vec<String>,
    housing: Housing,
    /// What a shell does before it becomes the subject.
    before: Vec<String>,
    await_upstream: bool,
}

/// What outlives the borrow of the rig.
#[derive(Clone, Debug)]
pub(crate) struct RigParts {
    pub(crate) ground: Arc<Ground>,
    pub(crate) mode: Mode,
    pub(crate) dir: Arc<super::CaseDir>,
    pub(crate) transcript: crate::wire::Transcript,
    pub(crate) logs: super::Logs,
}

impl Setup {
    pub(crate) fn new(rig: &Rig) -> Self {
        let parts = RigParts {
            ground: Arc::clone(&rig.ground),
            mode: rig.mode,
            dir: Arc::clone(&rig.dir),
            transcript: rig.transcript.clone(),
            logs: Arc::clone(&rig.logs),
        };
        Self {
            rig: parts,
            env: BTreeMap::new(),
            args: Vec::new(),
            housing: Housing::Plain,
            before: Vec::new(),
            await_upstream: true,
        }
    }

    /// The command line of the function.
    #[must_use]
    pub fn fprocess(self, line: &str) -> Self {
        self.env("fprocess", line)
    }

    /// Sets a variable, over what the rig would set.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Leaves a variable out that the rig would set.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.env.insert(name.to_owned(), None);
        self
    }

    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// Another mode than the one of the run.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.rig.mode = mode;
        self
    }

    /// Runs the subject as PID 1 of a new PID namespace.
    #[must_use]
    pub fn pid1(mut self, yes: bool) -> Self {
        self.housing = if yes { Housing::Init } else { Housing::Plain };
        self
    }

    /// Starts the subject with this soft and this hard limit on descriptors.
    #[must_use]
    pub fn descriptors(mut self, soft: u32, hard: u32) -> Self {
        self.before.push(format!("ulimit -S -n {soft}"));
        self.before.push(format!("ulimit -H -n {hard}"));
        self
    }

    /// Starts the subject where no file may grow beyond so many bytes.
    #[must_use]
    pub fn file_size(mut self, bytes: u64) -> Self {
        // POSIX counts in blocks of 512 bytes.
        self.before.push(format!("ulimit -f {}", bytes / 512));
        self
    }

    /// Begins to stop as soon as it is told to, and has long for it: whoever holds the end shows.
    #[must_use]
    pub fn stops_at_once(self) -> Self {
        self.env("drain_delay", "100ms")
            .env("healthcheck_interval", "100ms")
            .env("shutdown_timeout", "20s")
    }

    /// In http mode `start` also waits for the fixture's port; not with `false`.
    #[must_use]
    pub fn await_upstream(mut self, yes: bool) -> Self {
        self.await_upstream = yes;
        self
    }

    /// Starts the subject and waits until it is healthy.
    pub fn start(self) -> Result<Watchdog, Failure> {
        let await_upstream = self.await_upstream;
        let watchdog = self.spawn()?;
        watchdog.wait_healthy(20.0)?;
        if await_upstream {
            watchdog.wait_upstream(20.0)?;
        }
        Ok(watchdog)
    }

    /// Starts the subject and waits for nothing.
    pub fn spawn(self) -> Result<Watchdog, Failure> {
        let ports = self.ports()?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{serial}", std::process::id());
        let env = self.environment(ports, mark.clone())?;
        let mut command = self.command()?;
        command
            .args(&self.args)
            .env_clear()
            .envs(&env)
            .current_dir(&self.rig.dir.path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0);
        let child = command.spawn().map_err(|e| {
            Failure::fault(format!(
                "cannot run {}: {e}",
                self.rig.ground.subject.display()
            ))
        })?;
        let told = Told {
            ports,
            env: &env,
            mark: format!("{MARK}={mark}"),
        };
        Watchdog::new(self.rig, child, told, self.housing == Housing::Init)
    }

    /// For a subject that is meant to end by itself: start-up errors, command line flags.
    pub fn run_to_exit(self, secs: f64) -> Result<Exit, Failure> {
        self.spawn()?.wait_exit(secs)
    }

    fn command(&self) -> Result<Command, Failure> {
        let subject = &self.rig.ground.subject;
        if !self.before.is_empty() {
            let mut command = Command::new("sh");
            let script = format!("{} && exec \"$0\" \"$@\"", self.before.join(" && "));
            command.args(["-c", &script]).arg(subject);
            return Ok(command);
        }
        if self.housing == Housing::Plain {
            return Ok(Command::new(subject));
        }
        let flags = ["--pid", "--fork", "--kill-child", "--mount-proc"];
        let probe = Command::new("unshare")
            .args(flags)
            .arg("true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !probe.is_ok_and(|status| status.success()) {
            return Err(Failure::skipped("PID namespaces are not permitted here"));
        }
        let mut command = Command::new("unshare");
        command.args(flags).arg("--").arg(subject);
        Ok(command)
    }

    fn ports(&self) -> Result<Ports, Failure> {
        let metrics = match self.rig.ground.profile.metrics {
            MetricsPort::Chosen => ports::free()?,
            MetricsPort::Fixed(port) => port,
        };
        Ok(Ports {
            main: ports::free()?,
            metrics,
            fixture: ports::free()?,
        })
    }

    fn environment(&self, ports: Ports, mark: String) -> Result<BTreeMap<String, String>, Failure> {
        let dir = &self.rig.dir.path;
        let tmp = dir.join("tmp");
        fs::create_dir_all(&tmp).map_err(|e| Failure::fault(format!("no TMPDIR: {e}")))?;
        let mut env = BTreeMap::new();
        let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
        set(
            "PATH",
            std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned()),
        );
        set("TMPDIR", tmp.display().to_string());
        set("FIXTURE_DIR", dir.display().to_string());
        set("FIXTURE_PORT", ports.fixture.to_string());
        set("port", ports.main.to_string());
        if self.rig.ground.profile.metrics == MetricsPort::Chosen {
            set("metrics_port", ports.metrics.to_string());
        }
        if self.rig.ground.profile.mode_variable {
            set("mode", self.rig.mode.name().to_owned());
        }
        match self.rig.mode {
            Mode::Http => {
                set(
                    "upstream_url",
                    format!("http://127.0.0.1:{}", ports.fixture),
                );
            }
            Mode::Static => {
                let public = dir.join("public");
                fs::create_dir_all(&public)
                    .map_err(|e| Failure::fault(format!("no static_path: {e}")))?;
                set("static_path", public.display().to_string());
            }
            _ => {}
        }
        env.insert(MARK.to_owned(), mark);
        for (name, value) in &self.env {
            match value {
                Some(value) => env.insert(name.clone(), value.clone()),
                None => env.remove(name),
            };
        }
        Ok(env)
    }
}

/// What a subject was told.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) ports: Ports,
    pub(crate) env: &'a BTreeMap<String, String>,
    /// The entry that everything below it has in its environment.
    pub(crate) mark: String,
}

/// The ports of one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) main: u16,
    pub(crate) metrics: u16,
    pub(crate) fixture: u16,
}
