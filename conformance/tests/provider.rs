//! The commands that talk to a provider: what is said before the first case, and what is removed after the last.
//! It knows the executable and its reference provider, whose functions never start here: there is no watchdog below them.
//! It refuses to judge the provider: other tests do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use conformance::wire::{Request, Response, Transcript, Wire};

const EXE: &str = env!("CARGO_BIN_EXE_conformance");
/// admin, admin.
const BASIC: &str = "Basic YWRtaW46YWRtaW4=";

struct Reference {
    child: Child,
    address: String,
    /// The home of whoever judges it.
    home: tempfile::TempDir,
}

impl Reference {
    fn start() -> Self {
        let mut child = Command::new(EXE)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--fwatchdog", "/bin/false"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let home = tempfile::tempdir().unwrap();
        Self {
            child,
            address,
            home,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn judge(&self, words: &[&str]) -> Output {
        let output = Command::new(EXE)
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .env("OPENFAAS_URL", self.url())
            .stdin(Stdio::null())
            .output();
        output.unwrap()
    }

    fn api(&self, method: &str, path: &str, body: &str) -> Response {
        let request = Request::new(method, path)
            .header("Authorization", BASIC)
            .body(body);
        let limit = Duration::from_secs(20);
        let address = self.address.parse().unwrap();
        let wire = Wire::connect(address, limit, &Transcript::default());
        wire.unwrap().exchange(&request).unwrap()
    }

    fn journals(&self) -> std::path::PathBuf {
        self.home.path().join(".local/state/conformance")
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text)
}

fn left(dir: &Path) -> usize {
    fs::read_dir(dir).map_or(0, Iterator::count)
}

#[test]
fn what_makes_every_case_fail_is_one_line() {
    let reference = Reference::start();
    let nobody = reference.judge(&["run", "-g", "http://127.0.0.1:9", "-p", "x"]);
    let (code, text) = said(&nobody);
    assert_eq!((code, text.lines().count()), (Some(3), 1), "{text}");
    assert!(text.contains("is the provider running?"), "{text}");

    let stranger = reference.judge(&["run", "-u", "admin", "-p", "correct horse"]);
    let (code, text) = said(&stranger);
    assert_eq!((code, text.lines().count()), (Some(3), 1), "{text}");
    assert!(
        text.contains("refuses") && text.contains("-p PASSWORD"),
        "{text}"
    );
    assert!(!text.contains("horse"), "{text}");

    let image = reference.judge(&["run", "-p", "admin", "--probe-image", "a/b:3"]);
    let (code, text) = said(&image);
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("a/b:3") && text.contains("--probe-image REF"),
        "{text}"
    );

    let dead = reference.judge(&["run", "-p", "admin", "--timeout-scale", "0.01"]);
    let (code, text) = said(&dead);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("does not answer"), "{text}");
    assert_eq!(reference.api("GET", "/system/functions", "").text(), "[]");
    assert_eq!(left(&reference.journals()), 0, "a journal without a thing");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let reference = Reference::start();
    for words in [
        &["run", "-u", "joe"][..],
        &["run", "-g", "https://127.0.0.1"],
        &["run", "--profile", "core,nothing"],
        &["run", "--deviations", "/no/such/file"],
        &["run", "--callback-address", "here"],
        &["cleanup"],
        &["cleanup", "--run", "nobody"],
    ] {
        let (code, text) = said(&reference.judge(words));
        assert_eq!(code, Some(2), "{words:?}: {text}");
    }
}

#[test]
fn a_login_of_faas_cli_is_enough() {
    let reference = Reference::start();
    let config = reference.home.path().join(".openfaas");
    fs::create_dir(&config).unwrap();
    let login = format!(
        "auths:\n- gateway: {}\n  auth: basic\n  token: YWRtaW46YWRtaW4=\n",
        reference.url()
    );
    fs::write(config.join("config.yml"), login).unwrap();
    let dry = reference.judge(&["run", "--dry-run"]);
    let ids = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry).1);
    assert!(ids.lines().any(|id| id == "auth/alert"), "{ids}");
    assert!(
        !ids.contains("sys/healthz-head"),
        "only at a provider: {ids}"
    );
    let some = reference.judge(&["run", "--dry-run", "--profile", "core", "--run", "sys/*"]);
    let ids = String::from_utf8_lossy(&some.stdout).into_owned();
    assert!(ids.lines().all(|id| id.starts_with("sys/")), "{ids}");
    assert!(!ids.contains("sys/info-gateway"), "{ids}");
    assert_eq!(left(&reference.journals()), 0, "a dry run made a journal");
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let reference = Reference::start();
    let secret = r#"{"name": "cf-abc123-x-0", "value": "x"}"#;
    assert!(reference.api("POST", "/system/secrets", secret).status < 300);
    let kept = r#"{"name": "kept", "value": "x"}"#;
    assert!(reference.api("POST", "/system/secrets", kept).status < 300);
    fs::create_dir_all(reference.journals()).unwrap();
    let url = reference.url();
    let journal = format!(
        "{{\"run\":{{\"id\":\"abc123\",\"gateway\":\"{url}\",\"user\":\"admin\",\"started\":\"2026\"}}}}\n\
         {{\"make\":{{\"kind\":\"secret\",\"name\":\"cf-abc123-x-0\"}}}}\n\
         {{\"make\":{{\"kind\":\"function\",\"name\":\"cf-abc123-y-1\"}}}}\n\
         {{\"make\":{{\"kind\":\"sec"
    );
    fs::write(reference.journals().join("abc123.jsonl"), journal).unwrap();
    let list = reference.judge(&["cleanup", "--list"]);
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        text.starts_with("abc123") && text.contains("2 left"),
        "{text}"
    );

    let refused = reference.judge(&["cleanup", "--run", "abc123", "-p", "wrong"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused).1);
    assert_eq!(left(&reference.journals()), 1);
    let done = reference.judge(&["cleanup", "--run", "abc123", "-p", "admin"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done).1);
    let secrets = reference.api("GET", "/system/secrets", "").text();
    assert!(
        !secrets.contains("cf-abc123") && secrets.contains("kept"),
        "{secrets}"
    );
    assert_eq!(left(&reference.journals()), 0);
}
