//! The table of scenarios.
//! It knows every row that a report can have.
//! It refuses code.

use super::Backend::{Nginx as NginxBackend, Own};
use super::ForkMode::{Classic, Serializing, Streaming};
use super::Program::{Cat, Python, Sh};
use super::Service::{Files, Fork, Proxy};
use super::Subject::{ClassicWatchdog, Lighttpd, Nginx, NginxUnbuffered, OfWatchdog};
use super::{Closed, Family, Measure, Request, Scenario, Share, Subject};

const PROXIES: &[Subject] = &[OfWatchdog, Nginx];
const BODIES: &[Subject] = &[OfWatchdog, Nginx, NginxUnbuffered];
/// With its buffers nginx holds events back.
const STREAMERS: &[Subject] = &[OfWatchdog, NginxUnbuffered];
const CLASSICS: &[Subject] = &[ClassicWatchdog, Lighttpd];
const FORKS: &[Subject] = &[OfWatchdog, Lighttpd];
const WATCHDOGS: &[Subject] = &[OfWatchdog, ClassicWatchdog];
const OF: &[Subject] = &[OfWatchdog];

const fn closed(conns: usize, open_rate: Option<f64>) -> Measure {
    Measure::Closed(Closed {
        conns,
        close: false,
        one_cpu: false,
        open_rate,
    })
}

const fn http(
    id: &'static str,
    what: &'static str,
    peers: &'static [Subject],
    request: Request,
    measure: Measure,
) -> Scenario {
    let backend = match request {
        Request::Hello | Request::Download => NginxBackend,
        _ => Own,
    };
    Scenario {
        id,
        family: Family::Http,
        what,
        peers,
        service: Proxy(backend),
        request,
        measure,
    }
}

const fn fork(
    id: &'static str,
    what: &'static str,
    peers: &'static [Subject],
    mode: super::ForkMode,
    program: super::Program,
    measure: Measure,
) -> Scenario {
    Scenario {
        id,
        family: Family::Fork,
        what,
        peers,
        service: Fork(mode, program),
        request: Request::Payload(program),
        measure,
    }
}

const fn files(id: &'static str, what: &'static str, request: Request) -> Scenario {
    Scenario {
        id,
        family: Family::Static,
        what,
        peers: PROXIES,
        service: Files,
        request,
        measure: closed(50, None),
    }
}

const fn echo(
    id: &'static str,
    what: &'static str,
    peers: &'static [Subject],
    service: super::Service,
) -> Scenario {
    Scenario {
        id,
        family: Family::Memory,
        what,
        peers,
        service,
        request: match service {
            Proxy(_) => Request::Hello,
            Files | Fork(..) => Request::Payload(Cat),
        },
        measure: Measure::Echo { bytes: 300 << 20 },
    }
}

