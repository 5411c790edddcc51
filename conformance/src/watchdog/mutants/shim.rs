//! The executable that is judged in the watchdog's place, and the parts that it starts.
//! It knows that its own name is that of a mutant, and that the real binary is named beside it.
//! It refuses to stay where it need not: it becomes the watchdog, with the same process id.

use std::fs;
use std::io::{self, PipeReader, pipe};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::around::Start;
use super::below::Launch;
use super::beside::Scene;
use super::layers::Layer;
use super::logs;
use super::relay::{Listening, Relay};

/// The link beside a shim that names the real binary.
pub(super) const SUBJECT: &str = ".subject";
/// Where the real binary listens while something is in front of it.
const BEHIND: &str = "127.0.0.2";

/// Runs as a shim, where the program was called by the name of one.
pub(super) fn entry(program: &str, words: &[String]) -> Option<u8> {
    // A part is started by the name of whoever starts it, and must not be a shim again.
    if words.first().is_some_and(|word| word == "mutant") {
        return None;
    }
    let path = Path::new(program);
    let subject = fs::read_link(path.parent()?.join(SUBJECT)).ok()?;
    let id = path.file_name()?.to_str()?.to_owned();
    let layer = super::faults::layer(&id)?;
    let shim = Shim {
        subject,
        start: Start {
            env: std::env::vars().collect(),
            args: words.to_vec(),
            dir: None,
            through: Vec::new(),
        },
        layer,
        id,
    };
    Some(shim.run().unwrap_or(126))
}

struct Shim {
    subject: PathBuf,
    start: Start,
    id: String,
    layer: Layer,
}

impl Shim {
    fn run(mut self) -> io::Result<u8> {
        match self.layer {
            Layer::Front(_) | Layer::Metrics(_) => self.behind_relays()?,
            Layer::Upstream(_) => self.before(&["upstream_url", "http_upstream_url"])?,
            Layer::Issuer(_) => self.before(&["jwt_discovery_url"])?,
            Layer::Around(fault) => fault(&mut self.start),
            Layer::Beside(_) => self.part(&["beside"], Stdio::null(), Stdio::null())?,
            Layer::Below(_) => self.around_function()?,
            Layer::Stderr(_) => {
                let log = self.pump(io::stderr())?;
                return Err(self.command().stderr(log).exec());
            }
            Layer::Stdout(_) => {
                let log = self.pump(io::stdout())?;
                return Err(self.command().stdout(log).exec());
            }
            Layer::Over(over) => {
                if let Some(relay) = over.relay {
                    self.over_relay(relay);
                }
                return over.run(&mut self.command());
            }
        }
        Err(self.command().exec())
    }

    fn command(&self) -> Command {
        let mut words = self.start.through.iter();
        let mut command = match words.next() {
            Some(first) => Command::new(first),
            None => Command::new(&self.subject),
        };
        command.args(words);
        if !self.start.through.is_empty() {
            command.arg(&self.subject);
        }
        command.args(&self.start.args);
        command.env_clear().envs(&self.start.env);
        if let Some(dir) = &self.start.dir {
            command.current_dir(dir);
        }
        command
    }

    /// The real binary keeps its ports, on an address of its own.
    fn behind_relays(&mut self) -> io::Result<()> {
        let (main, metrics) = self.ports();
        if self.start.get("bind_address").is_some() || main == 0 {
            return Ok(());
        }
        self.start.set("bind_address", BEHIND);
        let words = ["front", &main.to_string(), &metrics.to_string()];
        self.part(&words, Stdio::null(), Stdio::null())
    }

    fn ports(&self) -> (u16, u16) {
        let main = self.start.port("port", 8080);
        (main, self.start.port("metrics_port", 8081))
    }

    /// The same with the relay in this process, which stays.
    fn over_relay(&mut self, relay: Relay) {
        let (main, metrics) = self.ports();
        if self.start.get("bind_address").is_some() || main == 0 {
            return;
        }
        self.start.set("bind_address", BEHIND);
        let own = std::process::id().cast_signed();
        Listening::between(main, [127, 0, 0, 1], [127, 0, 0, 2], own).in_background(relay);
        Listening::between(metrics, [127, 0, 0, 1], [127, 0, 0, 2], own)
            .in_background(Relay::new());
    }

