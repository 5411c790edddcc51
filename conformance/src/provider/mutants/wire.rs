//! The bytes of a client's connection, changed before the provider reads them, or before the client does.
//! It knows nothing of messages: what is there at once is one piece.
//! It refuses to hold anything back.

use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A fault on connections.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Changes what a client has sent. It must not grow.
    pub read: fn(&mut Vec<u8>),
    /// Changes what a client is sent.
    pub write: fn(&mut Vec<u8>),
}

impl Wire {
    pub const NOTHING: Self = Self {
        read: |_| {},
        write: |_| {},
    };
}

static WIRE: OnceLock<Wire> = OnceLock::new();

pub(super) fn string(wire: Wire) {
    let _ = WIRE.set(wire);
}

/// A connection with the fault on it.
pub(in crate::provider) fn wired(stream: TcpStream) -> Wired {
    Wired {
        stream,
        wire: WIRE.get().copied().unwrap_or(Wire::NOTHING),
        unsent: Vec::new(),
    }
}

pub(in crate::provider) struct Wired {
    stream: TcpStream,
    wire: Wire,
    /// Changed already, and not yet taken by the system.
    unsent: Vec<u8>,
}

impl Wired {
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent))?;
            self.unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wired {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let mut piece = buf.filled().get(before..).unwrap_or_default().to_vec();
        (self.wire.read)(&mut piece);
        buf.set_filled(before);
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wired {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.drain(cx))?;
        let mut piece = data.to_vec();
        (self.wire.write)(&mut piece);
        self.unsent = piece;
        let _ = self.drain(cx)?;
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
