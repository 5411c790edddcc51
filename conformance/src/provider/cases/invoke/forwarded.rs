//! What the platform adds to a call: who asked, for which host, and the id of the call.
//! It knows the fields by which a function and a client learn of it.
//! It refuses to trust: what a client brings itself is only said to be kept.

use std::net::{IpAddr, SocketAddr};

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "invoke/forwarded-host",
        "PR-12.10",
        "X-Forwarded-Host is the host that the client asked for",
    )
    .rows(&["INV-22"])
    .why("A function that makes absolute links makes them to an inner address.")
    .source("SDK proxy/proxy.go")
    .run(forwarded_host),
    Case::should(
        "invoke/forwarded-for",
        "PR-12.10",
        "X-Forwarded-For begins with an address of the client or of a proxy before the platform",
    )
    .rows(&["INV-23"])
    .why("Limits by address and audits see the platform instead of the client.")
    .source("SDK proxy/proxy.go")
    .run(forwarded_for),
    Case::should(
        "invoke/forwarded-for-kept",
        "PR-12.10",
        "an X-Forwarded-For that came along stays the first",
    )
    .rows(&["INV-24"])
    .why("Behind a load balancer every client has the balancer's address.")
    .source("SDK proxy/proxy.go")
    .run(forwarded_for_kept),
    Case::must(
        "invoke/call-id-inside",
        "PR-12.11",
        "at a gateway X-Call-Id and X-Start-Time reach the function",
    )
    .rows(&["INV-25"])
    .profiles(&[Profile::Gateway])
    .why("The logs of a function cannot be matched with the call.")
    .source("documentation async.md; gateway handlers")
    .run(call_id_inside),
    Case::must(
        "invoke/call-id-outside",
        "PR-12.11",
        "at a gateway the answer has the X-Call-Id and the X-Start-Time that the function saw",
    )
    .rows(&["INV-26"])
    .profiles(&[Profile::Gateway])
    .why("A client that reports a failure has nothing to name it by.")
    .source("certifier invoke_test")
    .run(call_id_outside),
    Case::must(
        "invoke/call-id-kept",
        "PR-12.11",
        "at a gateway an X-Call-Id that the client brings reaches the function unchanged",
    )
    .rows(&["INV-27"])
    .profiles(&[Profile::Gateway])
    .why("A chain of calls loses its thread.")
    .source("gateway handlers")
    .run(call_id_kept),
    Case::should(
        "invoke/call-id-unique",
        "PR-12.12",
        "at a gateway two calls have two ids, each a UUID",
    )
    .rows(&["INV-28"])
    .profiles(&[Profile::Gateway])
    .why("Ids that repeat mix the traces of two calls.")
    .source("gateway handlers")
    .run(call_id_unique),
];

fn forwarded_host(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo"))?;
    let asked = rig.ground().setting.url.authority.clone();
    check_eq!(
        seen.all("x-forwarded-host"),
        vec![asked.as_str()],
        "X-Forwarded-Host"
    );
    let own = Request::get("/echo").header("X-Forwarded-Host", "shop.example.org");
    let first = f.echo(&own)?.header("x-forwarded-host").map(str::to_owned);
    check_eq!(
        first.as_deref(),
        Some("shop.example.org"),
        "an X-Forwarded-Host that came along"
    );
    Ok(())
}

fn forwarded_for(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo"))?;
    let value = seen.header("x-forwarded-for").unwrap_or_default();
    let first = value.split(',').next().unwrap_or_default().trim();
    let Some(address) = address(first) else {
        let message = format!("X-Forwarded-For begins with no address: {value:?}");
        return Err(Failure::failed(message));
    };
    let near = rig.ground().setting.url.addr.ip().is_loopback();
    check!(
        !near || address.is_loopback(),
        "asked over loopback, and X-Forwarded-For is {value}"
    );
    Ok(())
}

/// `10.1.2.3`, `10.1.2.3:4567`, `::1` or `[::1]:4567`.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    text.parse().ok().or_else(with_port)
}

fn forwarded_for_kept(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::get("/echo").header("X-Forwarded-For", "203.0.113.7");
    let seen = f.echo(&request)?;
    let all = seen.all("x-forwarded-for").join(", ");
    let first = all.split(',').next().unwrap_or_default().trim();
    check_eq!(first, "203.0.113.7", "the first of X-Forwarded-For: {all}");
    Ok(())
}

const FIELDS: [&str; 2] = ["x-call-id", "x-start-time"];

fn call_id_inside(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo"))?;
    for field in FIELDS {
        let values = seen.all(field);
        check!(
            values.len() == 1 && values.iter().all(|value| !value.is_empty()),
            "the function saw {field}: {values:?}; expected one value"
        );
    }
    let start = seen.header("x-start-time").unwrap_or_default();
    let nanoseconds = start.bytes().all(|byte| byte.is_ascii_digit()) && start.len() >= 19;
    check!(
        nanoseconds,
        "X-Start-Time is {start}; expected nanoseconds since 1970"
    );
    Ok(())
}

fn call_id_outside(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = f.get("/echo")?.is(200)?;
    let seen: Echo = answer.json()?;
    for field in FIELDS {
        let got = answer.headers.all(field);
        check_eq!(got.len(), 1, "how many {field} the answer has");
        check_eq!(
            got,
            seen.all(field),
            "{field} in the answer, as the function saw it"
        );
    }
    Ok(())
}

fn call_id_kept(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let id = format!("own-{}", rig.name());
    let seen = f.echo(&Request::get("/echo").header("X-Call-Id", &id))?;
    check_eq!(seen.all("x-call-id"), vec![id.as_str()], "X-Call-Id");
    Ok(())
}

fn call_id_unique(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = f.get("/instance")?.is(200)?;
        let id = answer.header("x-call-id").unwrap_or_default().to_owned();
        check!(is_uuid(&id), "X-Call-Id is no UUID: {id:?}");
        check!(!ids.contains(&id), "two calls have the id {id}");
        ids.push(id);
    }
    Ok(())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    parts == [8, 4, 4, 4, 12] && text.bytes().all(hex)
}
