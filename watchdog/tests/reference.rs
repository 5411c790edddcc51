//! The judge's reference provider, with the watchdog just built below its functions.
//! It knows the judge's own wire, and that this executable is provider, probe and test in one.
//! It refuses time as proof: it polls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and is no part of the watchdog"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use conformance::wire::{End, Request, Response, Transcript, Wire};

/// The credentials that it has by itself: admin, admin.
const BASIC: &str = "Basic YWRtaW46YWRtaW4=";
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        Some(("fixture", rest)) => return conformance::fixture::run(rest).into(),
        Some(("serve", _)) => return conformance::cli::run(&words).into(),
        _ => {}
    }
    // The classic build knows no mode http, in which the probe runs.
    if cfg!(feature = "classic") {
        return ExitCode::SUCCESS;
    }
    functions_come_and_go();
    functions_change();
    a_gateway_wakes_and_queues();
    secrets_and_namespaces_are_kept_apart();
    nothing_outlives_it();
    let _ = std::io::stdout().write_all(b"5 passed\n");
    ExitCode::SUCCESS
}

struct Provider {
    child: Child,
    address: SocketAddr,
}

impl Provider {
    fn start(shape: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", "--listen", "127.0.0.1:0", "--shape", shape])
            .args(["--fwatchdog", env!("CARGO_BIN_EXE_fwatchdog")])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("it listens").unwrap();
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.parse().unwrap();
            }
        };
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn send(&self, request: &Request) -> Response {
        let wire = Wire::connect(self.address, PATIENCE, &Transcript::default());
        wire.unwrap().exchange(request).unwrap()
    }

    /// A request to the API.
    fn api(&self, method: &str, path: &str, body: &str) -> Response {
        let request = Request::new(method, path).header("Authorization", BASIC);
        self.send(&match body {
            "" => request,
            body => request.body(body),
        })
    }

    fn deploy(&self, body: &str) {
        let answer = self.api("POST", "/system/functions", body);
        assert_eq!(answer.status, 202, "{body}: {}", answer.text());
    }

    /// What a function answers to a GET.
    fn call(&self, path: &str) -> (u16, String) {
        let answer = self.send(&Request::get(&format!("/function/{path}")));
        assert_eq!(answer.end, End::Clean, "{path}");
        (answer.status, answer.text())
    }

    fn status(&self, name: &str) -> String {
        self.api("GET", &format!("/system/function/{name}"), "")
            .text()
    }

    fn signal(&mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn has(text: &str, part: &str) -> bool {
    text.contains(part)
}

fn functions_come_and_go() {
    let provider = Provider::start("provider");
    assert_eq!(
        provider.send(&Request::get("/system/functions")).status,
        401
    );
    assert_eq!(provider.api("GET", "/system/functions", "").text(), "[]");
    provider.deploy(r#"{"service":"f","image":"fwatchdog-probe:1","envVars":{"A":"x y"}}"#);
    assert_eq!(provider.call("f/env/A"), (200, "x y".to_owned()));
    let again = provider.api(
        "POST",
        "/system/functions",
        r#"{"service":"f","image":"fwatchdog-probe:1"}"#,
    );
    assert_eq!(again.status, 409);
    let unknown = provider.api(
        "POST",
        "/system/functions",
        r#"{"service":"g","image":"other:1"}"#,
    );
    assert!(
        unknown.status == 400 && has(&unknown.text(), "fwatchdog-probe:1"),
        "{}",
        unknown.text()
    );

    assert_eq!(
        provider
            .api("POST", "/system/scale-function/f", r#"{"replicas":2}"#)
            .status,
        202
    );
    eventually("two replicas", || {
        has(&provider.status("f"), r#""availableReplicas":2"#)
    });
    let (first, second) = (provider.call("f/instance"), provider.call("f/instance"));
    assert_ne!(first, second, "each has its turn");

    provider.call("f/log?stream=out&tag=said");
    eventually("its log", || {
        has(
            &provider.api("GET", "/system/logs?name=f", "").text(),
            r#""text":"said 0""#,
        )
    });
}

fn functions_change() {
    let provider = Provider::start("provider");
    provider.deploy(r#"{"service":"f","image":"fwatchdog-probe:1","envVars":{"A":"1"}}"#);
    assert_eq!(provider.call("f/version"), (200, "1".to_owned()));
    let update = r#"{"service":"f","image":"fwatchdog-probe:2"}"#;
    assert_eq!(provider.api("PUT", "/system/functions", update).status, 202);
    eventually("the new version alone", || {
        (0..3).all(|_| provider.call("f/version") == (200, "2".to_owned()))
    });
    assert_eq!(
        provider.call("f/env/A").0,
        404,
        "an update replaces everything"
    );

    let crash = provider.send(&Request::get("/function/f/exit/1")).status;
    assert!(crash >= 500, "{crash}");
    eventually("it runs again", || provider.call("f/version").0 == 200);
    let delete = r#"{"functionName":"f"}"#;
    assert_eq!(
        provider.api("DELETE", "/system/functions", delete).status,
        202
    );
    assert_eq!(
        provider.api("DELETE", "/system/functions", delete).status,
        404
    );
    assert_eq!(provider.call("f").0, 503);
}

fn a_gateway_wakes_and_queues() {
    let provider = Provider::start("gateway");
    provider.deploy(r#"{"service":"f","image":"fwatchdog-probe:1"}"#);
    assert_eq!(provider.call("f/version").0, 200);
    assert_eq!(
        provider
            .api("POST", "/system/scale-function/f", r#"{"replicas":0}"#)
            .status,
        202
    );
    eventually("no replica", || !has(&provider.status("f"), "eplicas"));
    assert_eq!(provider.call("f/version"), (200, "1".to_owned()));

    provider.deploy(r#"{"service":"callback","image":"fwatchdog-probe:1"}"#);
    let callback = format!("http://{}/function/callback/upload/back", provider.address);
    let queued = provider.send(
        &Request::post("/async-function/f/raw")
            .header("X-Callback-Url", &callback)
            .body("hello"),
    );
    assert_eq!(
        (queued.status, queued.header("x-call-id").is_some()),
        (202, true)
    );
    eventually("the callback", || {
        has(&provider.call("callback/events").1, "first:back")
    });
    assert_eq!(provider.call("missing").0, 404);
}

fn secrets_and_namespaces_are_kept_apart() {
    let provider = Provider::start("gateway");
    let named = r#"{"name":"other","labels":{"openfaas":"1"}}"#;
    assert_eq!(
        provider.api("POST", "/system/namespace/", named).status,
        201
    );
    for (namespace, value) in [("openfaas-fn", "b25l"), ("other", "dHdv")] {
        let secret = format!(r#"{{"name":"s","namespace":"{namespace}","rawValue":"{value}"}}"#);
        assert_eq!(provider.api("POST", "/system/secrets", &secret).status, 201);
        provider.deploy(&format!(
            r#"{{"service":"f","namespace":"{namespace}","image":"fwatchdog-probe:1","secrets":["s"]}}"#
        ));
        assert!(has(
            &provider.call(&format!("f.{namespace}/secret/s")).1,
            value
        ));
    }
    provider.deploy(r#"{"service":"g","image":"fwatchdog-probe:1"}"#);
    assert_eq!(provider.call("g/secrets").1, "[]");
    let listed = provider
        .api("GET", "/system/secrets?namespace=other", "")
        .text();
    assert_eq!(listed, r#"[{"name":"s","namespace":"other"}]"#);
    assert_eq!(
        provider
            .api("DELETE", "/system/secrets", r#"{"name":"../s"}"#)
            .status,
        400
    );
}

fn nothing_outlives_it() {
    for (signal, code) in [("-TERM", Some(0)), ("-KILL", None)] {
        let mut provider = Provider::start("gateway");
        provider.deploy(r#"{"service":"f","image":"fwatchdog-probe:1"}"#);
        let (_, about) = provider.call("f/process");
        let pid = about.split(r#""pid":"#).nth(1).unwrap();
        let pid: String = pid.chars().take_while(char::is_ascii_digit).collect();
        let (_, root) = provider.call("f/env/PROBE_ROOT");
        assert_eq!(provider.signal(signal), code);
        eventually("the function ends", || {
            !std::path::Path::new(&format!("/proc/{pid}")).exists()
        });
        if code == Some(0) {
            assert!(!std::path::Path::new(&root).exists(), "{root} is left");
        }
    }
}
