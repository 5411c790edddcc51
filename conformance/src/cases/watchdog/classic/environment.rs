//! What a function finds in its environment.
//! It knows the fork modes and the names of the variables.
//! It refuses the CGI/1.1 names: they are a feature with cases of their own.

use crate::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("classic/environment", "WD-3.3", "the request is in the environment")
        .modes(&[Classic])
        .run(environment),
    Case::must(
        "classic/environment-header-names",
        "WD-3.3",
        "names are canonical with dashes as underscores",
    )
    .modes(FORK)
    .run(header_names),
    Case::must(
        "classic/environment-header-values",
        "WD-3.3",
        "values arrive verbatim, empty ones too",
    )
    .modes(FORK)
    .run(header_values),
    Case::must(
        "classic/environment-no-body",
        "WD-3.3",
        "both length variables are 0 without a body",
    )
    .modes(&[Classic])
    .run(no_body),
    Case::must(
        "classic/environment-chunked",
        "WD-3.3",
        "a chunked body is -1 long and named so",
    )
    .modes(&[Classic])
    .run(chunked),
    Case::must(
        "classic/environment-transfer-encoding",
        "WD-3.3",
        "Http_Transfer_Encoding is chunked, and absent for sized bodies",
    )
    .modes(FORK)
    .run(transfer_encoding),
    Case::must(
        "classic/environment-host",
        "WD-3.3",
        "Http_Host is the Host header or the target's authority",
    )
    .modes(&[Classic])
    .run(host),
    Case::must(
        "classic/environment-host-and-length",
        "WD-3.3",
        "host and lengths are told in every fork mode",
    )
    .modes(&[Serializing, Streaming])
    .feature("cgi-length-host")
    .run(host_and_length),
    Case::must(
        "classic/environment-query",
        "WD-3.3",
        "Http_Query is the raw query, and absent when empty",
    )
    .modes(FORK)
    .run(query),
    Case::must("classic/environment-path", "WD-3.3", "Http_Path is decoded, and always there")
        .modes(FORK)
        .run(path),
    Case::must("classic/environment-method", "WD-3.3", "Http_Method is the method")
        .modes(FORK)
        .run(method),
    Case::must(
        "classic/environment-inherited",
        "WD-3.3",
        "the watchdog's own environment is there too",
    )
    .modes(FORK)
    .run(inherited),
    Case::must(
        "classic/environment-overrides-inherited",
        "WD-3.3",
        "the request wins over inherited variables",
    )
    .modes(FORK)
    .run(overrides_inherited),
    Case::must(
        "classic/environment-framing-hidden",
        "WD-3.3",
        "Trailer does not become a variable, nor does the length of a chunked body",
    )
    .modes(FORK)
    .run(framing_hidden),
    Case::must(
        "classic/environment-httpoxy",
        "WD-3.7",
        "a Proxy header does not become HTTP_PROXY",
    )
    .modes(FORK)
    .run(httpoxy),
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
    Case::must("classic/environment-nul", "WD-3.8", "a path with a NUL byte is an error")
        .modes(FORK)
        .bugs(&["BUG-27"])
        .run(nul),
    Case::must(
        "classic/environment-many-headers",
        "WD-3.3",
        "100 headers of 1 kB all arrive",
    )
    .modes(FORK)
    .run(many_headers),
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

/// The variables a function is given with this request.
struct Variables(String);

