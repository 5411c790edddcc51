//! Bodies that are collected where there is no room for them.
//! It knows the modes that collect, a `TMPDIR` that takes nothing and one that is full.
//! It refuses the sizes that an operator sets: they are with the sizes.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "limits/spool-full",
        "WD-13.13",
        "where files take no more, a large body and a large answer come through, and the log says so",
    )
    .modes(COLLECTING)
    .feature("spool")
    .run(full),
    Case::must(
        "limits/spool-nowhere",
        "WD-13.13",
        "where no file can be made likewise, in the same words",
    )
    .modes(COLLECTING)
    .feature("spool")
    .run(nowhere),
    Case::must(
        "limits/spool-full-bound",
        "WD-13.14",
        "what is collected for want of a file has a bound; beyond it is a 503, and all of it is given back",
    )
    .modes(COLLECTING)
    .feature("spool")
    .seconds(120)
    .run(full_bound),
    Case::must(
        "limits/spool-nowhere-bound",
        "WD-13.14",
        "the same where no file can be made",
    )
    .modes(COLLECTING)
    .feature("spool")
    .seconds(120)
    .run(nowhere_bound),
    Case::must(
        "limits/spool-header-block",
        "WD-13.13",
        "a header block of which a file took the beginning alone is read whole",
    )
    .modes(COLLECTING)
    .feature("spool")
    .feature("cgi-response")
    .run(header_block),
    Case::must(
        "limits/spool-buffered",
        "WD-13.13",
        "`buffer_http` where files take no more",
    )
    .modes(&[Http])
    .feature("spool")
    .run(buffered),
];

const COLLECTING: &[Mode] = &[Classic, Serializing];
const WORDS: &str = "large bodies stay in memory";

fn echo(rig: &Rig) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("echo", &[]))
}

/// A file takes 2 MB.
fn full_disk(rig: &Rig) -> Setup {
    echo(rig).file_size(2 << 20)
}

fn no_disk(rig: &Rig) -> Setup {
    let setup = echo(rig).env("TMPDIR", "/proc/nowhere");
    setup.env("suppress_lock", "true")
}

fn comes_through(w: &Watchdog, target: &str) -> Outcome {
    let body = Pattern::new(3, 9_000_001);
    let r = w.request(Request::post(target).body(body.bytes()))?;
    check_eq!(r.status, 200, "status");
    check!(r.body == body.bytes(), "the body is another one");
    w.wait_log(WORDS, 5.0)
}

fn full(rig: &mut Rig) -> Outcome {
    comes_through(&full_disk(rig).start()?, "/")
}

fn header_block(rig: &mut Rig) -> Outcome {
    let long = "a".repeat(8000);
    let step = format!("out:Status:%20201%20Made%0AX-Long:%20{long}%0AX-A:%201%0A%0Abody");
    let script = rig.fixture("script", &[step.as_str()]);
    let setup = rig.watchdog().fprocess(&script).file_size(4 << 10);
    let setup = setup.env("spool_threshold", "0");
    let w = setup.env("cgi_response", "true").start()?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (201, "body"), "answer");
    check_eq!(r.header("x-a"), Some("1"), "header");
    Ok(())
}

fn nowhere(rig: &mut Rig) -> Outcome {
    comes_through(&no_disk(rig).start()?, "/")
}

fn has_a_bound(w: &Watchdog) -> Outcome {
    let large = Request::post("/").body(vec![b'x'; 90_000_000]);
    for _ in 0..2 {
        let mut wire = w.connect()?;
        // It comes behind 64 MiB, however long they take.
        wire.set_timeout(Duration::from_secs(100))?;
        let r = wire.exchange(&large)?;
        check_eq!(r.status, 503, "status beyond the bound");
    }
    check!(w.peak_rss() < 100 << 20, "{} bytes at most", w.peak_rss());
    comes_through(w, "/")
}

fn full_bound(rig: &mut Rig) -> Outcome {
    has_a_bound(&full_disk(rig).start()?)
}

fn nowhere_bound(rig: &mut Rig) -> Outcome {
    has_a_bound(&no_disk(rig).start()?)
}

fn buffered(rig: &mut Rig) -> Outcome {
    let setup = rig.function("").env("buffer_http", "true");
    let w = setup.file_size(2 << 20).start()?;
    let body = Pattern::new(5, 9_000_001);
    let r = w.request(Request::post("/echo").pattern_chunked(body))?;
    check_eq!(r.status, 200, "status");
    check!(r.body == body.bytes(), "the body is another one");
    w.wait_log(WORDS, 5.0)
}
