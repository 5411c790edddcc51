//! Ctrl-C: the first one asks for an orderly end, the second one ends at once.
//! It knows SIGINT and SIGTERM.
//! It refuses to do anything in a signal handler: a thread waits for the signals.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SigSet, Signal, raise};

/// Sets `stop` at the first signal. To be called before any other thread is started: they inherit who hears of signals.
pub(super) fn watch(stop: Arc<AtomicBool>, run: &str) -> Result<(), String> {
    let said = format!("stopping, and removing what run {run} made; once more to leave at once");
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals
        .thread_block()
        .map_err(|e| format!("signals cannot be waited for: {e}"))?;
    std::thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            if stop.swap(true, Ordering::SeqCst) {
                let _ = signals.thread_unblock();
                let _ = raise(signal);
            }
            let _ = writeln!(io::stderr(), "\n{said}");
        }
    });
    Ok(())
}
