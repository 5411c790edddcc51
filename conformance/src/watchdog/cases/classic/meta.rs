//! The meta-variables of CGI/1.1 (`cgi_env=rfc3875`) where requests are out of the ordinary.
//! It knows the fork modes, over both protocols.
//! It refuses the ordinary request: it is with the disguises.

use super::environment::Variables;
use crate::watchdog::prelude::*;
use crate::wire::h2::{Connection, Stream};

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/cgi-env-chunked",
        "WD-3.20",
        "a chunked body has its true length, and no coding is named (RFC 3875, 4.1.2)",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(chunked),
    Case::must(
        "classic/cgi-env-marshalled",
        "WD-3.20",
        "with `marshal_request` the length is that of the envelope",
    )
    .modes(&[Classic])
    .feature("cgi-env")
    .run(marshalled),
    Case::must(
        "classic/cgi-env-h2c",
        "WD-3.20",
        "over HTTP/2 there are the length of a body that announced none, and the host",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(over_http2),
    Case::must(
        "classic/cgi-env-underscore",
        "WD-3.21",
        "a field with an underscore does not pose as the one with a hyphen",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(underscore),
    Case::must(
        "classic/environment-underscore",
        "WD-3.21",
        "`X_2fa` does not pose as `X-2fa`",
    )
    .modes(FORK)
    .run(names_of_old),
    Case::must(
        "classic/cgi-env-server",
        "WD-3.22",
        "name and port of the server, whatever Host says (RFC 3875, 4.1.14 and 4.1.15)",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(server),
    Case::must(
        "classic/cgi-env-no-host",
        "WD-3.22",
        "HTTP/1.0 without Host has a name and a port as well",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(no_host),
    Case::must(
        "classic/cgi-env-target-wins",
        "WD-3.22",
        "where target and Host differ, the target wins (RFC 9112, 3.2.2)",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(target_wins),
];

fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    let setup = rig.watchdog().fprocess(&rig.fixture("env", &[]));
    setup.env("cgi_env", "rfc3875").start()
}

fn chunked(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/").chunks(&[b"one", b"and two"]);
    Variables::of(&w, &request)?.expect(&[
        ("CONTENT_LENGTH", Some("10")),
        ("HTTP_TRANSFER_ENCODING", None),
        ("Http_Transfer_Encoding", None),
        ("Http_Content_Length", Some("10")),
    ])?;
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    let w = w.env("cgi_env", "rfc3875").start()?;
    check_eq!(w.request(request)?.text(), "oneand two", "stdin");
    Ok(())
}

fn marshalled(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    let request = Request::post("/").header("Host", "h").body("four");
    let w = setup.env("marshal_request", "true").start()?;
    let envelope = w.request(&request)?.text();
    let setup = rig.watchdog().fprocess(&rig.fixture("env", &[]));
    let setup = setup.env("marshal_request", "true");
    let w = setup.env("cgi_env", "rfc3875").start()?;
    let told = Variables::of(&w, &request)?;
    let length = told.get("CONTENT_LENGTH").and_then(|n| n.parse().ok());
    // Each has a call id, all of the same length.
    check_eq!(length, Some(envelope.len()), "CONTENT_LENGTH");
    Ok(())
}

fn over_http2(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = Connection::client(w.connect()?.into_parts()?.0, None)?;
    let id = wire.request("POST", "/", &[("x-a", "1")], false)?;
    wire.data(id, b"eleven byte", true)?;
    let stream = wire.until(id, Stream::over)?;
    check_eq!(stream.field(":status"), Some("200"), "status");
    Variables::parse(&stream.data).expect(&[
        ("CONTENT_LENGTH", Some("11")),
        ("HTTP_HOST", Some("fn.example")),
        ("SERVER_NAME", Some("fn.example")),
        ("SERVER_PORT", Some(&w.port().to_string())),
        ("SERVER_PROTOCOL", Some("HTTP/2.0")),
        ("HTTP_TRANSFER_ENCODING", None),
        ("HTTP_X_A", Some("1")),
    ])
}

fn underscore(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/").header("X_Remote_User", "mallory");
    let alone = Variables::of(&w, &request)?;
    alone.expect(&[("HTTP_X_REMOTE_USER", None)])?;
    for request in [
        Request::get("/").header("X-Remote-User", "alice"),
        request.header("X-Remote-User", "alice"),
    ] {
        let request = request.header("X_Remote_User", "mallory");
        let told = Variables::of(&w, &request)?;
        told.expect(&[("HTTP_X_REMOTE_USER", Some("alice"))])?;
    }
    Ok(())
}

fn names_of_old(rig: &mut Rig) -> Outcome {
    let w = super::environment::start(rig)?;
    let request = Request::get("/").header("X_2fa", "yes");
    Variables::of(&w, &request)?.expect(&[("Http_X_2fa", None)])
}

fn server(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let own = w.port().to_string();
    for (host, name, port) in [
        ("[::1]", "[::1]", own.as_str()),
        ("[::1]:81", "[::1]", "81"),
        ("example.test", "example.test", &own),
        ("example.test:81", "example.test", "81"),
        ("", "127.0.0.1", &own),
    ] {
        let request = Request::get("/").header("Host", host);
        Variables::of(&w, &request)?
            .expect(&[("SERVER_NAME", Some(name)), ("SERVER_PORT", Some(port))])?;
    }
    Ok(())
}

fn no_host(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/").http10().no_host();
    Variables::of(&w, &request)?.expect(&[
        ("SERVER_NAME", Some("127.0.0.1")),
        ("SERVER_PORT", Some(&w.port().to_string())),
        ("SERVER_PROTOCOL", Some("HTTP/1.0")),
        ("HTTP_HOST", None),
    ])
}

fn target_wins(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("http://target.test:81/p").header("Host", "other.test");
    Variables::of(&w, &request)?.expect(&[
        ("HTTP_HOST", Some("target.test:81")),
        ("Http_Host", Some("target.test:81")),
        ("SERVER_NAME", Some("target.test")),
        ("SERVER_PORT", Some("81")),
        ("PATH_INFO", Some("/p")),
    ])
}
