//! The `conformance` executable: arguments in, an exit code out.
//! It knows that the fixtures live in the same file.
//! It refuses to decide anything itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    #[cfg(feature = "mutants")]
    if let Some(code) = conformance::watchdog::mutants::entry(&program(), &words) {
        return ExitCode::from(code);
    }
    if let Some(("fixture", rest)) = words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return ExitCode::from(conformance::fixture::run(rest));
    }
    ExitCode::from(conformance::cli::run(&words))
}

/// The name that we were called by.
#[cfg(feature = "mutants")]
fn program() -> String {
    std::env::args().next().unwrap_or_default()
}
