//! Chapter 1: what of a request reaches the handler.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what the watchdog does to a request: that is its own contract.

use sha2::{Digest as _, Sha256};

use crate::fixture::hex;
use crate::template::prelude::*;
use crate::template::profile::ANY_VERB;
use crate::template::rig::{echo, json_of, peak};

pub const CHAPTER: Chapter = Chapter {
    number: 1,
    name: "request",
    title: "Requests",
    intro: "A handler sees what was sent.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-1.1",
        "GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS reach the handler.",
    ),
    Clause::should("TP-1.2", "A verb that no standard has reaches the handler."),
    Clause::must(
        "TP-1.3",
        "The path reaches the handler as it was sent, percent escapes and double slashes included.",
    ),
    Clause::must(
        "TP-1.4",
        "The query reaches the handler as it was sent, repeated and empty parameters included.",
    ),
    Clause::must(
        "TP-1.5",
        "Fields reach the handler with all their values, `Host` and `X-Call-Id` among them; a call id is made where there is none.",
    ),
    Clause::must(
        "TP-1.6",
        "Every byte of a body reaches the handler, whatever its type says.",
    ),
    Clause::must(
        "TP-1.7",
        "A body over the limit (10 MiB unless `max_body_bytes` says otherwise) is a 413 that its sender gets, with an error in JSON; the next request is answered.",
    ),
    Clause::must("TP-1.8", "A body over the limit is not kept in memory."),
];

const CASES: &[Case] = &[
    Case::must("request/verbs", "TP-1.1", "every standard verb is seen")
        .why("An API that answers PATCH or OPTIONS cannot be written otherwise.")
        .run(verbs),
    Case::should("request/any-verb", "TP-1.2", "any verb is seen")
        .feature(ANY_VERB)
        .why("WebDAV and its kind have verbs of their own.")
        .run(any_verb),
    Case::must("request/path", "TP-1.3", "paths are not decoded")
        .why("Signatures are computed over a path as it was sent, and %2F is not a slash.")
        .run(path),
    Case::must(
        "request/long-path",
        "TP-1.3",
        "a path of 8 KiB is seen whole",
    )
    .why("Tokens and signed URLs are long.")
    .run(long_path),
    Case::must("request/query", "TP-1.4", "queries are not changed")
        .why("Signatures are computed over a query as it was sent.")
        .run(query),
    Case::must("request/fields", "TP-1.5", "fields come with all values")
        .why("A proxy chain is in several X-Forwarded-For fields.")
        .run(fields),
    Case::must(
        "request/call-id",
        "TP-1.5",
        "a call id is there in any case",
    )
    .why("Logs of several functions are joined by it.")
    .run(call_id),
    Case::must(
        "request/bytes",
        "TP-1.6",
        "bytes 0 to 255 arrive for every type",
    )
    .why("Images and archives were lost or changed by the official templates.")
    .run(bytes),
    Case::must("request/sizes", "TP-1.6", "bodies of all sizes arrive")
        .why("A buffer's edge is where bytes get lost.")
        .run(sizes),
    Case::must(
        "request/too-large",
        "TP-1.7",
        "one byte over the limit is a 413",
    )
    .why("A client that gets a reset instead tries again and again.")
    .run(too_large),
    Case::must("request/own-limit", "TP-1.7", "max_body_bytes is the limit")
        .why("Who sets a limit counts on it.")
        .run(own_limit),
    Case::must(
        "request/memory",
        "TP-1.8",
        "64 MiB over the limit cost no memory",
    )
    .why("One client could end the function for all.")
    .run(memory),
];

const LIMIT: u64 = 10 << 20;

fn verbs(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for verb in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let seen = echo(&function, &Request::new(verb, "/echo"))?;
        check_eq!(seen.method, verb, "the verb that the handler saw");
    }
    let head = function.request(Request::new("HEAD", "/echo"))?;
    check_eq!(head.status, 200, "the answer to HEAD");
    check!(head.body.is_empty(), "the answer to HEAD has a body");
    Ok(())
}

fn any_verb(rig: &mut Rig) -> Outcome {
    let seen = echo(&rig.start()?, &Request::new("BREW", "/echo"))?;
    check_eq!(seen.method, "BREW", "the verb that the handler saw");
    Ok(())
}

fn path(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for path in [
        "/echo/a%20b/%2f//c;d",
        "/echo//",
        "/echo/%C3%A9",
        "/echo/../up/.",
        "/echo/%2e%2e/up",
        "/echo/a+b@c:d,e=f&g'(h)!$*~",
    ] {
        let seen = echo(&function, &Request::get(path))?;
        check_eq!(seen.path, path, "the path that the handler saw");
    }
    Ok(())
}

