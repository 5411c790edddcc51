//! What a run works with: the binary, the peers that are there, and a scratch directory.
//! It knows where to look for each and says in a line what is missing.
//! It refuses to fetch or install anything.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::binary::{self, Binary};
use crate::children;
use crate::fault::{During as _, Fault};
use crate::machine::first_line;
use crate::scenario::{Program, Subject};
use crate::screen::say;

/// Who may run where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpus {
    /// Everybody everywhere.
    Shared,
    /// The server on one, the load and the function on the others.
    Parted,
}

impl Cpus {
    /// For the server, in the words of taskset.
    pub fn server(self) -> Option<&'static str> {
        (self == Self::Parted).then_some("0")
    }

    /// For the rest; CPUs that are not there do not count.
    pub fn rest(self) -> Option<&'static str> {
        (self == Self::Parted).then_some("1-1023")
    }
}

pub struct Bench {
    pub binary: Binary,
    /// The build that ours is compared with.
    pub before: Option<Binary>,
    pub wrk: Option<PathBuf>,
    pub taskset: Option<PathBuf>,
    pub cpus: usize,
    pub nginx: Option<PathBuf>,
    lighttpd: Option<PathBuf>,
    of: Option<PathBuf>,
    classic: Option<PathBuf>,
    pub python: Option<PathBuf>,
    scratch: TempDir,
}

impl Bench {
    /// Looks for everything; `packaged` leaves the two existing watchdogs out.
    pub fn prepare(binary: Binary, packaged: bool) -> Result<Self, Fault> {
        let peer = |name: &str| {
            let folder = env::var_os("PEERS").filter(|_| !packaged)?;
            Some(Path::new(&folder).join(name)).filter(|path| path.is_file())
        };
        let scratch = tempfile::Builder::new().prefix("benches-").tempdir()?;
        children::hold_scratch(scratch.path());
        let bench = Self {
            binary,
            before: None,
            wrk: on_path("wrk"),
            taskset: on_path("taskset"),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            nginx: on_path("nginx"),
            lighttpd: on_path("lighttpd"),
            of: peer("of-watchdog"),
            classic: peer("classic-watchdog"),
            python: python(),
            scratch,
        };
        bench.say_missing(packaged);
        bench.furnish()?;
        Ok(bench)
    }

    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// A command, on these CPUs only.
    pub fn command(&self, program: &Path, cpus: Option<&str>) -> Command {
        match (&self.taskset, cpus) {
            (Some(taskset), Some(cpus)) => {
                let mut command = Command::new(taskset);
                command.args(["--cpu-list", cpus]).arg(program);
                command
            }
            _ => Command::new(program),
        }
    }

    /// The files of mode static.
    pub fn public(&self) -> PathBuf {
        self.scratch().join("public")
    }

    /// The programs that answer one request each.
    pub fn programs(&self) -> PathBuf {
        self.scratch().join("programs")
    }

    /// A link to this very program, as the function's server.
    pub fn serve(&self) -> PathBuf {
        self.scratch().join("serve")
    }

    /// Which build of ours a subject is.
    pub fn build(&self, subject: Subject) -> Option<&Binary> {
        match subject {
            Subject::Fwatchdog => Some(&self.binary),
            Subject::Before => self.before.as_ref(),
            _ => None,
        }
    }

    /// The executable of a subject, if it is here.
    pub fn executable(&self, subject: Subject) -> Option<&Path> {
        match subject {
            Subject::Fwatchdog | Subject::Before => {
                self.build(subject).map(|binary| binary.path.as_path())
            }
            Subject::OfWatchdog => self.of.as_deref(),
            Subject::ClassicWatchdog => self.classic.as_deref(),
            Subject::Nginx | Subject::NginxUnbuffered => self.nginx.as_deref(),
            Subject::Lighttpd => self.lighttpd.as_deref(),
        }
    }

    pub fn version(&self, subject: Subject) -> String {
        match (subject, self.executable(subject)) {
            (Subject::Fwatchdog, _) => self.binary.version.clone(),
            (Subject::Nginx | Subject::NginxUnbuffered | Subject::Lighttpd, Some(path)) => {
                first_line(path, "-v")
            }
            // What they say of themselves is what their build was told, if anything.
            (Subject::Before | Subject::OfWatchdog | Subject::ClassicWatchdog, Some(path)) => {
                let digest = binary::digest(path).unwrap_or_default();
                format!("sha256 {}", digest.get(..12).unwrap_or_default())
            }
            (_, None) => String::new(),
        }
    }

    fn say_missing(&self, packaged: bool) {
        let tools = [
            ("wrk", &self.wrk, "no closed-loop figures"),
            ("nginx", &self.nginx, "no figures of or behind nginx"),
            ("lighttpd", &self.lighttpd, "no figures of lighttpd"),
            ("python3", &self.python, "no figures of functions in Python"),
        ];
        for (name, path, price) in tools {
            if path.is_none() {
                say(format!("missing: {name} is not on PATH: {price}"));
            }
        }
        if packaged {
            return;
        }
        for (name, path) in [
            ("of-watchdog", &self.of),
            ("classic-watchdog", &self.classic),
        ] {
            if path.is_none() {
                say(format!(
                    "missing: {name} is not in the folder that PEERS names: no figures of it"
                ));
            }
        }
    }

    /// Fills the scratch directory.
    fn furnish(&self) -> Result<(), Fault> {
        fs::create_dir(self.public())?;
        fs::write(self.public().join("10k.bin"), vec![b'x'; 10 << 10])?;
        fs::write(self.public().join("1m.bin"), vec![b'x'; 1 << 20])?;
        fs::create_dir(self.programs())?;
        std::os::unix::fs::symlink(env::current_exe()?, self.serve())?;
        let sh = include_str!("../functions/cat.sh");
        self.script(Program::Sh, sh)?;
        if let Some(python) = &self.python {
            let code = include_str!("../functions/cat.py");
            self.script(Program::Python, &format!("#!{}\n{code}", python.display()))?;
        }
        self.compile_cat()
    }

    fn script(&self, program: Program, text: &str) -> Result<(), Fault> {
        let path = self.programs().join(program.file());
        fs::write(&path, text)?;
        Ok(fs::set_permissions(
            path,
            fs::Permissions::from_mode(0o755),
        )?)
    }

    /// A static `cat`, or else the one that is installed.
    fn compile_cat(&self) -> Result<(), Fault> {
        let source = self.scratch().join("cat.c");
        let path = self.programs().join(Program::Cat.file());
        fs::write(&source, include_str!("../functions/cat.c"))?;
        let compilers = ["musl-gcc", "cc"].into_iter().filter_map(on_path);
        for compiler in compilers {
            let built = Command::new(&compiler)
                .args(["-O2", "-static", "-s", "-o"])
                .arg(&path)
                .arg(&source)
                .stderr(Stdio::null())
                .status();
            if built.is_ok_and(|status| status.success()) {
                say(format!("cat: static, by {}", compiler.display()));
                return Ok(());
            }
        }
        say("missing: no compiler makes a static program here: cat is the installed one");
        fs::copy("/bin/cat", &path).during("copy /bin/cat")?;
        Ok(())
    }
}

pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Debian keeps daemons where the PATH of a user does not look.
    env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The interpreter itself: what is on PATH may be a wrapper that costs more than it.
fn python() -> Option<PathBuf> {
    let output = Command::new(on_path("python3")?)
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_file().then_some(path)
}
