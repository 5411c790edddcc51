//! One token, from its text to its claims.
//!
//! Owns what a token has to say to be believed. May know the key it names. Refuses algorithms that are not on the list, and to repeat any part of a token
//! that could be used.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::errors::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::keys::Key;
use super::permission::Permissions;

/// The longest `kid` that is repeated in an answer.
const LONGEST_KID: usize = 64;

/// A token whose header makes sense. Nothing of it is verified yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    text: &'a str,
    algorithm: Algorithm,
    pub(super) kid: String,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<Value>,
    /// Extensions that have to be understood: none is.
    crit: Option<Value>,
}

/// The claims that decide. Their types are checked here, their values by the library.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "iss")]
    _issuer: Option<String>,
    #[serde(rename = "exp")]
    _expires: Option<f64>,
    #[serde(rename = "nbf")]
    _not_before: Option<f64>,
    #[serde(default)]
    pub(super) function: Permissions,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        if text.split('.').count() != 3 {
            return Err(
                "token is malformed: token contains an invalid number of segments".to_owned(),
            );
        }
        let head: Head = part(text, 0).ok_or("token is malformed: could not decode its header")?;
        if head.crit.is_some() {
            return Err("token is unverifiable: its header names critical extensions".to_owned());
        }
        let Some(algorithm) = allowed(&head.alg) else {
            let name = brief(&head.alg);
            return Err(format!(
                "token signature is invalid: signing method {name} is invalid"
            ));
        };
        match head.kid {
            Some(Value::String(kid)) => Ok(Self {
                text,
                algorithm,
                kid,
            }),
            _ => Err(unknown_key("<nil>")),
        }
    }

    pub(super) fn verify(&self, key: &Key) -> Result<Claims, String> {
        if !key.allows(self.algorithm) {
            let name = self.algorithm;
            return Err(format!(
                "token signature is invalid: signing method {name:?} is invalid"
            ));
        }
        key.decode(self.text).map_err(|error| describe(&error))
    }

    /// What the claims say of audience and issuer, true or not.
    pub(super) fn claimed(&self) -> (Value, Value) {
        let claims: Value = part(self.text, 1).unwrap_or_default();
        let claim = |name| claims.get(name).cloned().unwrap_or_default();
        (claim("aud"), claim("iss"))
    }

    pub(super) fn unknown_key(&self) -> String {
        unknown_key(&brief(&self.kid))
    }
}

/// Asymmetric ones: who can check a token shall not be able to make one.
fn allowed(name: &str) -> Option<Algorithm> {
    let algorithm = Algorithm::from_str(name).ok()?;
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => None,
        Algorithm::RS256
        | Algorithm::RS384
        | Algorithm::RS512
        | Algorithm::PS256
        | Algorithm::PS384
        | Algorithm::PS512
        | Algorithm::ES256
        | Algorithm::ES384
        | Algorithm::EdDSA => Some(algorithm),
    }
}

fn part<T: DeserializeOwned>(text: &str, at: usize) -> Option<T> {
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(text.split('.').nth(at)?)
        .ok()?;
    serde_json::from_slice(&json).ok()
}

fn unknown_key(kid: &str) -> String {
    format!("token is unverifiable: error while executing keyfunc: invalid kid: {kid}")
}

/// Whatever the caller sent, on one line and not all of it.
fn brief(text: &str) -> String {
    text.chars()
        .take(LONGEST_KID)
        .flat_map(char::escape_default)
        .collect()
}

/// In the words that callers know.
fn describe(error: &Error) -> String {
    let claims = |why: &str| format!("token has invalid claims: {why}");
    match error.kind() {
        ErrorKind::ExpiredSignature => claims("token is expired"),
        ErrorKind::ImmatureSignature => claims("token is not valid yet"),
        ErrorKind::InvalidIssuer => claims("token has invalid issuer"),
        ErrorKind::InvalidAudience => claims("token has invalid audience"),
        ErrorKind::MissingRequiredClaim(name) => claims(&format!(
            "token is missing required claim: {name} claim is required"
        )),
        ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            "token is malformed: could not decode its claims or signature".to_owned()
        }
        _ => "token signature is invalid: verification error".to_owned(),
    }
}
