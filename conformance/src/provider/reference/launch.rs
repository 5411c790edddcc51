//! How a replica is started: its command line, its environment and its directory.
//! It knows the deployment, the image and what the platform itself has to set.
//! It refuses the provider's own environment, but for PATH.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::unistd::geteuid;

use super::faults::seeded;
use super::function::{Function, Wanted};
use super::image::Image;
use super::{Provider, replica, sweep};
#[cfg(feature = "mutants")]
use crate::provider::mutants::start;

/// Where containers find their secrets. A local process has a directory of its own in its place.
const MOUNT: &str = "/var/openfaas/secrets";

#[derive(Clone, Debug)]
pub struct Launch {
    pub own: PathBuf,
    pub fwatchdog: PathBuf,
    pub command: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub grace: Duration,
    /// Whether it can write to nothing but its `/tmp`.
    pub read_only: bool,
    /// How many bytes of memory it may have.
    pub memory: Option<u64>,
    dir: PathBuf,
    /// What the function takes for its file system.
    pub root: PathBuf,
    secrets: Vec<(String, Vec<u8>)>,
}

impl Launch {
    /// The launch of one more replica, and where it will listen.
    pub(super) fn new(
        provider: &Provider,
        function: &Function,
        wanted: &Wanted,
        instance: &str,
    ) -> io::Result<(Self, SocketAddr)> {
        let id = format!("{:08x}", fastrand::u32(..));
        let dir = replica::place(provider.root(), &id);
        let address = free()?;
        let secrets = provider.secret_values(&function.namespace, &wanted.deployment.secrets);
        let mut launch = Self {
            own: provider.options.own.clone(),
            fwatchdog: provider.options.fwatchdog.clone(),
            command: Vec::new(),
            env: BTreeMap::new(),
            grace: provider.options.grace,
            read_only: wanted.deployment.read_only,
            memory: wanted.deployment.memory(),
            root: dir.join("root"),
            dir,
            secrets,
        };
        launch.fill(function, wanted, instance, address)?;
        #[cfg(feature = "mutants")]
        start::change(&mut launch, wanted);
        Ok((launch, address))
    }

    fn fill(
        &mut self,
        function: &Function,
        wanted: &Wanted,
        instance: &str,
        address: SocketAddr,
    ) -> io::Result<()> {
        let needs_port = uses(&wanted.image, "{port}");
        let port = if needs_port { free()?.port() } else { 0 };
        let socket = self.dir.join("s");
        let fitted = |word: &str| {
            word.replace("{socket}", &socket.to_string_lossy())
                .replace("{port}", &port.to_string())
                .replace("{folder}", &self.root.to_string_lossy())
                .replace("{user}", &geteuid().to_string())
        };
        self.command = wanted
            .image
            .command
            .iter()
            .map(|word| fitted(word))
            .collect();
        let mut set = |name: &str, value: String| {
            self.env.insert(name.to_owned(), value);
        };
        set("prefix_logs", "false".to_owned());
        set("healthcheck_interval", "100ms".to_owned());
        for (name, value) in &wanted.image.env {
            set(name, fitted(value));
        }
        for (name, value) in environment(wanted) {
            set(&name, value);
        }
        let mount = self.secret_place().to_string_lossy().into_owned();
        if let Some(command) = self.env.get_mut("fprocess") {
            *command = command.replace(MOUNT, &mount);
        }
        for (name, value) in [
            ("PATH", search_path()),
            (
                "TMPDIR",
                self.root.join("tmp").to_string_lossy().into_owned(),
            ),
            ("PROBE_ROOT", self.root.to_string_lossy().into_owned()),
            ("secret_mount_path", mount),
            ("port", address.port().to_string()),
            ("bind_address", address.ip().to_string()),
            ("metrics_port", "0".to_owned()),
            ("OPENFAAS_NAME", function.name.clone()),
            ("OPENFAAS_NAMESPACE", function.namespace.clone()),
            (sweep::MARK, instance.to_owned()),
        ] {
            self.env.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn secret_place(&self) -> PathBuf {
        self.dir.join("secrets")
    }

    /// Makes the directory of the replica, with its secrets in it.
    pub fn prepare(&self) -> io::Result<()> {
        for dir in [self.root.join("tmp"), self.secret_place()] {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        if seeded!(SecretsElsewhere) {
            return Ok(());
        }
        let mode = if seeded!(SecretsWritable) {
            0o600
        } else {
            0o400
        };
        for (name, value) in &self.secrets {
            write_secret(&self.secret_place().join(name), value, mode)?;
        }
        Ok(())
    }

    pub fn clean(&self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Whether this machine lets this executable make mounts that nobody else sees.
pub fn can_close(own: &Path) -> bool {
    let tried = || -> io::Result<bool> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("tmp"))?;
        let mut command = Command::new(own);
        command.args(["fixture", "closed"]).arg(folder.path());
        Ok(command.arg("true").status()?.success())
    };
    tried().unwrap_or(false)
}

/// Writes a secret that appears whole, for its owner alone.
pub fn write_secret(path: &Path, value: &[u8], mode: u32) -> io::Result<()> {
    let draft = path.with_file_name(format!(".draft-{:08x}", fastrand::u32(..)));
    let mut options = File::options();
    options.write(true).create_new(true).mode(mode);
    options.open(&draft)?.write_all(value)?;
    fs::rename(draft, path)
}

/// What the deployment sets: its variables, and its process as `fprocess`.
fn environment(wanted: &Wanted) -> BTreeMap<String, String> {
    let deployment = &wanted.deployment;
    let mut env = deployment.env.clone();
    if !deployment.env_process.is_empty() {
        env.insert("fprocess".to_owned(), deployment.env_process.clone());
    }
    env
}

fn uses(image: &Image, word: &str) -> bool {
    image
        .command
        .iter()
        .chain(image.env.values())
        .any(|text| text.contains(word))
}

fn search_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned())
}

/// A loopback address of its own for each replica, and a port that is free on it: replicas that start at once never meet.
fn free() -> io::Result<SocketAddr> {
    let part = || fastrand::u8(2..250);
    let address = Ipv4Addr::new(127, part(), part(), part());
    TcpListener::bind((address, 0))?.local_addr()
}
