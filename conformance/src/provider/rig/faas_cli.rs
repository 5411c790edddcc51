//! The real faas-cli, run as its users run it.
//! It knows a home of its own, the credentials of the run and a deadline.
//! It refuses the settings of whoever runs the judge: nothing outside its home is read or written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::Rig;
use super::record::Record;
use super::target::Credentials;
use crate::failure::Failure;
use crate::shell::quoted;

type Result<T> = std::result::Result<T, Failure>;

/// How long one command may take, in seconds.
const LONGEST: f64 = 60.0;
/// How much of its output a message quotes.
const QUOTED: usize = 600;

/// An executable with a directory of its own, which is its home and where it runs.
#[derive(Debug)]
pub struct FaasCli {
    path: PathBuf,
    home: TempDir,
    url: String,
    record: Record,
    limit: Duration,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// `faas-cli list -v`.
    pub line: String,
    /// `None`: a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Rig {
    /// The client, logged in with the credentials of the run.
    pub fn faas_cli(&self) -> Result<FaasCli> {
        let cli = self.stranger_cli()?;
        match &self.ground.setting.credentials {
            Credentials::Basic { user, password } => cli.save(user, password)?,
            Credentials::None => {}
            Credentials::Token(_) => {
                return Err(Failure::skipped(
                    "faas-cli logs in with a user and a password",
                ));
            }
        }
        Ok(cli)
    }

    /// The client, not logged in.
    pub fn stranger_cli(&self) -> Result<FaasCli> {
        let setting = &self.ground.setting;
        let Some(path) = setting.faas_cli.clone() else {
            return Err(Failure::skipped(
                "no faas-cli; name one with --faas-cli PATH",
            ));
        };
        let path = fs::canonicalize(&path)
            .map_err(|e| Failure::fault(format!("{}: {e}", path.display())))?;
        let home = TempDir::with_prefix("conformance-cli-")?;
        Ok(FaasCli {
            path,
            home,
            url: setting.url.to_string(),
            record: self.record.clone(),
            limit: self.timeout(LONGEST),
        })
    }
}

impl FaasCli {
    /// Where it runs: files that a command reads go here.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A file below its home.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.home().join(name);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        Ok(fs::write(path, text)?)
    }

    /// What `faas-cli login` leaves.
    fn save(&self, user: &str, password: &str) -> Result<()> {
        let token = STANDARD.encode(format!("{user}:{password}"));
        let text = format!(
            "auths:\n- gateway: {}\n  auth: basic\n  token: {token}\n",
            self.url
        );
        self.write("config/config.yml", &text)
    }

    pub fn run(&self, args: &[&str]) -> Result<Ran> {
        self.run_with(args, "")
    }

    /// With that on its standard input.
    pub fn run_with(&self, args: &[&str], input: &str) -> Result<Ran> {
        let words: Vec<String> = args.iter().map(|word| quoted(word)).collect();
        let line = format!("faas-cli {}", words.join(" "));
        let failed = |e: io::Error| Failure::fault(format!("{line}: {e}"));
        let status = self.perform(args, input).map_err(failed)?;
        let read = |name| fs::read(self.home().join(name)).unwrap_or_default();
        let text = |name| String::from_utf8_lossy(&read(name)).into_owned();
        let ran = Ran {
            code: status.as_ref().and_then(ExitStatus::code),
            out: text("stdout"),
            err: text("stderr"),
            line,
        };
        self.record.call(ran.line.clone(), ran.told());
        match status {
            Some(_) => Ok(ran),
            None => Err(ran.unlike(&format!("expected an end within {:?}", self.limit))),
        }
    }

    /// `None`: it was not over in time.
    fn perform(&self, args: &[&str], input: &str) -> io::Result<Option<ExitStatus>> {
        let file = |name| File::create(self.home().join(name));
        let mut child = Command::new(&self.path)
            .args(args)
            .current_dir(self.home())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home())
            .env("OPENFAAS_CONFIG", self.home().join("config"))
            .env("OPENFAAS_URL", &self.url)
            .stdin(Stdio::piped())
            .stdout(file("stdout")?)
            .stderr(file("stderr")?)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // Not every command reads it.
            let _ = stdin.write_all(input.as_bytes());
        }
        await_end(&mut child, self.limit)
    }
}

fn await_end(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Ran {
    pub fn succeeds(self) -> Result<Self> {
        if self.code == Some(0) {
            return Ok(self);
        }
        Err(self.unlike("expected exit code 0"))
    }

    /// Any exit code but 0.
    pub fn fails(self) -> Result<Self> {
        if self.code.is_some_and(|code| code != 0) {
            return Ok(self);
        }
        Err(self.unlike("expected another exit code than 0"))
    }

    /// Its standard output has that in it.
    pub fn says(self, text: &str) -> Result<Self> {
        if self.out.contains(text) {
            return Ok(self);
        }
        Err(self.unlike(&format!("expected {text:?} in the output")))
    }

    /// The failure that says what was expected of it.
    pub fn unlike(&self, expected: &str) -> Failure {
        Failure::failed(format!("{}: {expected}, {}", self.line, self.told()))
    }

    pub fn told(&self) -> String {
        let code = self.code.map_or("no exit code".to_owned(), |code| {
            format!("exit code {code}")
        });
        let both = format!("{}\n{}", self.out, self.err);
        let shown: String = both.trim().chars().take(QUOTED).collect();
        format!("got {code}: {}", shown.replace('\n', "\\n"))
    }
}
