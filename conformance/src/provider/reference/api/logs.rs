//! The logs of one function as a stream of JSON lines.
//! It knows the query and where to begin.
//! It refuses a log that it cannot tell whose it is.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, sleep};

use super::super::answer::{self, Handled, bad, error};
use super::super::faults::seeded;
use super::super::function::Function;
use super::super::logs::{Query, told};
use super::super::relay::Pieces;
use super::super::world::Refusal;
use super::{Call, refused};

/// How many pieces wait for a client that reads slowly.
const WAITING: usize = 16;

pub(super) fn logs(call: &Call) -> Handled {
    let Some(query) = Query::read(|name| call.parameter(name)) else {
        return Err(error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "could not parse the log request",
        ));
    };
    let name = call.parameter("name").unwrap_or_default();
    if name.is_empty() {
        return Err(bad("name: expected the name of a function"));
    }
    let name = if seeded!(LogsByPrefix) {
        longest(call, name)
    } else {
        name
    };
    let found = call.provider.world.find(&call.asked_namespace(), &name);
    let function = found.map_err(|_| refused(&Refusal::Missing(name)))?;
    let (sender, pieces) = mpsc::channel(WAITING);
    // It ends with its receiver, which is the body.
    tokio::spawn(tell(function, query, sender, call.provider.stop.clone()));
    let mut stream = answer::with(StatusCode::OK, Pieces(pieces).boxed_unsync());
    let kind = HeaderValue::from_static("application/x-ndjson");
    stream.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(stream)
}

/// The longest name of a function that begins so.
fn longest(call: &Call, start: String) -> String {
    let all = call.provider.world.all().into_iter();
    let names = all.map(|function| function.name.clone());
    let alike = names.filter(|name| name.starts_with(&start));
    alike.max_by_key(String::len).unwrap_or(start)
}

/// Ends with the log, with the provider, or when the client has left.
async fn tell(
    function: Arc<Function>,
    query: Query,
    sender: mpsc::Sender<Bytes>,
    mut stop: watch::Receiver<bool>,
) {
    let mut open = function.log.watch();
    let (mut more, (lines, mut next)) = (*open.borrow_and_update(), function.log.since(0));
    let mut lines = query.existing(lines);
    loop {
        for line in &lines {
            let text = told(&function.name, &function.namespace, line);
            if sender.send(text.into()).await.is_err() {
                return;
            }
        }
        if !query.follow || !more {
            return;
        }
        tokio::select! {
            _ = open.changed() => {}
            () = sender.closed() => return,
            _ = stop.wait_for(|&stop| stop) => return,
        }
        if seeded!(FollowLags) {
            sleep(Duration::from_secs(12)).await;
        }
        more = *open.borrow_and_update();
        let (new, after) = function.log.since(next);
        next = after;
        lines = query.newer(new);
    }
}
