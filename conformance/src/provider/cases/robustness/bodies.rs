//! Broken, large and slow bodies of deployments.
//! It knows JSON that parsers stumble over.
//! It refuses to leave anything: what such a body may make is written down first.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "robustness/nested",
        "PR-18.1",
        "JSON that is nested 200 000 deep is a 4xx, and the provider goes on",
    )
    .rows(&["ROB-01"])
    .why("A parser without a limit runs out of stack, and all functions are gone.")
    .source("suite policy: no request takes the platform down")
    .run(nested),
    Case::must(
        "robustness/large",
        "PR-18.1",
        "10 MiB of JSON of the wrong type are a 4xx, and of the right one no 5xx",
    )
    .rows(&["ROB-01"])
    .why("A parser that copies every body runs out of memory.")
    .source("suite policy: no request takes the platform down")
    .run(large),
    Case::must(
        "robustness/no-utf8",
        "PR-18.2",
        "a label that is no UTF-8 is refused, or replaced",
    )
    .rows(&["ROB-02"])
    .why("One bad byte makes the list unreadable for everybody.")
    .source("suite policy: JSON is UTF-8")
    .run(no_utf8),
    Case::should(
        "robustness/twice",
        "PR-18.3",
        "a deployment with a field twice is no 5xx",
    )
    .rows(&["ROB-03"])
    .why("A fault of the client is told as one of the provider.")
    .source("suite policy: a client's fault is a 4xx")
    .run(twice),
    Case::must(
        "robustness/broken-off",
        "PR-18.4",
        "a deployment that breaks off within its JSON creates nothing",
    )
    .rows(&["ROB-04"])
    .why("Half of a deployment runs with half of its settings.")
    .source("suite policy: half a request is none")
    .run(broken_off),
    Case::should(
        "robustness/broken-off-late",
        "PR-18.4",
        "a deployment that breaks off behind its JSON creates nothing",
    )
    .rows(&["ROB-04"])
    .why("The client has seen an error, and takes it that nothing was made.")
    .source("RFC 9112: an incomplete message")
    .run(broken_off_late),
    Case::should(
        "robustness/slow-body",
        "PR-18.5",
        "a body of a byte every half second is cut off",
    )
    .rows(&["ROB-05"])
    .seconds(150)
    .why("A few clients that never finish hold all connections.")
    .source("SDK serve.go (read timeout)")
    .run(slow_body),
];

fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::post("/system/functions")
        .header("Content-Type", "application/json")
        .body(body)
}

/// The provider answers, and its list is JSON.
fn goes_on(rig: &Rig) -> Outcome {
    rig.provider().info()?.is(200)?;
    let list = rig.provider().list()?.is(200)?.value()?;
    check!(list.is_array(), "the list is no array");
    Ok(())
}

/// A refusal may come as a status, or as the end of a connection on which too much is sent.
fn refused(outcome: Result<Answer, Failure>) -> Outcome {
    if let Ok(answer) = outcome {
        answer.is_refused()?;
    }
    Ok(())
}

fn nested(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make(&name)?;
    let image = rig.probe_image();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 200_000;
        let (opened, closed) = (open.repeat(depth), close.repeat(depth));
        let body = format!(
            "{{\"service\":\"{name}\",\"image\":\"{image}\",\"labels\":{opened}1{closed}}}"
        );
        refused(rig.provider().send(&post(body)))?;
        goes_on(rig)?;
    }
    rig.provider().describe(&name)?.is(404)?;
    Ok(())
}

fn large(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let text = "v".repeat(10 * 1024 * 1024);
    let wrong = rig.function().set("labels", text.clone());
    refused(provider.deploy(&wrong))?;
    goes_on(rig)?;
    provider.describe(&wrong)?.is(404)?;
    let unknown = rig.function().set("xUnknownField", text);
    if let Ok(answer) = provider.deploy(&unknown) {
        answer.is_no_crash()?;
    }
    goes_on(rig)
}

fn no_utf8(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make(&name)?;
    let image = rig.probe_image();
    let head =
        format!("{{\"service\":\"{name}\",\"image\":\"{image}\",\"annotations\":{{\"odd\":\"a");
    let body = [head.as_bytes(), b"\xff\xfe\xc0b\"}}"].concat();
    let answer = rig.provider().send(&post(body))?.is_no_crash()?;
    goes_on(rig)?;
    if ACCEPTED.contains(&answer.status) {
        let status = rig.provider().status(&name)?;
        let odd = status.annotations.get("odd").map(String::as_str);
        let replaced = odd.is_none_or(|odd| odd.contains('\u{fffd}'));
        check!(replaced, "bytes that are no UTF-8 became {odd:?}");
    }
    Ok(())
}

fn twice(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make(&name)?;
    let image = rig.probe_image();
    let body = format!(
        "{{\"service\":\"{name}\",\"image\":\"{image}\",\"image\":\"{image}\",\"service\":\"{name}\",\
         \"labels\":{{\"a\":\"1\",\"a\":\"2\"}},\"labels\":{{\"b\":\"3\"}}}}"
    );
    let answer = rig.provider().send(&post(body))?.is_no_crash()?;
    rig.note(&format!("a field that is there twice is {}", answer.status));
    goes_on(rig)
}

/// Sends what is said of a deployment and closes; nothing of that name may be there.
fn creates_nothing(rig: &Rig, name: &str, request: &Request, sent: &[u8]) -> Outcome {
    rig.may_make(name)?;
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    wire.send_head(&provider.addressed(request))?;
    wire.send(sent)?;
    wire.close();
    rig.stays(1.5, || {
        provider.describe(name)?.is(404)?;
        let listed = provider.listed(name)?;
        check!(listed.is_none(), "half a request has deployed a function");
        Ok(())
    })
}

fn broken_off(rig: &mut Rig) -> Outcome {
    let (name, image, long) = (rig.name(), rig.probe_image(), "v".repeat(1000));
    // Whoever reads field by field has all that a function needs before it breaks off.
    let body = format!(
        "{{\"service\":\"{name}\",\"image\":\"{image}\",\"labels\":{{\"kept\":\"yes\"}},\
         \"annotations\":{{\"long\":\"{long}\"}}}}"
    );
    let sent = body.as_bytes().get(..body.len() - 500).unwrap_or_default();
    creates_nothing(rig, &name, &post(body.clone()), sent)?;
    goes_on(rig)
}

fn broken_off_late(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    let body = deployment.json().to_string();
    let padded = body.len() + 100;
    let request = Request::post("/system/functions")
        .header("Content-Type", "application/json")
        .header("Content-Length", &padded.to_string());
    creates_nothing(rig, deployment.name(), &request, body.as_bytes())?;
    goes_on(rig)
}

fn slow_body(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make(&name)?;
    let provider = rig.provider();
    let request = Request::post("/system/functions")
        .header("Content-Type", "application/json")
        .header("Content-Length", "100000");
    let mut wire = provider.connect()?;
    wire.send_head(&provider.addressed(&request))?;
    wire.send(format!("{{\"service\":\"{name}\",").as_bytes())?;
    let (start, limit) = (Instant::now(), rig.timeout(75.0));
    while wire.expect_quiet(Duration::from_millis(500)).is_ok() && wire.send(b" ").is_ok() {
        check!(start.elapsed() < limit, "still waited for after {limit:?}");
    }
    rig.note(&format!("cut off after {} s", start.elapsed().as_secs()));
    goes_on(rig)?;
    provider.describe(&name)?.is(404)?;
    Ok(())
}
