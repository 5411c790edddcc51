//! Chapter 2: what of a handler's answer reaches the client.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses answers that come piece by piece: chapter 5.

use crate::template::prelude::*;
use crate::template::rig::peak;

pub const CHAPTER: Chapter = Chapter {
    number: 2,
    name: "answer",
    title: "Answers",
    intro: "A client gets what the handler said.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-2.1",
        "A text is answered as text, bytes as they are, anything else as JSON, and nothing as nothing.",
    ),
    Clause::must(
        "TP-2.2",
        "A status reaches the client; 204 and 304 have no body, and a redirect is not followed.",
    ),
    Clause::must(
        "TP-2.3",
        "Fields reach the client, repeated ones as several; a content type that is given counts, however its name is spelt.",
    ),
    Clause::must("TP-2.4", "The answer to HEAD has no body."),
    Clause::must(
        "TP-2.5",
        "A large answer reaches the client whole, and is not collected in memory.",
    ),
    Clause::must("TP-2.6", "Nothing in an answer says what software made it."),
    Clause::must(
        "TP-2.7",
        "A line end in a field's value makes no second field.",
    ),
];

const CASES: &[Case] = &[
    Case::must("answer/values", "TP-2.1", "each kind of value has its type and its bytes")
        .why("The official templates send bytes as their Python representation, and objects as HTML.")
        .run(values),
    Case::must("answer/statuses", "TP-2.2", "statuses are preserved")
        .why("An API is told by its statuses.")
        .run(statuses),
    Case::must("answer/fields", "TP-2.3", "fields are preserved")
        .why("Caches and browsers act on them.")
        .run(fields),
    Case::must("answer/cookies", "TP-2.3", "two cookies are two fields")
        .why("Cookies that are joined by a comma are none.")
        .run(cookies),
    Case::must("answer/head", "TP-2.4", "HEAD gets the head alone")
        .why("A body there would be taken for the next answer.")
        .run(head),
    Case::must("answer/large", "TP-2.5", "64 MiB arrive whole, and cost no memory")
        .why("Reports and archives are downloads, too.")
        .run(large),
    Case::must("answer/nameless", "TP-2.6", "no Server, X-Powered-By, ETag")
        .why("Whoever looks for a known hole looks there first, and an ETag that nobody asked for costs a digest.")
        .run(nameless),
    Case::must("answer/injection", "TP-2.7", "a line end in a value is not passed on")
        .why("A value that a caller chose could set a cookie.")
        .run(injection),
];

fn values(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for (kind, types) in [
        ("text", "text/"),
        ("bytes", "application/octet-stream"),
        ("object", "application/json"),
        ("list", "application/json"),
        ("number", "application/json"),
        ("bool", "application/json"),
    ] {
        let response = function.get(&format!("/value/{kind}"))?;
        let given = response.header("content-type").unwrap_or_default();
        check_eq!(response.status, 200, "the status of {kind}");
        check!(given.starts_with(types), "the type of {kind} is {given:?}");
        check!(
            is_value(kind, &response),
            "{kind} came as {:?}",
            response.text()
        );
    }
    let response = function.get("/value/null")?;
    check!(
        matches!(response.status, 200 | 204),
        "null is a {}",
        response.status
    );
    let text = response.text();
    check!(
        matches!(text.as_str(), "" | "null"),
        "null came as {text:?}"
    );
    Ok(())
}

fn is_value(kind: &str, response: &Response) -> bool {
    let told = || serde_json::from_slice::<Value>(&response.body).ok();
    match kind {
        "text" => response.text() == "text é",
        "bytes" => response.body.iter().copied().eq(0..=255_u8),
        "object" => told() == Some(json!({"a": 1})),
        "list" => told() == Some(json!([1, "é"])),
        "number" => told() == Some(json!(42)),
        _ => told() == Some(json!(true)),
    }
}

fn statuses(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for status in [
        200, 201, 202, 204, 301, 304, 400, 401, 404, 409, 418, 429, 500, 503,
    ] {
        let response = function.get(&format!("/status/{status}"))?;
        check_eq!(response.status, status, "the status");
        let want = match status {
            204 | 304 => String::new(),
            _ => format!("status {status}"),
        };
        check_eq!(response.text(), want, "the body of a {status}");
    }
    Ok(())
}

fn fields(rig: &mut Rig) -> Outcome {
    let response = rig.start()?.get("/headers")?;
    let given = response.header("content-type").unwrap_or_default();
    check!(given.starts_with("text/x-fixture"), "the type is {given:?}");
    check_eq!(response.header("x-one"), Some("1"), "X-One");
    let many = response.headers.all("x-many").join(", ");
    check_eq!(many, "a, b", "the values of X-Many");
    Ok(())
}

fn cookies(rig: &mut Rig) -> Outcome {
    let response = rig.start()?.get("/cookies")?;
    let cookies = response.headers.all("set-cookie");
    check_eq!(cookies, ["a=1", "b=2"], "the fields Set-Cookie");
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let mut wire = function.connect()?;
    let response = wire.exchange(&Request::new("HEAD", "/value/text"))?;
    check_eq!(response.status, 200, "the status");
    check!(response.body.is_empty(), "a body of {:?}", response.text());
    let next = wire.exchange(&Request::get("/value/text"))?;
    check_eq!(
        next.text(),
        "text é",
        "the next answer on the same connection"
    );
    Ok(())
}

const LARGE: usize = 64 << 20;

fn large(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    function.get("/large/1000000")?;
    let before = peak(&function);
    let response = function.get(&format!("/large/{LARGE}"))?;
    check_eq!(response.body.len(), LARGE, "how many bytes came");
    let numbers = (0..=255_u8).cycle();
    let wrong = response
        .body
        .iter()
        .zip(numbers)
        .position(|(got, want)| *got != want);
    check_eq!(wrong, None, "the first byte that is wrong");
    let grown = peak(&function).saturating_sub(before);
    check!(grown < 32 << 20, "the function grew by {grown} bytes");
    Ok(())
}

fn nameless(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for target in ["/value/object", "/value/text", "/throw", "/status/404"] {
        let response = function.get(target)?;
        for name in ["server", "x-powered-by", "etag"] {
            check_eq!(
                response.header(name),
                None,
                "{name} in the answer to {target}"
            );
        }
    }
    Ok(())
}

fn injection(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let response = function.get("/inject")?;
    check_eq!(
        response.header("x-two"),
        None,
        "the field that was smuggled in"
    );
    check_eq!(function.get("/value/text")?.status, 200, "the next request");
    Ok(())
}
