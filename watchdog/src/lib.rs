//! fwatchdog: turns any program into an HTTP function.
//!
//! The binary is the usual way in. As a library it serves a handler written in Rust with the same probes, limits, metrics and drain (mode `inproc`):
//!
//! ```no_run
//! use fwatchdog::{Body, Handler, Request, Response, Upload};
//!
//! async fn hello(_: Request<Upload>) -> Result<Response<Body>, std::convert::Infallible> {
//!     Ok(Response::new(Body::from("hello\n")))
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! fwatchdog::serve(Handler::new(hello)).await
//! # }
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests fail by panicking"
    )
)]

mod access;
mod admin;
mod aside;
pub mod auth;
pub mod body;
pub mod config;
mod conn;
mod dial;
pub mod failure;
mod fetch;
mod gate;
mod head;
mod health;
pub mod healthcheck;
mod http1;
pub mod journal;
mod lifecycle;
mod metrics;
pub mod mode;
mod probe;
mod process;
mod request;
mod seal;
mod sendfile;
mod serve;
pub mod server;
mod sniff;
mod spool;
mod task;
mod ticket;
mod trust;
pub mod upload;
mod value;

pub use http::{Request, Response};

pub use self::body::Body;
pub use self::mode::inproc::Handler;
pub use self::upload::Upload;

/// Serves `handler` as the environment says, until SIGTERM or SIGINT and a drain.
///
/// # Errors
/// A bad configuration (all problems at once) or a port that cannot be had.
pub async fn serve(handler: Handler) -> Result<(), Box<dyn std::error::Error>> {
    let loaded = config::Config::for_inproc(&config::Environment::from_process())?;
    let (stderr, _errors) = journal::Sink::new("stderr", std::io::stderr())?;
    let (stdout, _lines) = journal::Sink::new("stdout", std::io::stdout())?;
    // A program with a subscriber of its own keeps it.
    let journal = journal::Journal::new(stderr.clone(), loaded.config.log.format);
    let _ = tracing::subscriber::set_global_default(journal);
    let output = server::Output { stdout, stderr };
    let stop = server::stop_signals()?;
    server::Server::inproc(loaded.config, handler, output)
        .await?
        .run(stop)
        .await;
    Ok(())
}
