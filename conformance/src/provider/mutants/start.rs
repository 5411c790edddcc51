//! How a replica is started, changed before it is.
//! It knows its command line, its environment and its folder.
//! It refuses to start anything.

use std::sync::OnceLock;

use crate::provider::reference::function::Wanted;
pub use crate::provider::reference::launch::Launch;

/// A fault in how replicas are started.
pub type Start = fn(&mut Launch, &Wanted);

static START: OnceLock<Start> = OnceLock::new();

pub(super) fn plant(start: Start) {
    let _ = START.set(start);
}

/// One more launch, before it is made.
pub(in crate::provider) fn change(launch: &mut Launch, wanted: &Wanted) {
    if let Some(start) = START.get() {
        start(launch, wanted);
    }
}
