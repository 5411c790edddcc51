//! Why there is no server.
//!
//! Owns the words for it and the exit code. May know the setting that is to blame. Refuses to log it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::exit_code;

/// Why the server did not start.
#[derive(Debug)]
pub enum StartError {
    /// A port cannot be had.
    Port {
        setting: &'static str,
        address: SocketAddr,
        cause: io::Error,
    },
    /// A setting that only the system can judge.
    Setting(String),
    /// The function's process.
    Function(String),
    /// The operating system refused something basic.
    System(io::Error),
}

impl StartError {
    /// What the process ends with because of it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Port { .. } => exit_code::UNAVAILABLE,
            Self::Setting(_) => exit_code::USAGE,
            Self::Function(_) => exit_code::NOT_STARTED,
            Self::System(_) => exit_code::SYSTEM,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port {
                setting,
                address,
                cause,
            } => {
                write!(f, "cannot listen on {address} ({setting}): ")?;
                match cause.kind() {
                    // What operators search their logs for; musl has words of its own.
                    io::ErrorKind::AddrInUse => f.write_str("address already in use")?,
                    _ => write!(f, "{cause}")?,
                }
                write!(f, "; choose a free port with {setting}")
            }
            Self::Setting(why) | Self::Function(why) => f.write_str(why),
            Self::System(error) => write!(f, "the system refused to start the server: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
