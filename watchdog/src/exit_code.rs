//! What an exit code says, as `sysexits.h` and shells have it.
//!
//! Owns the numbers. May know nothing. Refuses to exit.

/// The configuration or the command line is wrong (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// A port cannot be had (`EX_UNAVAILABLE`).
pub const UNAVAILABLE: u8 = 69;
/// The system refused something basic (`EX_OSERR`).
pub const SYSTEM: u8 = 71;
/// The function cannot be started, as a shell says it.
pub const NOT_STARTED: u8 = 127;
