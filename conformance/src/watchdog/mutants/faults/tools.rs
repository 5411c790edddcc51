//! What faults of several chapters do.
//! It knows heads, bytes, variables and the metrics of the watchdog that it stands beside.
//! It refuses to be a fault by itself.

use std::io::Write as _;
use std::net::TcpStream;

use super::prelude::*;

/// Takes the extensions off the lines of chunks.
pub(super) fn strip_extensions(bytes: &mut Vec<u8>) {
    while let Some(from) = bytes.iter().position(|&byte| byte == b';') {
        let rest = bytes.get(from..).unwrap_or_default();
        let Some(length) = rest.windows(2).position(|two| two == b"\r\n") else {
            return;
        };
        bytes.drain(from..from + length);
    }
}

/// Keeps what passes for ever, where a copy that nobody looks at would not even be made.
pub(super) fn hoard(bytes: &[u8]) {
    std::mem::forget(std::hint::black_box(bytes.to_vec()));
}

pub(super) const PLAIN: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn status(from: u16, to: &'static str) -> impl Fn(&mut Head, &mut Talk) {
    move |head, talk| {
        if talk.status() == from {
            head.set_status(to);
        }
    }
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub(super) fn lock() -> std::path::PathBuf {
    std::path::PathBuf::from(variable("TMPDIR").unwrap_or_else(|| "/tmp".to_owned())).join(".lock")
}

/// A request to the watchdog that its client did not make.
pub(super) fn aside(target: &str) {
    let port = variable("port")
        .and_then(|text| text.parse::<u16>().ok())
        .unwrap_or(8080);
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.2", port)) {
        let _ = write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        );
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
}

/// Whether as many requests wait for the function as may run: by the metrics.
pub(super) fn full() -> bool {
    let number = |name: &str| variable(name).and_then(|text| text.parse::<u32>().ok());
    let (Some(max), Some(port)) = (number("max_inflight"), number("metrics_port")) else {
        return false;
    };
    let Ok(mut stream) = TcpStream::connect(format!("127.0.0.2:{port}")) else {
        return false;
    };
    let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut text);
    max > 0 && text.contains(&format!("\nhttp_requests_in_flight {max}\n"))
}
