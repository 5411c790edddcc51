//! HTTP/1.1 on plain blocking sockets: the judge's own reading of the protocol.
//! It knows bytes, framing and time, and nothing of watchdogs or cases.
//! It refuses to be lenient: what is not well formed is an error, never a guess.

pub mod body;
pub mod conn;
pub mod h2;
pub mod head;
pub mod headers;
pub mod metrics;
pub mod pattern;
pub mod request;
pub mod response;
pub mod transcript;
pub mod websocket;

pub use body::{Decoder, Framing};
pub use conn::{Cutter, Wire};
pub use head::{RequestHead, StatusLine};
pub use headers::Headers;
pub use metrics::Metrics;
pub use pattern::Pattern;
pub use request::{Body, Request};
pub use response::{End, Head, Response};
pub use transcript::Transcript;
pub use websocket::WebSocket;
