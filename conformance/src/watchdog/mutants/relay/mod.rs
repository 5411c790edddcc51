//! Between two ends of HTTP: what a fault may see and change of the messages that pass.
//! It knows heads, bodies, frames of HTTP/2, and the moments of a connection.
//! It refuses to touch a byte that no fault asks for.

mod exchanges;
mod frames;
mod gathered;
mod head;
mod link;
mod listening;
mod message;
mod messages;
mod passage;
mod sink;
mod talk;
mod way;

use std::net::SocketAddr;

pub use frames::Frame;
pub use head::Head;
pub(super) use listening::Listening;
pub use talk::{Fate, Talk};

/// The hooks of a fault.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub struct Relay {
    /// A connection has come: the how manieth, and to whom it goes.
    pub(super) open: Option<fn(u64, SocketAddr) -> Fate>,
    /// The head of a request, and one of an answer.
    pub(super) request: Option<Hook<Head>>,
    pub(super) answer: Option<Hook<Head>>,
    /// A piece of a body, without its framing; an empty piece is the end.
    pub(super) upload: Option<Hook<Vec<u8>>>,
    pub(super) body: Option<Hook<Vec<u8>>>,
    /// Trailers, as a block that ends with an empty line.
    pub(super) trailers: Option<fn(&mut Vec<u8>)>,
    pub(super) request_trailers: Option<fn(&mut Vec<u8>)>,
    /// Bytes as they are, towards the server or the client, before anything else.
    pub(super) up: Option<fn(&mut Vec<u8>)>,
    pub(super) down: Option<fn(&mut Vec<u8>)>,
    /// A frame of HTTP/2, towards the server or the client; whether it goes on.
    pub(super) frame_up: Option<fn(&mut Frame) -> Fate>,
    pub(super) frame_down: Option<fn(&mut Frame) -> Fate>,
    /// The end of a client is not told to the server; nor that of the server to the client.
    pub(super) deaf: bool,
    pub(super) holds_open: bool,
    /// What a client sends to a server that has ended is taken.
    pub(super) swallows: bool,
    /// A message that breaks off is made whole, towards the server or the client.
    pub(super) mends_uploads: bool,
    pub(super) mends_answers: bool,
    /// Answers are taken whole, whether or not the client reads.
    pub(super) greedy: bool,
    /// The port stays open when the one behind it is closed.
    pub(super) lingers: bool,
}

/// What a fault does to a part of a message.
pub type Hook<T> = fn(&mut T, &mut Talk);

fn idle<T>(_: &mut T, _: &mut Talk) {}

fn quiet(_: &mut Vec<u8>) {}

fn pass(_: &mut Frame) -> Fate {
    Fate::Pass
}

impl Relay {
    pub const fn new() -> Self {
        Self {
            open: None,
            request: None,
            answer: None,
            upload: None,
            body: None,
            trailers: None,
            request_trailers: None,
            up: None,
            down: None,
            frame_up: None,
            frame_down: None,
            deaf: false,
            holds_open: false,
            swallows: false,
            mends_uploads: false,
            mends_answers: false,
            greedy: false,
            lingers: false,
        }
    }

    /// The same hooks, none of which does a thing.
    #[must_use]
    pub fn neutral(&self) -> Self {
        Self {
            open: None,
            request: self.request.map(|_| idle as Hook<Head>),
            answer: self.answer.map(|_| idle as Hook<Head>),
            upload: self.upload.map(|_| idle as Hook<Vec<u8>>),
            body: self.body.map(|_| idle as Hook<Vec<u8>>),
            trailers: self.trailers.map(|_| quiet as fn(&mut Vec<u8>)),
            request_trailers: self.request_trailers.map(|_| quiet as fn(&mut Vec<u8>)),
            up: None,
            down: None,
            frame_up: self.frame_up.map(|_| pass as fn(&mut Frame) -> Fate),
            frame_down: self.frame_down.map(|_| pass as fn(&mut Frame) -> Fate),
            deaf: false,
            holds_open: false,
            swallows: false,
            mends_uploads: false,
            mends_answers: false,
            greedy: false,
            lingers: false,
        }
    }

    /// Which hooks there are, in one word.
    pub fn shape(&self) -> String {
        let hooks = [
            ("request", self.request.is_some()),
            ("answer", self.answer.is_some()),
            ("upload", self.upload.is_some()),
            ("body", self.body.is_some()),
            ("trailers", self.trailers.is_some()),
            ("request-trailers", self.request_trailers.is_some()),
            (
                "frames",
                self.frame_up.is_some() || self.frame_down.is_some(),
            ),
        ];
        let there = hooks.iter().filter(|(_, there)| *there);
        there.flat_map(|(name, _)| ["+", *name]).collect()
    }

    #[must_use]
    pub const fn open(mut self, hook: fn(u64, SocketAddr) -> Fate) -> Self {
        self.open = Some(hook);
        self
    }

    #[must_use]
    pub const fn request(mut self, hook: Hook<Head>) -> Self {
        self.request = Some(hook);
        self
    }

    #[must_use]
    pub const fn answer(mut self, hook: Hook<Head>) -> Self {
        self.answer = Some(hook);
        self
    }

    #[must_use]
    pub const fn upload(mut self, hook: Hook<Vec<u8>>) -> Self {
        self.upload = Some(hook);
        self
    }

    #[must_use]
    pub const fn body(mut self, hook: Hook<Vec<u8>>) -> Self {
        self.body = Some(hook);
        self
    }

    #[must_use]
    pub const fn trailers(mut self, hook: fn(&mut Vec<u8>)) -> Self {
        self.trailers = Some(hook);
        self
    }

    #[must_use]
    pub const fn request_trailers(mut self, hook: fn(&mut Vec<u8>)) -> Self {
        self.request_trailers = Some(hook);
        self
    }

    #[must_use]
    pub const fn up(mut self, hook: fn(&mut Vec<u8>)) -> Self {
        self.up = Some(hook);
        self
    }

    #[must_use]
    pub const fn down(mut self, hook: fn(&mut Vec<u8>)) -> Self {
        self.down = Some(hook);
        self
    }

    #[must_use]
    pub const fn frame_up(mut self, hook: fn(&mut Frame) -> Fate) -> Self {
        self.frame_up = Some(hook);
        self
    }

    #[must_use]
    pub const fn frame_down(mut self, hook: fn(&mut Frame) -> Fate) -> Self {
        self.frame_down = Some(hook);
        self
    }

    #[must_use]
    pub const fn deaf(mut self) -> Self {
        self.deaf = true;
        self
    }

    #[must_use]
    pub const fn holds_open(mut self) -> Self {
        self.holds_open = true;
        self
    }

    #[must_use]
    pub const fn swallows(mut self) -> Self {
        self.swallows = true;
        self
    }

    #[must_use]
    pub const fn mends_uploads(mut self) -> Self {
        self.mends_uploads = true;
        self
    }

    #[must_use]
    pub const fn mends_answers(mut self) -> Self {
        self.mends_answers = true;
        self
    }

    #[must_use]
    pub const fn greedy(mut self) -> Self {
        self.greedy = true;
        self
    }

    #[must_use]
    pub const fn lingers(mut self) -> Self {
        self.lingers = true;
        self
    }
}
