//! What holds for a request whichever protocol it came by, and what of an offer to switch protocols passes.
//! It knows requests over HTTP/2 that would be two, or none, over HTTP/1.1.
//! It refuses frames that are malformed: that is the library's part.

use super::h2c::client;
use super::server;
use crate::watchdog::cases::proxy::Seen;
use crate::watchdog::prelude::*;
use crate::wire::h2::Stream;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-rules",
        "WD-7.19",
        "hosts, paths, methods and lengths that HTTP/1.1 would not let pass do not pass over HTTP/2",
    )
    .modes(&[Http, Streaming])
    .feature("h2c")
    .run(rules),
    Case::must(
        "upgrade/h2c-many-fields",
        "WD-7.19",
        "more fields than HTTP/1.1 allows are a 431",
    )
    .modes(&[Http, Streaming])
    .feature("h2c")
    .run(many_fields),
    Case::must(
        "upgrade/h2c-host-alone",
        "WD-7.19",
        "without :authority, Host names the host",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(host_alone),
    Case::must(
        "upgrade/required-protocols",
        "WD-7.20",
        "a 426 of the child names the protocols that it requires",
    )
    .modes(&[Http])
    .run(required),
    Case::must(
        "upgrade/h2c-beside-others",
        "WD-7.21",
        "of an offer of h2c and another protocol, the other reaches the child",
    )
    .modes(&[Http])
    .run(beside_others),
];

type Fields<'a> = &'a [(&'a str, &'a str)];

const GET: [(&str, &str); 2] = [(":method", "GET"), (":scheme", "http")];

/// What must not pass, apart from method and scheme.
const BAD: [Fields<'_>; 14] = [
    &[(":path", "/a")],
    &[(":path", "/a"), ("host", "a"), ("host", "b")],
    &[(":path", "/a"), (":authority", "a"), ("host", "b")],
    &[
        (":path", "/a"),
        (":authority", "a"),
        ("host", "a"),
        ("host", "a"),
    ],
    &[(":path", "/a"), ("host", "a b")],
    &[(":path", "/a"), ("host", "a/b")],
    &[(":path", "/a"), (":authority", "u@a")],
    &[(":path", "?q=1"), (":authority", "a")],
    &[(":path", "/%zz"), (":authority", "a")],
    &[(":path", "*"), (":authority", "a")],
    &[
        (":path", "/a"),
        (":authority", "a"),
        ("content-length", "0"),
        ("content-length", "5"),
    ],
    &[
        (":path", "/a"),
        (":authority", "a"),
        ("content-length", "+0"),
    ],
    &[
        (":path", "/a"),
        (":authority", "a"),
        ("content-length", "5"),
    ],
    &[
        (":path", "/a"),
        (":authority", "a"),
        ("transfer-encoding", "chunked"),
    ],
];

fn rules(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let before = (rig.evidence("started"), rig.evidence("hits"));
    let connect = [(":method", "CONNECT"), (":authority", "a:80")];
    let bad = BAD.map(|fields| [&GET, fields].concat());
    for fields in bad.into_iter().chain([connect.to_vec()]) {
        let mut client = client(&w)?;
        client.headers(1, &fields, true)?;
        let stream = client
            .until(1, Stream::over)
            .map_err(|e| Failure::failed(format!("{fields:?}: {e}")))?;
        let refused = stream
            .field(":status")
            .is_some_and(|status| status.starts_with('4'));
        check!(
            refused || stream.reset.is_some(),
            "{fields:?} is answered with {:?}",
            stream.field(":status")
        );
    }
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran");
    Ok(())
}

fn many_fields(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let mut client = client(&w)?;
    for (count, expected) in [(400, "200"), (600, "431")] {
        let fields = vec![("x-a", "1"); count];
        let id = client.request("GET", "/echo", &fields, true)?;
        let stream = client.until(id, Stream::over)?;
        check_eq!(
            stream.field(":status"),
            Some(expected),
            "status of {count} fields"
        );
    }
    Ok(())
}

fn host_alone(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let fields = [&GET[..], &[(":path", "/dump"), ("host", "fn.example")]].concat();
    client.headers(1, &fields, true)?;
    let stream = client.until(1, Stream::over)?;
    check_eq!(stream.field(":status"), Some("200"), "status");
    let text = String::from_utf8_lossy(&stream.data).into_owned();
    check!(
        text.contains(r#"["Host","fn.example"]"#),
        "the child saw {text}"
    );
    Ok(())
}

fn required(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let answer = "HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: x/1, y\r\nContent-Length: 0\r\n\r\n";
    let r = w.request(Request::post("/raw/keep").body(answer))?;
    check_eq!(r.status, 426, "status");
    check_eq!(r.headers.get("upgrade"), Some("x/1, y"), "Upgrade");
    check!(
        r.headers.lists("connection", "upgrade"),
        "Connection does not name it"
    );
    Ok(())
}

fn beside_others(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for (offer, left) in [
        ("x, h2c", Some("x")),
        ("H2C, x/1, y", Some("x/1, y")),
        ("h2c", None),
    ] {
        let request = Request::get("/dump").header("Connection", "Upgrade");
        let seen = Seen::by(&w, &request.header("Upgrade", offer))?;
        check_eq!(seen.header("upgrade"), left, "what is left of {offer:?}");
    }
    Ok(())
}
