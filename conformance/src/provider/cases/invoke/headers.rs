//! The header fields of a call.
//! It knows what a function has to see of them.
//! It refuses to judge the case of names: HTTP has none.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/header",
        "PR-12.9",
        "a field that nobody knows reaches the function",
    )
    .rows(&["INV-18"])
    .why("Functions are steered by fields of their own.")
    .source("SDK proxy/proxy.go")
    .run(any),
    Case::must(
        "invoke/repeated-header",
        "PR-12.9",
        "all values of a repeated field reach the function, in order",
    )
    .rows(&["INV-19"])
    .why("A value that is dropped may be the one that matters.")
    .source("SDK proxy/proxy.go")
    .run(repeated),
    Case::must(
        "invoke/content-type",
        "PR-12.9",
        "the content type reaches the function with its parameters",
    )
    .rows(&["INV-20"])
    .why("Without its boundary a form cannot be read.")
    .source("SDK proxy/proxy.go")
    .run(content_type),
    Case::must("invoke/cookie", "PR-12.9", "cookies reach the function")
        .rows(&["INV-21"])
        .why("Sessions of functions with pages end at every click.")
        .source("SDK proxy/proxy.go")
        .run(cookie),
    Case::should(
        "invoke/long-header",
        "PR-12.28",
        "a field of 16 KiB reaches the function",
    )
    .rows(&["INV-52"])
    .why("Tokens with many claims grow that long.")
    .source("suite policy: what identity providers issue passes")
    .run(long),
    Case::should(
        "invoke/hop-by-hop",
        "PR-12.28",
        "fields for the next hop do not break the call",
    )
    .rows(&["INV-54"])
    .why("Clients and proxies send them unasked, and their calls fail.")
    .source("gateway handlers; seen at the SDK")
    .run(hop_by_hop),
    Case::should("invoke/host", "PR-12.30", "the function sees one Host")
        .rows(&["INV-57"])
        .why("Functions that make absolute links should know whose name they see.")
        .source("seen at the SDK, which replaces it")
        .run(host),
];

fn any(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let fields = [
        (
            "X-Conformance-Thing",
            "some value; with=\"quotes\", and commas",
        ),
        ("X-Conformance-Empty", ""),
        ("x-lower-case", "1"),
        ("Accept", "text/x-probe;q=0.5, */*;q=0.1"),
        ("Accept-Language", "de, en;q=0.7"),
        ("User-Agent", "conformance/1.0 (a client)"),
        ("Referer", "https://example.org/page?x=y"),
        ("If-None-Match", "\"abc\", W/\"def\""),
        ("Range", "bytes=0-99"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let request = fields
        .iter()
        .fold(Request::get("/echo"), |request, (name, value)| {
            request.header(name, value)
        });
    let seen = f.echo(&request)?;
    for (name, value) in fields {
        check_eq!(seen.all(name), vec![value], "{name} as the function saw it");
    }
    Ok(())
}

fn repeated(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::get("/echo")
        .header("X-Many", "one")
        .header("X-Between", "-")
        .header("X-Many", "two")
        .header("x-many", "three");
    let seen = f.echo(&request)?;
    // RFC 9110 lets a proxy join them, in order.
    let joined = seen.all("x-many").join(",").replace(' ', "");
    check_eq!(joined, "one,two,three", "X-Many as the function saw it");
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for kind in [
        "multipart/form-data; boundary=----x1Yz",
        "text/plain; charset=utf-8; format=\"a b\"",
        "application/vnd.example+json;v=2",
    ] {
        let request = Request::post("/echo")
            .header("Content-Type", kind)
            .body("x");
        let seen = f.echo(&request)?;
        check_eq!(seen.all("content-type"), vec![kind], "Content-Type");
    }
    Ok(())
}

fn cookie(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let cookies = "session=a.b-c=; theme=dark; empty=";
    let request = Request::get("/echo").header("Cookie", cookies);
    let seen = f.echo(&request)?;
    check_eq!(seen.all("cookie"), vec![cookies], "Cookie");
    Ok(())
}

fn long(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let value = "v".repeat(16 * 1024);
    let seen = f.echo(&Request::get("/echo").header("X-Long", &value))?;
    let got = seen.header("x-long").map(str::len);
    check_eq!(got, Some(value.len()), "the length of X-Long");
    Ok(())
}

fn hop_by_hop(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let sets: [&[(&str, &str)]; 5] = [
        &[("Connection", "close")],
        &[("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")],
        &[("TE", "trailers"), ("Connection", "TE")],
        &[("Connection", "X-Hop, close"), ("X-Hop", "1")],
        &[("Connection", "Upgrade"), ("Upgrade", "x-unknown/1")],
    ];
    for set in sets {
        let request = set.iter().fold(
            Request::post("/raw").body("carried"),
            |request, (name, value)| request.header(name, value),
        );
        let answer = f.call(&request)?.is(200)?;
        check_eq!(answer.text(), "carried", "the answer to {set:?}");
    }
    Ok(())
}

fn host(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo"))?;
    let hosts = seen.all("host");
    check_eq!(hosts.len(), 1, "how many Host fields the function saw");
    let host = seen.host.clone().unwrap_or_default();
    check!(!host.is_empty(), "the function saw an empty Host");
    let own = rig.ground().setting.url.authority.clone();
    let whose = if host == own {
        "the client's"
    } else {
        "another"
    };
    rig.note(&format!("the function sees Host {host}, {whose}"));
    Ok(())
}
