//! The answers of a function: status, fields and codings.
//! It knows what of them the client has to see.
//! It refuses to judge the bodies of answers: they are with the bodies of calls.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/status",
        "PR-12.13",
        "21 statuses from 200 to 504 come as the function gave them",
    )
    .rows(&["INV-29"])
    .why("Clients retry, give up or log in by the status.")
    .source("SDK proxy/proxy.go")
    .run(statuses),
    Case::should("invoke/status-599", "PR-12.14", "599 comes as it is")
        .rows(&["INV-30"])
        .why("Services with statuses of their own lose them.")
        .source("seen at the SDK")
        .run(odd_status),
    Case::must(
        "invoke/redirect",
        "PR-12.15",
        "redirects are not followed and Location is not touched",
    )
    .rows(&["INV-31"])
    .why("Logins send browsers elsewhere; a platform that goes there itself breaks them.")
    .source("certifier invoke_test; SDK proxy/proxy.go")
    .run(redirect),
    Case::must(
        "invoke/answer-headers",
        "PR-12.16",
        "the fields of an answer come back, and two cookies stay two",
    )
    .rows(&["INV-32"])
    .why("Two cookies that are joined into one are none.")
    .source("SDK proxy/proxy.go")
    .run(fields),
    Case::must(
        "invoke/answer-content-type",
        "PR-12.16",
        "the content type of an answer comes back with its parameters",
    )
    .rows(&["INV-33"])
    .why("A browser shows a page as text, or a text in the wrong letters.")
    .source("SDK proxy/proxy.go")
    .run(content_type),
    Case::may(
        "invoke/answer-no-content-type",
        "PR-12.17",
        "an answer without a content type is whole",
    )
    .rows(&["INV-34"])
    .why("Whoever leaves the type out should know what clients are told.")
    .source("SDK proxy/proxy.go, which falls back")
    .run(no_content_type),
    Case::must(
        "invoke/no-body",
        "PR-12.18",
        "204 and 304 have no body, and the next call on the connection is answered",
    )
    .rows(&["INV-35"])
    .why("A body where there is none is taken for the next answer.")
    .source("RFC 9110")
    .run(no_body),
    Case::should(
        "invoke/gzip",
        "PR-12.19",
        "a compressed answer comes unchanged to a client that takes it",
    )
    .rows(&["INV-37"])
    .why("An answer that is unpacked on the way costs, and its signature fails.")
    .source("SDK proxy/proxy.go (transport)")
    .run(gzip),
    Case::should(
        "invoke/identity",
        "PR-12.19",
        "a client that takes no coding gets none",
    )
    .rows(&["INV-38"])
    .why("A client that cannot unpack gets a body that it cannot read.")
    .source("seen at the SDK")
    .run(identity),
    Case::must(
        "invoke/own-401",
        "PR-12.16",
        "a 401 of the function comes with its own WWW-Authenticate",
    )
    .rows(&["INV-39"])
    .why("Functions that ask for a login of their own cannot be used from a browser.")
    .source("SDK proxy/proxy.go")
    .run(own_401),
];

const STATUSES: [u16; 21] = [
    200, 201, 202, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 409, 418, 422, 429, 500, 502,
    503, 504,
];

fn statuses(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for status in STATUSES {
        passes(&f, status)?;
    }
    Ok(())
}

fn odd_status(rig: &mut Rig) -> Outcome {
    passes(&rig.probe()?, 599)
}

fn passes(f: &Function, status: u16) -> Outcome {
    let answer = f.get(&format!("/status/{status}"))?.is(status)?;
    let want = match status {
        204 | 304 => String::new(),
        _ => format!("status {status}"),
    };
    check_eq!(answer.text(), want, "the body with status {status}");
    Ok(())
}

fn redirect(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for status in [301, 302, 303, 307, 308] {
        for (location, encoded) in [
            (
                "https://example.org/a?b=c&d=e#f",
                "https://example.org/a%3Fb=c%26d=e%23f",
            ),
            ("/login", "/login"),
            ("../up?x=%20y", "../up%3Fx=%2520y"),
        ] {
            let target = format!("/status/{status}?location={encoded}");
            let answer = f.get(&target)?.is(status)?;
            let got = answer.headers.all("location");
            check_eq!(got, vec![location], "Location of the {status}");
        }
    }
    Ok(())
}

