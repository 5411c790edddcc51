//! Targets: which are the watchdog's own, and in what shape the rest arrives.
//! It knows the two ways a function tells what it was given: its environment and the upstream's dump.
//! It refuses what the probes answer: they have a chapter.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/probe-query",
        "WD-2.6",
        "a query does not hide the health probe",
    )
    .run(probe_query),
    Case::must(
        "server/probe-decoded",
        "WD-2.6",
        "an encoded underscore is an underscore",
    )
    .run(probe_decoded),
    Case::must(
        "server/probe-decoded-letters",
        "WD-2.6",
        "encoded letters are letters",
    )
    .run(probe_letters),
    Case::must(
        "server/probe-lookalikes",
        "WD-2.6",
        "what only looks like a probe reaches the function",
    )
    .modes(FUNCTION)
    .run(lookalikes),
    Case::must(
        "server/metrics-path",
        "WD-2.6",
        "/metrics on this port is the function's",
    )
    .modes(FUNCTION)
    .run(metrics_path),
    Case::must(
        "server/untidy-paths",
        "WD-2.7",
        "`//`, `/./` and `/../` reach the function",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-41"])
    .run(untidy),
    Case::must(
        "server/untidy-post",
        "WD-2.7",
        "a POST to `//` reaches the function with its body",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-41"])
    .run(untidy_post),
    Case::must(
        "server/encoded-path",
        "WD-2.7",
        "encoded slashes and dots are neither decoded into segments nor tidied",
    )
    .modes(&[Http])
    .run(encoded_http),
    Case::must(
        "server/absolute-form",
        "WD-2.8",
        "an absolute target: path, query and Host",
    )
    .modes(FORK)
    .run(absolute_fork),
    Case::must(
        "server/absolute-form-http",
        "WD-2.8",
        "an absolute target reaches the upstream as path, query and Host",
    )
    .modes(&[Http])
    .bugs(&["BUG-14"])
    .run(absolute_http),
    Case::must(
        "server/absolute-form-probe",
        "WD-2.8",
        "an absolute target can name the probe",
    )
    .run(absolute_probe),
    Case::must(
        "server/connect-authority",
        "WD-2.9",
        "CONNECT host:port is refused and runs nothing",
    )
    .modes(FUNCTION)
    .run(connect),
    Case::must(
        "server/options-asterisk",
        "WD-2.9",
        "`OPTIONS *` is answered and the connection stays in step",
    )
    .modes(&[Serializing, Streaming])
    .run(options_asterisk),
    Case::must(
        "server/long-target",
        "WD-2.7",
        "a target of 16 KiB arrives whole",
    )
    .modes(FUNCTION)
    .run(long_target),
];

/// Either the environment or the dump of the request: what the function was given.
fn tell(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture("env", &[])).start()
}

fn probe_query(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    let r = w.get("/_/health?verbose=1")?;
    check_eq!((r.status, r.text().as_str()), (200, "OK"), "answer");
    Ok(())
}

fn probe_decoded(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for target in ["/%5F/health", "/%5f/health"] {
        check_eq!(w.get(target)?.text(), "OK", "answer to {target}");
    }
    Ok(())
}

fn probe_letters(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    check_eq!(w.get("/_/%68ealth")?.text(), "OK", "answer");
    Ok(())
}

fn lookalikes(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("print", &["function"])).start()?;
    let own = if rig.mode() == Http {
        "hello"
    } else {
        "function"
    };
    for target in [
        "/_/health/",
        "/_%2Fhealth",
        "/_/Health",
        "/_/healthy",
        "/a/_/health",
        "/_/",
    ] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, own),
            "answer to {target}"
        );
    }
    Ok(())
}

fn metrics_path(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("print", &["function"])).start()?;
    let own = if rig.mode() == Http {
        "hello"
    } else {
        "function"
    };
    check_eq!(w.get("/metrics")?.text(), own, "answer to /metrics");
    Ok(())
}

/// The path the function was told, from its environment or the upstream's dump.
fn told(rig: &Rig, r: &Response) -> String {
    let text = r.text();
    if rig.mode() == Http {
        let dump: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        return dump
            .get("target")
            .and_then(|v| v.as_str())
            .unwrap_or_default()
            .to_owned();
    }
    variable(&text, "Http_Path").to_owned()
}

fn variable<'a>(text: &'a str, name: &str) -> &'a str {
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
}

fn untidy(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for target in [
        "/dump//b",
        "/dump/./b",
        "/dump/a/../b",
        "/dump/..",
        "/dump//",
    ] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, told(rig, &r).as_str()),
            (200, target),
            "status and path told"
        );
    }
    Ok(())
}

fn untidy_post(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let r = w.post("/echo//x", "body")?;
    check_eq!((r.status, r.text().as_str()), (200, "body"), "answer");
    Ok(())
}

fn encoded_http(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for target in [
        "/dump/a%2Fb",
        "/dump/%2e%2e/b",
        "/dump/%41%20+",
        "/dump/%c3%bc?a=%26&b=c%20d",
    ] {
        let r = w.get(target)?;
        check_eq!(told(rig, &r), target, "target seen by the upstream");
    }
    Ok(())
}

fn absolute_fork(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    let r = w.get("http://other.example:99/a/b?x=1")?;
    let text = r.text();
    let got = (
        r.status,
        variable(&text, "Http_Path"),
        variable(&text, "Http_Query"),
    );
    check_eq!(got, (200, "/a/b", "x=1"), "status, path and query told");
    let host = variable(&text, "Http_Host");
    check!(
        host.is_empty() || host == "other.example:99",
        "Http_Host is {host:?}"
    );
    Ok(())
}

fn absolute_http(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    let r = w.get("http://other.example:99/dump/b?x=1")?;
    check_eq!(
        (r.status, told(rig, &r).as_str()),
        (200, "/dump/b?x=1"),
        "status and target seen by the upstream"
    );
    let text = r.text();
    check!(
        text.contains(r#"["Host","other.example:99"]"#),
        "the upstream saw {text}"
    );
    Ok(())
}

fn absolute_probe(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    check_eq!(w.get("http://any.example/_/health")?.text(), "OK", "answer");
    Ok(())
}

fn connect(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("print", &["ran"])).start()?;
    let hits = rig.evidence("hits");
    let before = rig.evidence("started");
    let mut wire = w.connect()?;
    wire.send(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")?;
    let head = wire.read_head()?;
    check!(
        (400..600).contains(&head.status),
        "CONNECT is answered with {}",
        head.status
    );
    check_eq!(rig.evidence("started"), before, "functions started");
    check_eq!(rig.evidence("hits"), hits, "requests seen by the upstream");
    Ok(())
}

fn options_asterisk(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    let r = wire.exchange(&Request::new("OPTIONS", "*"))?;
    check_eq!(
        (r.status, r.body.len()),
        (200, 0),
        "status and size of the answer"
    );
    let r = wire.exchange(&Request::post("/").body("next"))?;
    check_eq!(r.text(), "next", "answer to the next request");
    Ok(())
}

fn long_target(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    let target = format!("/dump/{}", "x".repeat(16 * 1024));
    let r = w.get(&target)?;
    check_eq!(r.status, 200, "status");
    check!(
        told(rig, &r) == target,
        "the path is not as sent, {} bytes",
        told(rig, &r).len()
    );
    Ok(())
}
