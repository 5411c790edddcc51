//! The provider contract, chapter by chapter.
//! It knows the order of the chapters, and which rows of the contract's table each stands for.
//! It refuses cases without a clause, a row, a reason and a source (tests say so).
//!
//! # How to write a case
//!
//! A chapter is a folder: `mod.rs` has its `CHAPTER`, its clauses, its `DROPPED` rows and the first group of cases; each further file has a group of
//! its own (`pub(super) const CASES: &[Case]`), listed in `CHAPTER.cases`. Nothing outside the folder is touched.
//!
//! ```ignore
//! Case::must("deploy/env", "PR-3.4", "variables of the deployment reach the function")
//!     .rows(&["DEP-05"])                      // of the contract's table; several where a case stands for several
//!     .profiles(&[Profile::Core])             // all needed; core where nothing is said. `.unless(Profile::Logs)`: only without it
//!     .why("A function without its settings does the wrong thing.")   // who is hurt; one sentence with a full stop
//!     .source("SDK types/function_deployment.go")                      // our words for where the fact comes from
//!     .run(env),
//!
//! fn env(rig: &mut Rig) -> Outcome {
//!     let f = rig.start(&rig.function().env("COLOUR", "green"))?;     // arrange: deployed and answering
//!     let got = f.env("COLOUR")?;                                       // act
//!     check_eq!(got.as_deref(), Some("green"), "COLOUR in the function's environment");
//!     Ok(())
//! }
//! ```
//!
//! - **Ids** are `<chapter>/<slug>` and stay. A **clause** is one sentence of ours about what a client can see, `PR-<chapter>.<n>` (`WL-<chapter>.<n>`
//!   where it is about a function's container), numbered without gaps; several cases may judge one.
//! - **Levels**: a MUST that fails makes the run fail and the profile not conformant. A SHOULD that fails is told, and makes the run fail with
//!   `--strict`. A MAY is told and never makes a run fail: such a case says what it found with `rig.note(..)`, and fails only where no answer is right.
//! - **Making things**: names come from `rig.name()` (or what is derived from one); functions from `rig.function()` (the probe, not yet deployed),
//!   `rig.start(..)` (deployed, answering) and `rig.probe()` (plain). What a request makes is written down before it is sent, by whatever way it is sent
//!   (`provider.deploy`, `provider.call("POST", ..)`, `provider.send(..)`), and removed after the case. A request that touches what does not bear the
//!   run's name is a fault of the case. Only a name hidden in something that is no JSON, or given to another program, has to be told: `rig.may_make(name)`.
//! - **Asking**: `rig.provider()` has the API as small calls with an [`Answer`](super::rig::Answer) each; `.anonymous()` and `.as_user(..)` change who
//!   asks. An answer is demanded with `.is(404)?`, `.is_accepted()?` (200 or 202), `.is_one_of(CREATED)?`, `.is_refused()?` (4xx), `.is_error()?`, and read
//!   with `.json::<T>()?`, `.value()?`, `.text()`, `.header("x")`; a failure quotes the call and what came.
//! - **Calling functions**: `f.get("/x")?`, `f.post("/raw", body)?`, `f.call(&Request::..)?`; `f.echo(&Request::..)?` is the request as the function saw it;
//!   the probe's other routes are told in `fixture/probe`. Streams and raw bytes: `provider.invoke_open(..)`, `provider.open(..)`, `rig.connect()`.
//! - **Waiting**: never a sleep. `rig.ready(&f)`, `rig.gone(&f)`, `rig.replicas(&f, 3)`; anything else with `rig.settles("what", || ..)`, which
//!   asks until the closure is `Ok` and fails with its last failure. What must stay so: `rig.stays(secs, || ..)`. Many at once: `all_at_once(n, |i| ..)`.
//! - **Missing means**: `rig.skip("why")` where this run lacks something (a skipped MUST makes a profile partly conformant),
//!   `rig.not_applicable("why")` where the case has no meaning for this provider.
//! - **A case that cannot fail is a defect.** Before it goes in, think of the fault that it is to catch, and see it caught (a wrong expectation will do).
//! - A row that gets no case of its own stands in `DROPPED` with a reason.

pub mod asynchronous;
pub mod auth;
pub mod cli;
pub mod concurrency;
pub mod delete;
pub mod deploy;
pub mod describe;
pub mod invoke;
pub mod limits;
pub mod list;
pub mod logs;
pub mod metrics;
pub mod namespaces;
pub mod robustness;
pub mod rows;
pub mod scale;
pub mod secrets;
pub mod stream;
pub mod sys;
pub mod update;
pub mod workload;

use super::prelude::Chapter;

/// Rows of the contract's table without a case, each with its reason.
pub type Dropped = &'static [(&'static str, &'static str)];

pub const CHAPTERS: &[Chapter] = &[
    sys::CHAPTER,
    auth::CHAPTER,
    deploy::CHAPTER,
    update::CHAPTER,
    delete::CHAPTER,
    list::CHAPTER,
    describe::CHAPTER,
    scale::CHAPTER,
    secrets::CHAPTER,
    logs::CHAPTER,
    namespaces::CHAPTER,
    invoke::CHAPTER,
    stream::CHAPTER,
    asynchronous::CHAPTER,
    workload::CHAPTER,
    limits::CHAPTER,
    concurrency::CHAPTER,
    robustness::CHAPTER,
    metrics::CHAPTER,
    cli::CHAPTER,
];

pub const DROPPED: &[Dropped] = &[
    sys::DROPPED,
    auth::DROPPED,
    deploy::DROPPED,
    update::DROPPED,
    delete::DROPPED,
    list::DROPPED,
    describe::DROPPED,
    scale::DROPPED,
    secrets::DROPPED,
    logs::DROPPED,
    namespaces::DROPPED,
    invoke::DROPPED,
    stream::DROPPED,
    asynchronous::DROPPED,
    workload::DROPPED,
    limits::DROPPED,
    concurrency::DROPPED,
    robustness::DROPPED,
    metrics::DROPPED,
    cli::DROPPED,
];
