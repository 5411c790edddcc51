//! Mutants without a fault: what fails here is the wrapper's doing.
//! It knows one for each place where a fault can be.
//! It refuses to break anything.

use super::prelude::*;

const HEADS: Relay = Relay::new().request(|_, _| {}).answer(|_, _| {});
const BODIES: Relay = HEADS.upload(|_, _| {}).body(|_, _| {});

pub(super) const LIST: &[Mutant] = &[
    mutant("none-front", &[], "nothing", Front(Relay::new())),
    mutant("none-front-heads", &[], "nothing", Front(HEADS)),
    mutant("none-front-bodies", &[], "nothing", Front(BODIES)),
    mutant("none-metrics", &[], "nothing", Metrics(HEADS)),
    mutant("none-upstream", &[], "nothing", Upstream(Relay::new())),
    mutant("none-upstream-bodies", &[], "nothing", Upstream(BODIES)),
    mutant("none-around", &[], "nothing", Around(|_| {})),
    mutant("none-stderr", &[], "nothing", Stderr(|_| {})),
    mutant("none-stdout", &[], "nothing", Stdout(|_| {})),
    mutant("none-beside", &[], "nothing", Beside(|_| {})),
    mutant("none-over", &[], "nothing", Over(Over::new())),
    mutant("none-below", &[], "nothing", Below(|_| {})),
];