impl Variables {
    fn of(w: &Watchdog, request: &Request) -> Result<Self, Failure> {
        let r = w.request(request)?;
        check_eq!(r.status, 200, "status of a function that prints its environment");
        Ok(Self(r.text()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }

    fn expect(&self, wanted: &[(&str, Option<&str>)]) -> Outcome {
        for (name, value) in wanted {
            check_eq!(self.get(name), *value, "variable {name}");
        }
        Ok(())
    }
}

fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.watchdog().fprocess(&rig.fixture("env", &[])).start()
}

fn environment(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/a%20b?x=1").header("x-custom-id", "7").body("four");
    Variables::of(&w, &request)?.expect(&[
        ("Http_Method", Some("POST")),
        ("Http_Path", Some("/a b")),
        ("Http_Query", Some("x=1")),
        ("Http_X_Custom_Id", Some("7")),
        ("Http_ContentLength", Some("4")),
        ("Http_Content_Length", Some("4")),
    ])
}

fn header_names(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/")
        .header("x-forwarded-by", "1")
        .header("foo_bar", "2")
        .header("X.Dot", "3")
        .header("X-UPPER-CASE", "4")
        .header("content-type", "5/5")
        .header("x--double", "6")
        .header("x-1a-b2", "7")
        .header("authorization", "Basic eDp5");
    Variables::of(&w, &request)?.expect(&[
        ("Http_X_Forwarded_By", Some("1")),
        ("Http_Foo_bar", Some("2")),
        ("Http_X.dot", Some("3")),
        ("Http_X_Upper_Case", Some("4")),
        ("Http_Content_Type", Some("5/5")),
        ("Http_X__Double", Some("6")),
        ("Http_X_1a_B2", Some("7")),
        ("Http_Authorization", Some("Basic eDp5")),
    ])
}

fn header_values(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::get("/")
        .header("x-empty", "")
        .header("x-text", "a  b, \"c\"; $HOME=%20\\")
        .header("x-utf8", "zo\u{eb} \u{2713}")
        .header("x-equals", "a=b=c");
    Variables::of(&w, &request)?.expect(&[
        ("Http_X_Empty", Some("")),
        ("Http_X_Text", Some("a  b, \"c\"; $HOME=%20\\")),
        ("Http_X_Utf8", Some("zo\u{eb} \u{2713}")),
        ("Http_X_Equals", Some("a=b=c")),
    ])
}

fn no_body(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for request in [Request::get("/"), Request::post("/").body("")] {
        Variables::of(&w, &request)?.expect(&[
            ("Http_ContentLength", Some("0")),
            ("Http_Content_Length", Some("0")),
            ("Http_Transfer_Encoding", None),
        ])?;
    }
    Ok(())
}

fn chunked(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/").chunks(&[b"abc", b"de"]);
    Variables::of(&w, &request)?.expect(&[
        ("Http_ContentLength", Some("-1")),
        ("Http_Content_Length", Some("-1")),
        ("Http_Transfer_Encoding", Some("chunked")),
    ])
}

fn transfer_encoding(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let chunked = Request::post("/").chunks(&[b"abc"]);
    Variables::of(&w, &chunked)?.expect(&[("Http_Transfer_Encoding", Some("chunked"))])?;
    let sized = Request::post("/").body("abc");
    Variables::of(&w, &sized)?.expect(&[
        ("Http_Transfer_Encoding", None),
        ("Http_Content_Length", Some("3")),
    ])
}

fn host(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let named = Request::get("/").header("Host", "example.test:81");
    Variables::of(&w, &named)?.expect(&[("Http_Host", Some("example.test:81"))])?;
    let absolute = Request::get("http://other.test/p?q=1").header("Host", "example.test");
    Variables::of(&w, &absolute)?.expect(&[
        ("Http_Host", Some("other.test")),
        ("Http_Path", Some("/p")),
        ("Http_Query", Some("q=1")),
    ])?;
    let none = Request::get("/").http10().no_host();
    Variables::of(&w, &none)?.expect(&[("Http_Host", None)])
}

fn host_and_length(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/").header("Host", "example.test").body("four");
    Variables::of(&w, &request)?.expect(&[
        ("Http_Host", Some("example.test")),
        ("Http_ContentLength", Some("4")),
        ("Http_Content_Length", Some("4")),
    ])
}

fn query(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let raw = "a=1&b=%20x&&c=+%26?d";
    let request = Request::get(&format!("/my/full/path?{raw}"));
    Variables::of(&w, &request)?.expect(&[
        ("Http_Path", Some("/my/full/path")),
        ("Http_Query", Some(raw)),
    ])?;
    for target in ["/p", "/p?"] {
        Variables::of(&w, &Request::get(target))?.expect(&[("Http_Query", None)])?;
    }
    Ok(())
}

fn path(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for (target, path) in [
        ("/", "/"),
        ("/a%20b%2Fc/%C3%A4", "/a b/c/\u{e4}"),
        ("/a+b;c=d", "/a+b;c=d"),
        ("/metrics", "/metrics"),
        ("/trailing/", "/trailing/"),
    ] {
        let found = Variables::of(&w, &Request::get(target))?;
        check_eq!(found.get("Http_Path"), Some(path), "path of {target}");
    }
    Ok(())
}

fn method(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let found = Variables::of(&w, &Request::new(method, "/"))?;
        check_eq!(found.get("Http_Method"), Some(method), "method");
    }
    Ok(())
}

