//! Requests that are no HTTP, or that two readers read differently.
//! It knows the old tricks of smuggling.
//! It refuses to smuggle anything but calls of its own function.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "robustness/garbage",
        "PR-18.6",
        "garbage is 400 or the end of the connection",
    )
    .rows(&["ROB-06"])
    .why("Scanners send it to every open port.")
    .source("suite policy: no request takes the platform down")
    .run(garbage),
    Case::must(
        "robustness/two-lengths",
        "PR-18.7",
        "a request with two lengths is refused, or read as chunked",
    )
    .rows(&["ROB-07"])
    .why("Behind a proxy that reads it the other way, one client's body is another's request.")
    .source("RFC 9112")
    .run(two_lengths),
    Case::should(
        "robustness/long-address",
        "PR-18.8",
        "an address of 1.25 MiB is a 4xx or the end of the connection",
    )
    .rows(&["ROB-15"])
    .why("A server that takes any address can be filled up with one.")
    .source("SDK serve.go (limit of headers)")
    .run(long_address),
];

fn garbage(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a greeting in TLS\r\n\r\n"[..],
        b"this is not HTTP\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x00\x00\x00\x00\r\n\r\n",
        b"GET /system/info HTTP/1.1\r\nHost: x\r\nNo colon here\r\n\r\n",
    ] {
        let mut wire = provider.connect()?;
        wire.set_timeout(rig.timeout(15.0))?;
        wire.send(bytes)?;
        let shown = String::from_utf8_lossy(bytes).into_owned();
        // What the peer answers may itself be older or newer than HTTP/1.1; its status says enough.
        let said = wire.read_to_end().map_err(|failure| {
            Failure::failed(format!(
                "{shown:?} is neither refused nor closed: {failure}"
            ))
        })?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let status = said.split(' ').nth(1).unwrap_or_default();
        let refused = status.starts_with('4') || status == "505";
        check!(
            said.is_empty() || refused,
            "the answer to {shown:?} is {said:?}"
        );
        provider.info()?.is(200)?;
    }
    Ok(())
}

/// Fields, the body as sent, and what a reader of chunks makes of it.
type Form = (
    &'static [(&'static str, &'static str)],
    &'static str,
    Option<&'static str>,
);

const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");

fn two_lengths(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let forms: [Form; 6] = [
        (
            &[("Content-Length", "3"), CHUNKED],
            "5\r\nhello\r\n0\r\n\r\n",
            Some("hello"),
        ),
        (
            &[CHUNKED, ("Content-Length", "15")],
            "5\r\nhello\r\n0\r\n\r\n",
            Some("hello"),
        ),
        (
            &[("Content-Length", "5"), ("Content-Length", "3")],
            "hello",
            None,
        ),
        (&[("Content-Length", "5, 3")], "hello", None),
        (
            &[("Content-Length", "5"), ("Transfer-Encoding", "xchunked")],
            "hello",
            None,
        ),
        (&[("Content-Length", "+5")], "hello", None),
    ];
    for (fields, body, read) in forms {
        let request = fields.iter().fold(
            Request::post("/raw").header("Connection", "close"),
            |request, (name, value)| request.header(name, value),
        );
        unambiguous(rig, &f, &request.header("X-Form", "1"), body, read)?;
    }
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

/// The answer is a refusal or what chunks say; the connection then has nothing more to say.
fn unambiguous(
    rig: &Rig,
    f: &Function,
    request: &Request,
    body: &str,
    read: Option<&str>,
) -> Outcome {
    let provider = rig.provider();
    let fields: Vec<(&str, &str)> = request.headers.iter().collect();
    let mut wire = provider.connect()?;
    wire.set_timeout(rig.timeout(15.0))?;
    wire.send_head(&provider.invocation(f, request))?;
    // The peer may have refused the head, and be gone.
    let _ = wire.send(body.as_bytes());
    let Ok(answer) = wire.read_response() else {
        return wire.expect_closed(rig.timeout(1.0));
    };
    let refused = (400..500).contains(&answer.status) || answer.status == 501;
    let understood = read.is_some_and(|read| answer.status == 200 && answer.text() == read);
    check!(
        refused || understood,
        "with {fields:?} the body {body:?} was answered {} {:?}",
        answer.status,
        answer.text()
    );
    Ok(())
}

fn long_address(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let long = "v".repeat(1280 * 1024);
    for target in [
        format!("/system/info?x={long}"),
        format!("/function/{long}"),
    ] {
        if let Ok(answer) = provider.anonymous().get(&target) {
            let (status, told) = (answer.status, answer.told());
            check!(
                (400..500).contains(&status),
                "an address of 1.25 MiB: {told}"
            );
        }
        provider.info()?.is(200)?;
    }
    Ok(())
}
