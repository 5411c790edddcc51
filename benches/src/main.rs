//! The `benches` executable: arguments in, an exit code out.
//! It knows that the function's own server lives in the same file.
//! It refuses to decide anything itself.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests fail by panicking"
    )
)]

mod bench;
mod binary;
mod children;
mod cli;
mod fault;
mod load;
mod machine;
mod measure;
mod ports;
mod proc;
mod profile;
mod report;
mod results;
mod run;
mod scenario;
mod screen;
mod serve;
mod stats;
mod subject;
mod targets;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cli::run())
}
