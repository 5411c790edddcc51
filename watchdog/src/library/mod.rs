//! The watchdog within a program.
//!
//! Owns what a Rust program sees of a server. May know the server and its configuration. Refuses to do anything to the process that its program did not ask
//! for: no subscriber, no allocator, no exit.

mod error;
pub mod log;
mod settings;

use std::future::{Future, pending};
use std::net::SocketAddr;

pub use self::error::{Error, ErrorKind};
pub use self::settings::Settings;
use crate::mode::inproc::Handler;
use crate::server;

/// A handler whose ports are bound.
///
/// Whoever connects from then on is answered once it runs. Nothing of it is left when [`run`](Self::run) or [`run_until`](Self::run_until) returns, and the
/// same ports can be served again.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use fwatchdog::{BoxError, Handler, Response, Server, Settings};
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
/// use tokio::net::TcpStream;
///
/// let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new("hello".to_owned())));
/// let settings = Settings::new()
///     .bind_address([127, 0, 0, 1])
///     .port(0)
///     .metrics_port(None)
///     .drain_delay(std::time::Duration::ZERO);
/// let server = Server::bind(settings, handler).await?;
/// let address = server.address();
///
/// let client = async {
///     let mut stream = TcpStream::connect(address).await?;
///     stream.write_all(b"GET / HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n").await?;
///     let mut answer = String::new();
///     stream.read_to_string(&mut answer).await?;
///     assert!(answer.ends_with("\r\n\r\nhello"));
///     Ok::<_, std::io::Error>(())
/// };
/// let (told, stop) = tokio::sync::oneshot::channel::<()>();
/// let client = async {
///     let result = client.await;
///     let _ = told.send(());
///     result
/// };
/// let stop = async { drop(stop.await) };
/// let ((), result) = tokio::join!(server.run_until(stop), client);
/// result?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    inner: server::Server,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
}

impl Server {
    /// Binds the ports. [`Server`] has an example.
    ///
    /// # Errors
    /// Settings that cannot be used, all of them at once, or a port that cannot be had.
    pub async fn bind(settings: Settings, handler: Handler) -> Result<Self, Error> {
        let loaded = settings.load()?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        let inner = server::Server::inproc(loaded.config, handler)
            .await
            .map_err(Error::start)?;
        Ok(Self {
            address: inner.address().map_err(Error::system)?,
            metrics: inner.metrics_address().map_err(Error::system)?,
            inner,
        })
    }

    /// Where requests are served, the port being settled.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), fwatchdog::Error> {
    /// # use fwatchdog::{Body, BoxError, Handler, Response, Server, Settings};
    /// # let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new(Body::empty())));
    /// let settings = Settings::new().bind_address([127, 0, 0, 1]).port(0).metrics_port(None);
    /// let server = Server::bind(settings, handler).await?;
    /// assert_ne!(server.address().port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics are served, if anywhere.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), fwatchdog::Error> {
    /// # use fwatchdog::{Body, BoxError, Handler, Response, Server, Settings};
    /// # let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new(Body::empty())));
    /// let settings = Settings::new().bind_address([127, 0, 0, 1]).port(0).metrics_port(None);
    /// assert_eq!(Server::bind(settings, handler).await?.metrics_address(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Serves until the process gets SIGTERM or SIGINT, then drains. A second signal ends the drain.
    ///
    /// Both signals are caught from then on, also after it has returned: that is how tokio has it. A program that does more than serve watches for them
    /// itself and uses [`run_until`](Self::run_until).
    ///
    /// # Errors
    /// Where signals cannot be watched for.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), fwatchdog::Error> {
    /// # use fwatchdog::{Body, BoxError, Handler, Response, Server, Settings};
    /// # let handler = Handler::new(async |_| Ok::<_, BoxError>(Response::new(Body::empty())));
    /// let server = Server::bind(Settings::from_env().port(3000), handler).await?;
    /// server.run().await
    /// # }
    /// ```
    pub async fn run(self) -> Result<(), Error> {
        let stop = server::stop_signals().map_err(Error::system)?;
        self.inner.run(stop).await;
        Ok(())
    }

    /// Serves until `stop` completes, then drains: `/_/ready` says no, connections are accepted for another `drain_delay`, and requests in flight have
    /// `shutdown_timeout`. Dropping the future ends everything at once. [`Server`] has an example.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        let mut stop = Some(stop);
        let stop = move || {
            let stop = stop.take();
            async move {
                match stop {
                    Some(stop) => stop.await,
                    None => pending().await,
                }
            }
        };
        self.inner.run(stop).await;
    }
}

/// Serves `handler` as the environment says, until SIGTERM or SIGINT and a drain: [`Server::bind`] and [`Server::run`].
///
/// ```no_run
/// use fwatchdog::{Body, BoxError, Handler, Response};
///
/// #[tokio::main]
/// async fn main() -> Result<(), fwatchdog::Error> {
///     let _log = fwatchdog::log::install(fwatchdog::Settings::from_env().log_format())?;
///     fwatchdog::serve(Handler::new(async |_| {
///         Ok::<_, BoxError>(Response::new(Body::from("hello\n")))
///     }))
///     .await
/// }
/// ```
///
/// # Errors
/// As both of them.
pub async fn serve(handler: Handler) -> Result<(), Error> {
    Server::bind(Settings::from_env(), handler)
        .await?
        .run()
        .await
}
