//! The log, for programs that want the watchdog's.
//!
//! Lines of the watchdog and of whatever runs within it are events of [`tracing`]; who shows them, and whether anybody does, is the program's choice. Here
//! are two ways to have them shown as the watchdog's own program does: [`install`], which takes the place of a subscriber, and [`Layer`], which is one of
//! several.
//!
//! The access line of each request is an event of the target `fwatchdog::access`, at level `INFO`, with the fields `method`, `path`, `status`, `bytes`,
//! `duration` (in seconds) and `call_id`.

use std::io::{self, Write};

use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;

use super::error::Error;
use crate::config::LogFormat;
use crate::journal::{Journal, Sink, Writer};

/// The shape of a line.
///
/// ```
/// use fwatchdog::{Settings, log::Format};
///
/// assert_eq!(Settings::new().log_format(), Format::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `2026/01/02 15:04:05 Listening on port: 8080`
    #[default]
    Text,
    /// One object a line, with `time`, `level`, `message` and the event's fields.
    Json,
}

/// Keeps a log going. Dropping it writes out what is left, and ends it: what is logged after that is lost.
///
/// [`install`] has an example.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct Guard {
    _writer: Writer,
}

/// Has every event of this process, from `INFO` up, written to stderr: the watchdog's lines and the handler's. Lines are written by a thread of their own, so
/// that a slow reader never holds up a request; keep what is returned to the end of `main`, and none is lost.
///
/// A program that filters, or has other layers, uses [`Layer`].
///
/// ```
/// use fwatchdog::{Settings, log};
///
/// let settings = Settings::from_env();
/// let _log = log::install(settings.log_format()).unwrap();
/// tracing::info!("shown");
/// ```
///
/// # Errors
/// [`ErrorKind::Log`](crate::ErrorKind::Log) where the program has a subscriber already.
pub fn install(format: Format) -> Result<Guard, Error> {
    let (layer, guard) = Layer::new(io::stderr(), format)?;
    tracing::subscriber::set_global_default(layer.0)
        .map_err(|error| Error::log(io::Error::other(error)))?;
    Ok(guard)
}

/// A layer for the registry of `tracing-subscriber` that writes events as the watchdog does. Which ones, filters say.
///
/// ```
/// use fwatchdog::log::{Format, Layer};
/// use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, registry};
///
/// let (layer, _guard) = Layer::new(std::io::stderr(), Format::Text).unwrap();
/// let subscriber = registry().with(LevelFilter::INFO).with(layer);
/// tracing::subscriber::with_default(subscriber, || tracing::info!(answer = 42, "shown"));
/// ```
#[derive(Debug)]
pub struct Layer(Journal);

impl Layer {
    /// A layer that writes to `out`, and what keeps it going. [`Layer`] has an example.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) where no thread can be started.
    pub fn new(out: impl Write + Send + 'static, format: Format) -> Result<(Self, Guard), Error> {
        let (sink, writer) = Sink::new("library", out).map_err(Error::system)?;
        let format = match format {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        };
        let guard = Guard { _writer: writer };
        Ok((Self(Journal::of_all(sink, format)), guard))
    }
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Layer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.write(event);
    }
}
