//! What the probe says when it is called: its answers, typed.
//! It knows the routes of `conformance fixture probe` that answer in JSON.
//! It refuses to interpret: headers stay pairs in order, paths and queries stay undecoded.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::fixture::hex;
use crate::wire::Pattern;

/// A request as the function saw it: the answer of `/echo` and of every path that the probe does not know.
#[derive(Clone, Debug, Deserialize)]
pub struct Echo {
    pub method: String,
    /// Path and query, as they stood on the wire.
    pub target: String,
    pub path: String,
    pub query: Option<String>,
    pub host: Option<String>,
    pub headers: Vec<(String, String)>,
    /// `"none"`, `"chunked"` or `{"length": N}`.
    pub framing: Value,
    pub body_length: u64,
    pub body_sha256: String,
    /// The first 64 KiB.
    pub body_base64: String,
    pub remote: String,
    /// Random at the start of the process: another one after a restart, and per replica.
    pub instance: String,
    /// Of the image: the second one says another.
    pub version: String,
    pub started: String,
}

impl Echo {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Every value of a header, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let of_name = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    pub fn body(&self) -> Result<Vec<u8>, Failure> {
        decoded(&self.body_base64)
    }
}

/// A body as the function saw it: the answer of `/hash` and `/upload/TAG`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Digested {
    pub length: u64,
    pub sha256: String,
}

impl Digested {
    /// What a function must have seen of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        }
    }

    /// The same of a body that is generated.
    pub fn of_pattern(pattern: Pattern) -> Result<Self, Failure> {
        let (mut hash, mut part) = (Sha256::new(), vec![0; 64 * 1024]);
        let mut reader = pattern.reader();
        loop {
            match reader.read(&mut part)? {
                0 => break,
                n => hash.update(part.get(..n).unwrap_or_default()),
            }
        }
        Ok(Self {
            length: pattern.len,
            sha256: hex(&hash.finalize()),
        })
    }
}

/// A secret as the function sees it: the answer of `/secret/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretFile {
    pub length: u64,
    pub sha256: String,
    pub base64: String,
    pub mode: Value,
}

impl SecretFile {
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        decoded(&self.base64)
    }
}

/// Bytes that the probe tells.
pub fn decoded(base64: &str) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(base64)
        .map_err(|e| Failure::failed(format!("the probe tells no base64 ({e}): {base64}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_digest_agree() {
        let pattern = Pattern::new(3, 100_001);
        let digested = Digested::of(&pattern.bytes());
        assert_eq!(Digested::of_pattern(pattern).unwrap(), digested);
        assert_eq!(digested.length, 100_001);
    }
}
