//! One reference provider as a child of this process, with a fault or without.
//! It knows the words it is started with, and where it says that it listens.
//! It refuses to outlive its owner.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::judge::mutants::Trouble;
use crate::provider::rig::Credentials;
use crate::provider::rig::target::Url;

/// What strangers do not know. A password like that of everybody would be found everywhere.
const USER: &str = "operator";
const PASSWORD: &str = "correct-Horse-8-battery";

pub(super) fn credentials() -> Credentials {
    Credentials::basic(USER, PASSWORD)
}

/// A reference provider that runs.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub url: Url,
}

impl Server {
    /// Its things are below `place`.
    pub fn start(
        own: &Path,
        fwatchdog: &Path,
        place: &Path,
        shape: &str,
        fault: &str,
    ) -> Result<Self, Trouble> {
        let mut command = Command::new(own);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--shape", shape])
            .args(["--user", USER, "--password", PASSWORD, "--fault", fault])
            .arg("--fwatchdog")
            .arg(fwatchdog)
            .env("TMPDIR", place)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = command.spawn();
        let mut child = started.map_err(|why| format!("{}: {why}", own.display()))?;
        let said = child.stderr.take();
        let url = said.map_or_else(|| Err("it has no stderr".to_owned()), address);
        match url {
            Ok(url) => Ok(Self { child, url }),
            Err(why) => {
                end(&mut child);
                Err(format!("the reference provider with {fault}: {why}"))
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Its functions end with it.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Where it says that it listens.
fn address(said: ChildStderr) -> Result<Url, Trouble> {
    let mut lines = BufReader::new(said).lines();
    let mut told = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        if let Some((_, url)) = line.split_once("listening on ") {
            let url = Url::parse(url)?;
            read_on(lines);
            return Ok(url);
        }
        told.push(line);
    }
    Err(format!("it ended: {}", told.join(" ")))
}

/// Nobody reads what else it says, and it must not wait for that.
fn read_on(lines: Lines<BufReader<ChildStderr>>) {
    std::thread::spawn(move || lines.for_each(drop));
}
