//! Start and stop, in order.
//!
//! Owns the sequence from a configuration to the last exit: bind, fork, serve, drain, stop. May know every part. Refuses to be interrupted half-way: the
//! second signal is the one that is.

mod build;
mod start_error;

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use self::build::{mode, site};
pub use self::start_error::StartError;
use crate::config::{self, Config, Flavour, TermTiming, go_duration};
use crate::journal::Sink;
use crate::lifecycle::Phase;
use crate::mode::Mode;
use crate::mode::fork::Outlets;
use crate::mode::inproc::{Handler, Inproc};
pub use crate::process::ChildSignals;
use crate::process::{Child, Exit, Group, Processes, Reaper};
use crate::serve::{self, Site};
use crate::{admin, task};

/// Log pumps get this long to read what a child left in its pipes.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why the server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was asked to.
    Asked,
    /// The long-lived child ended by itself.
    Child(Exit),
}

/// Where log lines go.
#[derive(Debug, Clone)]
pub struct Output {
    pub stdout: Sink,
    pub stderr: Sink,
}

/// A server whose ports are bound and whose function runs.
#[derive(Debug)]
pub struct Server {
    site: Arc<Site>,
    config: Config,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    child: Option<Child>,
    pumps: TaskTracker,
    /// Present where there are processes to look after.
    _reaper: Option<Reaper>,
}

impl Server {
    /// Binds the ports, then starts what the mode needs.
    pub async fn start(
        config: Config,
        output: Output,
        signals: ChildSignals,
    ) -> Result<Self, StartError> {
        let (listener, metrics) = bind(&config).await?;
        let (processes, reaper) =
            Processes::start(signals, config.timeouts.kill_grace).map_err(StartError::System)?;
        let pumps = TaskTracker::new();
        let outlets = Outlets {
            stdout: output.stdout,
            stderr: output.stderr.clone(),
            log: config.log.clone(),
            pumps: pumps.clone(),
        };
        let (mode, child) = mode(&config, &processes, outlets)?;
        let site = Arc::new(site(&config, mode, Some(processes), Some(output.stderr)));
        Ok(Self {
            site,
            config,
            listener,
            metrics,
            child,
            pumps,
            _reaper: Some(reaper),
        })
    }

    /// Serves a handler of this process: there is nothing to start, and lines of its own are events.
    pub async fn inproc(config: Config, handler: Handler) -> Result<Self, StartError> {
        let (listener, metrics) = bind(&config).await?;
        let mode = Mode::Inproc(Inproc::new(handler, &config.timeouts));
        let site = Arc::new(site(&config, mode, None, None));
        Ok(Self {
            site,
            config,
            listener,
            metrics,
            child: None,
            pumps: TaskTracker::new(),
            _reaper: None,
        })
    }

    /// Where requests are served, the port being settled.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where metrics are served, if anywhere.
    ///
    /// # Errors
    /// As the system says.
    pub fn metrics_address(&self) -> io::Result<Option<SocketAddr>> {
        self.metrics
            .as_ref()
            .map(TcpListener::local_addr)
            .transpose()
    }

    /// Serves until `stop` completes or the child ends, then drains. A second completion of `stop` ends at once.
    pub async fn run<S, F>(self, mut stop: S) -> Stopped
    where
        S: FnMut() -> F,
        F: Future<Output = ()>,
    {
        let Self {
            site,
            config,
            listener,
            metrics,
            mut child,
            pumps,
            _reaper,
        } = self;
        announce(&config, &listener, metrics.as_ref());
        // Whoever drops this future has no more use for its connections.
        let _cut = site.life.cut.clone().drop_guard();
        let metrics = metrics.map(|l| task::spawn(admin::serve(Arc::clone(&site), l)));
        let _starting = match &site.mode {
            Mode::Proxy(proxy) => {
                let proxy = Arc::clone(proxy);
                Some(task::spawn(async move { proxy.wait_until_up().await }))
            }
            _ => None,
        };
        // The port is bound, so early connections wait in its queue: whoever is accepted finds a server that serves.
        site.health.lock();
        site.life.enter(Phase::Serving);
        let accepting = task::spawn(serve::accept(Arc::clone(&site), listener));
        let _passing = child
            .as_ref()
            .map(|child| task::spawn(pass_signals(child.group())));
        let stopped = tokio::select! {
            () = stop() => Stopped::Asked,
            exit = ended(&mut child) => Stopped::Child(exit),
        };
        let drained = drain(&site, &config, stopped, &mut child, accepting);
        tokio::select! {
            () = drained => {}
            () = stop() => tracing::info!("second signal: stopping now"),
        }
        site.life.cut.cancel();
        site.mode.close();
        if let Some(processes) = &site.processes {
            drop(child);
            processes.finish(config.timeouts.kill_grace).await;
        }
        pumps.close();
        // A grandchild may hold a pipe for ever.
        let _ = timeout(LAST_WORDS, pumps.wait()).await;
        leave_nothing(&site, metrics).await;
        tracing::info!(
            "Exiting. Active connections: {}",
            site.desk.gate.in_flight()
        );
        stopped
    }
}

/// Whoever serves again in this process finds the ports free and nothing of ours left.
async fn leave_nothing(site: &Site, metrics: Option<task::Owned<()>>) {
    if let Some(metrics) = metrics {
        task::end(metrics).await;
    }
    site.life.tasks.close();
    let _ = timeout(LAST_WORDS, site.life.tasks.wait()).await;
    if let Mode::Inproc(inproc) = &site.mode {
        let _ = timeout(LAST_WORDS, inproc.finish()).await;
    }
}

