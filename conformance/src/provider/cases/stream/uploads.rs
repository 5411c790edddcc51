//! Bodies that a client sends piece by piece.
//! It knows when the function saw the first of them.
//! It refuses to judge whether the rest came: that is the chapter on calls.

use crate::provider::prelude::*;
use crate::wire::request::chunk;

pub(super) const CASES: &[Case] = &[Case::should(
    "stream/upload",
    "PR-13.12",
    "the function sees the first bytes before the last are sent",
)
.rows(&["STR-15"])
.profiles(&[Profile::Streaming])
.why("An upload that is collected first takes twice the time, and the memory of the platform.")
.source("SDK proxy/proxy.go")
.run(upload)];

fn upload(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let request = Request::post("/upload/slow").header("Transfer-Encoding", "chunked");
    let mut wire = provider.connect()?;
    wire.send_head(&provider.invocation(&f, &request))?;
    let first = vec![b'a'; 4096];
    wire.send(&chunk(&first))?;
    rig.saw(&f, "first:slow")?;
    let last = b"the last";
    wire.send(&chunk(last))?;
    wire.send(b"0\r\n\r\n")?;
    let answer = wire.read_response()?;
    check_eq!(answer.status, 200, "the status of the upload");
    let seen: Digested = serde_json::from_slice(&answer.body)
        .map_err(|e| Failure::failed(format!("the answer to the upload: {e}")))?;
    let whole = [&first[..], last].concat();
    check_eq!(seen, Digested::of(&whole), "the body that the function saw");
    Ok(())
}
