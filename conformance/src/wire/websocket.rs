//! A WebSocket through the subject.
//! It knows the opening handshake, which it does on the raw wire; the frames are tungstenite's.
//! It refuses an upgrade whose answer does not prove that the key was read.

use std::net::TcpStream;
use std::time::Duration;

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket as Frames};

use super::{Head, Request, Wire};
use crate::failure::Failure;

/// The sample key of RFC 6455 and the answer it must get.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    frames: Frames<TcpStream>,
    /// The head of the 101.
    pub head: Head,
}

/// The request that asks for a WebSocket.
pub fn opening(target: &str) -> Request {
    Request::get(target)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

impl WebSocket {
    pub fn open(wire: Wire, target: &str, extra: &[(&str, &str)]) -> Result<Self, Failure> {
        let request = extra
            .iter()
            .fold(opening(target), |r, (name, value)| r.header(name, value));
        Self::over(wire, &request)
    }

    /// Any request that asks for a WebSocket with the key of `opening`.
    pub fn over(mut wire: Wire, request: &Request) -> Result<Self, Failure> {
        wire.send_request(request)?;
        let head = wire.read_head()?;
        if head.status != 101 {
            return Err(Failure::failed(format!(
                "no upgrade: {} {}",
                head.status, head.reason
            )));
        }
        if head.headers.get("sec-websocket-accept") != Some(ACCEPT) {
            return Err(Failure::failed("a wrong Sec-WebSocket-Accept"));
        }
        let (stream, rest) = wire.into_parts()?;
        let config = Some(WebSocketConfig::default());
        let frames = Frames::from_partially_read(stream, rest, Role::Client, config);
        Ok(Self { frames, head })
    }

    pub fn set_timeout(&mut self, limit: Duration) -> Result<(), Failure> {
        self.frames.get_ref().set_read_timeout(Some(limit))?;
        Ok(())
    }

    pub fn send(&mut self, message: Message) -> Result<(), Failure> {
        self.frames
            .send(message)
            .map_err(|e| Failure::failed(format!("WebSocket: {e}")))
    }

    pub fn read(&mut self) -> Result<Message, Failure> {
        self.frames
            .read()
            .map_err(|e| Failure::failed(format!("WebSocket: {e}")))
    }

    /// Sends a text and expects the same one back.
    pub fn echo(&mut self, text: &str) -> Result<(), Failure> {
        self.send(Message::text(text))?;
        let got = self.read()?;
        if got == Message::text(text) {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "the WebSocket answered {got:?} to {text:?}"
        )))
    }

    /// The closing handshake, from our side.
    pub fn close(mut self) -> Result<(), Failure> {
        self.frames
            .close(None)
            .map_err(|e| Failure::failed(format!("WebSocket: {e}")))?;
        loop {
            match self.frames.read() {
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
                Err(e) => return Err(Failure::failed(format!("WebSocket close: {e}"))),
            }
        }
    }

    pub fn into_stream(self) -> TcpStream {
        self.frames.into_inner()
    }
}
