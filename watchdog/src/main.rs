//! fwatchdog: turns any program into an HTTP function.

use std::process::ExitCode;

/// The same on every libc: buffers are used again rather than mapped anew.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    fwatchdog::command()
}
