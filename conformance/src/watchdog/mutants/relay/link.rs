//! One connection and its twin behind it.
//! It knows both directions, which exchange a byte belongs to, and what a fault does to it.
//! It refuses to hold a byte back that nobody asked to hold.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::frames::PREFACE;
use super::listening::reset;
use super::message::{Parser, Piece};
use super::{Fate, Frame, Head, Relay, Talk};

static EXCHANGES: AtomicU64 = AtomicU64::new(0);

/// Both ends.
#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    server: TcpStream,
    relay: Relay,
    talks: Mutex<VecDeque<Talk>>,
    http2: AtomicBool,
    requests: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// What one direction has gathered, and whether the connection goes on.
#[derive(Debug, Default)]
struct Gathered {
    out: Vec<u8>,
    fate: Fate,
}

impl Link {
    pub(super) fn new(client: TcpStream, server: TcpStream, relay: Relay) -> Self {
        Self {
            client,
            server,
            relay,
            talks: Mutex::default(),
            http2: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        }
    }

    pub(super) fn run(self) -> io::Result<()> {
        self.client.set_nodelay(true)?;
        self.server.set_nodelay(true)?;
        let link = Arc::new(self);
        let other = Arc::clone(&link);
        let up = std::thread::spawn(move || other.direction(Way::Up));
        link.direction(Way::Down);
        let _ = up.join();
        Ok(())
    }

