//! A client's HTTP/1.1 connection.
//!
//! Owns the order of things on it: a request, its answer, the next request. May know who answers. Refuses to give up on a client by itself: whoever runs
//! the connection ends it by dropping it.

mod answer;
mod body;
mod head;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use tokio::io::AsyncWriteExt as _;

pub use self::answer::interim;
pub use self::body::{RequestBody, Switch};
pub use self::head::Refusal;

use self::answer::Asked;
use self::body::{Next, Source};
use super::outbound::Outbound;
use crate::conn::{Io, Peer};
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
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        refusal.answer()
    }
}

/// As much of a body is read after the answer, so that the client gets to see that.
const MOST_UNREAD: usize = 64 << 20;

/// Serves a connection to its end. Heads of requests that are longer than `max_head` bytes are refused.
pub async fn serve(io: Io, peer: Arc<Peer>, service: Box<dyn Service>, max_head: usize) {
    let mut writer = io.writer();
    let source = Source::new(io);
    let mut unread = MOST_UNREAD;
    let mut abrupt = false;
    loop {
        let next = poll_fn(|cx| source.poll_next(cx, max_head, peer.is_closing())).await;
        peer.asked();
        let (response, mut asked, switch) = match next {
            Next::End => break,
            Next::Refused(refusal) => {
                // Some have more to say than they may, and some do not stop.
                unread = 4 * max_head;
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
        let mut outbound = outbound(response, peer.take_early(), &mut asked);
        poll_fn(|cx| outbound.poll(&mut writer, cx)).await;
        if outbound.refused || outbound.has_failed() {
            // What came so far must not look whole.
            return;
        }
        drop(outbound);
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
        peer.waits();
    }
    if abrupt || !source.can_go_on() {
        peer.left_unread(unread);
    }
    if let Some(mut io) = source.take() {
        // The client may be gone.
        let _ = io.shutdown().await;
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
    let outbound = Outbound::new(bytes, body, framing);
    if asked.trailers {
        outbound.allow_trailers(&head.headers)
    } else {
        outbound
    }
}
