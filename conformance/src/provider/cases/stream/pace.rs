//! When the pieces of a stream come.
//! It knows the pause between two of them, and what a buffer does to it.
//! It refuses to be exact: half a second is given to the machine.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "stream/events",
        "PR-13.1",
        "events come one by one, each with its pause",
    )
    .rows(&["STR-01"])
    .profiles(&[Profile::Streaming])
    .why("A chat that shows its answer at the end is no chat.")
    .source("documentation workloads.md")
    .run(events),
    Case::must(
        "stream/events-whole",
        "PR-13.1",
        "events come unchanged, with their content type",
    )
    .rows(&["STR-02"])
    .profiles(&[Profile::Streaming])
    .why("A browser's EventSource refuses any other type, and loses events that are cut.")
    .source("documentation workloads.md")
    .run(events_whole),
    Case::must(
        "stream/lines",
        "PR-13.2",
        "at a provider lines of JSON come one by one",
    )
    .rows(&["STR-03"])
    .profiles(&[Profile::Streaming, Profile::Provider])
    .why("Progress that comes at the end is no progress.")
    .source("documentation workloads.md; SDK proxy/proxy.go")
    .run(lines),
    Case::should(
        "stream/lines-at-gateway",
        "PR-13.3",
        "at a gateway lines of JSON come one by one",
    )
    .rows(&["STR-04"])
    .profiles(&[Profile::Streaming, Profile::Gateway])
    .why("Progress that comes at the end is no progress.")
    .source("seen at the gateway, which buffers")
    .run(lines),
    Case::may(
        "stream/plain",
        "PR-13.4",
        "pieces that nobody asked for as a stream all come",
    )
    .rows(&["STR-05"])
    .profiles(&[Profile::Streaming])
    .why("Whoever streams without asking for it should know when it comes.")
    .source("seen at the SDK, which buffers")
    .run(plain),
    Case::should(
        "stream/accept-list",
        "PR-13.5",
        "an event stream among other types is streamed",
    )
    .rows(&["STR-06"])
    .profiles(&[Profile::Streaming])
    .why("Clients that also take plain JSON get their events at the end.")
    .source("SDK proxy/proxy.go")
    .run(accept_list),
];

const COUNT: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);
/// What the machine is given, early or late.
const SLACK: Duration = Duration::from_millis(500);

/// What came, and when each of the pieces was whole.
struct Came {
    text: String,
    kind: String,
    at: Vec<Duration>,
}

impl Came {
    /// From the first piece to the last.
    fn spread(&self) -> Duration {
        let (first, last) = (self.at.first(), self.at.last());
        let between = last
            .zip(first)
            .map(|(last, first)| last.saturating_sub(*first));
        between.unwrap_or_default()
    }

    /// No piece waited for a later one, and none was held up.
    fn one_by_one(&self, slack: Duration) -> Outcome {
        check_eq!(self.at.len(), COUNT as usize, "how many pieces came");
        let first = self.at.first().copied().unwrap_or_default();
        for (index, at) in (0..COUNT).zip(&self.at) {
            let (since, want) = (at.saturating_sub(first), PAUSE * index);
            check!(
                since + SLACK >= want && since <= want + slack,
                "piece {index} came {since:?} after the first, expected {want:?}; all: {:?}",
                self.at
            );
        }
        Ok(())
    }
}

/// Reads a stream of the probe, noting when each piece is there.
fn watch(
    rig: &Rig,
    accept: &str,
    form: &str,
    piece: impl Fn(u32) -> String,
) -> Result<Came, Failure> {
    let f = rig.probe()?;
    let target = format!("/stream/{COUNT}/{}?type={form}", PAUSE.as_millis());
    let request = Request::get(&target);
    let request = match accept {
        "" => request,
        accept => request.header("Accept", accept),
    };
    let (head, mut wire) = rig.provider().invoke_open(&f, &request)?;
    check_eq!(head.status, 200, "the status of the stream");
    let (start, mut text, mut at) = (Instant::now(), String::new(), Vec::new());
    let mut next = 0;
    while let Some(more) = wire.read_some()? {
        text += &String::from_utf8_lossy(&more);
        while next < COUNT && text.contains(&piece(next)) {
            at.push(start.elapsed());
            next += 1;
        }
    }
    check!(
        wire.end().is_clean(),
        "the end of the stream: {:?}",
        wire.end()
    );
    let whole: String = (0..COUNT).map(piece).collect();
    check_eq!(text, whole, "what came");
    let kind = head.headers.get("content-type").unwrap_or_default();
    Ok(Came {
        text,
        kind: kind.to_owned(),
        at,
    })
}

fn event(index: u32) -> String {
    format!("data: event {index}\n\n")
}

fn slack(rig: &Rig) -> Duration {
    rig.timeout(SLACK.as_secs_f64())
}

fn events(rig: &mut Rig) -> Outcome {
    watch(rig, "text/event-stream", "sse", event)?.one_by_one(slack(rig))
}

fn events_whole(rig: &mut Rig) -> Outcome {
    let came = watch(rig, "text/event-stream", "sse", event)?;
    let kind = came.kind.split(';').next().unwrap_or_default().trim();
    check_eq!(kind, "text/event-stream", "Content-Type of the stream");
    check_eq!(
        came.text.matches("data: ").count(),
        COUNT as usize,
        "events"
    );
    Ok(())
}

fn lines(rig: &mut Rig) -> Outcome {
    let line = |index| format!("{{\"n\":{index}}}\n");
    let came = watch(rig, "application/x-ndjson", "ndjson", line)?;
    check_eq!(
        came.kind,
        "application/x-ndjson",
        "Content-Type of the stream"
    );
    came.one_by_one(slack(rig))
}

fn plain(rig: &mut Rig) -> Outcome {
    let came = watch(rig, "", "text", |index| format!("chunk {index}\n"))?;
    let how = match came.spread() {
        spread if spread >= PAUSE => "as they are produced",
        _ => "all at the end",
    };
    rig.note(&format!("pieces that nobody asked for come {how}"));
    Ok(())
}

fn accept_list(rig: &mut Rig) -> Outcome {
    let accept = "application/json, text/event-stream";
    watch(rig, accept, "sse", event)?.one_by_one(slack(rig))
}
