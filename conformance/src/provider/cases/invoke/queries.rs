//! The query of a call.
//! It knows what parsers and encoders change in one.
//! It refuses to interpret: a query is bytes.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("invoke/query", "PR-12.7", "the query arrives byte by byte")
        .rows(&["INV-16"])
        .why("Signed URLs break when a parameter moves or is encoded anew.")
        .source("certifier invoke_test; SDK proxy/proxy.go")
        .run(query),
    Case::should(
        "invoke/long-query",
        "PR-12.28",
        "a query of 8 KiB reaches the function",
    )
    .rows(&["INV-53"])
    .why("Filters and tokens in URLs grow long.")
    .source("suite policy: what browsers send passes")
    .run(long),
];

fn query(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for query in [
        "b=2&a=1&b=1",
        "a=1&a=2&a=1",
        "plus=a+b&space=a%20b",
        "amp=a%26b&eq=a%3Db&pct=%25",
        "empty=&none&=nothing&&",
        "lower=%c3%a4&upper=%C3%A4",
        "url=http://example.org/?x=y&semi=a;b",
        "list[]=1&list[]=2&comma=1,2",
        "a?b",
    ] {
        let seen = f.echo(&Request::get(&format!("/echo?{query}")))?;
        check_eq!(seen.query.as_deref(), Some(query), "the query");
        check_eq!(seen.path, "/echo", "the path before ?{query}");
    }
    Ok(())
}

fn long(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let query = format!("filter={}&end=1", "v".repeat(8 * 1024));
    let seen = f.echo(&Request::get(&format!("/echo?{query}")))?;
    check!(
        seen.query.as_deref() == Some(query.as_str()),
        "a query of {} bytes arrived as one of {}",
        query.len(),
        seen.query.unwrap_or_default().len()
    );
    Ok(())
}
