//! Messages of HTTP/1.1 on one way of a connection, through the hooks of a fault.
//! It knows which exchange a piece belongs to, and how a body is framed once it was changed.
//! It refuses to hold a byte back that no hook asked to hold.

use super::exchanges::{Exchange, Exchanges};
use super::gathered::Gathered;
use super::head::Framing;
use super::message::{Parser, Piece};
use super::way::{Hooks, Way};
use super::{Fate, Head, Talk};

/// One way, as far as it has come.
#[derive(Debug)]
pub(super) struct Messages<'a> {
    way: Way,
    hooks: Hooks,
    /// Whether anybody wants to know what the bytes mean.
    reads: bool,
    exchanges: &'a Exchanges,
    parser: Parser,
    /// That of the message under way; none where there is none.
    exchange: Option<Exchange>,
    chunked: bool,
    /// How many bytes of this body have passed.
    at: u64,
}

impl<'a> Messages<'a> {
    pub fn new(way: Way, hooks: Hooks, reads: bool, exchanges: &'a Exchanges) -> Self {
        Self {
            way,
            hooks,
            reads,
            exchanges,
            parser: Parser::new(),
            exchange: None,
            chunked: false,
            at: 0,
        }
    }

    /// Takes what has come, which is all there will be where this is the end.
    pub fn pass(&mut self, bytes: Vec<u8>, end: bool) -> Gathered {
        if !self.reads {
            return Gathered::whole(bytes);
        }
        self.parser.push(&bytes);
        let mut gathered = Gathered::default();
        while gathered.goes_on()
            && let Some(piece) = self.parser.next()
        {
            self.piece(piece, &mut gathered);
        }
        if !self.hooks.changes() {
            // Nobody waits for the rest of a message on our account.
            gathered.out = bytes;
        } else if end {
            self.broken_off(&mut gathered);
        }
        if end && self.hooks.mends {
            gathered.out.extend(self.parser.missing());
        }
        gathered
    }

    fn piece(&mut self, piece: Piece, gathered: &mut Gathered) {
        match piece {
            Piece::Head(raw) => self.head(raw, gathered),
            Piece::Data(data) => self.data(data, gathered),
            Piece::Frame(raw) => {
                if !self.hooks.edits() {
                    gathered.out.extend(raw);
                }
            }
            Piece::End(trailers) => self.end(trailers, gathered),
            Piece::Raw(raw) => gathered.out.extend(raw),
        }
    }

    fn head(&mut self, raw: Vec<u8>, gathered: &mut Gathered) {
        let head = Head::parse(&raw);
        let exchange = match self.way {
            Way::Up => self.exchanges.begin(head.clone()),
            Way::Down => self.exchanges.next(),
        };
        let mut talk = exchange.talk();
        let framing = match self.way {
            Way::Up => head.request_framing(),
            Way::Down => {
                talk.answer = head.clone();
                head.answer_framing(talk.method())
            }
        };
        talk.chunked = framing == Framing::Chunked;
        talk.at = 0;
        let mut changed = head.clone();
        if let Some(hook) = self.hooks.head {
            hook(&mut changed, &mut talk);
        }
        (self.chunked, self.at) = (talk.chunked, 0);
        let fate = std::mem::take(&mut talk.fate);
        drop(talk);
        self.exchange = Some(exchange);
        self.parser.expect(framing);
        let raw = if changed == head {
            raw
        } else {
            changed.bytes()
        };
        gathered.add(raw, fate);
    }

    /// Shows the hook a piece of the body under way, or its end where that is empty.
    fn edit(&self, data: &mut Vec<u8>) -> Fate {
        let (Some(hook), Some(exchange)) = (self.hooks.body, &self.exchange) else {
            return Fate::Pass;
        };
        let mut talk = exchange.talk();
        (talk.chunked, talk.at) = (self.chunked, self.at);
        hook(data, &mut talk);
        std::mem::take(&mut talk.fate)
    }

    fn data(&mut self, mut data: Vec<u8>, gathered: &mut Gathered) {
        if !self.hooks.edits() {
            gathered.out.extend(data);
            return;
        }
        let count = data.len() as u64;
        let fate = self.edit(&mut data);
        self.at += count;
        gathered.add(self.framed(data), fate);
    }

    fn end(&mut self, mut trailers: Vec<u8>, gathered: &mut Gathered) {
        if self.interim() {
            gathered.out.extend(trailers);
            return;
        }
        let mut last = Vec::new();
        let fate = self.edit(&mut last);
        gathered.add(self.framed(last), fate);
        if let Some(hook) = self.hooks.trailers.filter(|_| self.chunked) {
            hook(&mut trailers);
        }
        if gathered.goes_on() {
            if self.hooks.edits() && self.chunked {
                gathered.out.extend(b"0\r\n");
                if trailers.is_empty() {
                    trailers.extend(b"\r\n");
                }
            }
            gathered.out.extend(trailers);
        }
        self.exchange = None;
        if self.way == Way::Down {
            self.exchanges.end();
        }
    }

    /// Whether the message under way is one before the answer proper.
    fn interim(&self) -> bool {
        let interim = |talk: &Talk| talk.status() / 100 == 1 && talk.status() != 101;
        let exchange = self.exchange.as_ref().filter(|_| self.way == Way::Down);
        exchange.is_some_and(|exchange| interim(&exchange.talk()))
    }

    /// The connection ends in the middle of a message, or ends a body that way.
    fn broken_off(&mut self, gathered: &mut Gathered) {
        if self.way == Way::Down {
            let mut last = Vec::new();
            self.edit(&mut last);
            gathered.out.extend(self.framed(last));
        }
        gathered.out.extend(self.parser.rest());
    }

    fn framed(&self, data: Vec<u8>) -> Vec<u8> {
        if !self.chunked || data.is_empty() {
            return data;
        }
        let mut out = format!("{:x}\r\n", data.len()).into_bytes();
        out.extend(data);
        out.extend(b"\r\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::mutants::relay::Relay;

    fn look(_: &mut Vec<u8>, _: &mut Talk) {}

    #[test]
    fn an_upload_goes_on_behind_its_answer() {
        let relay = Relay::new().upload(look).body(look);
        let exchanges = Exchanges::default();
        let way = |way| Messages::new(way, Hooks::of(&relay, way), true, &exchanges);
        let (mut up, mut down) = (way(Way::Up), way(Way::Down));
        let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let rest = b"3\r\nabc\r\n0\r\n\r\n";
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let mut sent = up.pass(head.to_vec(), false).out;
        assert_eq!(down.pass(answer.to_vec(), false).out, answer);
        sent.extend(up.pass(rest.to_vec(), false).out);
        assert_eq!(sent, [&head[..], rest].concat());
    }
}
