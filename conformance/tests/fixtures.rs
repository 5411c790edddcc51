//! The fixtures do what the cases believe of them, without a subject in between.
//! It knows the executable just built and the judge's own wire.
//! It refuses time as proof: it polls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use conformance::watchdog::rig::{WebSocket, ports};
use conformance::wire::{End, Framing, Pattern, Request, Response, Transcript, Wire};

fn fixture(words: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.arg("fixture").args(words).env("FIXTURE_DIR", dir);
    command
}

/// Runs a fork-mode fixture with that input; its output and exit code.
fn fork(words: &[&str], input: &[u8]) -> (Vec<u8>, Option<i32>) {
    let dir = tempfile::tempdir().unwrap();
    let mut child = fixture(words, dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.stdout, output.status.code())
}

struct Server {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let (dir, port) = (tempfile::tempdir().unwrap(), ports::free().unwrap());
        let words = [&["http-server"], args].concat();
        let child = fixture(&words, dir.path())
            .env("FIXTURE_PORT", port.to_string())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !dir.path().join("server.listening").exists() {
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self {
            child,
            port,
            _dir: dir,
        }
    }

    fn connect(&self) -> Wire {
        let addr = ([127, 0, 0, 1], self.port).into();
        Wire::connect(addr, Duration::from_secs(10), &Transcript::default()).unwrap()
    }

    fn get(&self, target: &str) -> Response {
        self.connect().exchange(&Request::get(target)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn functions_answer_as_told() {
    assert_eq!(fork(&["echo"], b"abc"), (b"abc".to_vec(), Some(0)));
    assert_eq!(fork(&["reverse-upper"], b"abc"), (b"CBA".to_vec(), Some(0)));
    assert_eq!(
        fork(&["argv", "a", "b"], b""),
        (br#"["a","b"]"#.to_vec(), Some(0))
    );
    assert_eq!(
        fork(&["exit", "3", "--stdout", "out", "--read"], b"x"),
        (b"out".to_vec(), Some(3))
    );
    assert_eq!(
        fork(&["print-bytes", "100"], b""),
        (Pattern::new(1, 100).bytes(), Some(0))
    );
    assert_eq!(
        fork(&["slow-writer", "2", "1ms"], b""),
        (b"line 0\nline 1\n".to_vec(), Some(0))
    );
    assert_eq!(fork(&["die-by-signal", "9", "5"], b"").1, None);
    assert_eq!(fork(&["no-such"], b"").1, Some(64));
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3";
    assert_eq!(fork(&["digest"], b"abc").0, abc.as_bytes());
}

#[test]
fn the_server_answers_as_told() {
    let server = Server::start(&[]);
    for (target, status, body) in [
        ("/", 200, "hello"),
        ("/status/418", 418, "status 418"),
        ("/chunked/0", 200, ""),
        ("/drip?n=2&ms=1", 200, "drip 0\ndrip 1\n"),
        ("/sse?n=1", 200, "data: event 0\n\n"),
        ("/close-delimited", 200, "until the close"),
        ("/redirect", 302, ""),
        ("/early-response", 413, "too early"),
    ] {
        let response = server.get(target);
        assert_eq!(
            (response.status, response.text().as_str()),
            (status, body),
            "{target}"
        );
        assert_eq!(response.end, End::Clean, "{target}");
    }
    assert_eq!(server.get("/status/204").framing, Framing::None);
    assert_eq!(
        server.get("/bytes/70000").body,
        Pattern::new(1, 70_000).bytes()
    );
    assert_eq!(
        server.get("/trailers").trailers.get("x-checksum"),
        Some("abc123")
    );
    assert_eq!(
        server.get("/103").interim.first().map(|head| head.status),
        Some(103)
    );
    assert!(
        server
            .connect()
            .exchange(&Request::get("/die-before-head"))
            .is_err()
    );
    assert!(
        server
            .connect()
            .exchange(&Request::get("/garbage"))
            .is_err()
    );
    for target in ["/die-mid-length", "/die-mid-chunked"] {
        assert!(!server.get(target).end.is_clean(), "{target}");
    }
}

#[test]
fn the_server_echoes_while_it_reads() {
    let server = Server::start(&[]);
    let pattern = Pattern::new(9, 3_000_001);
    for request in [
        Request::post("/echo").pattern(pattern),
        Request::post("/echo").pattern_chunked(pattern),
        Request::post("/echo-buffered").pattern_chunked(pattern),
    ] {
        let response = server
            .connect()
            .exchange_pattern(&request, pattern)
            .unwrap();
        assert_eq!(response.end, End::Clean);
    }
}

#[test]
fn the_server_changes_protocols() {
    let server = Server::start(&[]);
    let mut socket = WebSocket::open(server.connect(), "/ws", &[]).unwrap();
    socket.echo("hello").unwrap();
    socket.close().unwrap();
    let mut wire = server.connect();
    let request = Request::get("/upgrade")
        .header("Connection", "Upgrade")
        .header("Upgrade", "x");
    wire.send_request(&request).unwrap();
    assert_eq!(wire.read_head().unwrap().status, 101);
    wire.send(b"raw").unwrap();
    assert_eq!(wire.read_exact(3).unwrap(), b"raw");
}

#[test]
fn the_server_keeps_or_drops_connections() {
    let server = Server::start(&[]);
    let mut wire = server.connect();
    for _ in 0..2 {
        assert_eq!(
            wire.exchange(&Request::post("/dump").body("x"))
                .unwrap()
                .status,
            200
        );
    }
    let server = Server::start(&["--keepalive-then-drop"]);
    let mut wire = server.connect();
    assert_eq!(wire.exchange(&Request::get("/")).unwrap().status, 200);
    wire.expect_closed(Duration::from_secs(5)).unwrap();
}

#[test]
fn the_gzip_answer_unpacks() {
    let server = Server::start(&[]);
    let response = server.get("/gzip");
    assert_eq!(response.header("content-encoding"), Some("gzip"));
    let mut command = Command::new("gzip");
    command
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("gzip, to unpack it");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&response.body)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"hello gzip");
}
