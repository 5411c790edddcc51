//! The binary that is measured.
//! It knows how the workspace builds it, static where the toolchain can, and its digest.
//! It refuses to measure any but the release build, unless it is given one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::{During as _, Fault};
use crate::machine::first_line;
use crate::screen::say;

const STATIC: &str = "x86_64-unknown-linux-musl";

#[derive(Clone, Debug)]
pub struct Binary {
    pub path: PathBuf,
    pub version: String,
    pub sha256: String,
    pub size: u64,
    /// How it came to be.
    pub build: String,
}

/// A line of `cargo build --message-format json`, as far as we need it.
#[derive(Deserialize, Serialize)]
struct Message {
    executable: Option<PathBuf>,
}

impl Binary {
    pub fn given(path: &Path) -> Result<Self, Fault> {
        Self::at(path, "given".to_owned())
    }

    /// Builds it in the workspace, the way that images and releases have it, or else as cargo alone can.
    pub fn build(workspace: &Path) -> Result<Self, Fault> {
        if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            let command = "images/build --arch amd64 --binary";
            let output = run(workspace, command)?;
            if output.status.success() {
                let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                return Self::at(Path::new(&path), command.to_owned());
            }
            say(format!(
                "missing: what {command} needs: measuring the build of cargo alone"
            ));
        }
        let static_target = if can_link_static(workspace) {
            format!(" --target {STATIC}")
        } else {
            say(format!(
                "missing: the toolchain has no {STATIC}: measuring the dynamic build"
            ));
            String::new()
        };
        let command = format!("cargo build --release -p fwatchdog --features terse{static_target}");
        let output = run(
            workspace,
            &format!("{command} --message-format json-render-diagnostics"),
        )?;
        if !output.status.success() {
            return Err(Fault::new(format!("{command} failed")));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let path = executable(&text).ok_or_else(|| Fault::new("cargo named no executable"))?;
        Self::at(&path, command)
    }

    fn at(path: &Path, build: String) -> Result<Self, Fault> {
        let path = fs::canonicalize(path).during(path.display())?;
        Ok(Self {
            version: first_line(&path, "--version"),
            sha256: digest(&path)?,
            size: fs::metadata(&path)?.len(),
            path,
            build,
        })
    }

    /// Whether it has this setting.
    pub fn has_setting(&self, name: &str) -> bool {
        Command::new(&self.path)
            .arg("--help")
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(name))
    }
}

fn run(workspace: &Path, command: &str) -> Result<Output, Fault> {
    say(command);
    Command::new("sh")
        .args(["-c", command])
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .during(command)
}

fn can_link_static(workspace: &Path) -> bool {
    let output = Command::new("rustc")
        .current_dir(workspace)
        .args(["--print", "target-libdir", "--target", STATIC])
        .output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success() && Path::new(&folder).is_dir()
    })
}

fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable)
        .next_back()
}

/// A digest in hexadecimal.
pub fn digest(path: &Path) -> Result<String, Fault> {
    let bytes = fs::read(path).during(path.display())?;
    let digest = Sha256::digest(&bytes);
    let mut text = String::new();
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::executable;

    #[test]
    fn the_last_executable_that_cargo_names_is_ours() {
        let text = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/x/fwatchdog\"}\n{\"reason\":\"build-finished\"}\n";
        assert_eq!(executable(text), Some(PathBuf::from("/x/fwatchdog")));
        assert_eq!(executable(""), None);
    }
}
