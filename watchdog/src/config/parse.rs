//! From the environment and the command line to a [`Config`].
//!
//! Owns which settings make up which part, and the rules that join several of them. May know every setting. Refuses to stop at the first
//! problem: all are found before any is reported.

mod trust;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::trust::{auth, trust};
use super::environment::Environment;
use super::grammar::Value;
use super::reader::Reader;
use super::report::{Loaded, Problems, Source};
use super::setting::ModeName;
use super::{
    ClassicStyle, CommandLine, Config, Dialect, Endpoint, Files, Flavour, Fork, Health, Limits,
    Log, LogFormat, Mode, Protocol, Proxy, Stop, Style, TermTiming, Timeouts, Trust, settings,
};
use crate::healthcheck::Healthcheck;

const CONTENT_TYPE: &str = "application/octet-stream";
/// With the other defaults a stop takes 28 s at most: orchestrators kill after 30 s unless told otherwise.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

impl Config {
    /// What this build's flavour makes of the environment, and of a command from the command line.
    pub fn load(env: &Environment, command: Option<CommandLine>) -> Result<Loaded, Problems> {
        Self::load_as(Flavour::BUILT, env, command)
    }

    /// The same for either flavour.
    pub fn load_as(
        flavour: Flavour,
        env: &Environment,
        command: Option<CommandLine>,
    ) -> Result<Loaded, Problems> {
        let mut reader = Reader::new(env, flavour);
        let mode = reader.mode();
        build(reader, mode, command)
    }

    /// For a program that answers requests itself: no command and no upstream is needed, and `mode` is not read.
    pub fn for_inproc(env: &Environment) -> Result<Loaded, Problems> {
        let mut reader = Reader::new(env, Flavour::BUILT);
        let mode = reader.mode_inproc();
        build(reader, mode, None)
    }
}

/// Where a health check has to look, whatever else is set.
pub fn healthcheck(env: &Environment) -> Healthcheck {
    let r = &mut Reader::new(env, Flavour::BUILT);
    let directory = r.path(&settings::TMPDIR);
    let mut address = SocketAddr::new(bind_address(r), r.port(&settings::PORT));
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Healthcheck {
        lock: health(r, &directory).lock,
        address,
    }
}

fn build(
    mut reader: Reader<'_>,
    mode: ModeName,
    command: Option<CommandLine>,
) -> Result<Loaded, Problems> {
    let r = &mut reader;
    let directory = r.path(&settings::TMPDIR);
    let trust = trust(r);
    let mode = match mode {
        ModeName::Classic | ModeName::Streaming | ModeName::Serializing => {
            fork(r, mode, command, directory.clone()).map(Mode::Fork)
        }
        ModeName::Http => proxy(r, command, directory.clone(), trust.clone()).map(Mode::Proxy),
        ModeName::Static => Some(Mode::Files(files(r))),
        ModeName::Inproc => Some(Mode::Inproc),
    };
    let (listen, metrics) = addresses(r);
    if let Some(Mode::Proxy(proxy)) = &mode {
        other_than_us(r, &proxy.upstream.endpoint, listen, metrics);
    }
    let timeouts = timeouts(r);
    let stop = stop(r, timeouts.write);
    let limits = limits(r);
    let health = health(r, &directory);
    let log = log(r);
    let auth = auth(r, trust);
    let cancel_on_disconnect = r.flag(&settings::CANCEL_ON_DISCONNECT);
    let workers = match mode {
        Some(Mode::Inproc) => None,
        _ => r.limit(&settings::WORKERS),
    };
    let flavour = r.flavour;
    let (effective, warnings) = reader.finish()?;
    // Without a mode there was a problem, and that has been returned.
    let mode = mode.ok_or_else(Problems::default)?;
    let config = Config {
        flavour,
        mode,
        listen,
        metrics,
        timeouts,
        stop,
        limits,
        health,
        log,
        auth,
        cancel_on_disconnect,
        workers,
    };
    Ok(Loaded {
        config,
        effective,
        warnings,
    })
}

