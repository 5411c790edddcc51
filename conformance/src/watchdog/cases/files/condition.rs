//! Conditional requests.
//! It knows validators and the order in which they are judged.
//! It refuses `If-Range`: `range`.

use super::content::{THEN, write_then};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "files/etag",
        "WD-8.6",
        "the ETag is strong, the same for the same content, another after a change",
    )
    .modes(&[Static])
    .feature("etag")
    .run(etag),
    Case::must(
        "files/if-modified-since",
        "WD-8.5",
        "an unchanged file is a 304 without a body, a changed one a 200",
    )
    .modes(&[Static])
    .run(if_modified_since),
    Case::must(
        "files/if-unmodified-since",
        "WD-8.5",
        "a file changed since then is a 412",
    )
    .modes(&[Static])
    .run(if_unmodified_since),
    Case::must(
        "files/if-none-match",
        "WD-8.5",
        "a known tag is a 304, weak, among others or by a star",
    )
    .modes(&[Static])
    .feature("etag")
    .run(if_none_match),
    Case::must(
        "files/if-match",
        "WD-8.5",
        "an unknown or weak tag is a 412",
    )
    .modes(&[Static])
    .feature("etag")
    .run(if_match),
    Case::must(
        "files/condition-order",
        "WD-8.5",
        "tags go before dates, preconditions before caches",
    )
    .modes(&[Static])
    .feature("etag")
    .run(order),
    Case::must(
        "files/not-modified-connection",
        "WD-8.5",
        "after a 304 the connection serves the next request",
    )
    .modes(&[Static])
    .run(not_modified_connection),
    Case::must(
        "files/condition-nonsense",
        "WD-8.5",
        "a date that is none does not count",
    )
    .modes(&[Static])
    .run(nonsense),
    Case::must(
        "files/condition-head",
        "WD-8.5",
        "conditions count for HEAD as well",
    )
    .modes(&[Static])
    .run(condition_head),
];

const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

/// A subject with `/old.txt`, last modified at `THEN`.
fn old(rig: &Rig) -> Result<Watchdog, Failure> {
    write_then(rig, "public/old.txt", b"old")?;
    rig.watchdog().start()
}

fn status(w: &Watchdog, fields: &[(&str, &str)]) -> Result<Response, Failure> {
    let request = fields
        .iter()
        .fold(Request::get("/old.txt"), |r, (name, value)| {
            r.header(name, value)
        });
    w.request(request)
}

fn tag_of(w: &Watchdog) -> Result<String, Failure> {
    let r = w.get("/old.txt")?;
    let tag = r.header("etag").unwrap_or_default().to_owned();
    check!(
        tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'),
        "no strong ETag: {tag:?}"
    );
    Ok(tag)
}

fn etag(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let first = tag_of(&w)?;
    check_eq!(tag_of(&w)?, first, "tag of the same content");
    rig.write("public/old.txt", "new")?;
    check!(tag_of(&w)? != first, "the same tag for another content");
    Ok(())
}

fn if_modified_since(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    for (date, want) in [(BEFORE, 200), (THEN, 304), (AFTER, 304)] {
        let r = status(&w, &[("If-Modified-Since", date)])?;
        check_eq!(r.status, want, "status since {date}");
        if want == 304 {
            check_eq!(r.body, b"", "body of a 304");
            check_eq!(
                r.header("last-modified"),
                Some(THEN),
                "Last-Modified of a 304"
            );
            check!(!r.headers.has("content-type"), "a 304 with a type");
        }
    }
    Ok(())
}

fn if_unmodified_since(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    for (date, want) in [(BEFORE, 412), (THEN, 200), (AFTER, 200)] {
        let r = status(&w, &[("If-Unmodified-Since", date)])?;
        check_eq!(r.status, want, "status since {date}");
    }
    Ok(())
}

fn if_none_match(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let tag = tag_of(&w)?;
    for (list, want) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"x\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let r = status(&w, &[("If-None-Match", &list)])?;
        check_eq!(r.status, want, "status for If-None-Match: {list}");
        if want == 304 {
            check_eq!(r.header("etag"), Some(tag.as_str()), "ETag of a 304");
        }
    }
    Ok(())
}

fn if_match(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let tag = tag_of(&w)?;
    for (list, want) in [
        (tag.clone(), 200),
        (format!("\"x\", {tag}"), 200),
        ("*".to_owned(), 200),
        ("\"x\"".to_owned(), 412),
        (format!("W/{tag}"), 412),
    ] {
        let r = status(&w, &[("If-Match", &list)])?;
        check_eq!(r.status, want, "status for If-Match: {list}");
        if want == 412 {
            check!(r.text() != "old", "a 412 with the file");
        }
    }
    Ok(())
}

fn order(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let tag = tag_of(&w)?;
    let (tag, other) = (tag.as_str(), "\"x\"");
    let rows: &[(&[(&str, &str)], u16)] = &[
        (
            &[("If-None-Match", other), ("If-Modified-Since", AFTER)],
            200,
        ),
        (
            &[("If-None-Match", tag), ("If-Modified-Since", BEFORE)],
            304,
        ),
        (&[("If-Match", tag), ("If-Unmodified-Since", BEFORE)], 200),
        (&[("If-Match", other), ("If-Unmodified-Since", AFTER)], 412),
        (&[("If-Match", other), ("If-None-Match", tag)], 412),
        (&[("If-Match", tag), ("If-None-Match", tag)], 304),
        (&[("If-None-Match", tag), ("Range", "bytes=0-0")], 304),
        (&[("If-Match", other), ("Range", "bytes=0-0")], 412),
    ];
    for (fields, want) in rows {
        check_eq!(status(&w, fields)?.status, *want, "status for {fields:?}");
    }
    Ok(())
}

fn not_modified_connection(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let mut wire = w.connect()?;
    for _ in 0..3 {
        let request = Request::get("/old.txt").header("If-Modified-Since", THEN);
        check_eq!(wire.exchange(&request)?.status, 304, "status");
        check_eq!(
            wire.exchange(&Request::get("/old.txt"))?.text(),
            "old",
            "next body"
        );
    }
    Ok(())
}

fn nonsense(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    for name in ["If-Modified-Since", "If-Unmodified-Since"] {
        for value in ["yesterday", "0", "", "1994-11-06T08:49:37Z"] {
            let r = status(&w, &[(name, value)])?;
            check_eq!(r.status, 200, "status for {name}: {value}");
        }
    }
    Ok(())
}

fn condition_head(rig: &mut Rig) -> Outcome {
    let w = old(rig)?;
    let mut wire = w.connect()?;
    let request = Request::new("HEAD", "/old.txt").header("If-Modified-Since", THEN);
    check_eq!(wire.exchange(&request)?.status, 304, "status");
    check_eq!(
        wire.exchange(&Request::get("/old.txt"))?.text(),
        "old",
        "next body"
    );
    Ok(())
}
