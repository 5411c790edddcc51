//! Settings by code.
//!
//! Owns what a program says, beside what the environment does. May know the names in the table of settings. Refuses to know what any of them mean: the
//! one grammar does, and what it makes of a value is found out when a server is bound.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::net::IpAddr;
use std::time::Duration;

use super::error::Error;
use super::log;
use crate::config::setting::{ModeName, Setting};
use crate::config::{Config, Environment, Loaded, go_duration, settings};

/// What a [`Server`](crate::Server) goes by.
///
/// Each setting is one of `CONFIG.md`, by its name or by a method of its own. What a program says wins over what the environment says, under whichever
/// name. Values are looked at, all of them, when a server is bound.
///
/// ```
/// use std::time::Duration;
///
/// use fwatchdog::Settings;
///
/// // The environment's, but for two of them.
/// let settings = Settings::from_env().max_inflight(100).set("queue_timeout", "2s");
/// // The defaults, whatever the environment says.
/// let settings = Settings::new().port(3000).exec_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone)]
pub struct Settings {
    environment: Environment,
    /// What is no setting, or none of a server within a program.
    unknown: Vec<String>,
}

/// Nothing of the environment, which may hold secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

impl Settings {
    /// The defaults of every setting. The environment is not read.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::of(std::iter::empty::<(OsString, OsString)>().collect())
    }

    /// The process's environment as it is now.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::from_env();
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::of(Environment::from_process())
    }

    const fn of(environment: Environment) -> Self {
        Self {
            environment,
            unknown: Vec::new(),
        }
    }

    /// Any setting by its name, with a value as the environment would have it. A name that is none makes binding fail.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() {
    /// use fwatchdog::{ErrorKind, Handler, Response, Server, Settings};
    ///
    /// let handler = Handler::new(async |_| Ok::<_, fwatchdog::BoxError>(Response::new(String::new())));
    /// let settings = Settings::new().set("max_inflght", 10).set("read_timeout", "soon");
    /// let error = Server::bind(settings, handler).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Settings);
    /// assert!(error.to_string().contains("max_inflght"));
    /// assert!(error.to_string().contains("read_timeout"));
    /// # }
    /// ```
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Display) -> Self {
        match settings::all().find(|setting| is_meant(setting, name)) {
            Some(Setting { name, aliases, .. }) => {
                let aliases = aliases.iter().copied();
                self.environment.replace(name, aliases, value.to_string());
            }
            None => self.unknown.push(name.to_owned()),
        }
        self
    }

    /// `port`: where requests are served. `0` is one that the system chooses; [`Server::address`](crate::Server::address) tells it.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new().port(3000);
    /// ```
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.set("port", port)
    }

    /// `bind_address`: the address of both ports.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new().bind_address([127, 0, 0, 1]);
    /// ```
    #[must_use]
    pub fn bind_address(self, address: impl Into<IpAddr>) -> Self {
        self.set("bind_address", address.into())
    }

    /// `metrics_port`: where `/metrics` is served; `None` turns that off.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new().metrics_port(None);
    /// ```
    #[must_use]
    pub fn metrics_port(self, port: Option<u16>) -> Self {
        self.set("metrics_port", port.unwrap_or(0))
    }

    /// `exec_timeout`: how long the handler may take. Zero is no limit.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let settings = fwatchdog::Settings::new().exec_timeout(Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn exec_timeout(self, limit: Duration) -> Self {
        self.set("exec_timeout", go_duration(limit))
    }

    /// `drain_delay`: how long a server that was told to stop still accepts connections, for load balancers to notice.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let settings = fwatchdog::Settings::new().drain_delay(Duration::ZERO);
    /// ```
    #[must_use]
    pub fn drain_delay(self, delay: Duration) -> Self {
        self.set("drain_delay", go_duration(delay))
    }

    /// `shutdown_timeout`: how long requests in flight may take after that.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let settings = fwatchdog::Settings::new().shutdown_timeout(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn shutdown_timeout(self, limit: Duration) -> Self {
        self.set("shutdown_timeout", go_duration(limit))
    }

    /// `max_inflight`: how many requests may be answered at a time. Zero is no limit.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new().max_inflight(100);
    /// ```
    #[must_use]
    pub fn max_inflight(self, requests: usize) -> Self {
        self.set("max_inflight", requests)
    }

    /// `max_body_bytes`: how large a request's body may be. Zero is no limit.
    ///
    /// ```
    /// let settings = fwatchdog::Settings::new().max_body_bytes(1 << 20);
    /// ```
    #[must_use]
    pub fn max_body_bytes(self, bytes: u64) -> Self {
        self.set("max_body_bytes", bytes)
    }

    /// What `log_format` says, for [`log::install`].
    ///
    /// ```
    /// use fwatchdog::{Settings, log::Format};
    ///
    /// assert_eq!(Settings::new().log_format(), Format::Text);
    /// assert_eq!(Settings::new().set("log_format", "json").log_format(), Format::Json);
    /// ```
    #[must_use]
    pub fn log_format(&self) -> log::Format {
        let value = self.environment.get("log_format");
        match value {
            Some(format) if format.eq_ignore_ascii_case("json") => log::Format::Json,
            _ => log::Format::Text,
        }
    }

    pub(super) fn load(self) -> Result<Loaded, Error> {
        let loaded = Config::for_inproc(&self.environment);
        match (loaded, self.unknown.is_empty()) {
            (Ok(loaded), true) => Ok(loaded),
            (loaded, _) => Err(Error::settings(loaded.err(), self.unknown)),
        }
    }
}

/// A program has its mode.
fn is_meant(setting: &Setting, name: &str) -> bool {
    let named = setting.name == name || setting.aliases.contains(&name);
    named && setting.modes.contains(&ModeName::Inproc) && name != "mode"
}