fn fork(
    r: &mut Reader<'_>,
    mode: ModeName,
    command: Option<CommandLine>,
    spool_dir: PathBuf,
) -> Option<Fork> {
    let command = r.command(command);
    let style = style(r, mode);
    let is_classic = matches!(style, Style::Classic(_));
    let prefork = r.count(&settings::PREFORK);
    let cgi_headers = if prefork > 0 {
        cgi_headers_ahead(r, prefork, &style)
    } else {
        !is_classic || r.flag(&settings::CGI_HEADERS)
    };
    let dialect = match r.choice(&settings::CGI_ENV) {
        "rfc3875" => Dialect::Rfc3875,
        _ => Dialect::OpenFaas,
    };
    if dialect == Dialect::Rfc3875 && !cgi_headers {
        r.warn("cgi_env has no effect without cgi_headers".to_owned());
    }
    let content_type = content_type(r, is_classic);
    let cgi_response = r.flag(&settings::CGI_RESPONSE);
    let spool_threshold = r.bytes(&settings::SPOOL_THRESHOLD);
    Some(Fork {
        style,
        command: command?,
        cgi_headers,
        prefork,
        dialect,
        content_type,
        cgi_response,
        spool_threshold,
        spool_dir,
    })
}

/// What a process is told in its environment when it starts before its request: nothing. Whoever counts on more is told so.
fn cgi_headers_ahead(r: &mut Reader<'_>, prefork: usize, style: &Style) -> bool {
    let setting = &settings::CGI_HEADERS;
    let wanted = r.flag(setting);
    let marshalled = matches!(style, Style::Classic(classic) if classic.marshal_request);
    let given = r.env.get(setting.name).is_some();
    if wanted && marshalled && !given {
        // The envelope tells what the variables would have.
        r.note(setting, "false".to_owned(), Source::Default);
    } else if wanted {
        let also = match style {
            Style::Classic(_) if !marshalled => {
                ", or in mode classic marshal_request=true and no cgi_headers"
            }
            _ => "",
        };
        let message = format!(
            "a process started ahead of its request cannot have that request's Http_* variables; set cgi_headers=false{also}"
        );
        r.refuse(settings::PREFORK.name, &prefork.to_string(), message);
    }
    false
}

fn style(r: &mut Reader<'_>, mode: ModeName) -> Style {
    match mode {
        ModeName::Serializing => Style::Serializing,
        ModeName::Streaming => Style::Streaming,
        _ => Style::Classic(ClassicStyle {
            combine_output: r.flag(&settings::COMBINE_OUTPUT),
            write_debug: r.flag(&settings::WRITE_DEBUG),
            debug_headers: r.flag(&settings::DEBUG_HEADERS),
            marshal_request: r.flag(&settings::MARSHAL_REQUEST),
        }),
    }
}

fn content_type(r: &mut Reader<'_>, is_classic: bool) -> Option<String> {
    let setting = &settings::CONTENT_TYPE;
    let given = r.text(setting);
    if given.is_some() {
        return given;
    }
    if r.flavour == Flavour::Of && r.env.is_blank(setting.name) {
        // The one setting whose emptiness has always meant something: no type, and no guess.
        r.note(setting, String::new(), Source::Environment(setting.name));
        return Some(String::new());
    }
    if is_classic {
        return None;
    }
    r.note(setting, CONTENT_TYPE.to_owned(), Source::Default);
    Some(CONTENT_TYPE.to_owned())
}

fn proxy(
    r: &mut Reader<'_>,
    command: Option<CommandLine>,
    spool_dir: PathBuf,
    trust: Trust,
) -> Option<Proxy> {
    let command = r.command(command);
    let upstream = r.upstream();
    let protocol = match r.choice(&settings::UPSTREAM_PROTOCOL) {
        "h2c" => Protocol::H2c,
        _ => Protocol::Http1,
    };
    let is_tls =
        matches!(&upstream, Some(upstream) if matches!(upstream.endpoint, Endpoint::Tls { .. }));
    if is_tls && protocol == Protocol::H2c {
        let message = "h2c is HTTP/2 without TLS, and upstream_url is https".to_owned();
        r.refuse(settings::UPSTREAM_PROTOCOL.name, "h2c", message);
    }
    let buffer_body = r.flag(&settings::BUFFER_HTTP);
    let spool_threshold = r.bytes(&settings::SPOOL_THRESHOLD);
    let term_timing = match r.choice(&settings::TERM_SIGNAL_TIMING) {
        "immediate" => TermTiming::Immediate,
        _ => TermTiming::AfterDrain,
    };
    let startup_timeout = r.duration(&settings::STARTUP_TIMEOUT);
    Some(Proxy {
        command: command?,
        upstream: upstream?,
        protocol,
        buffer_body,
        spool_threshold,
        spool_dir,
        term_timing,
        startup_timeout,
        trust,
    })
}

