//! A handler in this process.
//!
//! Owns the type of a handler. May know a request and its upload. Refuses to trust it: a panic costs one request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};

use super::Answer;
use crate::body::{Body, BodyError};
use crate::failure::Failure;
use crate::task;
use crate::upload::Upload;

type Work = Pin<Box<dyn Future<Output = Result<Response<Body>, BodyError>> + Send>>;

/// A function in Rust.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Request<Upload>) -> Work + Send + Sync>);

impl Handler {
    pub fn new<F, W, E>(function: F) -> Self
    where
        F: Fn(Request<Upload>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Response<Body>, E>> + Send + 'static,
        E: Into<BodyError>,
    {
        Self(Arc::new(move |request| {
            let work = function(request);
            Box::pin(async move { work.await.map_err(Into::into) })
        }))
    }

    pub async fn answer(&self, request: Request<Upload>) -> Result<Answer, Failure> {
        // A task of its own, so that a panic ends there.
        match task::spawn((self.0)(request)).await {
            Ok(Ok(response)) => Ok(response.into()),
            Ok(Err(error)) => Err(Failure::Exit {
                status: error.to_string(),
                output: None,
            }),
            Err(_) => Err(Failure::Internal("the handler panicked".to_owned())),
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}
