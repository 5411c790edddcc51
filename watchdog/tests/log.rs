//! The log of a program that serves: its own, unless it asks for the watchdog's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod library;

use std::io::{self, Read as _, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fwatchdog::log::{Format, Layer};
use fwatchdog::{Body, BoxError, ErrorKind, Handler, Response, Settings, log};
use nix::sys::signal::{Signal, raise};
use tokio::task::spawn_blocking;
use tracing::subscriber::set_default;
use tracing::{debug, info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use self::library::{Port, plain, start};

/// What was written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Answers, and has something to say.
fn talker() -> Handler {
    Handler::new(async |_| {
        info!(user = "me", count = 3, "asked for");
        warn!("careful");
        debug!("details");
        Ok::<_, BoxError>(Response::new(Body::from("hello")))
    })
}

/// What a server logs of one request, by a layer with a filter.
async fn logged(format: Format) -> String {
    let page = Page::default();
    let (layer, guard) = Layer::new(page.clone(), format).unwrap();
    let hook = set_default(registry().with(LevelFilter::INFO).with(layer));
    let running = start(talker(), plain()).await;
    running.get("/path?a=b").await;
    running.stop().await;
    drop((hook, guard));
    page.text()
}

#[tokio::test]
async fn a_layer_shows_the_handlers_lines_and_ours() {
    let text = logged(Format::Text).await;
    for line in [
        " Listening on port: ",
        " asked for count=3 user=me\n",
        " Warning: careful\n",
        " GET /path?a=b - 200 - ContentLength: 5B (0.",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("details"), "{text}");
}

#[tokio::test]
async fn lines_for_machines_have_all_fields() {
    let text = logged(Format::Json).await;
    let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
    let lines: Vec<_> = lines.map(Result::unwrap).collect();
    let own = lines.iter().find(|line| line["message"] == "asked for");
    assert_eq!(own.unwrap()["user"], "me");
    assert_eq!(own.unwrap()["count"], 3);
    let access = lines.iter().find(|line| line["message"] == "request");
    assert_eq!(access.unwrap()["path"], "/path?a=b");
    assert_eq!(access.unwrap()["status"], 200);
    assert!(access.unwrap()["call_id"].is_string());
}

/// Serves twice as the environment says, with a log that nobody has taken before.
async fn program(port: u16) {
    start(talker(), plain()).await.stop().await;
    let _log = log::install(Settings::from_env().log_format()).unwrap();
    let error = log::install(Format::Text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Log);
    for _ in 0..2 {
        let client = async {
            spawn_blocking(move || ask(port)).await.unwrap();
            raise(Signal::SIGTERM).unwrap();
        };
        let (served, ()) = tokio::join!(fwatchdog::serve(talker()), client);
        served.unwrap();
    }
}

/// One request, as soon as somebody listens.
fn ask(port: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a subscriber is for a whole process, so it takes one"
)]
async fn a_program_may_install_it() {
    const PORT: &str = "FWATCHDOG_TEST_PORT";
    if let Ok(port) = std::env::var(PORT) {
        return program(port.parse().unwrap()).await;
    }
    let (port, metrics) = (Port::keep(), Port::keep());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_program_may_install_it"])
        .env(PORT, port.number.to_string())
        .env("port", port.number.to_string())
        .env("metrics_port", metrics.number.to_string())
        .envs([("bind_address", "127.0.0.1"), ("drain_delay", "0")])
        .env("suppress_lock", "true")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    let count = |words| text.matches(words).count();
    assert_eq!(count(" asked for count=3 user=me\n"), 2, "{text}");
    assert_eq!(count("GET / - 200 - ContentLength: 5B"), 2, "{text}");
    assert_eq!(count(" Listening on port: "), 2, "{text}");
    assert_eq!(count("details"), 0, "{text}");
}
