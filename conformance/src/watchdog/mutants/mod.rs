//! Mutants of a watchdog: the real binary with one fault in front of it, around it or below it.
//! It knows the suite and the operating system: bytes on connections and pipes, signals, files, environments.
//! It refuses to be in a shipped binary, or to change the binary that is judged: every fault is outside of it.

mod around;
mod below;
mod beside;
mod command;
mod faults;
mod layers;
mod left_out;
mod logs;
mod over;
mod prove;
mod relay;
mod shim;
mod suite;
mod table;

pub use faults::all;
pub use layers::{Layer, Mutant};

/// What this executable is asked to be, where that has to do with mutants: the exit code.
pub fn entry(program: &str, words: &[String]) -> Option<u8> {
    if let Some(code) = shim::entry(program, words) {
        return Some(code);
    }
    let (first, rest) = words.split_first()?;
    match (first.as_str(), rest.first().map(String::as_str)) {
        ("mutant", Some(_)) => Some(shim::part(rest)),
        ("mutate", Some("watchdog")) => Some(command::run(rest.get(1..).unwrap_or_default())),
        _ => None,
    }
}
