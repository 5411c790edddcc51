//! HTTP/1.1, both ends of it.
//!
//! Owns what both have in common: how fields are read and written, and how a body is framed on its way in and on its way out. May know httparse. Refuses
//! tasks and buffers of its own: a connection is run by whoever uses it, and one that waits holds no memory but its own.

mod chunk;
pub mod client;
mod fields;
mod inbound;
mod outbound;
pub mod server;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderName;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::poll_read_buf;

pub use self::fields::{length, tokens};

use self::inbound::Inbound;

/// How much of a body is read at once.
const PIECE: usize = 128 << 10;

/// What is read without knowing how much there is goes over the stack: a connection that waits holds no buffer.
const SCRATCH: usize = 8 << 10;

/// Requests with more fields than this are refused, and trailers are bound elsewhere. Go has no such limit; this one is out of the way.
pub const MAX_FIELDS: usize = 512;

/// Fields of one connection that the crate `http` has no names for.
pub const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
pub const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// The words after an answer's status, where they are not the usual ones.
#[derive(Debug, Clone)]
struct Reason(Bytes);

/// Reads what there is of this. Zero is the end.
fn poll_more(
    mut stream: Pin<&mut impl AsyncRead>,
    cx: &mut Context<'_>,
    read: &mut BytesMut,
    inbound: Inbound,
) -> Poll<io::Result<usize>> {
    let announced = usize::try_from(inbound.announced()).unwrap_or(usize::MAX);
    if announced > SCRATCH && read.is_empty() {
        read.reserve(announced.min(PIECE));
        let polled = poll_read_buf(stream, cx, read);
        if polled.is_pending() {
            *read = BytesMut::new();
        }
        return polled;
    }
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let mut buffer = ReadBuf::uninit(&mut scratch);
    ready!(stream.as_mut().poll_read(cx, &mut buffer))?;
    read.extend_from_slice(buffer.filled());
    let mut count = buffer.filled().len();
    if count == SCRATCH && inbound == Inbound::Close {
        read.reserve(PIECE);
        // An end, or an error, comes again.
        if let Poll::Ready(Ok(more)) = poll_read_buf(stream, cx, read) {
            count += more;
        }
    }
    Poll::Ready(Ok(count))
}
