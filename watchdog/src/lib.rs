//! fwatchdog: turns any program into an HTTP function.
//!
//! The program of that name is the usual way in. As a library it serves a handler written in Rust with the same probes, limits, metrics and drain:
//!
//! ```no_run
//! use std::convert::Infallible;
//!
//! use fwatchdog::{Body, Error, Handler, Request, Response, Settings, Upload, log};
//!
//! async fn hello(_: Request<Upload>) -> Result<Response<Body>, Infallible> {
//!     Ok(Response::new(Body::from("hello\n")))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let _log = log::install(Settings::from_env().log_format())?;
//!     fwatchdog::serve(Handler::new(hello)).await
//! }
//! ```
//!
//! - A [`Handler`] is an async function, or a service of `tower`: an axum `Router` is served as it is. What the request brings beside its head and its
//!   [`Upload`] is in its extensions: the [`ClientAddress`], and an [`Upgrade`] where it asks for one.
//! - [`Settings`] are those of `CONFIG.md`: from the environment, by code, or both.
//! - A [`Server`] tells its address and ends when it is told to; [`serve()`] is the short form, for a program that does nothing else.
//! - An [`Error`] says what to tell the operator, and which exit code.
//! - Log lines are events of `tracing`. The library installs no subscriber by itself; [`log`] has the watchdog's own.
//!
//! The features are for builds of the program: `classic` has it stand in for the classic watchdog where settings leave it open, and `terse` leaves out what its
//! log never shows. That holds for every crate of a build, so a program with a log of its own leaves it alone.
#![warn(missing_docs)]
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
mod auth;
mod body;
mod command;
mod config;
mod conn;
mod descriptors;
mod dial;
mod event;
mod exit_code;
mod failure;
mod fetch;
mod gate;
mod head;
mod health;
mod healthcheck;
mod http1;
mod http2;
mod journal;
mod library;
mod lifecycle;
mod metrics;
mod mode;
mod probe;
mod process;
mod request;
mod said;
mod seal;
mod sendfile;
mod serve;
mod server;
mod sniff;
mod spool;
mod target;
mod task;
mod ticket;
mod trust;
mod upload;
mod value;

pub use http::{Request, Response};

#[doc(hidden)] // for the program of this package
pub use self::command::main as command;
pub use self::library::{Error, ErrorKind, Server, Settings, log, serve};
pub use self::mode::inproc::{Body, BoxError, ClientAddress, Handler, Upgrade, Upgraded};
pub use self::upload::{Upload, UploadError};
