//! The methods of a call.
//! It knows those that a function may be called with.
//! It refuses to judge bodies beyond that they came.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/methods",
        "PR-12.1",
        "GET, POST, PUT, PATCH and DELETE reach the function as what they are",
    )
    .rows(&["INV-01"])
    .why("A function that serves an API does the wrong thing, or nothing.")
    .source("certifier invoke_test; SDK proxy/proxy.go")
    .run(methods),
    Case::must(
        "invoke/head",
        "PR-12.1",
        "HEAD reaches the function; its header fields come without a body",
    )
    .rows(&["INV-02"])
    .why("Caches and downloaders ask for a size before they ask for the body.")
    .source("SDK proxy/proxy.go")
    .run(head),
    Case::must("invoke/options", "PR-12.1", "OPTIONS reaches the function")
        .rows(&["INV-03"])
        .why("A browser asks with OPTIONS before it calls a function of another site.")
        .source("SDK proxy/proxy.go")
        .run(options),
    Case::may(
        "invoke/other-methods",
        "PR-12.2",
        "TRACE and PROPFIND are 405, or reach the function",
    )
    .rows(&["INV-04"])
    .why("Whoever writes a WebDAV function should know whether it can be called.")
    .source("SDK proxy/proxy.go")
    .run(others),
];

fn methods(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let request = Request::new(method, "/echo");
        let request = match method {
            "GET" | "DELETE" => request,
            _ => request.body(method),
        };
        let seen = f.echo(&request)?;
        check_eq!(seen.method, method, "the method that the function saw");
        let want = if request.body_len() == 0 { "" } else { method };
        let body = String::from_utf8_lossy(&seen.body()?).into_owned();
        check_eq!(body, want, "the body of {method}");
    }
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.call(&Request::new("HEAD", "/echo"))?.is(200)?;
    let method = seen.header("x-probe-method");
    check_eq!(method, Some("HEAD"), "the method that the function saw");
    check!(seen.body.is_empty(), "an answer to HEAD has a body");
    let target = "/bytes/4321?type=text/x-probe";
    let sized = f.call(&Request::new("HEAD", target))?.is(200)?;
    let length = sized.header("content-length");
    check_eq!(length, Some("4321"), "Content-Length of HEAD");
    let kind = sized.header("content-type");
    check_eq!(kind, Some("text/x-probe"), "Content-Type of HEAD");
    // A body all the same would be taken for the next answer.
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    let bare = wire.exchange(&provider.invocation(&f, &Request::new("HEAD", "/bytes/100")))?;
    if !bare.headers.lists("connection", "close") {
        let next = provider.invocation(&f, &Request::get("/instance"));
        let next = wire.exchange(&next)?;
        check_eq!(next.text(), f.instance()?, "the answer behind a HEAD");
        return Ok(());
    }
    wire.expect_closed(rig.timeout(5.0))?;
    Ok(())
}

fn options(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::new("OPTIONS", "/echo")
        .header("Origin", "https://example.org")
        .header("Access-Control-Request-Method", "PUT");
    let seen = f.echo(&request)?;
    check_eq!(seen.method, "OPTIONS", "the method that the function saw");
    let asked = seen.header("access-control-request-method");
    check_eq!(asked, Some("PUT"), "what the browser asks for");
    Ok(())
}

fn others(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for method in ["TRACE", "PROPFIND"] {
        let answer = f.call(&Request::new(method, "/echo"))?;
        rig.note(&format!("{method} is {}", answer.status));
        match answer.status {
            200 if method == "PROPFIND" => {
                let seen: Echo = answer.json()?;
                check_eq!(seen.method, method, "the method that the function saw");
            }
            _ => {
                answer.is_no_crash()?;
            }
        }
    }
    f.get("/instance")?.is(200)?;
    Ok(())
}