    fn talks(&self) -> MutexGuard<'_, VecDeque<Talk>> {
        self.talks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::Up => (&self.client, &self.server),
            Way::Down => (&self.server, &self.client),
        }
    }

    /// Passes one direction to its end.
    fn direction(&self, way: Way) {
        let (mut from, mut to) = self.ends(way);
        let mut parser = Parser::new();
        let mut chunk = vec![0; 64 * 1024];
        let mut first = true;
        let greedy = (self.relay.greedy && way == Way::Down)
            .then(|| self.queue())
            .flatten();
        loop {
            let n = match from.read(&mut chunk) {
                Ok(n) => n,
                Err(_) if self.mends(way) => 0,
                Err(_) => return self.broken(way),
            };
            let mut bytes = chunk.get(..n).unwrap_or_default().to_vec();
            if first && way == Way::Up && PREFACE.starts_with(bytes.get(..24).unwrap_or(&bytes)) {
                self.http2.store(!bytes.is_empty(), Ordering::SeqCst);
            }
            let mut gathered = self.pass(way, &mut parser, &mut bytes, n == 0, first);
            first = false;
            if n == 0 && self.mends(way) {
                gathered.out.extend(parser.missing());
            }
            if n == 0 && !gathered.out.is_empty() {
                let _ = to.write_all(&gathered.out);
                gathered.out.clear();
            }
            if n == 0 {
                return self.ended(way);
            }
            if gathered.fate == Fate::Reset {
                return self.both(true);
            }
            let written = match &greedy {
                Some(queue) => queue.send(gathered.out).map_err(io::Error::other),
                None => to.write_all(&gathered.out),
            };
            if let Fate::Reply(text) = &gathered.fate {
                let _ = (&self.client).write_all(text);
            }
            if written.is_err() && way == Way::Down && self.relay.deaf {
                continue;
            }
            if written.is_err() {
                return self.broken(if way == Way::Up { Way::Down } else { Way::Up });
            }
            if gathered.fate != Fate::Pass {
                return self.both(false);
            }
        }
    }

    /// Takes any amount for the client.
    fn queue(&self) -> Option<Sender<Vec<u8>>> {
        let mut client = self.client.try_clone().ok()?;
        let (sender, receiver) = channel::<Vec<u8>>();
        std::thread::spawn(move || {
            for bytes in receiver {
                if client.write_all(&bytes).is_err() {
                    return;
                }
            }
            let _ = client.shutdown(Shutdown::Write);
        });
        Some(sender)
    }

    /// One side has closed its half.
    fn ended(&self, way: Way) {
        let (hidden, to) = match way {
            Way::Up => (self.relay.deaf, &self.server),
            Way::Down => (self.relay.holds_open || self.relay.greedy, &self.client),
        };
        if !hidden {
            let _ = to.shutdown(Shutdown::Write);
        }
    }

    /// One side has reset the connection, so the other side learns it that way.
    fn broken(&self, way: Way) {
        if way == Way::Up && self.relay.deaf {
            return;
        }
        self.both(true);
    }

    fn both(&self, hard: bool) {
        for stream in [&self.client, &self.server] {
            if hard {
                let _ = reset(stream);
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn pass(
        &self,
        way: Way,
        parser: &mut Parser,
        bytes: &mut Vec<u8>,
        end: bool,
        first: bool,
    ) -> Gathered {
        let mut gathered = Gathered::default();
        let raw = match way {
            Way::Up => self.relay.up,
            Way::Down => self.relay.down,
        };
        if let Some(raw) = raw {
            raw(bytes);
        }
        if self.http2.load(Ordering::SeqCst) {
            self.pass_frames(way, parser, bytes, end, first, &mut gathered);
            return gathered;
        }
        if !self.reads() {
            gathered.out = std::mem::take(bytes);
            return gathered;
        }
        parser.push(bytes);
        while gathered.fate == Fate::Pass {
            let Some(piece) = parser.next() else { break };
            self.piece(way, parser, piece, &mut gathered);
        }
        if !self.changes(way) {
            // Nobody waits for the rest of a message on our account.
            gathered.out.clone_from(bytes);
        } else if end {
            if way == Way::Down {
                self.close_body(&mut gathered);
            }
            if let Piece::Raw(rest) = parser.rest() {
                gathered.out.extend(rest);
            }
        }
        gathered
    }

    fn mends(&self, way: Way) -> bool {
        match way {
            Way::Up => self.relay.mends_uploads,
            Way::Down => self.relay.mends_answers,
        }
    }

    /// Whether anybody wants to know what the bytes mean.
    fn reads(&self) -> bool {
        [Way::Up, Way::Down]
            .iter()
            .any(|&way| self.changes(way) || self.mends(way))
    }

    /// Whether a fault changes messages on this way: if not, bytes pass as they come.
    fn changes(&self, way: Way) -> bool {
        let heads = match way {
            Way::Up => self.relay.request.is_some(),
            Way::Down => self.relay.answer.is_some(),
        };
        heads || self.edits(way)
    }

    /// A body that the end of the connection ends.
    fn close_body(&self, gathered: &mut Gathered) {
        let mut talks = self.talks();
        if let (Some(hook), Some(talk)) = (self.relay.body, talks.front_mut()) {
            let mut last = Vec::new();
            hook(&mut last, talk);
            gathered.out.extend(last);
        }
    }

    fn piece(&self, way: Way, parser: &mut Parser, piece: Piece, gathered: &mut Gathered) {
        match (way, piece) {
            (Way::Up, Piece::Head(raw)) => self.request(parser, raw, gathered),
            (Way::Down, Piece::Head(raw)) => self.answer(parser, raw, gathered),
            (_, Piece::Data(data)) => self.data(way, data, gathered),
            (_, Piece::Frame(raw)) => {
                if !self.edits(way) {
                    gathered.out.extend(raw);
                }
            }
            (_, Piece::End(trailers)) => self.end(way, trailers, gathered),
            (_, Piece::Raw(raw)) => gathered.out.extend(raw),
        }
    }

    fn request(&self, parser: &mut Parser, raw: Vec<u8>, gathered: &mut Gathered) {
        let head = Head::parse(&raw);
        let mut talks = self.talks();
        let mut talk = Talk {
            n: EXCHANGES.fetch_add(1, Ordering::Relaxed) + 1,
            nth: self.requests.fetch_add(1, Ordering::Relaxed) + 1,
            request: head.clone(),
            begun: Some(Instant::now()),
            ..Talk::default()
        };
        let framing = head.request_framing();
        talk.chunked = framing == super::message::Framing::Chunked;
        let mut changed = head.clone();
        if let Some(hook) = self.relay.request {
            hook(&mut changed, &mut talk);
        }
        let raw = if changed == head {
            raw
        } else {
            changed.bytes()
        };
        let fate = std::mem::take(&mut talk.fate);
        talks.push_back(talk);
        drop(talks);
        let upgrade = head.has("upgrade") || head.word(0) == "CONNECT";
        parser.expect(if upgrade && !head.has("content-length") {
            super::message::Framing::Raw
        } else {
            framing
        });
        gathered.add(raw, fate);
    }

    fn answer(&self, parser: &mut Parser, raw: Vec<u8>, gathered: &mut Gathered) {
        let head = Head::parse(&raw);
        let mut talks = self.talks();
        if talks.is_empty() {
            talks.push_back(Talk::default());
        }
        let Some(talk) = talks.front_mut() else {
            return;
        };
        talk.answer = head.clone();
        talk.at = 0;
        let framing = head.answer_framing(talk.method());
        talk.chunked = framing == super::message::Framing::Chunked;
        let mut changed = head.clone();
        if let Some(hook) = self.relay.answer {
            hook(&mut changed, talk);
        }
        let raw = if changed == head {
            raw
        } else {
            changed.bytes()
        };
        let fate = std::mem::take(&mut talk.fate);
        drop(talks);
        parser.expect(framing);
        gathered.add(raw, fate);
    }

    fn edits(&self, way: Way) -> bool {
        match way {
            Way::Up => self.relay.upload.is_some() || self.relay.request_trailers.is_some(),
            Way::Down => self.relay.body.is_some() || self.relay.trailers.is_some(),
        }
    }

    fn data(&self, way: Way, mut data: Vec<u8>, gathered: &mut Gathered) {
        let hook = match way {
            Way::Up => self.relay.upload,
            Way::Down => self.relay.body,
        };
        let count = data.len() as u64;
        let mut talks = self.talks();
        let talk = match way {
            Way::Up => talks.back_mut(),
            Way::Down => talks.front_mut(),
        };
        let Some(talk) = talk.filter(|_| self.edits(way)) else {
            gathered.out.extend(data);
            return;
        };
        if let Some(hook) = hook {
            hook(&mut data, talk);
        }
        talk.at += count;
        let fate = std::mem::take(&mut talk.fate);
        let chunked = talk.chunked;
        drop(talks);
        gathered.add(framed(data, chunked), fate);
    }

    fn end(&self, way: Way, mut trailers: Vec<u8>, gathered: &mut Gathered) {
        let mut talks = self.talks();
        let talk = match way {
            Way::Up => talks.back_mut(),
            Way::Down => talks.front_mut(),
        };
        let Some(talk) = talk else { return };
        let interim = way == Way::Down && talk.status() / 100 == 1 && talk.status() != 101;
        let edits = self.edits(way);
        let hook = match way {
            Way::Up => self.relay.upload,
            Way::Down => self.relay.body,
        };
        if let Some(hook) = hook.filter(|_| !interim) {
            let mut last = Vec::new();
            hook(&mut last, talk);
            let fate = std::mem::take(&mut talk.fate);
            gathered.add(framed(last, talk.chunked), fate);
        }
        let trailer_hook = match way {
            Way::Up => self.relay.request_trailers,
            Way::Down => self.relay.trailers,
        };
        if let Some(hook) = trailer_hook.filter(|_| talk.chunked) {
            hook(&mut trailers);
        }
        if edits && talk.chunked && gathered.fate == Fate::Pass {
            gathered.out.extend(b"0\r\n");
            if trailers.is_empty() {
                trailers.extend(b"\r\n");
            }
        }
        if way == Way::Up {
            talk.at = 0;
        }
        if gathered.fate == Fate::Pass {
            gathered.out.extend(trailers);
        }
        if way == Way::Down && !interim {
            talks.pop_front();
        }
    }

    fn pass_frames(
        &self,
        way: Way,
        parser: &mut Parser,
        bytes: &[u8],
        end: bool,
        first: bool,
        gathered: &mut Gathered,
    ) {
        let hook = match way {
            Way::Up => self.relay.frame_up,
            Way::Down => self.relay.frame_down,
        };
        let Some(hook) = hook else {
            gathered.out.extend(bytes);
            return;
        };
        parser.push(bytes);
        let Piece::Raw(mut buf) = parser.rest() else {
            return;
        };
        if first && way == Way::Up {
            let preface = PREFACE.len().min(buf.len());
            gathered.out.extend(buf.drain(..preface));
        }
        while gathered.fate == Fate::Pass {
            let Some(mut frame) = Frame::take(&mut buf) else {
                break;
            };
            let fate = hook(&mut frame);
            let mut raw = Vec::new();
            frame.write(&mut raw);
            gathered.add(raw, fate);
        }
        if end {
            gathered.out.extend(buf);
        } else {
            parser.push(&buf);
        }
    }
}

fn framed(data: Vec<u8>, chunked: bool) -> Vec<u8> {
    if !chunked || data.is_empty() {
        return data;
    }
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend(data);
    out.extend(b"\r\n");
    out
}

impl Gathered {
    fn add(&mut self, raw: Vec<u8>, fate: Fate) {
        match fate {
            Fate::Pass => self.out.extend(raw),
            Fate::Drop => {}
            Fate::Late(pause) => {
                std::thread::sleep(pause);
                self.out.extend(raw);
            }
            Fate::Close => {
                self.out.extend(raw);
                self.fate = Fate::Cut;
            }
            other => self.fate = other,
        }
    }
}
