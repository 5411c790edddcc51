//! One way of a connection, through a fault.
//! It knows which protocol the client began to speak.
//! It refuses to know sockets.

use std::sync::atomic::{AtomicBool, Ordering};

use super::exchanges::Exchanges;
use super::frames::{Frames, begins};
use super::gathered::Gathered;
use super::messages::Messages;
use super::way::{Hooks, Way};

/// What both ways of a connection know.
#[derive(Debug, Default)]
pub(super) struct Shared {
    exchanges: Exchanges,
    http2: AtomicBool,
}

/// One way, as far as it has come.
#[derive(Debug)]
pub(super) struct Passage<'a> {
    shared: &'a Shared,
    raw: Option<fn(&mut Vec<u8>)>,
    messages: Messages<'a>,
    frames: Frames,
    /// Whether the protocol is still to be told.
    first: bool,
}

impl<'a> Passage<'a> {
    /// `reads` is whether a hook of either way wants to know what the bytes mean.
    pub fn new(way: Way, hooks: Hooks, reads: bool, shared: &'a Shared) -> Self {
        Self {
            shared,
            raw: hooks.raw,
            messages: Messages::new(way, hooks, reads, &shared.exchanges),
            frames: Frames::new(way, hooks.frame),
            first: way == Way::Up,
        }
    }

    /// Takes what has come, which is all there will be where this is the end.
    pub fn pass(&mut self, mut bytes: Vec<u8>, end: bool) -> Gathered {
        if std::mem::take(&mut self.first) {
            self.shared.http2.store(begins(&bytes), Ordering::SeqCst);
        }
        if let Some(raw) = self.raw {
            raw(&mut bytes);
        }
        if self.shared.http2.load(Ordering::SeqCst) {
            self.frames.pass(bytes, end)
        } else {
            self.messages.pass(bytes, end)
        }
    }
}