fn files(r: &mut Reader<'_>) -> Files {
    Files {
        root: r.path(&settings::STATIC_PATH),
        fallback: r.text(&settings::STATIC_FALLBACK),
        listing: r.flag(&settings::STATIC_LISTING),
        dotfiles: r.flag(&settings::STATIC_DOTFILES),
        symlinks: r.flag(&settings::STATIC_SYMLINKS),
    }
}

fn addresses(r: &mut Reader<'_>) -> (SocketAddr, Option<SocketAddr>) {
    let address = bind_address(r);
    let port = r.port(&settings::PORT);
    let metrics = r.port(&settings::METRICS_PORT);
    if port != 0 && port == metrics {
        let message = format!("port is {port} as well; choose another, or 0 for no metrics");
        r.refuse(settings::METRICS_PORT.name, &metrics.to_string(), message);
    }
    let metrics = (metrics != 0).then(|| SocketAddr::new(address, metrics));
    (SocketAddr::new(address, port), metrics)
}

/// The function's server cannot have an address that we have.
fn other_than_us(
    r: &mut Reader<'_>,
    upstream: &Endpoint,
    listen: SocketAddr,
    metrics: Option<SocketAddr>,
) {
    let own = [
        (Some(listen), &settings::PORT),
        (metrics, &settings::METRICS_PORT),
    ];
    for (address, setting) in own {
        if address.is_some_and(|own| own.port() != 0 && upstream.is(own)) {
            let port = address.map_or(0, |own| own.port()).to_string();
            let message = format!("{}={port} is the watchdog's own", setting.name);
            r.refuse(settings::UPSTREAM_URL.name, &port, message);
        }
    }
}

fn bind_address(r: &mut Reader<'_>) -> IpAddr {
    match r.value(&settings::BIND_ADDRESS) {
        Some(Value::Address(address)) => address,
        _ => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

fn timeouts(r: &mut Reader<'_>) -> Timeouts {
    let exec = r.timeout(&settings::EXEC_TIMEOUT);
    let idle = r.duration_or(&settings::STREAM_IDLE_TIMEOUT, exec.unwrap_or_default());
    Timeouts {
        read: r.timeout(&settings::READ_TIMEOUT),
        write: r.timeout(&settings::WRITE_TIMEOUT),
        exec,
        stream_idle: Some(idle).filter(|idle| !idle.is_zero()),
        kill_grace: r.duration(&settings::KILL_GRACE),
    }
}

fn stop(r: &mut Reader<'_>, write: Option<Duration>) -> Stop {
    let write = write.filter(|_| r.is_given(&settings::WRITE_TIMEOUT));
    Stop {
        drain_delay: r.duration(&settings::DRAIN_DELAY),
        shutdown_timeout: r.duration_or(
            &settings::SHUTDOWN_TIMEOUT,
            write.unwrap_or(SHUTDOWN_TIMEOUT),
        ),
    }
}

fn limits(r: &mut Reader<'_>) -> Limits {
    let max_inflight = r.limit(&settings::MAX_INFLIGHT);
    let max_queue = r.count(&settings::MAX_QUEUE);
    if max_queue > 0 && max_inflight.is_none() {
        r.warn("max_queue has no effect without max_inflight".to_owned());
    }
    Limits {
        max_inflight,
        max_queue,
        queue_timeout: r.duration(&settings::QUEUE_TIMEOUT),
        max_body_bytes: Some(r.bytes(&settings::MAX_BODY_BYTES)).filter(|limit| *limit > 0),
        max_header_bytes: usize::try_from(r.bytes(&settings::MAX_HEADER_BYTES))
            .unwrap_or(usize::MAX),
    }
}

fn health(r: &mut Reader<'_>, directory: &Path) -> Health {
    let suppressed = r.flag(&settings::SUPPRESS_LOCK);
    Health {
        lock: (!suppressed).then(|| directory.join(".lock")),
        ready_path: r.text(&settings::READY_PATH),
    }
}

fn log(r: &mut Reader<'_>) -> Log {
    let format = match r.choice(&settings::LOG_FORMAT) {
        "json" => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let line_limit = match r.value(&settings::LOG_BUFFER_SIZE) {
        Some(Value::Bytes(limit)) => usize::try_from(limit).ok(),
        _ => None,
    };
    Log {
        format,
        prefix: r.flag(&settings::PREFIX_LOGS),
        line_limit,
        call_id: r.flag(&settings::LOG_CALLID),
    }
}
