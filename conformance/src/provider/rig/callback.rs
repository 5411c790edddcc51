//! A server that the provider calls: for the callbacks of asynchronous invocations.
//! It knows HTTP/1.1 as the wire reads it and keeps every request in order.
//! It refuses to outlive the case: dropping it closes the port.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::wire::head::{parse_request, take_head};
use crate::wire::{Decoder, Framing, Headers, RequestHead};

/// How long a caller may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Headers,
    pub body: Vec<u8>,
    minor: u8,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Debug, Default)]
struct Inbox {
    waiting: Mutex<VecDeque<Received>>,
    came: Condvar,
    over: AtomicBool,
    status: AtomicU16,
    body: Mutex<String>,
}

/// An open receiver.
#[derive(Debug)]
pub struct Callback {
    addr: SocketAddr,
    inbox: Arc<Inbox>,
    scale: f64,
}

impl Callback {
    /// Listens on a free port of that address.
    pub fn open(address: IpAddr, scale: f64) -> Result<Self, Failure> {
        let failed =
            |e: io::Error| Failure::fault(format!("cannot listen on {address} for callbacks: {e}"));
        let listener = TcpListener::bind((address, 0)).map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let inbox = Arc::new(Inbox::default());
        inbox.status.store(200, Ordering::SeqCst);
        let shared = Arc::clone(&inbox);
        std::thread::spawn(move || accept(&listener, &shared));
        Ok(Self { addr, inbox, scale })
    }

    /// What to give as the callback's URL.
    pub fn url(&self) -> String {
        format!("http://{}/callback", self.addr)
    }

    /// Answers this status from here on, instead of 200.
    pub fn answer(&self, status: u16) {
        self.inbox.status.store(status, Ordering::SeqCst);
    }

    /// Answers with that body from here on, instead of with none.
    pub fn answer_with(&self, body: &str) {
        let mut kept = self
            .inbox
            .body
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        body.clone_into(&mut kept);
    }

    /// The next request, if one comes within `secs` (scaled).
    pub fn next(&self, secs: f64) -> Result<Received, Failure> {
        let limit = Duration::from_secs_f64(secs * self.scale);
        let deadline = Instant::now() + limit;
        let waiting = &self.inbox.waiting;
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(received) = waiting.pop_front() {
                return Ok(received);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::failed(format!("no callback within {limit:?}")));
            }
            let woken = self.inbox.came.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What came and was not taken yet.
    pub fn rest(&self) -> Vec<Received> {
        let waiting = &self.inbox.waiting;
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).collect()
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.inbox.over.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it is over.
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1));
    }
}

fn accept(listener: &TcpListener, inbox: &Arc<Inbox>) {
    for stream in listener.incoming() {
        if inbox.over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let inbox = Arc::clone(inbox);
        std::thread::spawn(move || serve(stream, &inbox));
    }
}

/// Takes requests off a connection until it ends or is not understood.
fn serve(mut stream: TcpStream, inbox: &Inbox) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut buf = Vec::new();
    while let Ok(Some(received)) = read(&mut stream, &mut buf) {
        let last = received.minor == 0 || received.headers.lists("connection", "close");
        {
            let waiting = &inbox.waiting;
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(received);
            inbox.came.notify_all();
        }
        let status = inbox.status.load(Ordering::SeqCst);
        let body = {
            let body = inbox.body.lock();
            body.unwrap_or_else(PoisonError::into_inner).clone()
        };
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} Callback\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() || last {
            return;
        }
    }
}

fn read(stream: &mut TcpStream, buf: &mut Vec<u8>) -> io::Result<Option<Received>> {
    let head = loop {
        if let Some(head) = take_head(buf) {
            break head;
        }
        if !fill(stream, buf)? {
            return Ok(None);
        }
    };
    let RequestHead {
        method,
        target,
        headers,
        minor,
    } = parse_request(&head).map_err(io::Error::other)?;
    let framing = Framing::of_request(&headers).map_err(io::Error::other)?;
    let (mut decoder, mut body) = (Decoder::new(framing), Vec::new());
    while !decoder.decode(buf, &mut body).map_err(io::Error::other)? {
        if !fill(stream, buf)? {
            return Ok(None);
        }
    }
    Ok(Some(Received {
        method,
        target,
        headers,
        body,
        minor,
    }))
}

fn fill(stream: &mut TcpStream, buf: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 16 * 1024];
    let n = stream.read(&mut chunk)?;
    buf.extend_from_slice(chunk.get(..n).unwrap_or_default());
    Ok(n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Request, Transcript, Wire};

    #[test]
    fn a_callback_is_kept_whole() {
        let callback = Callback::open([127, 0, 0, 1].into(), 1.0).unwrap();
        assert!(callback.next(0.01).is_err());
        let limit = Duration::from_secs(5);
        let mut wire = Wire::connect(callback.addr, limit, &Transcript::default()).unwrap();
        callback.answer(503);
        for body in ["one", "two"] {
            let request = Request::post("/callback")
                .header("X-Call-Id", body)
                .chunks(&[body.as_bytes()]);
            assert_eq!(wire.exchange(&request).unwrap().status, 503);
        }
        let first = callback.next(5.0).unwrap();
        assert_eq!(
            (first.text().as_str(), first.header("x-call-id")),
            ("one", Some("one"))
        );
        assert_eq!(callback.rest().len(), 1);
        assert!(callback.url().ends_with("/callback"));
    }
}
