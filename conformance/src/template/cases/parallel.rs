//! Chapter 4: many requests at once.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses throughput: that is measured, not judged.

use sha2::{Digest as _, Sha256};

use crate::fixture::hex;
use crate::template::prelude::*;
use crate::template::rig::json_of;

pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: "parallel",
    title: "Many at once",
    intro: "Requests run beside each other, and know nothing of each other.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must("TP-4.1", "32 handlers that wait do so at the same time."),
    Clause::must(
        "TP-4.2",
        "No request sees anything of another one, on a connection of its own or on one that is kept.",
    ),
];

const CASES: &[Case] = &[
    Case::must("parallel/together", "TP-4.1", "32 handlers wait together")
        .why("Four at a time, as in the official Python template, or one, as in the Java one, wait for nothing but each other.")
        .run(together),
    Case::must("parallel/apart", "TP-4.2", "600 requests get their own answers")
        .why("Somebody else's data in an answer is the worst that can happen.")
        .run(apart),
];

fn together(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    all_at_once(32, |_| {
        let response = function.get("/together/32")?;
        check_eq!(response.text(), "together", "one of 32 at once");
        Ok(())
    })
}

fn apart(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    all_at_once(12, |worker| {
        let mut wire = function.connect()?;
        for round in 0..50 {
            let body = format!("{worker}-{round}-").repeat(100 + 13 * worker);
            let id = format!("call-{worker}-{round}");
            let request = Request::post("/echo")
                .header("X-Call-Id", &id)
                .body(body.as_bytes());
            let seen: Echo = json_of(&wire.exchange(&request)?)?;
            check_eq!(seen.call_id, id, "the call id");
            check_eq!(seen.sha256, hex(&Sha256::digest(&body)), "the body of {id}");
        }
        Ok(())
    })
}
