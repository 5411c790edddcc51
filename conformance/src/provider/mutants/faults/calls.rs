//! What rows about calls of functions share: whose a request is, and layers with one change in them.
//! It knows the routes of calls and the layers.
//! It refuses faults: those are the chapters'.

use hyper::http::request::Parts;

use super::prelude::*;
use crate::provider::mutants::{behind, wire};

/// Changes both.
pub(super) const fn both(
    asked: fn(&mut Asked, &Memory),
    told: fn(&mut Told, &Asked, &Memory),
) -> Layer {
    Front(Front {
        asked,
        told,
        ..Front::NOTHING
    })
}

/// Changes the answers of functions, each in one piece.
pub(super) const fn whole(
    asked: fn(&mut Asked, &Memory),
    told: fn(&mut Told, &Asked, &Memory),
) -> Layer {
    Front(Front {
        asked,
        told,
        whole: true,
        ..Front::NOTHING
    })
}

/// Changes calls as functions get them.
pub(super) const fn behind(call: fn(&mut Parts)) -> Layer {
    Behind(behind::Behind {
        call,
        ..behind::Behind::NOTHING
    })
}

/// Changes callbacks.
pub(super) const fn calls_back(callback: fn(&mut Parts, &mut Vec<u8>)) -> Layer {
    Behind(behind::Behind {
        callback,
        ..behind::Behind::NOTHING
    })
}

/// Changes the bytes of connections.
pub(super) const fn wire(read: fn(&mut Vec<u8>), write: fn(&mut Vec<u8>)) -> Layer {
    Wire(wire::Wire { read, write })
}

pub(super) fn unasked(_: &mut Asked, _: &Memory) {}

pub(super) fn untold(_: &mut Told, _: &Asked, _: &Memory) {}

/// A call of a function that is waited for.
pub(super) fn calls(asked: &Asked) -> bool {
    asked.at("/function/")
}

/// A call that is left in the queue.
pub(super) fn queues(asked: &Asked) -> bool {
    asked.at("/async-function/")
}

/// An answer that is not the function's, but the platform's.
pub(super) fn is_ours(told: &Told) -> bool {
    told.headers.contains_key("x-openfaas-internal")
}

/// What stands before the path that a function sees, and that path.
pub(super) fn split(asked: &Asked) -> (String, String) {
    let path = asked.path();
    let start = path.get(1..).and_then(|rest| rest.find('/'));
    let start = start.map_or(path.len(), |at| at + 2);
    let rest = path.get(start..).unwrap_or_default();
    let end = rest.find('/').map_or(path.len(), |at| start + at);
    let (route, below) = path.split_at(end);
    (route.to_owned(), below.to_owned())
}

/// Changes the path that a function sees.
pub(super) fn below(asked: &mut Asked, change: impl Fn(&str) -> String) {
    if asked.is_call() {
        let (route, below) = split(asked);
        asked.set_path(&format!("{route}{}", change(&below)));
    }
}

/// Changes the query of a call.
pub(super) fn query(asked: &mut Asked, change: impl Fn(&str) -> String) {
    let path = asked.path().to_owned();
    if asked.is_call()
        && let Some((_, query)) = asked.target.split_once('?')
    {
        let mark = if query.is_empty() { "" } else { "?" };
        asked.target = format!("{path}{mark}{}", change(query));
    }
}
