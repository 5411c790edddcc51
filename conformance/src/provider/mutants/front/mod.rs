//! What stands between clients and the provider, in its own process: a fault in requests, in answers, or in the bytes of either.
//! It knows the head of every message, and the whole body of those that are not a function's.
//! It refuses to know the inside of the provider.

mod asked;
mod flow;
mod memory;
mod pass;
mod told;

pub use asked::Asked;
pub use flow::Flow;
pub use memory::Memory;
pub(in crate::provider) use pass::{pass, stand, standing};
pub use told::Told;

/// A fault between clients and the provider. What it says nothing of passes as it came: `Front { told: ..., ..Front::NOTHING }`.
#[derive(Clone, Copy, Debug)]
pub struct Front {
    /// Changes a request before the provider gets it, or answers it instead.
    pub asked: fn(&mut Asked, &Memory),
    /// Changes an answer before the client gets it. The request is the one that the provider got.
    pub told: fn(&mut Told, &Asked, &Memory),
    /// Changes the bytes of the answers of functions, and of logs that are followed, as they pass.
    pub flow: Option<Flow>,
    /// Changes the bytes of the uploads to functions as they pass.
    pub upload: Option<Flow>,
    /// Gathers the bodies from and to functions as well, and passes each on when it is whole.
    pub whole: bool,
}

impl Front {
    pub const NOTHING: Self = Self {
        asked: |_, _| {},
        told: |_, _, _| {},
        flow: None,
        upload: None,
        whole: false,
    };

    /// The same without its fault.
    #[must_use]
    pub fn neutral(self) -> Self {
        let idle = |flow: Option<Flow>| flow.map(|_| (|_, _| {}) as Flow);
        Self {
            flow: idle(self.flow),
            upload: idle(self.upload),
            ..Self::NOTHING
        }
    }

    /// Which neutral ones are one and the same.
    pub fn shape(&self) -> String {
        let (down, up) = (self.flow.is_some(), self.upload.is_some());
        format!("front, flow {down}, upload {up}")
    }
}
