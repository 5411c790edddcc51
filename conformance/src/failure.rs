//! How anything here ends badly: whose fault it is, and what to say of it.
//! It knows no suite and no wire, so that both can speak of it.
//! It refuses detail: what happened is for the reader of the message.

use std::fmt;
use std::io;

/// How a case ends.
pub type Outcome = Result<(), Failure>;

/// Why a case did not pass.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// What is judged does not do what the clause says.
    Failed,
    /// This machine, or this run, lacks what the case needs.
    Skipped,
    /// The case found that it is not meant for what is judged.
    NotApplicable,
    /// The suite or the machine is at fault.
    Fault,
}

impl Failure {
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    pub fn skipped(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Skipped, message)
    }

    pub fn not_applicable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotApplicable, message)
    }

    pub fn fault(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Fault, message)
    }

    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An I/O error inside a case is, nearly always, the subject's connection.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(format!("I/O: {error}"))
    }
}

/// Fails the case, with the message, unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr, $($message:tt)+) => {
        let held: bool = $condition;
        if !held {
            return Err($crate::failure::Failure::failed(format!($($message)+)));
        }
    };
}

/// Fails the case, showing both values, unless they are equal.
#[macro_export]
macro_rules! check_eq {
    ($got:expr, $want:expr, $($message:tt)+) => {
        match (&$got, &$want) {
            (got, want) => {
                if *got != *want {
                    let message = format!($($message)+);
                    let detail = format!("{message}\n   got: {got:?}\n  want: {want:?}");
                    return Err($crate::failure::Failure::failed(detail));
                }
            }
        }
    };
}
