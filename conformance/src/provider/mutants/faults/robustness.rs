//! Chapter 18: broken clients and broken functions.
//! It knows parsers without a limit, lenient readers, and paths that lead elsewhere.
//! It refuses attacks on anything but the reference provider.

pub(super) mod wire;

use std::io::Write as _;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};

use self::wire::swap;
use super::calls::{both, calls, is_ours};
use super::prelude::*;
use crate::provider::reference::decode;

fn deploys(asked: &Asked) -> bool {
    asked.is("POST", "/system/functions")
}

fn occurs(body: &[u8], text: &str) -> usize {
    String::from_utf8_lossy(body).matches(text).count()
}

/// How deeply JSON is nested, whatever its texts hold.
fn depth(body: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for byte in body {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// The first part of the path behind `/function/`, decoded.
fn place(asked: &Asked) -> String {
    let part = asked.path().split('/').nth(2).unwrap_or_default();
    decode(part).unwrap_or_default()
}

/// Asks whoever listens there, as a proxy without a table of functions would.
fn reach(place: &str) {
    let place = place.rsplit('@').next().unwrap_or_default();
    let addresses = place.trim_end_matches('/').to_socket_addrs();
    for address in addresses.into_iter().flatten() {
        if let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
            let request = format!("GET /x HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(request.as_bytes());
        }
    }
}

/// The texts of a JSON value, however deep.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The fields that stand behind a line end in a text.
fn injected(text: &str) -> Vec<(HeaderName, HeaderValue)> {
    let lines = text.lines().skip(1);
    lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
        })
        .collect()
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "robustness/nested-takes-it-down",
        &["PR-18.1"],
        "after JSON that is nested deeply nothing is answered",
        when_asked(|asked, memory| {
            if deploys(asked) && depth(asked.body()) > 1000 {
                memory.set("down", true);
            }
            if memory.get("down").is_some() {
                asked.answer(503, "");
            }
        }),
    ),
    mutant(
        "robustness/bytes-as-they-came",
        &["PR-18.2"],
        "a text that is no UTF-8 is told as it came",
        both(
            |asked, _| {
                if deploys(asked) {
                    let text = String::from_utf8_lossy(asked.body()).into_owned();
                    asked.set_body(text);
                }
            },
            |told, asked, _| {
                if asked.at("/system/") {
                    let mut body = told.body().to_vec();
                    while swap(&mut body, "\u{fffd}".as_bytes(), b"\xff") {}
                    told.set_body(body);
                }
            },
        ),
    ),
    mutant(
        "robustness/twice-is-500",
        &["PR-18.3"],
        "a field that is there twice is a fault of the provider",
        when_asked(|asked, _| {
            if deploys(asked) && occurs(asked.body(), "\"service\"") > 1 {
                asked.answer(500, "duplicate key");
            }
        }),
    ),
    mutant(
        "robustness/half-is-deployed",
        &["PR-18.4"],
        "what came of a deployment that breaks off is deployed",
        Inside(Fault::HalfTaken),
    ),
    mutant(
        "robustness/length-not-minded",
        &["PR-18.4"],
        "a deployment is taken before its body is whole, once its JSON is",
        Inside(Fault::LengthUnminded),
    ),
    mutant(
        "robustness/slow-bodies-for-ever",
        &["PR-18.5"],
        "a body may take for ever",
        Inside(Fault::BodiesEndless),
    ),
    mutant(
        "robustness/line-ends-are-fields",
        &["PR-18.9"],
        "what stands behind a line end in a label is told as a header field",
        when_told(|told, asked, _| {
            if asked.at("/system/") {
                let value = told.json();
                let fields: Vec<_> = texts(&value).into_iter().flat_map(injected).collect();
                told.headers
                    .extend(fields.into_iter().map(|(name, value)| (Some(name), value)));
            }
        }),
    ),
    mutant(
        "robustness/variables-expanded",
        &["PR-18.10"],
        "a shell reads the values of a deployment",
        when_asked(|asked, _| {
            if deploys(asked) {
                let text = String::from_utf8_lossy(asked.body()).replace("$HOME", "/root");
                asked.set_body(text);
            }
        }),
    ),
    mutant(
        "robustness/odd-names-are-500",
        &["PR-18.10"],
        "a name that a shell would act on is a fault of the provider",
        when_told(|told, asked, _| {
            let odd = asked.name().contains(['$', '`', ';', '|', '&']);
            if deploys(asked) && odd && told.status >= 400 {
                told.status = 500;
            }
        }),
    ),
    mutant(
        "robustness/any-host-is-called",
        &["PR-18.11"],
        "a name with a port is called, whatever it is",
        when_asked(|asked, _| {
            let place = place(asked);
            if calls(asked) && place.contains(':') {
                reach(&place);
            }
        }),
    ),
    mutant(
        "robustness/port-is-ignored",
        &["PR-18.11"],
        "a name with a port is the function of that name",
        when_asked(|asked, _| {
            let place = place(asked);
            if calls(asked)
                && let Some((name, _)) = place.split_once(':')
            {
                let path = format!("/function/{name}/");
                asked.set_path(&path);
            }
        }),
    ),
    mutant(
        "robustness/dots-lead-to-the-system",
        &["PR-18.12"],
        "dot segments behind a function's name lead to the list of functions",
        when_asked(|asked, _| {
            let path = asked.path().replace("%2e", ".").replace("%2f", "/");
            if calls(asked) && path.ends_with("/../../system/functions") {
                asked.answer(200, "[]");
            }
        }),
    ),
    mutant(
        "robustness/broken-answer-is-200",
        &["PR-18.13"],
        "an answer that is no HTTP is an empty 200",
        when_told(|told, asked, _| {
            if calls(asked) && is_ours(told) && told.status == 502 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "robustness/cut-looks-whole",
        &["PR-18.14"],
        "an answer that breaks off ends in order",
        Inside(Fault::CutIsEnd),
    ),
    mutant(
        "robustness/long-fields-cut",
        &["PR-18.15"],
        "a field of an answer is cut after 64 KiB",
        when_told(|told, asked, _| {
            if calls(asked) {
                for value in told.headers.values_mut() {
                    let start = value.as_bytes().get(..65_536);
                    if let Some(Ok(cut)) = start.map(HeaderValue::from_bytes) {
                        *value = cut;
                    }
                }
            }
        }),
    ),
    mutant(
        "robustness/crash-disturbs",
        &["PR-18.16"],
        "a function that ends takes all of them out of the table",
        Inside(Fault::CrashDisturbs),
    ),
    mutant(
        "robustness/secrets-stay",
        &["PR-18.17"],
        "a secret that was removed is there",
        when_asked(|asked, _| {
            if asked.is("DELETE", "/system/secrets") {
                asked.answer(202, "");
            }
        }),
    ),
];
