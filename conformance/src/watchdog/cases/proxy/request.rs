//! The head of a request on its way to the child.
//! It knows targets, methods and header fields.
//! It refuses bodies: `upload`.

use std::net::TcpListener;

use super::{Seen, server};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/request-passes",
        "WD-6.1",
        "the child sees the request as sent",
    )
    .modes(&[Http])
    .run(request_passes),
    Case::must(
        "proxy/methods",
        "WD-6.1",
        "every method reaches the child, known or not",
    )
    .modes(&[Http])
    .run(methods),
    Case::must(
        "proxy/target-encoded",
        "WD-6.1",
        "an encoded path and a query pass byte for byte",
    )
    .modes(&[Http])
    .run(target_encoded),
    Case::must(
        "proxy/target-slashes",
        "WD-6.1",
        "repeated slashes and dots in a path pass byte for byte",
    )
    .modes(&[Http])
    .bugs(&["BUG-41"])
    .run(target_slashes),
    Case::must(
        "proxy/options-star",
        "WD-6.1",
        "other targets than a path are answered, not passed as a path",
    )
    .modes(&[Http])
    .run(options_star),
    Case::must(
        "proxy/headers-pass",
        "WD-6.1",
        "end-to-end fields pass with all their values in order",
    )
    .modes(&[Http])
    .run(headers_pass),
    Case::must(
        "proxy/host-kept",
        "WD-6.1",
        "the child sees the client's Host",
    )
    .modes(&[Http])
    .run(host_kept),
    Case::must(
        "proxy/host-of-old-clients",
        "WD-6.1",
        "without a Host the child sees its own authority",
    )
    .modes(&[Http])
    .run(host_of_old_clients),
    Case::must(
        "proxy/nothing-invented",
        "WD-6.9",
        "a bare request reaches the child bare",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(nothing_invented),
    Case::must(
        "proxy/hop-by-hop-request",
        "WD-6.1",
        "hop-by-hop fields of a request stop at the watchdog, also those that Connection names",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(hop_by_hop_request),
    Case::must(
        "proxy/connection-cannot-name-host",
        "WD-6.1",
        "a Connection field that names Host or Content-Length takes neither away",
    )
    .modes(&[Http])
    .run(connection_cannot_name_host),
    Case::must(
        "proxy/base-path",
        "WD-6.8",
        "the path of upstream_url comes before the target, with one slash between",
    )
    .modes(&[Http])
    .bugs(&["BUG-14"])
    .run(base_path),
    Case::must(
        "proxy/base-path-streams",
        "WD-6.8",
        "the path of upstream_url counts whatever the request says in Accept",
    )
    .modes(&[Http])
    .bugs(&["BUG-14"])
    .run(base_path_streams),
    Case::must(
        "proxy/absolute-form",
        "WD-6.8",
        "an absolute target gives path, query and Host, and is sent to the child alone",
    )
    .modes(&[Http])
    .bugs(&["BUG-14"])
    .run(absolute_form),
    Case::must(
        "proxy/authority-tricks",
        "WD-6.8",
        "no spelling of a target or a Host reaches another server",
    )
    .modes(&[Http])
    .run(authority_tricks),
];

fn request_passes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::new("PUT", "/dump/a%2Fb?x=%20y")
        .header("X-Two", "1")
        .header("X-Two", "2")
        .body("payload");
    let seen = Seen::by(&w, &request)?;
    check_eq!(seen.text("method"), "PUT", "method");
    check_eq!(seen.target(), "/dump/a%2Fb?x=%20y", "target");
    check_eq!(seen.text("body"), "payload", "body");
    check_eq!(seen.all("x-two"), ["1", "2"], "values of X-Two");
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for method in [
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW",
    ] {
        let seen = Seen::by(&w, &Request::new(method, "/dump"))?;
        check_eq!(seen.text("method"), method, "method");
    }
    Ok(())
}

fn passes(w: &Watchdog, targets: &[&str]) -> Outcome {
    for target in targets {
        let seen = Seen::by(w, &Request::get(target))?;
        check_eq!(seen.target(), *target, "target");
    }
    Ok(())
}

