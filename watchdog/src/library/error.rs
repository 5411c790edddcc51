//! Why nothing is served.
//!
//! Owns the kinds of it that a program can tell apart. May know the configuration's problems and those of a start. Refuses to be about a request.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::Problems;
use crate::exit_code::{SYSTEM, USAGE};
use crate::server::StartError;

/// Why a server did not start, or a log was not installed.
///
/// It says so in words for an operator, and becomes the exit code that the watchdog's own program has in its place:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use fwatchdog::{Body, BoxError, Handler, Response};
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new(Body::from("hello\n"))));
///     match fwatchdog::serve(handler).await {
///         Ok(()) => ExitCode::SUCCESS,
///         Err(error) => {
///             eprintln!("{error}");
///             error.into()
///         }
///     }
/// }
/// ```
pub struct Error(Cause);

enum Cause {
    Settings {
        problems: Option<Problems>,
        unknown: Vec<String>,
    },
    Start(StartError),
    Log(io::Error),
}

/// What kind of [`Error`] it is.
///
/// ```
/// # #[tokio::main]
/// # async fn main() {
/// use fwatchdog::{Body, BoxError, ErrorKind, Handler, Response, Server, Settings};
///
/// let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new(Body::empty())));
/// let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
/// let settings = Settings::new()
///     .bind_address([127, 0, 0, 1])
///     .port(taken.local_addr().unwrap().port());
/// let error = Server::bind(settings, handler).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Port);
/// assert_eq!(error.exit_code(), 69);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Settings that cannot be used; the error names them all. Exit code 64.
    Settings,
    /// A port that cannot be had. Exit code 69.
    Port,
    /// A log that cannot be installed: another one is. Exit code 71.
    Log,
    /// Something basic that the system refused. Exit code 71.
    System,
}

impl Error {
    pub(super) const fn settings(problems: Option<Problems>, unknown: Vec<String>) -> Self {
        Self(Cause::Settings { problems, unknown })
    }

    pub(super) const fn start(error: StartError) -> Self {
        Self(Cause::Start(error))
    }

    pub(super) const fn system(error: io::Error) -> Self {
        Self::start(StartError::System(error))
    }

    pub(super) const fn log(error: io::Error) -> Self {
        Self(Cause::Log(error))
    }

    /// Which kind it is. See [`ErrorKind`] for an example.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match &self.0 {
            Cause::Settings { .. } | Cause::Start(StartError::Setting(_)) => ErrorKind::Settings,
            Cause::Start(StartError::Port { .. }) => ErrorKind::Port,
            Cause::Start(StartError::Function(_) | StartError::System(_)) => ErrorKind::System,
            Cause::Log(_) => ErrorKind::Log,
        }
    }

    /// What the process is to end with. See [`ErrorKind`] for an example.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match &self.0 {
            Cause::Settings { .. } => USAGE,
            Cause::Start(error) => error.exit_code(),
            Cause::Log(_) => SYSTEM,
        }
    }
}

impl From<Error> for ExitCode {
    fn from(error: Error) -> Self {
        error.exit_code().into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Settings { problems, unknown } => {
                match problems {
                    Some(problems) => write!(f, "{problems}")?,
                    None => f.write_str("the configuration cannot be used:")?,
                }
                for name in unknown {
                    write!(f, "\n  {name:?} is no setting of a server within a program")?;
                }
                Ok(())
            }
            Cause::Start(error) => write!(f, "{error}"),
            Cause::Log(error) => write!(f, "cannot install the log: {error}"),
        }
    }
}

/// The same words: a `main` that returns an error shows it by this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Cause::Start(StartError::Port { cause, .. } | StartError::System(cause))
            | Cause::Log(cause) => Some(cause),
            _ => None,
        }
    }
}