fn fields(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let target = "/status/200?h=X-One:1&h=X-Quoted:%22a,%20b%22&h=Set-Cookie:a=1%3B%20Path=/\
        &h=Set-Cookie:b=2&h=Cache-Control:no-store&h=ETag:%22abc%22&h=X-Empty:\
        &h=Vary:Accept&h=Access-Control-Allow-Origin:*";
    let answer = f.get(target)?.is(200)?;
    for (name, values) in [
        ("x-one", &["1"][..]),
        ("x-quoted", &["\"a, b\""]),
        ("set-cookie", &["a=1; Path=/", "b=2"]),
        ("cache-control", &["no-store"]),
        ("etag", &["\"abc\""]),
        ("x-empty", &[""]),
        ("access-control-allow-origin", &["*"]),
    ] {
        check_eq!(
            answer.headers.all(name),
            values.to_vec(),
            "{name} of the answer"
        );
    }
    check!(
        answer.headers.lists("vary", "accept"),
        "Vary of the answer is lost"
    );
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for (kind, encoded) in [
        (
            "text/html; charset=iso-8859-1",
            "text/html%3B%20charset=iso-8859-1",
        ),
        ("application/problem+json", "application/problem%2Bjson"),
        ("image/png", "image/png"),
    ] {
        // The request's own type must not win.
        let request = Request::post(&format!("/status/200?h=Content-Type:{encoded}"))
            .header("Content-Type", "application/x-other")
            .body("x");
        let answer = f.call(&request)?.is(200)?;
        check_eq!(
            answer.headers.all("content-type"),
            vec![kind],
            "Content-Type"
        );
    }
    Ok(())
}

fn no_content_type(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = f.post("/raw", "<p>typeless</p>")?.is(200)?;
    check_eq!(answer.text(), "<p>typeless</p>", "the body without a type");
    let got = answer.header("content-type").unwrap_or("none");
    rig.note(&format!("an answer without a content type gets: {got}"));
    Ok(())
}

fn no_body(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let instance = f.instance()?;
    for status in [204, 304] {
        let mut wire = provider.connect()?;
        let bare = Request::get(&format!("/status/{status}"));
        let first = wire.exchange(&provider.invocation(&f, &bare))?;
        check_eq!(first.status, status, "the status");
        check!(
            !first.headers.has("transfer-encoding"),
            "a {status} has a Transfer-Encoding"
        );
        if first.headers.lists("connection", "close") {
            wire.expect_closed(rig.timeout(5.0))?;
            continue;
        }
        let next = provider.invocation(&f, &Request::get("/instance"));
        let next = wire.exchange(&next)?;
        check_eq!(next.status, 200, "the call behind a {status}");
        check_eq!(next.text(), instance, "the answer behind a {status}");
    }
    Ok(())
}

fn gzip(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::get("/gzip?asked=1").header("Accept-Encoding", "gzip");
    let answer = f.call(&request)?.is(200)?;
    let coding = answer.header("content-encoding");
    check_eq!(coding, Some("gzip"), "Content-Encoding");
    let stored = answer.body.windows(10).any(|part| part == b"hello gzip");
    check!(
        answer.body.starts_with(b"\x1f\x8b\x08") && stored && answer.body.len() == 33,
        "the compressed body came back changed: {}",
        answer.told()
    );
    Ok(())
}

fn identity(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    // The function compresses for those who take it.
    let answer = f.get("/gzip?asked=1")?.is(200)?;
    check_eq!(
        answer.text(),
        "hello gzip",
        "the body for a client that takes no coding"
    );
    let coding = answer.header("content-encoding");
    check!(
        matches!(coding, None | Some("identity")),
        "Content-Encoding is {coding:?} for a client that takes no coding"
    );
    Ok(())
}

fn own_401(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let target = "/status/401?h=WWW-Authenticate:Bearer%20realm=%22own%22&body=mine";
    let answer = f.get(target)?.is(401)?;
    let asked = answer.headers.all("www-authenticate");
    check_eq!(asked, vec!["Bearer realm=\"own\""], "WWW-Authenticate");
    check_eq!(answer.text(), "mine", "the body of the function's 401");
    Ok(())
}
