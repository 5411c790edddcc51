//! The faults that can be seeded into the reference provider, each at one named point.
//! It knows their names, and which one is on.
//! It refuses to be there: without the feature that plants faults a point is `false` for the compiler.

#[cfg(feature = "mutants")]
pub use planted::{Fault, on, plant};

/// Whether that fault is seeded: `if seeded!(CallsUncounted)`.
macro_rules! seeded {
    ($fault:ident) => {{
        #[cfg(feature = "mutants")]
        let seeded = crate::provider::reference::faults::on(
            crate::provider::reference::faults::Fault::$fault,
        );
        #[cfg(not(feature = "mutants"))]
        let seeded = false;
        seeded
    }};
}
pub(super) use seeded;

#[cfg(feature = "mutants")]
mod planted {
    use std::sync::OnceLock;

    static PLANTED: OnceLock<Fault> = OnceLock::new();

    /// A point where the reference provider can be made to do wrong.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// Calls of a function are not counted.
        CallsUncounted,
    }

    /// Seeds that fault into the provider of this process.
    pub fn plant(fault: Fault) {
        let _ = PLANTED.set(fault);
    }

    /// Whether that fault is seeded.
    pub fn on(fault: Fault) -> bool {
        PLANTED.get() == Some(&fault)
    }
}
