//! How the provider speaks HTTP on its own routes.
//! It knows connections, header blocks and what a client accepts.
//! It refuses to judge invocations: they have a chapter.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "sys/json-whole",
        "PR-1.12",
        "every JSON answer is one value and nothing behind it",
    )
    .rows(&["SYS-13"])
    .why("A strict parser refuses what a lenient one lets pass.")
    .source("OAS")
    .run(json_whole),
    Case::should(
        "sys/keep-alive",
        "PR-1.13",
        "100 requests go over one connection",
    )
    .rows(&["SYS-14"])
    .why("A client that polls runs out of ports if every answer costs a connection.")
    .source("RFC 9112")
    .run(keep_alive),
    Case::may(
        "sys/large-headers",
        "PR-1.14",
        "64 KiB of headers are taken, 1.25 MiB are not, and the provider goes on",
    )
    .rows(&["SYS-15"])
    .why("Tokens and cookies grow large; a flood of headers must not take the provider down.")
    .source("SDK serve.go")
    .run(large_headers),
    Case::must(
        "sys/accept",
        "PR-1.15",
        "JSON stays JSON for a browser and for a client that says nothing",
    )
    .rows(&["SYS-16"])
    .why("Clients send all kinds of Accept and decode JSON all the same.")
    .source("SDK: there is no negotiation")
    .run(accept),
];

fn json_whole(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    provider.info()?.is(200)?.value()?;
    let list = provider.list()?.is(200)?.value()?;
    check!(list.is_array(), "the list is no array: {list}");
    let status = provider.describe(&f)?.is(200)?.value()?;
    check!(status.is_object(), "the description is no object: {status}");
    provider.namespaces()?.is(200)?.value()?;
    if rig.claims(Profile::Secrets) {
        provider.secrets()?.is(200)?.value()?;
    }
    Ok(())
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    for turn in 1..=100 {
        let answer = provider
            .send_over(&mut wire, &Request::get("/system/info"))
            .map_err(|failure| Failure::failed(format!("request {turn} of 100: {failure}")))?;
        check_eq!(answer.status, 200, "request {turn} of 100");
    }
    Ok(())
}

fn large_headers(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let with = |kib: usize| {
        (0..kib / 8).fold(Request::get("/system/info"), |request, n| {
            request.header(&format!("X-Large-{n}"), &"v".repeat(8 * 1024 - 20))
        })
    };
    provider.send(&with(64))?.is(200)?;
    // A refusal may come as a status or as the end of the connection.
    if let Ok(answer) = provider.send(&with(1280)) {
        answer.is_refused()?;
    }
    provider.info()?.is(200)?;
    Ok(())
}

fn accept(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let plain = provider.info()?.is(200)?.value()?;
    for accepted in ["text/html", "text/html,*/*;q=0.1", "application/xml", ""] {
        let request = Request::get("/system/info").header("Accept", accepted);
        let told = provider.send(&request)?.is(200)?.value()?;
        check_eq!(told, plain, "the info with Accept: {accepted:?}");
    }
    let list = Request::get("/system/functions").header("Accept", "text/html");
    let list = provider.send(&list)?.is(200)?.value()?;
    check!(list.is_array(), "the list with Accept: text/html: {list}");
    Ok(())
}
