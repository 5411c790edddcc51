//! Requests that pose as another, that fit into no environment, and other ways to tell of them.
//! It knows the fork modes, `cgi_headers` and `cgi_env`.
//! It refuses the ordinary variables: they have a file of their own.

use super::environment::{Variables, start};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/environment-httpoxy",
        "WD-3.7",
        "a Proxy header does not become HTTP_PROXY",
    )
    .modes(FORK)
    .run(httpoxy),
    Case::must(
        "classic/environment-httpoxy-any-case",
        "WD-3.7",
        "a Proxy header becomes no proxy setting for who looks at no case, as Python, Perl and Ruby",
    )
    .modes(FORK)
    .run(httpoxy_any_case),
    Case::must(
        "classic/environment-repeated-header",
        "WD-3.7",
        "every value of a repeated header arrives",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(repeated_header),
    Case::must(
        "classic/environment-repeated-cookie",
        "WD-3.7",
        "repeated cookies are joined by semicolons",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(repeated_cookie),
    Case::must(
        "classic/environment-query-spoofed",
        "WD-3.7",
        "a header named Query is no query",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(query_spoofed),
    Case::must(
        "classic/environment-request-line-spoofed",
        "WD-3.7",
        "headers named Method and Path change nothing",
    )
    .modes(FORK)
    .run(request_line_spoofed),
    Case::must(
        "classic/environment-length-spoofed",
        "WD-3.7",
        "a header named Contentlength is not the length",
    )
    .modes(&[Classic])
    .run(length_spoofed),
    Case::must(
        "classic/environment-too-large",
        "WD-3.8",
        "a header larger than one variable may be is an error, and the next request is not",
    )
    .modes(FORK)
    .bugs(&["BUG-27"])
    .run(too_large),
    Case::must(
        "classic/environment-too-large-status",
        "WD-3.8",
        "the error for too large headers is 431",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(too_large_status),
    Case::must(
        "classic/environment-nul",
        "WD-3.8",
        "a path with a NUL byte is an error",
    )
    .modes(FORK)
    .bugs(&["BUG-27"])
    .run(nul),
    Case::must(
        "classic/cgi-headers-off",
        "WD-3.14",
        "no variable tells of the request",
    )
    .modes(&[Classic])
    .run(cgi_headers_off),
    Case::must(
        "classic/cgi-env",
        "WD-3.18",
        "the meta-variables are there beside the others",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(cgi_env),
    Case::must(
        "classic/cgi-env-httpoxy",
        "WD-3.18",
        "HTTP_PROXY is never made from a header",
    )
    .modes(FORK)
    .feature("cgi-env")
    .run(cgi_env_httpoxy),
    Case::must(
        "classic/cgi-env-not-asked",
        "WD-3.18",
        "without the setting there are none",
    )
    .modes(FORK)
    .run(cgi_env_not_asked),
];

fn httpoxy(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let found = Variables::of(&w, &Request::get("/").header("Proxy", "http://evil.test"))?;
    found.expect(&[("HTTP_PROXY", None), ("http_proxy", None)])
}

fn httpoxy_any_case(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/").header("Proxy", "http://evil.test");
    let found = Variables::of(&w, &request)?;
    check!(
        !found.holds("http_proxy"),
        "a variable is called http_proxy but for case"
    );
    Ok(())
}

fn repeated_header(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/")
        .header("X-Many", "1")
        .header("x-many", "2")
        .header("X-MANY", "3");
    Variables::of(&w, &request)?.expect(&[("Http_X_Many", Some("1, 2, 3"))])
}

fn repeated_cookie(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/")
        .header("Cookie", "a=1")
        .header("Cookie", "b=2");
    Variables::of(&w, &request)?.expect(&[("Http_Cookie", Some("a=1; b=2"))])
}

fn query_spoofed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/").header("Query", "admin=1");
    Variables::of(&w, &request)?.expect(&[("Http_Query", None)])?;
    let request = Request::get("/?own=1").header("Query", "admin=1");
    Variables::of(&w, &request)?.expect(&[("Http_Query", Some("own=1"))])
}

fn request_line_spoofed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/own")
        .header("Method", "DELETE")
        .header("Path", "/other");
    Variables::of(&w, &request)?
        .expect(&[("Http_Method", Some("GET")), ("Http_Path", Some("/own"))])
}

fn length_spoofed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/")
        .header("Contentlength", "999")
        .body("four");
    Variables::of(&w, &request)?.expect(&[
        ("Http_ContentLength", Some("4")),
        ("Http_Content_Length", Some("4")),
    ])
}

const TOO_LARGE: usize = 200_000;

fn too_large(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let r = w.request(Request::get("/").header("X-Large", &"x".repeat(TOO_LARGE)))?;
    check!(
        r.status >= 400,
        "a request that cannot be passed on is {}",
        r.status
    );
    check_eq!(w.get("/")?.status, 200, "status of the next request");
    Ok(())
}

fn too_large_status(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let r = w.request(Request::get("/").header("X-Large", &"x".repeat(TOO_LARGE)))?;
    check_eq!(r.status, 431, "status");
    Ok(())
}

fn nul(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let r = w.get("/a%00b")?;
    check!(
        r.status >= 400,
        "a path that cannot be passed on is {}",
        r.status
    );
    check_eq!(w.get("/")?.status, 200, "status of the next request");
    Ok(())
}

fn cgi_headers_off(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("cgi_headers", "false")
        .start()?;
    let r = w.request(Request::post("/p?q=1").header("X-Custom", "1").body("x"))?;
    check_eq!(r.status, 200, "status");
    let told = r.text().lines().any(|line| line.starts_with("Http_"));
    check!(!told, "variables tell of the request:\n{}", r.text());
    check!(r.headers.has("x-duration-seconds"), "no X-Duration-Seconds");
    Ok(())
}

fn cgi_env(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("cgi_env", "rfc3875")
        .start()?;
    let request = Request::post("/a%20b/c?x=1&y")
        .header("Host", "example.test:81")
        .header("Content-Type", "text/csv")
        .header("X-Custom-Id", "7")
        .body("four");
    Variables::of(&w, &request)?.expect(&[
        ("GATEWAY_INTERFACE", Some("CGI/1.1")),
        ("SERVER_PROTOCOL", Some("HTTP/1.1")),
        ("SERVER_NAME", Some("example.test")),
        ("REQUEST_METHOD", Some("POST")),
        ("PATH_INFO", Some("/a b/c")),
        ("QUERY_STRING", Some("x=1&y")),
        ("CONTENT_LENGTH", Some("4")),
        ("CONTENT_TYPE", Some("text/csv")),
        ("REMOTE_ADDR", Some("127.0.0.1")),
        ("HTTP_HOST", Some("example.test:81")),
        ("HTTP_X_CUSTOM_ID", Some("7")),
        ("HTTP_CONTENT_LENGTH", None),
        ("HTTP_CONTENT_TYPE", None),
        ("Http_X_Custom_Id", Some("7")),
        ("Http_Path", Some("/a b/c")),
    ])?;
    Variables::of(&w, &Request::get("/"))?.expect(&[
        ("QUERY_STRING", Some("")),
        ("CONTENT_LENGTH", None),
        ("CONTENT_TYPE", None),
    ])
}

fn cgi_env_httpoxy(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("cgi_env", "rfc3875")
        .start()?;
    let request = Request::get("/").header("Proxy", "http://evil.test");
    Variables::of(&w, &request)?.expect(&[("HTTP_PROXY", None), ("Http_Proxy", None)])
}

fn cgi_env_not_asked(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    Variables::of(&w, &Request::get("/?x").header("X-Id", "1"))?.expect(&[
        ("REQUEST_METHOD", None),
        ("QUERY_STRING", None),
        ("HTTP_X_ID", None),
    ])
}
