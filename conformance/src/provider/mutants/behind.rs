//! What the provider sends to others, changed before it goes: calls to functions, and callbacks.
//! It knows heads, and the body of a callback.
//! It refuses to know why something is sent.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::Request;
use hyper::http::request::Parts;

/// A fault behind the provider.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    /// Changes the head of a call as the function gets it.
    pub call: fn(&mut Parts),
    /// Changes a callback.
    pub callback: fn(&mut Parts, &mut Vec<u8>),
}

impl Behind {
    pub const NOTHING: Self = Self {
        call: |_| {},
        callback: |_, _| {},
    };
}

static BEHIND: OnceLock<Behind> = OnceLock::new();

pub(super) fn stand(behind: Behind) {
    let _ = BEHIND.set(behind);
}

/// The head of a call, before the function gets it.
pub(in crate::provider) fn call(head: &mut Parts) {
    if let Some(behind) = BEHIND.get() {
        (behind.call)(head);
    }
}

/// A callback, before it is made.
pub(in crate::provider) fn callback(request: Request<Bytes>) -> Request<Bytes> {
    let Some(behind) = BEHIND.get() else {
        return request;
    };
    let (mut head, body) = request.into_parts();
    let mut body = body.to_vec();
    (behind.callback)(&mut head, &mut body);
    Request::from_parts(head, body.into())
}
