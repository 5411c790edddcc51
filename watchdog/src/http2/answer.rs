//! An answer on its stream.
//!
//! Owns the head: what of it HTTP/2 forbids, and how long the body is. May know whether the request was HEAD. Refuses a body where there is none.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use h2::Reason;
use h2::server::SendResponse;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, response};
use http_body::Body as _;

use super::flow::{Flow, Piece};
use super::request::Desk;
use crate::failure::Failure;
use crate::http1::server::{Cut, date};
use crate::http1::{KEEP_ALIVE, PROXY_CONNECTION, tokens};
use crate::seal::Sealed;

/// Gets the answer and sends it. A client that resets the stream ends both.
pub(super) async fn run(
    work: impl Future<Output = Result<Response<Sealed>, Cut>>,
    mut respond: SendResponse<Piece>,
    desk: Option<&Desk>,
    head: bool,
) {
    let mut work = pin!(work);
    let answer = poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Pending => {
            if desk.is_some_and(|desk| desk.invites(cx)) {
                invite(&mut respond);
            }
            respond.poll_reset(cx).map(|_| Err(Cut))
        }
        answer @ Poll::Ready(_) => answer,
    });
    let Ok(answer) = answer.await else {
        respond.send_reset(Reason::CANCEL);
        return;
    };
    let (mut parts, body) = answer.into_parts();
    let left = frame(&mut parts, &body, head);
    let ends = left == Some(0);
    let stream = match respond.send_response(Response::from_parts(parts, ()), ends) {
        Ok(stream) => stream,
        Err(error) => return refuse(respond, body, &error),
    };
    if ends {
        return body.delivered();
    }
    let mut flow = Flow::new(stream, body, left);
    if poll_fn(|cx| flow.poll(cx)).await {
        flow.delivered();
    }
}

/// Tells a client that waits for it to send its body (RFC 9110, 10.1.1).
fn invite(respond: &mut SendResponse<Piece>) {
    let mut interim = Response::new(());
    *interim.status_mut() = StatusCode::CONTINUE;
    // A stream that is gone shows where it is waited for.
    let _ = respond.send_informational(interim);
}

/// Makes a head one of HTTP/2, and says how long the body is, if that is known. A body that nobody may send counts as empty.
fn frame(parts: &mut response::Parts, body: &Sealed, head: bool) -> Option<u64> {
    let headers = &mut parts.headers;
    let said = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    strip(headers);
    if !headers.contains_key(DATE) {
        headers.insert(DATE, date());
    }
    let exact = if body.is_end_stream() {
        Some(0)
    } else {
        body.size_hint().exact()
    };
    if matches!(
        parts.status,
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
    ) {
        return Some(0);
    }
    let announced = match (head, exact) {
        // A body that was left out for HEAD is no word about its length.
        (true, None | Some(0)) => said,
        (true, Some(exact)) => said.or(Some(exact)),
        (false, exact) => exact.or(said),
    };
    if let Some(length) = announced {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head { Some(0) } else { announced }
}

/// Takes out what belongs to a connection of HTTP/1.1, or frames a message there (RFC 9113, 8.2.2).
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = tokens(headers, &CONNECTION)
        .filter_map(|name| HeaderName::from_bytes(name).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        CONNECTION,
        CONTENT_LENGTH,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// A head that cannot be sent, though the client is there: too large a field, mostly.
fn refuse(mut respond: SendResponse<Piece>, mut body: Sealed, error: &h2::Error) {
    // To a stream that is over, any frame is unexpected.
    let mut now = Context::from_waker(Waker::noop());
    let over = error.is_io() || error.is_go_away() || error.is_reset();
    if over || respond.poll_reset(&mut now).is_ready() {
        return;
    }
    let why = format!("the head of an answer cannot be sent over HTTP/2: {error}");
    body.fail(&Failure::Internal(why));
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    if respond.send_response(response, true).is_err() {
        respond.send_reset(Reason::INTERNAL_ERROR);
    }
}
