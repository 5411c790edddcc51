//! A client's HTTP/2 connection.
//!
//! Owns its limits and its streams: one task each, which end with the connection. May know who answers. Refuses to buffer: what a client does not take stays
//! with the function's answer, and in flight, until it does.
//!
//! Frames, windows and header compression are the crate h2's. hyper's server above it is not used: it asks a body for more only while the client takes some,
//! so that nothing could end an answer that is not taken, and it knows of no answer when it has been written.

mod answer;
mod flow;
mod request;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Method, Request};
use tokio::task::JoinSet;

pub use self::request::{RequestBody, localize};

use self::flow::Piece;
use crate::conn::{Io, Peer};
use crate::http1::server::{MOST_UNREAD, Work};
use crate::upload::Incoming;

/// Requests that one client may have in flight on a connection. The rest wait at the client.
const MAX_STREAMS: u32 = 128;

/// What a client may send ahead on a stream, and on all of them: uploads that nobody reads leave the others their room.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = MAX_STREAMS * STREAM_WINDOW;

/// Serves a connection to its end. Heads of requests that are longer than `max_head` bytes are refused.
pub async fn serve<A>(io: Io, peer: Arc<Peer>, answer: A, max_head: usize)
where
    A: Fn(Request<Incoming>) -> Work,
{
    peer.reports(MOST_UNREAD);
    let handshake = Builder::new()
        .max_concurrent_streams(MAX_STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(flow::PIECE)
        .max_header_list_size(u32::try_from(max_head).unwrap_or(u32::MAX))
        .handshake(io);
    let Ok(connection) = handshake.await else {
        return;
    };
    let mut serving = Serving {
        connection,
        streams: JoinSet::new(),
        closing: false,
    };
    while let Some((request, respond)) = poll_fn(|cx| serving.poll_accept(&peer, cx)).await {
        let head = request.method() == Method::HEAD;
        let (request, desk) = request::received(request);
        let work = answer(request.map(Incoming::Http2));
        serving.streams.spawn(async move {
            answer::run(work, respond, desk.as_deref(), head).await;
            if let Some(desk) = desk {
                desk.drain().await;
            }
        });
    }
    let Serving {
        connection,
        mut streams,
        ..
    } = serving;
    drop(connection);
    // Each learns what has become of it, and that its last piece was written.
    while streams.join_next().await.is_some() {}
}

struct Serving {
    connection: Connection<Io, Piece>,
    /// A panic costs one of them.
    streams: JoinSet<()>,
    closing: bool,
}

impl Serving {
    /// The next request; `None` at the end of the connection.
    fn poll_accept(
        &mut self,
        peer: &Peer,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Request<RecvStream>, SendResponse<Piece>)>> {
        if peer.is_closing() && !self.closing {
            self.closing = true;
            if peer.is_late() {
                self.connection.abrupt_shutdown(Reason::NO_ERROR);
            } else {
                self.connection.graceful_shutdown();
            }
        }
        while self.streams.try_join_next().is_some() {}
        self.connection
            .poll_accept(cx)
            .map(|accepted| accepted.and_then(Result::ok))
    }
}
