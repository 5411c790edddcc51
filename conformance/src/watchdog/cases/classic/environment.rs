//! What a function finds in its environment.
//! It knows the fork modes and the names of the variables.
//! It refuses requests that pose or do not fit: they have a file of their own.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/environment",
        "WD-3.3",
        "the request is in the environment",
    )
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
    Case::must(
        "classic/environment-path",
        "WD-3.3",
        "Http_Path is decoded, and always there",
    )
    .modes(FORK)
    .run(path),
    Case::must(
        "classic/environment-method",
        "WD-3.3",
        "Http_Method is the method",
    )
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
        "classic/environment-many-headers",
        "WD-3.3",
        "100 headers of 1 kB all arrive",
    )
    .modes(FORK)
    .run(many_headers),
];

/// The variables a function is given with a request.
pub(super) struct Variables(String);

impl Variables {
    pub(super) fn of(w: &Watchdog, request: &Request) -> Result<Self, Failure> {
        let r = w.request(request)?;
        check_eq!(
            r.status,
            200,
            "status of a function that prints its environment"
        );
        Ok(Self(r.text()))
    }

    pub(super) fn parse(text: &[u8]) -> Self {
        Self(String::from_utf8_lossy(text).into_owned())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }

    /// There is one of that name, written in whatever case.
    pub(super) fn holds(&self, name: &str) -> bool {
        let mut names = self.0.lines().filter_map(|line| line.split_once('='));
        names.any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    pub(super) fn expect(&self, wanted: &[(&str, Option<&str>)]) -> Outcome {
        for (name, value) in wanted {
            check_eq!(self.get(name), *value, "variable {name}");
        }
        Ok(())
    }
}

pub(super) fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.watchdog().fprocess(&rig.fixture("env", &[])).start()
}

fn environment(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/a%20b?x=1")
        .header("x-custom-id", "7")
        .body("four");
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
    let request = Request::post("/")
        .header("Host", "example.test")
        .body("four");
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
    let times = found
        .0
        .lines()
        .filter(|line| line.starts_with("Http_Path="))
        .count();
    check_eq!(times, 1, "variables named Http_Path");
    Ok(())
}

fn framing_hidden(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/")
        .header("Trailer", "X-Sum")
        .chunks(&[b"abc"]);
    let found = Variables::of(&w, &request)?;
    check_eq!(found.get("Http_Trailer"), None, "variable Http_Trailer");
    let length = found.get("Http_Content_Length");
    check!(
        length.is_none_or(|text| text == "-1"),
        "a chunked body has the length {length:?}"
    );
    Ok(())
}

/// More than the kernel takes as one variable.
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