pub const ALL: &[Scenario] = &[
    http(
        "http-11b-c50",
        "11 bytes, 50 connections",
        PROXIES,
        Request::Hello,
        closed(50, Some(3000.0)),
    ),
    http(
        "http-11b-c1",
        "11 bytes, 1 connection",
        PROXIES,
        Request::Hello,
        closed(1, None),
    ),
    http(
        "http-11b-c500",
        "11 bytes, 500 connections",
        PROXIES,
        Request::Hello,
        closed(500, None),
    ),
    http(
        "http-11b-c50-1cpu",
        "11 bytes, 50 connections, the server on a CPU of its own",
        PROXIES,
        Request::Hello,
        Measure::Closed(Closed {
            conns: 50,
            close: false,
            one_cpu: true,
            open_rate: None,
        }),
    ),
    http(
        "http-11b-c50-close",
        "11 bytes, 50 at a time, a connection for each",
        PROXIES,
        Request::Hello,
        Measure::Closed(Closed {
            conns: 50,
            close: true,
            one_cpu: false,
            open_rate: None,
        }),
    ),
    http(
        "http-1m-down",
        "an answer of 1 MiB, 50 connections",
        BODIES,
        Request::Download,
        closed(50, Some(200.0)),
    ),
    http(
        "http-1m-up",
        "an upload of 1 MiB, 50 connections",
        BODIES,
        Request::Upload,
        closed(50, Some(200.0)),
    ),
    http(
        "sse-500",
        "500 event streams, an event a second each",
        STREAMERS,
        Request::Events,
        Measure::Streams { count: 500 },
    ),
    fork(
        "fork-cat-classic-c1",
        "mode classic, cat, 1 at a time",
        CLASSICS,
        Classic,
        Cat,
        closed(1, None),
    ),
    fork(
        "fork-cat-classic-c8",
        "mode classic, cat, 8 at a time",
        CLASSICS,
        Classic,
        Cat,
        closed(8, Some(200.0)),
    ),
    fork(
        "fork-cat-serializing-c1",
        "mode serializing, cat, 1 at a time",
        FORKS,
        Serializing,
        Cat,
        closed(1, None),
    ),
    fork(
        "fork-cat-serializing-c8",
        "mode serializing, cat, 8 at a time",
        FORKS,
        Serializing,
        Cat,
        closed(8, Some(200.0)),
    ),
    fork(
        "fork-cat-streaming-c1",
        "mode streaming, cat, 1 at a time",
        FORKS,
        Streaming,
        Cat,
        closed(1, None),
    ),
    fork(
        "fork-cat-streaming-c8",
        "mode streaming, cat, 8 at a time",
        FORKS,
        Streaming,
        Cat,
        closed(8, Some(200.0)),
    ),
    fork(
        "fork-sh-c1",
        "mode classic, sh, 1 at a time",
        CLASSICS,
        Classic,
        Sh,
        closed(1, None),
    ),
    fork(
        "fork-sh-c8",
        "mode classic, sh, 8 at a time",
        CLASSICS,
        Classic,
        Sh,
        closed(8, None),
    ),
    fork(
        "fork-python-c1",
        "mode classic, python3, 1 at a time",
        CLASSICS,
        Classic,
        Python,
        closed(1, None),
    ),
    fork(
        "fork-python-c8",
        "mode classic, python3, 8 at a time",
        CLASSICS,
        Classic,
        Python,
        closed(8, None),
    ),
    fork(
        "fork-python-pool",
        "mode classic, python3 from a pool, at half of what classic-watchdog can do one at a time",
        &[ClassicWatchdog],
        Classic,
        Python,
        Measure::Share(Share {
            of: ClassicWatchdog,
            of_conns: 1,
            part: 0.5,
            conns: 8,
            prefork: Some(4),
        }),
    ),
    files("static-10k", "10 KiB, 50 connections", Request::File10k),
    files("static-1m", "1 MiB, 50 connections", Request::File1m),
    files(
        "static-range",
        "1000 bytes out of 1 MiB, 50 connections",
        Request::Range,
    ),
    files(
        "static-304",
        "10 KiB not modified, 50 connections",
        Request::NotModified,
    ),
    Scenario {
        id: "cold-start",
        family: Family::Time,
        what: "exec to the first 200 of /_/ready (classic-watchdog has none: /_/health)",
        peers: WATCHDOGS,
        service: Fork(Streaming, Cat),
        request: Request::Payload(Cat),
        measure: Measure::Start { times: 20 },
    },
    Scenario {
        id: "drain-idle",
        family: Family::Time,
        what: "SIGTERM to exit with nothing in flight, as it comes",
        peers: WATCHDOGS,
        service: Fork(Streaming, Cat),
        request: Request::Payload(Cat),
        measure: Measure::Drain,
    },
    Scenario {
        id: "binary-size",
        family: Family::Memory,
        what: "the file",
        peers: WATCHDOGS,
        service: Files,
        request: Request::File10k,
        measure: Measure::Size,
    },
    Scenario {
        id: "rss-idle",
        family: Family::Memory,
        what: "mode http, ready, nothing asked yet",
        peers: PROXIES,
        service: Proxy(NginxBackend),
        request: Request::Hello,
        measure: Measure::Idle,
    },
    Scenario {
        id: "rss-50",
        family: Family::Memory,
        what: "mode http, the peak under 50 connections",
        peers: PROXIES,
        service: Proxy(NginxBackend),
        request: Request::Hello,
        measure: Measure::Peak { conns: 50 },
    },
    echo(
        "echo-300m-classic",
        "300 MiB in and out, mode classic",
        &[ClassicWatchdog],
        Fork(Classic, Cat),
    ),
    echo(
        "echo-300m-serializing",
        "300 MiB in and out, mode serializing",
        OF,
        Fork(Serializing, Cat),
    ),
    echo(
        "echo-300m-streaming",
        "300 MiB in and out, mode streaming",
        OF,
        Fork(Streaming, Cat),
    ),
    echo(
        "echo-300m-http",
        "300 MiB in and out, mode http",
        OF,
        Proxy(Own),
    ),
    Scenario {
        id: "p99-at-70pct",
        family: Family::Load,
        what: "mode http, 11 bytes, open loop at 70 % of what of-watchdog can do in a closed one",
        peers: PROXIES,
        service: Proxy(NginxBackend),
        request: Request::Hello,
        measure: Measure::Share(Share {
            of: OfWatchdog,
            of_conns: 50,
            part: 0.7,
            conns: 50,
            prefork: None,
        }),
    },
    Scenario {
        id: "overload-10x",
        family: Family::Load,
        what: "mode http, a function of 50 ms, max_inflight=16, ten times its capacity offered",
        peers: OF,
        service: Proxy(Own),
        request: Request::Slow,
        measure: Measure::Overload { slots: 16 },
    },
];