    /// Whom these settings name keeps its port; the watchdog finds us on another address.
    fn before(&mut self, names: &[&str]) -> io::Result<()> {
        for name in names {
            let Some(url) = self.start.get(name).map(str::to_owned) else {
                continue;
            };
            let Some(rest) = url.split("127.0.0.1:").nth(1) else {
                continue;
            };
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            self.start.set(name, &url.replace("127.0.0.1", BEHIND));
            return self.part(&["upstream", &port], Stdio::null(), Stdio::null());
        }
        Ok(())
    }

    fn around_function(&mut self) -> io::Result<()> {
        let own = std::env::current_exe()?.display().to_string();
        let id = self.id.as_str();
        self.start.command(|line| {
            let words = [own.as_str(), "mutant", "below", id];
            match serde_json::from_str::<Vec<String>>(line) {
                Ok(given) => {
                    let all = words.iter().map(|word| (*word).to_owned()).chain(given);
                    serde_json::json!(all.collect::<Vec<_>>()).to_string()
                }
                Err(_) => format!("{} {line}", words.join(" ")),
            }
        });
        Ok(())
    }

    /// Where the watchdog writes, for a process that passes it on to `sink`.
    fn pump(&self, sink: impl std::os::fd::AsFd) -> io::Result<Stdio> {
        let (reader, writer): (PipeReader, _) = pipe()?;
        let sink = sink.as_fd().try_clone_to_owned()?;
        self.part(&["pump"], reader.into(), sink.into())?;
        Ok(writer.into())
    }

    /// Starts a part of the mutant that is nobody's child once we have become the watchdog.
    fn part(&self, words: &[&str], stdin: Stdio, stdout: Stdio) -> io::Result<()> {
        let pid = std::process::id().to_string();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["mutant", "detach", self.id.as_str(), &pid]);
        command.args(words).stdin(stdin).stdout(stdout);
        command.stderr(Stdio::null()).status()?;
        Ok(())
    }
}

/// A part: `below ID WORDS...` is the function, the others begin with `ID PID`.
pub(super) fn part(words: &[String]) -> u8 {
    let [kind, id, rest @ ..] = words else {
        return 2;
    };
    let Some(layer) = super::faults::layer(id) else {
        return 2;
    };
    match (kind.as_str(), layer) {
        ("below", Layer::Below(fault)) => {
            let mut launch = Launch::new(rest);
            fault(&mut launch);
            launch.run()
        }
        ("detach", _) => detach(id, rest).map_or(1, |()| 0),
        ("stay", layer) => stay(layer, rest).map_or(1, |()| 0),
        _ => 2,
    }
}

/// Starts the part that stays and ends, so that the part has no parent here.
fn detach(id: &str, rest: &[String]) -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["mutant", "stay", id]).args(rest);
    // What a case counts below its subject is not to find us; what it kills at its end is.
    command.env_remove("FIXTURE_SUBJECT").spawn()?;
    Ok(())
}

fn stay(layer: Layer, words: &[String]) -> io::Result<()> {
    let _ = nix::unistd::setsid();
    let [pid, kind, rest @ ..] = words else {
        return Err(io::Error::other("no part"));
    };
    let pid: i32 = pid.parse().map_err(io::Error::other)?;
    let ports: Vec<u16> = rest.iter().filter_map(|word| word.parse().ok()).collect();
    let (front, behind) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    match (kind.as_str(), layer, ports.as_slice()) {
        ("front", Layer::Front(relay), &[main, metrics]) => {
            Listening::between(metrics, front, behind, pid).in_background(Relay::new());
            Listening::between(main, front, behind, pid).run(relay);
        }
        ("front", Layer::Metrics(relay), &[main, metrics]) => {
            Listening::between(main, front, behind, pid).in_background(Relay::new());
            Listening::between(metrics, front, behind, pid).run(relay);
        }
        ("upstream", Layer::Upstream(relay) | Layer::Issuer(relay), &[port]) => {
            Listening::between(port, behind, front, pid).run(relay);
        }
        ("pump", Layer::Stderr(fault) | Layer::Stdout(fault), _) => {
            logs::pump(io::stdin(), io::stdout(), fault)?;
        }
        ("beside", Layer::Beside(fault), _) => fault(&Scene {
            pid,
            env: std::env::vars().collect(),
        }),
        _ => {}
    }
    Ok(())
}
