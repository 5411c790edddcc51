//! The parts of a server, made from its configuration.
//!
//! Owns which part gets which setting. May know every part's constructor. Refuses to start anything but the function's own process.

use std::sync::Arc;

use super::StartError;
use crate::access::{Access, Shape};
use crate::auth::Auth;
use crate::config::{self, Config, Flavour, LogFormat, Style};
use crate::failure::{Failure, Voice};
use crate::gate::Gate;
use crate::health::Health;
use crate::http1::server::Heads;
use crate::journal::Sink;
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::mode::Mode;
use crate::mode::files::Files;
use crate::mode::fork::{Fork, Leaving, Outlets};
use crate::mode::proxy::Proxy;
use crate::process::logs::{self, Stream};
use crate::process::{Child, Processes, Spawned, Stderr, Variables};
use crate::serve::Site;
use crate::ticket::Desk;

pub(super) fn mode(
    config: &Config,
    processes: &Processes,
    outlets: Outlets,
) -> Result<(Mode, Option<Child>), StartError> {
    match &config.mode {
        config::Mode::Fork(fork) => {
            let style = fork.style.clone();
            let leaving = if config.cancel_on_disconnect {
                Leaving::Stop
            } else {
                Leaving::Finish(config.timeouts.exec)
            };
            let fork = Fork::new(fork.clone(), processes.clone(), outlets, leaving);
            Ok((Mode::Fork(Box::new(fork), style), None))
        }
        config::Mode::Files(files) => {
            let mode = Mode::Files(Files::new(files).map_err(StartError::Setting)?);
            tracing::info!("Serving files at: {}", files.root.display());
            Ok((mode, None))
        }
        config::Mode::Proxy(proxy) => {
            let child = fork_upstream(proxy, processes, &outlets)?;
            Ok((
                Mode::Proxy(Arc::new(Proxy::new(proxy, &config.timeouts))),
                Some(child),
            ))
        }
        config::Mode::Inproc => Err(StartError::Setting(
            "mode=inproc is for programs that embed fwatchdog as a library; choose another mode"
                .to_owned(),
        )),
    }
}

fn fork_upstream(
    proxy: &config::Proxy,
    processes: &Processes,
    outlets: &Outlets,
) -> Result<Child, StartError> {
    let command = &proxy.command;
    tracing::info!(
        "Forking: {}, arguments: [{}]",
        command.program,
        command.args.join(" ")
    );
    let spawned = processes.spawn(command, Variables::default(), Stderr::Apart);
    let Spawned {
        mut child,
        stdin,
        stdout,
        stderr,
    } = spawned.map_err(|failure| match failure {
        Failure::Start(why) => StartError::Function(format!("cannot start the function: {why}")),
        other => StartError::Function(format!("cannot start the function: {other}")),
    })?;
    // Some servers stop when their stdin ends.
    child.keep(stdin);
    let copy = |pipe, sink: &Sink, stream| {
        outlets
            .pumps
            .spawn(logs::copy(pipe, sink.clone(), stream, outlets.log.clone()));
    };
    copy(stdout, &outlets.stdout, Stream::Stdout);
    if let Some(stderr) = stderr {
        copy(stderr, &outlets.stderr, Stream::Stderr);
    }
    Ok(child)
}

pub(super) fn site(
    config: &Config,
    mode: Mode,
    processes: Option<Processes>,
    stderr: Option<Sink>,
) -> Site {
    let name = config.mode.name();
    let (shape, voice) = match &mode {
        Mode::Fork(_, Style::Classic(_)) => (Shape::Classic, Voice::Classic),
        Mode::Proxy(_) => (Shape::Reason, Voice::Of),
        Mode::Inproc(_) => (Shape::Event, Voice::Of),
        _ => (Shape::Code, Voice::Of),
    };
    let access = Access {
        // Files have never had an access line; machines get one of everything.
        sink: stderr.filter(|_| name != "static" || config.log.format == LogFormat::Json),
        shape,
        format: config.log.format,
        mode: name,
        show_call_id: config.log.call_id,
        skip_probes: config.flavour == Flavour::Of,
    };
    Site {
        desk: Arc::new(Desk {
            gate: Gate::new(&config.limits),
            metrics: Metrics::new(),
            access,
            voice,
        }),
        auth: config.auth.clone().map(Auth::start),
        health: Health::new(config.health.clone()),
        life: Lifecycle::new(),
        timeouts: config.timeouts,
        limits: config.limits,
        heads: Heads::new(config.limits.max_header_bytes),
        cancel_on_disconnect: config.cancel_on_disconnect,
        component: config.flavour.component(),
        processes,
        mode,
    }
}