fn long_path(rig: &mut Rig) -> Outcome {
    let path = format!("/echo/{}", "x".repeat(8 << 10));
    let seen = echo(&rig.start()?, &Request::get(&path))?;
    check!(
        seen.path == path,
        "the handler saw {} bytes",
        seen.path.len()
    );
    Ok(())
}

fn query(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let long = format!("a={}", "x".repeat(16 << 10));
    for query in [
        "a=1&a=2&b=&c",
        "a=x+y&d[]=1",
        "a=%C3%A9&b=%",
        "a=1?b=2",
        long.as_str(),
    ] {
        let seen = echo(&function, &Request::get(&format!("/echo?{query}")))?;
        check_eq!(seen.query, query, "the query that the handler saw");
    }
    Ok(())
}

fn fields(rig: &mut Rig) -> Outcome {
    let request = Request::get("/echo")
        .header("Host", "function.example:8080")
        .header("X-MANY", "a")
        .header("x-many", "b");
    let seen = echo(&rig.start()?, &request)?;
    check_eq!(seen.values("x-many"), ["a", "b"], "the values of X-Many");
    check_eq!(seen.values("host"), ["function.example:8080"], "Host");
    Ok(())
}

fn call_id(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let seen = echo(
        &function,
        &Request::get("/echo").header("X-Call-Id", "call-1"),
    )?;
    check_eq!(seen.call_id, "call-1", "the call id that the handler has");
    let seen = echo(&function, &Request::get("/echo"))?;
    check!(!seen.call_id.is_empty(), "no call id");
    Ok(())
}

fn bytes(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let body: Vec<u8> = (0..=255).cycle().take(4096).collect();
    for kind in [
        "application/octet-stream",
        "image/png",
        "text/plain",
        "text/plain; charset=latin1",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/cloudevents",
    ] {
        let request = Request::post("/echo").header("Content-Type", kind);
        arrives(&function, &request, &body)?;
    }
    arrives(&function, &Request::post("/echo"), &body)
}

fn sizes(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for len in [
        0,
        1,
        (64 << 10) - 1,
        64 << 10,
        (64 << 10) + 1,
        1 << 20,
        LIMIT,
    ] {
        let body = Pattern::new(1, len).bytes();
        arrives(&function, &Request::post("/echo"), &body)?;
        let chunked = Request::post("/echo").pattern_chunked(Pattern::new(1, len));
        let seen = echo(&function, &chunked)?;
        check_eq!(seen.sha256, digest(&body), "{len} bytes in chunks");
    }
    Ok(())
}

fn arrives(function: &Watchdog, request: &Request, body: &[u8]) -> Outcome {
    let seen = echo(function, &request.clone().body(body))?;
    let kind = request.headers.get("content-type").unwrap_or("no type");
    check_eq!(seen.size, body.len() as u64, "the size, with {kind}");
    check_eq!(seen.sha256, digest(body), "the digest, with {kind}");
    Ok(())
}

fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn refused(response: &Response) -> Outcome {
    check_eq!(response.status, 413, "the answer to a body over the limit");
    let told: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    check!(
        told.get("error").is_some_and(Value::is_string),
        "no error in JSON: {:?}",
        response.text()
    );
    check!(
        told.get("callId").is_some_and(Value::is_string),
        "no call id: {:?}",
        response.text()
    );
    Ok(())
}

fn too_large(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let pattern = Pattern::new(1, LIMIT + 1);
    refused(&function.request(Request::post("/echo").pattern(pattern))?)?;
    refused(&function.request(Request::post("/echo").pattern_chunked(pattern))?)?;
    json_of::<Echo>(&function.get("/echo")?).map(drop)
}

fn own_limit(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().env("max_body_bytes", "1000"))?;
    arrives(&function, &Request::post("/echo"), &[b'x'; 1000])?;
    let response = function.post("/echo", vec![b'x'; 1001])?;
    check_eq!(response.status, 413, "one byte over the limit");
    Ok(())
}

fn memory(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    refused(&function.request(Request::post("/echo").pattern(Pattern::new(1, LIMIT + 1)))?)?;
    let before = peak(&function);
    refused(&function.request(Request::post("/echo").pattern(Pattern::new(1, 64 << 20)))?)?;
    let grown = peak(&function).saturating_sub(before);
    check!(grown < 32 << 20, "the function grew by {grown} bytes");
    Ok(())
}
