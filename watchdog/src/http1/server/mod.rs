//! A client's HTTP/1.1 connection.
//!
//! Owns the order of things on it: a request, its answer, the next request. May know who answers. Refuses to give up on a client by itself: whoever runs
//! the connection ends it by dropping it.

mod answer;
mod body;
mod head;
mod heads;
mod opening;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use tokio::io::AsyncWriteExt as _;

pub use self::answer::{date, interim};
pub use self::body::{RequestBody, Switch};
pub use self::head::Refusal;
pub use self::heads::Heads;

use self::answer::Asked;
use self::source::{Next, Source};
use super::outbound::Outbound;
use crate::conn::{Io, Peer, Writer};
use crate::failure::Failure;
use crate::seal::Sealed;

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody is left to answer")
    }
}

impl std::error::Error for Cut {}

/// What comes of a request.
pub type Work = Pin<Box<dyn Future<Output = Result<Response<Sealed>, Cut>> + Send>>;

/// Who answers.
pub trait Service: Send + Sync {
    fn answer(&self, request: Request<RequestBody>) -> Work;

    /// The answer to what is no request. The connection ends after it.
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed>;
}

/// As much of a body is read after the answer, so that the client gets to see that.
pub const MOST_UNREAD: usize = 64 << 20;

/// Serves a connection to its end.
pub async fn serve(io: Io, peer: Arc<Peer>, service: Box<dyn Service>, heads: Heads) {
    let mut writer = io.writer();
    let held = Held(Source::new(io, &heads));
    let source = &held.0;
    let mut unread = MOST_UNREAD;
    let mut abrupt = false;
    loop {
        let next = poll_fn(|cx| source.poll_next(cx, heads.max, &peer)).await;
        let (response, mut asked, switch) = match next {
            Next::End => break,
            Next::Refused(refusal) => {
                // Some have more to say than they may, and some do not stop.
                unread = 4 * heads.max;
                peer.restart();
                let asked = Asked::new(&Method::GET, Version::HTTP_11, false, false);
                (Ok(service.refuse(&refusal)), asked, None)
            }
            Next::Request(head) => {
                let mut request = head.request.map(|()| source.body());
                let switch = head.upgrades.then(|| {
                    let (connection, switch) = Switch::new();
                    request.body_mut().set_switch(switch);
                    connection
                });
                let asked = Asked::new(
                    request.method(),
                    request.version(),
                    head.keeps,
                    head.trailers,
                );
                (service.answer(request).await, asked, switch)
            }
        };
        let Ok(response) = response else { return };
        asked.keeps &= !peer.is_closing() && source.can_go_on();
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        source.uninvite();
        let kept = asked.keeps;
        let outbound = outbound(response, peer.take_early(), &mut asked);
        if !send(outbound, &mut writer, &peer).await {
            return;
        }
        if let (true, Some(switch)) = (switches, switch) {
            // Nobody may want it any more.
            let _ = source.take().map(|io| switch.send(io));
            return;
        }
        poll_fn(|cx| source.poll_free(cx)).await;
        if !asked.keeps || !source.can_go_on() {
            // The client did not ask for this end, and may have sent more already.
            abrupt = kept || source.has_begun();
            break;
        }
    }
    if abrupt || !source.can_go_on() {
        peer.left_unread(unread);
    }
    if let Some(mut io) = source.take() {
        // The client may be gone.
        let _ = io.shutdown().await;
    }
}

/// The connection's own hold on its socket. It ends with the connection, whoever has the body of a request still.
struct Held(Arc<Source>);

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

/// An answer as it goes out, after what is left to send of interim ones.
fn outbound(response: Response<Sealed>, early: Vec<u8>, asked: &mut Asked) -> Outbound<Sealed> {
    let (head, body) = response.into_parts();
    let length = if body.is_end_stream() {
        Some(0)
    } else {
        body.size_hint().exact()
    };
    let mut bytes = early;
    let framing = answer::write(&mut bytes, &head, length, asked);
    let outbound = Outbound::new(bytes, body, framing).hold();
    if asked.trailers {
        outbound.allow_trailers(&head.headers)
    } else {
        outbound
    }
}

/// Sends an answer. `false` where it broke off: what came of it so far must not look whole.
async fn send(mut outbound: Outbound<Sealed>, writer: &mut Writer, peer: &Peer) -> bool {
    let sent = poll_fn(|cx| match outbound.poll(writer, cx) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending => match outbound.source_mut() {
            Some(body) => body.poll_overdue(cx).map(|()| false),
            None => Poll::Pending,
        },
    });
    let sent = sent.await;
    if sent && !outbound.refused && !outbound.has_failed() {
        if let Some(body) = outbound.into_source() {
            body.delivered();
        }
        return true;
    }
    // To a client that does not read, nothing but a reset gets through.
    if !sent || outbound.ends_with_connection() {
        peer.reset_on_close();
    }
    if let (Some(why), Some(body)) = (outbound.take_failure(), outbound.source_mut()) {
        body.fail(&Failure::from_body(why));
    }
    false
}