/// Unready, then closed, then quiet, then over: the stop order.
async fn drain(
    site: &Site,
    config: &Config,
    stopped: Stopped,
    child: &mut Option<Child>,
    accepting: task::Owned<()>,
) {
    match stopped {
        Stopped::Asked => {
            let delay = config.stop.drain_delay;
            tracing::info!("SIGTERM: no new connections in {}", go_duration(delay));
            site.life.enter(Phase::Draining);
            site.health.unlock();
            if let (config::Mode::Proxy(proxy), Some(child)) = (&config.mode, &child)
                && proxy.term_timing == TermTiming::Immediate
            {
                child.group().signal(Signal::SIGTERM);
            }
            tokio::time::sleep(delay).await;
        }
        Stopped::Child(exit) => {
            tracing::info!("Forked function has terminated: {exit}");
            if let Mode::Proxy(proxy) = &site.mode {
                proxy.gone();
            }
            site.life.enter(Phase::Draining);
            site.health.unlock();
        }
    }
    tracing::info!(
        "No new connections allowed, draining: {} requests",
        site.desk.gate.in_flight()
    );
    site.life.enter(Phase::Closing);
    site.mode.close();
    // Its end closes the listener.
    let _ = accepting.await;
    site.life.tasks.close();
    let limit = config.stop.shutdown_timeout;
    if timeout(limit, site.life.tasks.wait()).await.is_err() {
        match site.desk.gate.in_flight() {
            0 => tracing::info!("Connections with nothing in flight were still open: closed"),
            left => tracing::warn!(
                "{left} requests were not over within shutdown_timeout ({}): cut off",
                go_duration(limit)
            ),
        }
        site.life.cut.cancel();
    }
    if let Some(child) = child {
        end(child, config.timeouts.kill_grace).await;
    }
}

async fn end(child: &mut Child, grace: Duration) {
    child.signal(Signal::SIGTERM);
    if timeout(grace, child.wait()).await.is_err() {
        tracing::warn!("the function did not stop within kill_grace: killed");
    }
    // Its workers, too, have had their time.
    child.signal(Signal::SIGKILL);
}

/// Passes on what is meant for the function: reload, reopen, report, resize.
async fn pass_signals(group: Group) {
    let kinds = [
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGWINCH,
    ];
    let mut passing = tokio::task::JoinSet::new();
    for kind in kinds {
        let Ok(mut received) = signal(SignalKind::from_raw(kind as i32)) else {
            continue;
        };
        let group = group.clone();
        passing.spawn(async move {
            while received.recv().await.is_some() {
                group.signal(kind);
            }
        });
    }
    passing.join_all().await;
}

async fn ended(child: &mut Option<Child>) -> Exit {
    match child {
        Some(child) => child.wait().await,
        None => std::future::pending().await,
    }
}

/// Both ports, the second where it is wanted.
async fn bind(config: &Config) -> Result<(TcpListener, Option<TcpListener>), StartError> {
    let listener = listen(config.listen, "port").await?;
    let metrics = match config.metrics {
        Some(address) => Some(listen(address, "metrics_port").await?),
        None => None,
    };
    Ok((listener, metrics))
}

/// Dual stack where the system has it.
async fn listen(address: SocketAddr, setting: &'static str) -> Result<TcpListener, StartError> {
    let any = address.ip().is_unspecified() && address.is_ipv6();
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if any && error.kind() != io::ErrorKind::AddrInUse => {
            let v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
            TcpListener::bind(v4)
                .await
                .map_err(|cause| StartError::Port {
                    setting,
                    address: v4,
                    cause,
                })
        }
        Err(cause) => Err(StartError::Port {
            setting,
            address,
            cause,
        }),
    }
}

fn announce(config: &Config, listener: &TcpListener, metrics: Option<&TcpListener>) {
    let command = config
        .mode
        .command()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::info!(
        "Watchdog mode: {}\tfprocess: {command:?}",
        config.mode.name()
    );
    let span = |limit: Option<Duration>| go_duration(limit.unwrap_or_default());
    let t = &config.timeouts;
    let stop = if config.flavour == Flavour::Classic {
        "."
    } else {
        ""
    };
    tracing::info!(
        "Timeouts: read: {} write: {} hard: {} health: {}{stop}",
        span(t.read),
        span(t.write),
        span(t.exec),
        go_duration(config.stop.drain_delay),
    );
    if config.auth.is_some() {
        tracing::info!("JWT Auth: true");
    }
    let port = |l: &TcpListener| l.local_addr().map_or(0, |a| a.port());
    tracing::info!("Listening on port: {}", port(listener));
    if let Some(metrics) = metrics {
        tracing::info!("Metrics listening on port: {}", port(metrics));
    }
}

/// Completes with each TERM or INT, from the first call on.
///
/// # Errors
/// Where signals cannot be watched.
pub fn stop_signals() -> io::Result<impl FnMut() -> StopSignal> {
    let signals = Arc::new(tokio::sync::Mutex::new((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    )));
    Ok(move || {
        let signals = Arc::clone(&signals);
        Box::pin(async move {
            let mut signals = signals.lock().await;
            let (term, int) = &mut *signals;
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        }) as StopSignal
    })
}

/// The next request to stop.
pub type StopSignal = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
