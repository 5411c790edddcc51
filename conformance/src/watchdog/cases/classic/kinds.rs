//! The Content-Type of classic answers.
//! It knows the setting, the request's own type and the table of signatures.
//! It refuses failures: their type is judged with them.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/content-type-echo",
        "WD-3.6",
        "the request's type comes back",
    )
    .modes(&[Classic])
    .run(echoed),
    Case::must(
        "classic/content-type-set",
        "WD-3.6",
        "content_type wins over the request's type",
    )
    .modes(&[Classic])
    .run(configured),
    Case::must(
        "classic/content-type-empty",
        "WD-3.6",
        "an empty content_type or request type counts as none",
    )
    .modes(&[Classic])
    .run(empty),
    Case::must(
        "classic/sniff-markup",
        "WD-3.6",
        "HTML and XML are told from text",
    )
    .modes(&[Classic])
    .seconds(60)
    .run(markup),
    Case::must(
        "classic/sniff-text",
        "WD-3.6",
        "text is told from other bytes",
    )
    .modes(&[Classic])
    .run(text),
    Case::must(
        "classic/sniff-images",
        "WD-3.6",
        "images, fonts and archives are known",
    )
    .modes(&[Classic])
    .run(images),
    Case::must("classic/sniff-media", "WD-3.6", "audio and video are known")
        .modes(&[Classic])
        .run(media),
    Case::must(
        "classic/sniff-first-512",
        "WD-3.6",
        "only the first 512 bytes of the output count",
    )
    .modes(&[Classic])
    .run(first_512),
];

fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()
}

/// Posts each output through an echo and compares the type of the answer.
fn judge(rig: &Rig, table: &[(&[u8], &str)]) -> Outcome {
    let w = start(rig)?;
    for (output, kind) in table {
        let r = w.post("/", *output)?;
        let shown = String::from_utf8_lossy(output);
        check_eq!(r.header("content-type"), Some(*kind), "type of {shown:?}");
        check_eq!(r.body, *output, "body");
    }
    Ok(())
}

fn echoed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let request = Request::post("/")
        .header("Content-Type", "text/csv; x=y")
        .body("<html>");
    let r = w.request(request)?;
    check_eq!(
        r.header("content-type"),
        Some("text/csv; x=y"),
        "echoed type"
    );
    Ok(())
}

fn configured(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("content_type", "application/json")
        .start()?;
    let r = w.request(
        Request::post("/")
            .header("Content-Type", "text/csv")
            .body("{}"),
    )?;
    check_eq!(r.headers.all("content-type"), ["application/json"], "type");
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    let mut setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    if rig.flavour() == Flavour::Classic {
        setup = setup.env("content_type", "");
    }
    let w = setup.start()?;
    let r = w.request(Request::post("/").header("Content-Type", "").body("words"))?;
    check_eq!(
        r.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "type"
    );
    Ok(())
}

const HTML: &str = "text/html; charset=utf-8";
const XML: &str = "text/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

fn markup(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for tag in [
        "<!DOCTYPE HTML",
        "<HTML",
        "<HEAD",
        "<SCRIPT",
        "<IFRAME",
        "<H1",
        "<DIV",
        "<FONT",
        "<TABLE",
        "<A",
        "<STYLE",
        "<TITLE",
        "<B",
        "<BODY",
        "<BR",
        "<P",
    ] {
        for output in [
            format!("{tag}>x"),
            format!(" \t\r\n{} class=x>", tag.to_lowercase()),
        ] {
            let r = w.post("/", output.as_str())?;
            check_eq!(r.header("content-type"), Some(HTML), "type of {output:?}");
        }
    }
    drop(w);
    judge(
        rig,
        &[
            (b"<!-- x -->", HTML),
            (b"<article>", TEXT),
            (b"<htmlx>", TEXT),
            (b"<html", TEXT),
            (b"text <html>", TEXT),
            (b"<?xml version=\"1.0\"?>", XML),
            (b"\n <?xml ?>", XML),
        ],
    )
}

fn text(rig: &mut Rig) -> Outcome {
    judge(
        rig,
        &[
            (b"words\n", TEXT),
            (b"{\"a\": 1}", TEXT),
            (b"esc \x1b[0m", TEXT),
            (b"\xc3\xa9\xff", TEXT),
            (b"nul \x00", BYTES),
            (b"\x01", BYTES),
            (b"a\x0bb", BYTES),
            (b"\xfe\xff\x00w", "text/plain; charset=utf-16be"),
            (b"\xff\xfew\x00", "text/plain; charset=utf-16le"),
            (b"\xef\xbb\xbfw\x00", TEXT),
            (b"%PDF-1.7", "application/pdf"),
            (b"%!PS-Adobe-3", "application/postscript"),
        ],
    )
}

fn images(rig: &mut Rig) -> Outcome {
    let mut eot = vec![1; 34];
    eot.extend_from_slice(b"LP\x01");
    judge(
        rig,
        &[
            (b"\x00\x00\x01\x00..", "image/x-icon"),
            (b"\x00\x00\x02\x00..", "image/x-icon"),
            (b"BM..", "image/bmp"),
            (b"GIF87a", "image/gif"),
            (b"GIF89a\x00", "image/gif"),
            (b"RIFF\x01\x02\x03\x04WEBPVP", "image/webp"),
            (b"\x89PNG\x0d\x0a\x1a\x0a", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (&eot, "application/vnd.ms-fontobject"),
            (b"\x00\x01\x00\x00..", "font/ttf"),
            (b"OTTO\x01", "font/otf"),
            (b"ttcf\x01", "font/collection"),
            (b"wOFF\x01", "font/woff"),
            (b"wOF2\x01", "font/woff2"),
            (b"\x1f\x8b\x08..", "application/x-gzip"),
            (b"PK\x03\x04..", "application/zip"),
            (b"Rar!\x1a\x07\x00", "application/x-rar-compressed"),
            (b"Rar!\x1a\x07\x01\x00", "application/x-rar-compressed"),
            (b"\x00asm\x01", "application/wasm"),
        ],
    )
}

fn media(rig: &mut Rig) -> Outcome {
    judge(
        rig,
        &[
            (b"FORM\x01\x02\x03\x04AIFF", "audio/aiff"),
            (b"ID3\x03", "audio/mpeg"),
            (b"OggS\x00", "application/ogg"),
            (b"MThd\x00\x00\x00\x06", "audio/midi"),
            (b"RIFF\x01\x02\x03\x04AVI ", "video/avi"),
            (b"RIFF\x01\x02\x03\x04WAVE", "audio/wave"),
            (
                b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42",
                "video/mp4",
            ),
            (
                b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41",
                "video/mp4",
            ),
            (b"\x1a\x45\xdf\xa3", "video/webm"),
        ],
    )
}

fn first_512(rig: &mut Rig) -> Outcome {
    let mut late = vec![b' '; 512];
    late.extend_from_slice(b"<html>\x00");
    let mut binary_late = vec![b'a'; 512];
    binary_late.push(0);
    let mut binary = vec![b'a'; 511];
    binary.push(0);
    judge(
        rig,
        &[(&late, TEXT), (&binary_late, TEXT), (&binary, BYTES)],
    )
}
