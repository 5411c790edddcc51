//! The function's own server where nginx cannot be it: event streams, uploads, echoes and a slow answer.
//! It knows plain sockets and one thread for each connection.
//! It refuses to be measured: its work is the same for every subject.

use std::io::{self, BufRead as _, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::{During as _, Fault};
use crate::load::client::{self, Framing};

/// In every event once and nowhere else in a stream.
pub const EVENT_MARK: u8 = b'~';
const EVENT: &[u8] = b"data: ~\n\n";
const HELLO: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world";
const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n";
const BUFFER: usize = 64 << 10;
const STACK: usize = 128 << 10;
/// How long the slow answer takes.
pub const SLOW: Duration = Duration::from_millis(50);

/// The open event streams.
type Listeners = Arc<Mutex<Vec<TcpStream>>>;

/// Serves until it is killed.
pub fn run(port: u16) -> Result<(), Fault> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).during("listen")?;
    let listeners = Listeners::default();
    let ticking = Arc::clone(&listeners);
    thread::spawn(move || tick(&ticking));
    for socket in listener.incoming() {
        let listeners = Arc::clone(&listeners);
        let socket = socket.during("accept")?;
        thread::Builder::new()
            .stack_size(STACK + BUFFER)
            .spawn(move || connection(socket, &listeners))
            .during("start a thread")?;
    }
    Ok(())
}

/// One event a second, to all at once.
fn tick(listeners: &Listeners) {
    let mut due = Instant::now();
    loop {
        due += Duration::from_secs(1);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain_mut(|socket| socket.write_all(EVENT).is_ok());
    }
}

fn connection(socket: TcpStream, listeners: &Listeners) {
    let _ = socket.set_nodelay(true);
    let mut stream = BufReader::with_capacity(BUFFER, socket);
    while let Ok(Some(request)) = Request::read(&mut stream) {
        let keep = match request.path.as_str() {
            "/events" => {
                listen(stream.into_inner(), listeners);
                return;
            }
            "/echo" => echo(&mut stream, &request.framing),
            _ => answer(&mut stream, &request),
        };
        if keep.is_err() {
            return;
        }
    }
}

fn listen(mut socket: TcpStream, listeners: &Listeners) {
    if socket.write_all(STREAM).is_ok() {
        let mut listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(socket);
    }
}

fn answer(stream: &mut BufReader<TcpStream>, request: &Request) -> io::Result<()> {
    client::body(stream, &request.framing, &mut io::sink(), &mut 0)?;
    if request.path == "/slow" {
        thread::sleep(SLOW);
    }
    stream.get_mut().write_all(HELLO)
}

/// Gives back what comes as it comes.
fn echo(stream: &mut BufReader<TcpStream>, framing: &Framing) -> io::Result<()> {
    let mut out = stream.get_ref().try_clone()?;
    if let Framing::Length(length) = framing {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        out.write_all(head.as_bytes())?;
        return client::body(stream, framing, &mut out, &mut 0).map(drop);
    }
    out.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    client::body(stream, framing, &mut Chunked(&out), &mut 0)?;
    out.write_all(b"0\r\n\r\n")
}

/// Each write is a chunk.
struct Chunked<'a>(&'a TcpStream);

impl Write for Chunked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let head = format!("{:x}\r\n", bytes.len());
        self.0.write_all(head.as_bytes())?;
        self.0.write_all(bytes)?;
        self.0.write_all(b"\r\n")?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Request {
    path: String,
    framing: Framing,
}

impl Request {
    /// None when the connection is over.
    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut framing = Framing::None;
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                return Ok(Some(Self { path, framing }));
            };
            if name.eq_ignore_ascii_case("content-length") {
                framing = Framing::Length(value.trim().parse().unwrap_or_default());
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Framing::Chunks;
            }
        }
    }
}
