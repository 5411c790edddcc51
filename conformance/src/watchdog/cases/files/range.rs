//! Parts of files.
//! It knows single and several ranges, their limits and `If-Range`.
//! It refuses whole files: `content`.

use super::content::{THEN, write_then};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "files/range",
        "WD-8.4",
        "one range, in every form, is a 206",
    )
    .modes(&[Static])
    .run(single),
    Case::must(
        "files/range-beyond",
        "WD-8.4",
        "a range beyond the end, or none at all, is a 416 that tells the length",
    )
    .modes(&[Static])
    .run(beyond),
    Case::must(
        "files/range-several",
        "WD-8.4",
        "several ranges are parts of a multipart answer",
    )
    .modes(&[Static])
    .run(several),
    Case::must(
        "files/range-other-unit",
        "WD-8.4",
        "a range in another unit never yields a part",
    )
    .modes(&[Static])
    .run(other_unit),
    Case::must(
        "files/range-amplification",
        "WD-8.4",
        "many overlapping ranges yield no more than the file is worth",
    )
    .modes(&[Static])
    .run(amplification),
    Case::must(
        "files/if-range-date",
        "WD-8.4",
        "If-Range with the date of the file gives the part, with another the whole",
    )
    .modes(&[Static])
    .run(if_range_date),
    Case::must(
        "files/if-range-tag",
        "WD-8.4",
        "If-Range with the strong tag gives the part, with any other the whole",
    )
    .modes(&[Static])
    .feature("etag")
    .run(if_range_tag),
    Case::must(
        "files/range-large",
        "WD-8.4",
        "parts of a large file, resumed one after the other, make the whole",
    )
    .modes(&[Static])
    .run(large),
    Case::must(
        "files/range-of-nothing",
        "WD-8.4",
        "an empty file has no part",
    )
    .modes(&[Static])
    .run(of_nothing),
];

/// A subject with `/digits`, ten bytes long.
fn digits(rig: &Rig) -> Result<Watchdog, Failure> {
    write_then(rig, "public/digits", b"0123456789")?;
    rig.watchdog().start()
}

fn ask(w: &Watchdog, range: &str) -> Result<Response, Failure> {
    w.request(Request::get("/digits").header("Range", range))
}

fn single(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    for (range, body, content) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
        ("bytes=-100", "0123456789", "bytes 0-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
    ] {
        let r = ask(&w, range)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (206, body),
            "answer to {range}"
        );
        check_eq!(
            r.header("content-range"),
            Some(content),
            "Content-Range of {range}"
        );
        check_eq!(
            r.framing,
            Framing::Length(body.len() as u64),
            "framing of {range}"
        );
    }
    Ok(())
}

fn beyond(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    for range in ["bytes=10-", "bytes=10-20", "bytes=100-"] {
        let r = ask(&w, range)?;
        check_eq!(r.status, 416, "status of {range}");
        check_eq!(
            r.header("content-range"),
            Some("bytes */10"),
            "Content-Range of {range}"
        );
        check!(!r.text().contains("0123"), "a 416 with the file");
    }
    for range in ["bytes=5-2", "bytes=a-b", "bytes=--1"] {
        let r = ask(&w, range)?;
        // Invalid ranges may be refused or ignored; they are never a part.
        let whole = r.status == 200 && r.text() == "0123456789";
        check!(whole || r.status == 416, "{range} is a {}", r.status);
    }
    Ok(())
}

fn several(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    let r = ask(&w, "bytes=0-1,4-5,-2")?;
    check_eq!(r.status, 206, "status");
    let kind = r.header("content-type").unwrap_or_default().to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=");
    let boundary = boundary.ok_or_else(|| Failure::failed(format!("the type is {kind}")))?;
    let text = r.text();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    check_eq!(parts.len(), 5, "pieces between boundaries");
    check_eq!(parts.last().map(|end| end.trim()), Some("--"), "end");
    for (part, (range, body)) in parts.iter().skip(1).zip([
        ("bytes 0-1/10", "01"),
        ("bytes 4-5/10", "45"),
        ("bytes 8-9/10", "89"),
    ]) {
        let (head, content) = part.split_once("\r\n\r\n").unwrap_or_default();
        check!(
            head.to_lowercase()
                .contains(&format!("content-range: {range}")),
            "no {range} in {head:?}"
        );
        check!(
            head.to_lowercase().contains("content-type:"),
            "no type in {head:?}"
        );
        check_eq!(content.trim_end_matches("\r\n"), body, "part {range}");
    }
    check_eq!(r.framing, Framing::Length(r.body.len() as u64), "framing");
    Ok(())
}

fn other_unit(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    let r = ask(&w, "lines=0-1")?;
    check!(r.status == 200 || r.status == 416, "status {}", r.status);
    let post = w.request(Request::new("HEAD", "/digits").header("Range", "bytes=0-1"))?;
    check!(
        post.status == 200 || post.status == 206,
        "HEAD with a range is a {}",
        post.status
    );
    Ok(())
}

fn amplification(rig: &mut Rig) -> Outcome {
    rig.write("public/digits", Pattern::new(1, 100_000).bytes())?;
    let w = rig.watchdog().start()?;
    let many = vec!["0-99999"; 200].join(",");
    let r = ask(&w, &format!("bytes={many}"))?;
    check!(r.body.len() < 300_000, "{} bytes", r.body.len());
    Ok(())
}

fn if_range_date(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    for (date, want) in [
        (THEN, 206),
        ("Sun, 06 Nov 1994 08:49:38 GMT", 200),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 200),
        ("nonsense", 200),
    ] {
        let request = Request::get("/digits")
            .header("Range", "bytes=0-1")
            .header("If-Range", date);
        check_eq!(
            w.request(request)?.status,
            want,
            "status for If-Range: {date}"
        );
    }
    Ok(())
}

fn if_range_tag(rig: &mut Rig) -> Outcome {
    let w = digits(rig)?;
    let r = w.get("/digits")?;
    let tag = r.header("etag").unwrap_or_default();
    for (tag, want) in [
        (tag.to_owned(), 206),
        (format!("W/{tag}"), 200),
        ("\"x\"".to_owned(), 200),
    ] {
        let request = Request::get("/digits")
            .header("Range", "bytes=0-1")
            .header("If-Range", &tag);
        check_eq!(
            w.request(request)?.status,
            want,
            "status for If-Range: {tag}"
        );
    }
    Ok(())
}

fn large(rig: &mut Rig) -> Outcome {
    const SIZE: usize = 1_000_000;
    let content = Pattern::new(5, SIZE as u64).bytes();
    rig.write("public/large.bin", &content)?;
    let w = rig.watchdog().start()?;
    let mut wire = w.connect()?;
    let mut got = Vec::new();
    while got.len() < SIZE {
        let range = format!("bytes={}-{}", got.len(), got.len() + 299_999);
        let r = wire.exchange(&Request::get("/large.bin").header("Range", &range))?;
        check_eq!(r.status, 206, "status of {range}");
        check!(!r.body.is_empty(), "an empty part for {range}");
        got.extend(r.body);
    }
    check!(got == content, "the parts do not make the whole");
    Ok(())
}

fn of_nothing(rig: &mut Rig) -> Outcome {
    rig.write("public/digits", "")?;
    let w = rig.watchdog().start()?;
    for range in ["bytes=0-", "bytes=-5", "bytes=0-5"] {
        let r = ask(&w, range)?;
        check!(
            r.status == 200 || r.status == 416,
            "{range} is a {}",
            r.status
        );
    }
    Ok(())
}