fn target_encoded(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    passes(
        &w,
        &[
            "/dump/a%2Fb%2f..%2Fc",
            "/dump/%41%7e%C3%A4",
            "/dump?x=%20y&x=2&&=&z",
            "/dump?",
            "/dump?q=//../a?b",
            "/dump/b;v=1,2/(a)'!*",
            "/dump/a%00b%0d%0a",
        ],
    )
}

fn target_slashes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    passes(
        &w,
        &["/dump//b", "/dump/./b", "/dump/b/../c", "/dump/b//?x=//y"],
    )
}

fn options_star(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    check_eq!(
        w.request(Request::new("OPTIONS", "*"))?.status,
        200,
        "status of OPTIONS *"
    );
    let r = w.request(Request::get("*"))?;
    check_eq!(r.status, 400, "status of GET *");
    let connect = w.request(Request::new("CONNECT", "127.0.0.1:1"))?;
    check!(
        (400..500).contains(&connect.status),
        "CONNECT answers {}",
        connect.status
    );
    check!(
        !rig.evidence("hits").contains("CONNECT"),
        "CONNECT reached the child"
    );
    Ok(())
}

fn headers_pass(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let long = "v".repeat(16_000);
    let fields: &[(&str, &str)] = &[
        ("Accept", "text/html, */*;q=0.1"),
        ("Accept-Encoding", "br"),
        ("User-Agent", "judge/1"),
        ("Authorization", "Basic eDp5"),
        ("Cookie", "a=1; b=2"),
        ("Content-Type", "application/x-judge"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Call-Id", "call-7"),
        ("X-Timeout", "10s"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", "\"x\""),
        ("X-Empty", ""),
        ("X-Long", &long),
    ];
    let request = fields
        .iter()
        .fold(Request::get("/dump"), |r, (name, value)| {
            r.header(name, value)
        });
    let request = request.header("X-Many", "b").header("X-Many", "a");
    let seen = Seen::by(&w, &request)?;
    for (name, value) in fields {
        check_eq!(seen.all(name), [*value], "values of {name}");
    }
    check_eq!(seen.all("x-many"), ["b", "a"], "values of X-Many");
    Ok(())
}

fn host_kept(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for host in ["fn.example", "fn.example:8080", "[2001:db8::1]:80"] {
        let seen = Seen::by(&w, &Request::get("/dump").header("Host", host))?;
        check_eq!(seen.all("host"), [host], "Host");
    }
    Ok(())
}

fn host_of_old_clients(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let seen = Seen::by(&w, &Request::get("/dump").http10().no_host())?;
    let own = format!("127.0.0.1:{}", w.fixture_port());
    check_eq!(seen.all("host"), [own.as_str()], "Host");
    Ok(())
}

fn nothing_invented(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut names = Seen::by(&w, &Request::get("/dump"))?.names();
    names.retain(|name| name != "x-call-id");
    check_eq!(names, ["host"], "fields besides X-Call-Id");
    let accept = Request::get("/dump").header("Accept", "text/event-stream");
    let mut names = Seen::by(&w, &accept)?.names();
    names.retain(|name| name != "x-call-id");
    names.sort();
    check_eq!(names, ["accept", "host"], "fields of a request for events");
    Ok(())
}

fn hop_by_hop_request(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::get("/dump")
        .header("Connection", "keep-alive, X-Private")
        .header("Connection", "x-other")
        .header("Keep-Alive", "timeout=5")
        .header("Proxy-Connection", "keep-alive")
        .header("Proxy-Authorization", "Basic eDp5")
        .header("TE", "gzip")
        .header("Upgrade", "foo")
        .header("X-Private", "1")
        .header("X-Other", "1")
        .header("X-End", "1");
    let seen = Seen::by(&w, &request)?;
    check_eq!(seen.header("x-end"), Some("1"), "X-End");
    for name in [
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "upgrade",
        "x-private",
        "x-other",
    ] {
        check!(seen.header(name).is_none(), "{name} reached the child");
    }
    let named = seen.all("connection").join(",").to_lowercase();
    check!(
        !named.contains("x-"),
        "Connection reached the child: {named}"
    );
    Ok(())
}

fn connection_cannot_name_host(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::post("/dump")
        .header("Host", "fn.example")
        .header("Connection", "Host, Content-Length, Authorization-Not")
        .body("12345");
    let seen = Seen::by(&w, &request)?;
    check_eq!(seen.all("host"), ["fn.example"], "Host");
    check_eq!(seen.text("body"), "12345", "body");
    Ok(())
}

/// A subject whose upstream is `path` of the fixture server.
fn below(rig: &Rig, path: &str) -> Result<Watchdog, Failure> {
    let port = rig.free_port()?;
    let w = server(rig)
        .env("FIXTURE_PORT", &port.to_string())
        .env("upstream_url", &format!("http://127.0.0.1:{port}{path}"))
        .start()?;
    rig.wait_evidence("server.listening", 10.0)?;
    Ok(w)
}

fn base_path(rig: &mut Rig) -> Outcome {
    for base in ["/dump/base", "/dump/base/"] {
        let w = below(rig, base)?;
        for (target, want) in [
            ("/", "/dump/base/"),
            ("/x?y=1", "/dump/base/x?y=1"),
            ("/a%2Fb", "/dump/base/a%2Fb"),
        ] {
            let seen = Seen::by(&w, &Request::get(target))?;
            check_eq!(seen.target(), want, "{target} below {base}");
        }
    }
    Ok(())
}

fn base_path_streams(rig: &mut Rig) -> Outcome {
    let w = below(rig, "/dump/base")?;
    for accept in ["text/event-stream", "application/x-ndjson"] {
        let seen = Seen::by(&w, &Request::get("/x").header("Accept", accept))?;
        check_eq!(
            seen.target(),
            "/dump/base/x",
            "target with Accept: {accept}"
        );
    }
    Ok(())
}

/// A server beside the child that nobody may ever reach.
struct Decoy(TcpListener);

impl Decoy {
    fn new(rig: &Rig) -> Result<(Self, u16), Failure> {
        let port = rig.free_port()?;
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        Ok((Self(listener), port))
    }

    fn untouched(&self, by: &str) -> Outcome {
        check!(self.0.accept().is_err(), "{by} reached another server");
        Ok(())
    }
}

fn absolute_form(rig: &mut Rig) -> Outcome {
    let (decoy, port) = Decoy::new(rig)?;
    let w = server(rig).start()?;
    let target = format!("http://127.0.0.1:{port}/dump/x?y=%20");
    let answer = w.request(Request::get(&target).header("Host", "other.example"));
    decoy.untouched("an absolute target")?;
    let seen = Seen::of(&answer?)?;
    check_eq!(seen.target(), "/dump/x?y=%20", "target");
    let host = format!("127.0.0.1:{port}");
    check_eq!(seen.all("host"), [host.as_str()], "Host");
    Ok(())
}

fn authority_tricks(rig: &mut Rig) -> Outcome {
    let (decoy, port) = Decoy::new(rig)?;
    let w = server(rig).start()?;
    for target in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://x@127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("/@127.0.0.1:{port}/"),
        format!("@127.0.0.1:{port}/"),
        format!(":{port}/"),
        format!("127.0.0.1:{port}"),
        format!("/\\127.0.0.1:{port}/"),
        format!("/%2F127.0.0.1:{port}/"),
    ] {
        // What the answer is does not matter here, nor whether there is one.
        let _ = w.request(Request::get(&target));
        decoy.untouched(&target)?;
    }
    for name in ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL"] {
        let value = format!("127.0.0.1:{port}");
        let r = w.request(Request::get("/dump").header(name, &value))?;
        check_eq!(r.status, 200, "status with {name}");
        decoy.untouched(name)?;
    }
    let connect = format!("127.0.0.1:{port}");
    let _ = w.request(Request::new("CONNECT", &connect));
    decoy.untouched("CONNECT")
}
