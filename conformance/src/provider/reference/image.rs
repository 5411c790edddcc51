//! Images: what a reference to one stands for where functions are local processes.
//! It knows the forms of a reference, the images of the probe, and those that the command line adds.
//! It refuses a reference that it does not know, naming those that it does.

use std::collections::BTreeMap;
use std::path::Path;

/// What runs under the watchdog for an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The watchdog's command line after `--`; empty where `fprocess` says what runs.
    pub command: Vec<String>,
    /// The environment that the image brings.
    pub env: BTreeMap<String, String>,
}

/// Every image that can be deployed, by repository and tag.
#[derive(Clone, Debug, Default)]
pub struct Images(BTreeMap<String, Image>);

/// The repository of the probe.
pub const PROBE: &str = "fwatchdog-probe";
/// The same under the name of the image that real providers pull.
pub const PUBLISHED: &str = "fwatchdog/probe";

impl Images {
    /// The images of the probe; `own` is this executable.
    pub fn of_probe(own: &Path) -> Self {
        let mut images = BTreeMap::new();
        for (tag, version) in [("1", "1"), ("2", "2"), ("latest", "1")] {
            for repository in [PROBE, PUBLISHED] {
                images.insert(format!("{repository}:{tag}"), probe(own, version));
            }
        }
        Self(images)
    }

    /// `NAME=COMMAND`, where words `VARIABLE=VALUE` may go before the command.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        const EXPECTED: &str = "expected NAME=[VARIABLE=VALUE ...] [COMMAND ARGS ...]";
        let wrong = || format!("image {text:?}: {EXPECTED}");
        let (name, line) = text.split_once('=').ok_or_else(wrong)?;
        let name = normal(name).ok_or_else(wrong)?;
        let words = shlex::split(line).ok_or_else(wrong)?;
        let mut image = Image::default();
        for word in words {
            match word.split_once('=') {
                Some((key, value)) if image.command.is_empty() && is_name(key) => {
                    image.env.insert(key.to_owned(), value.to_owned());
                }
                _ => image.command.push(word),
            }
        }
        self.0.insert(name, image);
        Ok(())
    }

    pub fn find(&self, reference: &str) -> Result<&Image, String> {
        let known = || {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            names.join(", ")
        };
        let Some(name) = normal(reference) else {
            return Err(format!(
                "image {reference:?}: expected [REGISTRY/]NAME[:TAG][@sha256:DIGEST]"
            ));
        };
        self.0.get(&name).ok_or_else(|| {
            format!(
                "image {reference:?} is not known to this reference provider; it knows {}",
                known()
            )
        })
    }
}

fn is_name(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The probe: a server on a socket of its own, behind the watchdog in mode http.
fn probe(own: &Path, version: &str) -> Image {
    let own = own.to_string_lossy();
    let words = [
        &own,
        "fixture",
        "probe",
        "--unix",
        "{socket}",
        "--version",
        version,
    ];
    let env = [
        ("mode", "http"),
        ("upstream_url", "unix:{socket}"),
        ("ready_path", "/_/ready"),
        ("read_timeout", "60s"),
        ("write_timeout", "60s"),
        ("exec_timeout", "60s"),
        ("PROBE_IMAGE", "probe"),
        ("PROBE_FOLDER", "{folder}"),
        ("PROBE_USER", "{user}"),
    ];
    Image {
        command: words.iter().map(|&word| word.to_owned()).collect(),
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

/// `REPOSITORY:TAG`, without the registry, `library/` and a digest.
fn normal(reference: &str) -> Option<String> {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return None;
    }
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => name,
    };
    let path = path.strip_prefix("library/").unwrap_or(path);
    let (repository, tag) = path.rsplit_once(':').unwrap_or((path, "latest"));
    let in_repository =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte);
    let in_tag = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let good = !repository.is_empty() && !tag.is_empty();
    (good && repository.bytes().all(in_repository) && tag.bytes().all(in_tag))
        .then(|| format!("{repository}:{tag}"))
}

fn is_digest(digest: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digest
        .strip_prefix("sha256:")
        .is_some_and(|rest| rest.len() == 64 && rest.bytes().all(hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_brought_to_one_form() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (reference, name) in [
            ("a", Some("a:latest")),
            ("docker.io/library/a:1", Some("a:1")),
            ("localhost:5000/b/a:1", Some("b/a:1")),
            ("b/a", Some("b/a:latest")),
            (&format!("a:1@{digest}"), Some("a:1")),
            ("a:1@sha256:00", None),
            ("", None),
            ("A b", None),
            ("a:", None),
        ] {
            assert_eq!(normal(reference).as_deref(), name, "{reference}");
        }
    }

    #[test]
    fn an_image_is_a_command_with_variables() {
        let mut images = Images::default();
        images.add("x/y:1=mode=classic A='b c' cat --n=1").unwrap();
        let image = images.find("docker.io/x/y:1").unwrap();
        assert_eq!(image.command, ["cat", "--n=1"]);
        assert_eq!(image.env["A"], "b c");
        assert!(images.add("no command").is_err());
        let error = images.find("z").unwrap_err();
        assert!(
            error.contains("\"z\"") && error.contains("x/y:1"),
            "{error}"
        );
    }
}
