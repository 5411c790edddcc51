//! The issuer's public keys.
//!
//! Owns the two documents an issuer publishes and which of its keys are fit for signatures. May know where the first of them is. Refuses no set for one
//! bad key: what cannot be used is left out, with a warning.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, StatusCode};
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::{info, warn};

use super::token::Claims;
use crate::config;
use crate::fetch;
use crate::said;

/// How long either document may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Far more than any issuer publishes.
const LARGEST: usize = 1 << 20;
/// How much of an unexpected answer is shown.
const SHOWN: usize = 256;
/// Clocks differ.
const LEEWAY_SECONDS: u64 = 1;

const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// A key, and what a token signed with it has to say.
pub(super) struct Key {
    decoding: DecodingKey,
    validation: Validation,
}

impl Key {
    pub(super) fn allows(&self, algorithm: Algorithm) -> bool {
        self.validation.algorithms.contains(&algorithm)
    }

    pub(super) fn decode(&self, token: &str) -> Result<Claims, Error> {
        jsonwebtoken::decode(token, &self.decoding, &self.validation).map(|token| token.claims)
    }
}

/// All usable keys of one issuer.
pub(super) struct KeySet {
    issuer: String,
    keys: HashMap<String, Key>,
}

impl KeySet {
    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.get(kid)
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// An empty set is the issuer's right; a set of which nothing can be used is a fault.
    fn new(issuer: String, published: Vec<Value>) -> Result<Self, String> {
        let all = published.len();
        let mut keys = HashMap::with_capacity(all);
        let mut out = Vec::new();
        for value in published {
            match usable(value, &issuer) {
                Ok((kid, key)) => {
                    keys.entry(kid).or_insert(key);
                }
                Err(why) => out.push(why),
            }
        }
        // One line, however many there are.
        if let Some(why) = out.first() {
            let count = out.len();
            warn!("[JWT Auth] key left out: {why} ({count} of {all})");
        }
        if keys.is_empty() && all > 0 {
            return Err(format!("none of the {all} keys of {issuer} can be used"));
        }
        Ok(Self { issuer, keys })
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// Both documents, one after the other.
pub(super) async fn fetch(config: &config::Auth) -> Result<KeySet, String> {
    let Discovery { issuer, jwks_uri } =
        get("config", &config.discovery_url, &config.trust).await?;
    if issuer.is_empty() {
        let from = shown(&config.discovery_url);
        return Err(format!("{from} names no issuer"));
    }
    if config.debug {
        let from = shown(&jwks_uri);
        info!("[JWT Auth] Issuer: {issuer}\tJWKS URI: {from}");
    }
    let Published { keys } = get("keyset", &jwks_uri, &config.trust).await?;
    let set = KeySet::new(issuer, keys)?;
    if config.debug {
        set.names().for_each(|kid| info!("[JWT Auth] Key: {kid}"));
    }
    Ok(set)
}

async fn get<T: DeserializeOwned>(
    what: &str,
    url: &str,
    trust: &config::Trust,
) -> Result<T, String> {
    let agent = (USER_AGENT, HeaderValue::from_static("openfaas-watchdog"));
    let headers = HeaderMap::from_iter([agent]);
    let (status, body) = fetch::get(url, headers, LARGEST, TIMEOUT, trust).await?;
    if status != StatusCode::OK {
        let (code, body, url) = (status.as_u16(), beginning(&body), shown(url));
        return Err(format!(
            "failed to get {what} from {url}, status code: {code}, body: {body}"
        ));
    }
    serde_json::from_slice(&body)
        .map_err(|error| format!("failed to read {what} from {}: {error}", shown(url)))
}

/// An address without the secrets that its query may hold.
fn shown(url: &str) -> String {
    let mut shown = String::new();
    said::target(&mut shown, url);
    shown
}

fn beginning(body: &Bytes) -> String {
    String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body))
        .escape_debug()
        .to_string()
}

/// A published key with its name, where it is meant for signatures that are allowed here.
fn usable(published: Value, issuer: &str) -> Result<(String, Key), String> {
    let name = published
        .get("kid")
        .and_then(Value::as_str)
        .unwrap_or("without a kid")
        .to_owned();
    let told = |why: &str| format!("{name}: {why}");
    let jwk: Jwk = serde_json::from_value(published).map_err(|error| told(&error.to_string()))?;
    let kid = jwk
        .common
        .key_id
        .clone()
        .ok_or_else(|| told("nobody can refer to it"))?;
    if !matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    ) {
        return Err(told("not for signatures"));
    }
    if jwk
        .common
        .key_operations
        .as_ref()
        .is_some_and(|list| !list.contains(&KeyOperations::Verify))
    {
        return Err(told("not for verification"));
    }
    let algorithms = algorithms(&jwk).ok_or_else(|| told("no algorithm that is allowed"))?;
    let decoding = DecodingKey::from_jwk(&jwk).map_err(|error| told(&error.to_string()))?;
    Ok((
        kid,
        Key {
            decoding,
            validation: validation(algorithms, issuer),
        },
    ))
}

/// Those that fit the key's type, and of them the one the key itself names.
fn algorithms(jwk: &Jwk) -> Option<Vec<Algorithm>> {
    let fitting = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => RSA,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            EllipticCurve::P521 | EllipticCurve::Ed25519 => return None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        AlgorithmParameters::OctetKeyPair(_) | AlgorithmParameters::OctetKey(_) => return None,
    };
    match jwk.common.key_algorithm {
        None => Some(fitting.to_vec()),
        Some(named) => {
            let named = Algorithm::from_str(&named.to_string()).ok()?;
            fitting.contains(&named).then(|| vec![named])
        }
    }
}

/// The gateway issues tokens for itself: issuer and audience are the same.
fn validation(algorithms: Vec<Algorithm>, issuer: &str) -> Validation {
    let mut validation = Validation::default();
    validation.algorithms = algorithms;
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[issuer]);
    validation
}
