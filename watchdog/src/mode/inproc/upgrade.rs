//! Connections that a handler takes over.
//!
//! Owns the way from a request to its connection, and the limit on silence. May know the connection once it has switched. Refuses to know the protocol, and
//! to let a connection outlive its request.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::body::Body;
use crate::conn::Io;
use crate::http1::server::Switch;
use crate::mode::Tunnel;
use crate::mode::proxy::tunnel::Pulse;
use crate::mode::proxy::watched::Watched;

/// A request's offer to switch protocols, in the extensions of every HTTP/1.1 request that makes one and has no body.
///
/// What it offers is in the request's field `Upgrade`. A handler that takes the offer returns what [`Upgrade::accept`] gives; one that does not just
/// answers. The offer can be taken once.
///
/// ```
/// use std::convert::Infallible;
///
/// use fwatchdog::{Body, Handler, Request, Response, Upgrade, Upgraded, Upload};
/// use http::HeaderValue;
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
///
/// async fn echo(mut client: Upgraded) {
///     let mut buffer = [0; 1024];
///     while let Ok(read @ 1..) = client.read(&mut buffer).await {
///         if client.write_all(&buffer[..read]).await.is_err() {
///             return;
///         }
///     }
/// }
///
/// async fn handle(mut request: Request<Upload>) -> Result<Response<Body>, Infallible> {
///     Ok(match Upgrade::take(&mut request) {
///         Some(upgrade) => upgrade.accept(HeaderValue::from_static("echo"), echo),
///         None => Response::new(Body::from("ask for an upgrade\n")),
///     })
/// }
///
/// let handler = Handler::new(handle);
/// ```
#[derive(Clone)]
pub struct Upgrade(Arc<Mutex<Option<Offer>>>);

struct Offer {
    switch: Switch,
    idle: Option<Duration>,
}

impl Upgrade {
    pub(super) fn new(switch: Switch, idle: Option<Duration>) -> Self {
        Self(Arc::new(Mutex::new(Some(Offer { switch, idle }))))
    }

    /// The offer of a request that makes one which nobody has taken yet.
    ///
    /// ```
    /// use fwatchdog::{Request, Upgrade};
    ///
    /// assert!(Upgrade::take(&mut Request::new(())).is_none());
    /// ```
    pub fn take<B>(request: &mut Request<B>) -> Option<Self> {
        let upgrade = request.extensions_mut().remove::<Self>()?;
        let open = upgrade.lock(|offer| offer.is_some());
        open.then_some(upgrade)
    }

    /// Answers `101` and has `work` go on with the connection.
    ///
    /// The request is over when `work` is: until then it has its slot, and counts as in flight. `work` is dropped when nothing passes either way for
    /// `stream_idle_timeout`, and where a drain takes longer than it may. What is read and written after that fails.
    ///
    /// Fields of the protocol's own, such as `Sec-WebSocket-Accept`, are put into the answer by whoever knows them. [`Upgrade`] has an example.
    pub fn accept<F, W>(self, protocol: HeaderValue, work: F) -> Response<Body>
    where
        F: FnOnce(Upgraded) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let mut response = Response::new(Body::default());
        let Some(tunnel) = self.go_on(work) else {
            // A clone of it has been here before.
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        };
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, protocol);
        put(&mut response, tunnel);
        response
    }

    /// Takes the offer: what goes on once the connection has switched.
    pub(super) fn go_on<F, W>(&self, work: F) -> Option<Tunnel>
    where
        F: FnOnce(Upgraded) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let Offer { switch, idle } = self.lock(Option::take)?;
        Some(Tunnel(Box::pin(async move {
            let Some(io) = switch.switched().await else {
                return;
            };
            let pulse = Arc::new(Pulse::new());
            let client = Upgraded(Watched::new(io, Arc::clone(&pulse)));
            tokio::select! {
                () = work(client) => {}
                () = pulse.silence(idle) => {}
            }
        })))
    }

    fn lock<T>(&self, look: impl FnOnce(&mut Option<Offer>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgrade")
    }
}

/// What goes on after an answer, on its way through whatever is around the handler.
#[derive(Clone)]
struct Accepted(Arc<Mutex<Option<Tunnel>>>);

/// Has this go on after the answer.
pub(super) fn put<B>(response: &mut Response<B>, tunnel: Tunnel) {
    let accepted = Accepted(Arc::new(Mutex::new(Some(tunnel))));
    response.extensions_mut().insert(accepted);
}

/// Whether something does.
pub(super) fn is_settled<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Accepted>().is_some()
}

/// What goes on after this answer, if it is one that switches.
pub(super) fn take<B>(response: &mut Response<B>) -> Option<Tunnel> {
    let accepted = response.extensions_mut().remove::<Accepted>()?;
    let mut tunnel = accepted.0.lock().unwrap_or_else(PoisonError::into_inner);
    tunnel
        .take()
        .filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS)
}

/// A connection that has switched protocols. See [`Upgrade`].
///
/// It is read and written by the traits of tokio, as in the example there. Dropping it closes it.
#[derive(Debug)]
pub struct Upgraded(Watched<Io, Arc<Pulse>>);

impl AsyncRead for Upgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
