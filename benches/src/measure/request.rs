//! The requests of scenarios, with the one right answer of each subject.
//! It knows what the functions and files hold.
//! It refuses to send one subject another request than the next.

use std::fs;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use crate::bench::Bench;
use crate::fault::Fault;
use crate::load::Ask;
use crate::scenario::{Request, Subject};

const MIB: usize = 1 << 20;
/// A CGI server needs a head in the answer, so the function is sent one to give back; to a watchdog it is a body like any.
const HEAD: &[u8] = b"Content-Type: text/plain\n\n";
const HELLO: &[u8] = b"hello world";

pub fn ask(bench: &Bench, request: Request, subject: Subject) -> Result<Ask, Fault> {
    Ok(match request {
        Request::Hello => Ask::get("/hello", HELLO.len() as u64),
        Request::Download | Request::File1m => Ask::get("/1m.bin", MIB as u64),
        Request::Upload => Ask::post("/upload", vec![b'x'; MIB], HELLO.len() as u64),
        Request::Slow => Ask::get("/slow", HELLO.len() as u64),
        Request::Events => Ask::get("/events", 0).with("Accept", "text/event-stream"),
        Request::Payload(program) => {
            let body = [HEAD, HELLO].concat();
            let answer = if subject == Subject::Lighttpd {
                HELLO.len()
            } else {
                body.len()
            };
            Ask::post(format!("/{}", program.file()), body, answer as u64)
                .with("Content-Type", "text/plain")
        }
        Request::File10k => Ask::get("/10k.bin", 10 << 10),
        Request::Range => Ask {
            status: 206,
            ..Ask::get("/1m.bin", 1000).with("Range", "bytes=100000-100999")
        },
        Request::NotModified => Ask {
            status: 304,
            ..Ask::get("/10k.bin", 0).with("If-Modified-Since", modified(bench)?)
        },
    })
}

/// When the file was modified, as a field of HTTP.
fn modified(bench: &Bench) -> Result<String, Fault> {
    let at: SystemTime = fs::metadata(bench.public().join("10k.bin"))?.modified()?;
    let at: DateTime<Utc> = at.into();
    Ok(at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}
