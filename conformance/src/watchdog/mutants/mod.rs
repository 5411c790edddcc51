//! Mutants of a watchdog: the real binary with one fault in front of it, around it or below it.
//! It knows the suite and the operating system: bytes on connections and pipes, signals, files, environments.
//! It refuses to be in a shipped binary, or to change the binary that is judged: every fault is outside of it.

mod around;
mod below;
mod bench;
mod beside;
mod command;
mod faults;
mod layers;
mod left_out;
mod logs;
mod over;
mod relay;
mod shim;

pub use command::{command, run};
pub use faults::all;
pub use layers::{Layer, Mutant};

/// What this executable is asked to be, where a name or a word makes it a part of a mutant: the exit code.
pub fn entry(program: &str, words: &[String]) -> Option<u8> {
    if let Some(code) = shim::entry(program, words) {
        return Some(code);
    }
    let (first, rest) = words.split_first()?;
    (first == "mutant" && !rest.is_empty()).then(|| shim::part(rest))
}
