//! The two ways that bytes take, and what a fault does on each.
//! It knows which hook of a relay belongs to which way.
//! It refuses to call one.

use super::{Fate, Frame, Head, Hook, Relay};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

impl Way {
    pub fn other(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// The part of a relay that is on one way.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub(super) struct Hooks {
    pub raw: Option<fn(&mut Vec<u8>)>,
    pub head: Option<Hook<Head>>,
    pub body: Option<Hook<Vec<u8>>>,
    pub trailers: Option<fn(&mut Vec<u8>)>,
    pub frame: Option<fn(&mut Frame) -> Fate>,
    /// What breaks off is made whole.
    pub mends: bool,
    /// That whoever sends has ended is not told to whoever receives.
    pub hides_end: bool,
    /// What is sent is taken when nobody is left to receive it.
    pub swallows: bool,
    /// What is sent is taken however slow it can be passed on.
    pub greedy: bool,
}

impl Hooks {
    pub fn of(relay: &Relay, way: Way) -> Self {
        match way {
            Way::Up => Self {
                raw: relay.up,
                head: relay.request,
                body: relay.upload,
                trailers: relay.request_trailers,
                frame: relay.frame_up,
                mends: relay.mends_uploads,
                hides_end: relay.deaf,
                swallows: relay.swallows,
                greedy: false,
            },
            Way::Down => Self {
                raw: relay.down,
                head: relay.answer,
                body: relay.body,
                trailers: relay.trailers,
                frame: relay.frame_down,
                mends: relay.mends_answers,
                hides_end: relay.holds_open,
                swallows: relay.deaf,
                greedy: relay.greedy,
            },
        }
    }

    /// Whether bodies are changed, which takes their framing apart.
    pub fn edits(&self) -> bool {
        self.body.is_some() || self.trailers.is_some()
    }

    /// Whether messages are changed: if not, bytes pass as they come.
    pub fn changes(&self) -> bool {
        self.head.is_some() || self.edits()
    }

    /// Whether it matters here what the bytes mean.
    pub fn reads(&self) -> bool {
        self.changes() || self.mends
    }
}
