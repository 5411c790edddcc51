//! What answers.
//!
//! Owns the one shape of functions and services. May know `tower::Service`. Refuses to know when it is called.

use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use super::body;
use super::bridge::Bridge;
use crate::body::Body;
use crate::upload::Upload;

/// Any error, for handlers that have several.
///
/// ```
/// use fwatchdog::{Body, BoxError, Handler, Request, Response, Upload};
/// use http_body_util::BodyExt as _;
///
/// async fn double(request: Request<Upload>) -> Result<Response<Body>, BoxError> {
///     let said = request.into_body().collect().await?.to_bytes();
///     let number: u32 = str::from_utf8(&said)?.trim().parse()?;
///     Ok(Response::new(Body::from((number * 2).to_string())))
/// }
///
/// let handler = Handler::new(double);
/// ```
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Work = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// What answers requests: an async function, or a [`tower::Service`](Service) such as an axum `Router`.
///
/// An error, or a panic, costs one request: the caller gets a `500` that says `function failed` and no more, and the log says why. Where the error is
/// the [`UploadError`](crate::UploadError) of a request's own body, the caller gets the status that it stands for, such as `413`.
///
/// [`Handler::new`] and [`Handler::from_service`] have an example each.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Request<Upload>) -> Work + Send + Sync>);

impl Handler {
    /// A handler that is an async function.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use fwatchdog::{Handler, Request, Response, Upload};
    ///
    /// async fn hello(request: Request<Upload>) -> Result<Response<String>, Infallible> {
    ///     Ok(Response::new(format!("{} says hello\n", request.uri().path())))
    /// }
    ///
    /// let handler = Handler::new(hello);
    /// ```
    pub fn new<F, W, B, E>(function: F) -> Self
    where
        F: Fn(Request<Upload>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response<B>, E>> + Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
        E: Into<BoxError>,
    {
        Self(Arc::new(move |request| {
            let work = function(request);
            Box::pin(async move { work.await.map(answer).map_err(Into::into) })
        }))
    }

    /// A handler that is a service: each request gets a clone of its own, and waits until that is ready.
    ///
    /// Beside an [`Upgrade`](crate::Upgrade), a request that asks for an upgrade has hyper's `OnUpgrade` among its extensions, which is the one that axum's
    /// `WebSocketUpgrade` takes. Its bytes are copied once more on their way.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use fwatchdog::Handler;
    ///
    /// let router: Router = Router::new().route("/", get(|| async { "hello\n" }));
    /// let handler = Handler::from_service(router);
    /// ```
    pub fn from_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Upload>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Arc::new(move |mut request| {
            let mut service = service.clone();
            Box::pin(async move {
                let ready = poll_fn(|cx| service.poll_ready(cx)).await;
                ready.map_err(Into::into)?;
                // Only here, where no program gets to that serves no service.
                let bridge = Bridge::offer(&mut request).await;
                let response = service.call(request).await.map_err(Into::into)?;
                Ok(answer(Bridge::settle(bridge, response)))
            })
        }))
    }

    pub(super) fn call(&self, request: Request<Upload>) -> Work {
        (self.0)(request)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

fn answer<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(body::inner)
}

/// Who sent a request, in its extensions.
///
/// Axum's extractor looks for a type of its own; `examples/axum.rs` gives it that.
///
/// ```
/// use std::convert::Infallible;
///
/// use fwatchdog::{ClientAddress, Handler, Request, Response, Upload};
///
/// let handler = Handler::new(async |request: Request<Upload>| {
///     let client = request.extensions().get::<ClientAddress>();
///     let who = client.map_or_else(|| "nobody".to_owned(), |client| client.0.to_string());
///     Ok::<_, Infallible>(Response::new(who))
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(
    /// The far end of the connection: behind a proxy, that is the proxy.
    pub SocketAddr,
);