fn inherited(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("db_password", "a b=c")
        .start()?;
    Variables::of(&w, &Request::get("/"))?.expect(&[("db_password", Some("a b=c"))])
}

fn overrides_inherited(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("Http_Path", "/inherited")
        .env("Http_X_Custom", "inherited")
        .start()?;
    let found = Variables::of(&w, &Request::get("/own").header("X-Custom", "own"))?;
    found.expect(&[("Http_Path", Some("/own")), ("Http_X_Custom", Some("own"))])?;
    let times = found.0.lines().filter(|line| line.starts_with("Http_Path=")).count();
    check_eq!(times, 1, "variables named Http_Path");
    Ok(())
}

fn framing_hidden(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/").header("Trailer", "X-Sum").chunks(&[b"abc"]);
    let found = Variables::of(&w, &request)?;
    check_eq!(found.get("Http_Trailer"), None, "variable Http_Trailer");
    let length = found.get("Http_Content_Length");
    check!(
        length.is_none_or(|text| text == "-1"),
        "a chunked body has the length {length:?}"
    );
    Ok(())
}

fn httpoxy(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let found = Variables::of(&w, &Request::get("/").header("Proxy", "http://evil.test"))?;
    found.expect(&[("HTTP_PROXY", None), ("http_proxy", None)])
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
    let request = Request::get("/").header("Cookie", "a=1").header("Cookie", "b=2");
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
    let request = Request::get("/own").header("Method", "DELETE").header("Path", "/other");
    Variables::of(&w, &request)?.expect(&[
        ("Http_Method", Some("GET")),
        ("Http_Path", Some("/own")),
    ])
}

fn length_spoofed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/").header("Contentlength", "999").body("four");
    Variables::of(&w, &request)?.expect(&[
        ("Http_ContentLength", Some("4")),
        ("Http_Content_Length", Some("4")),
    ])
}

/// More than the kernel takes as one variable.
const TOO_LARGE: usize = 200_000;

fn too_large(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let r = w.request(Request::get("/").header("X-Large", &"x".repeat(TOO_LARGE)))?;
    check!(r.status >= 400, "a request that cannot be passed on is {}", r.status);
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
    check!(r.status >= 400, "a path that cannot be passed on is {}", r.status);
    check_eq!(w.get("/")?.status, 200, "status of the next request");
    Ok(())
}

fn many_headers(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let value = "v".repeat(1000);
    let mut request = Request::get("/");
    for index in 0..100 {
        request = request.header(&format!("X-Many-{index}"), &value);
    }
    let found = Variables::of(&w, &request)?;
    for index in 0..100 {
        let name = format!("Http_X_Many_{index}");
        check_eq!(found.get(&name), Some(value.as_str()), "variable {name}");
    }
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
    Variables::of(&w, &request)?.expect(&[("HTTP_PROXY", None)])
}

fn cgi_env_not_asked(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    Variables::of(&w, &Request::get("/?x").header("X-Id", "1"))?.expect(&[
        ("REQUEST_METHOD", None),
        ("QUERY_STRING", None),
        ("HTTP_X_ID", None),
    ])
}
