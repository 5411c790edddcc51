//! A small issuer on loopback, and the tokens and keys it might publish.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::keys;
use crate::auth::Auth;
use crate::auth::refresh::Pace;
use crate::config;
use crate::task::{self, Owned};

pub(super) const FUNCTION: &str = "openfaas-fn:env";

/// Quick, but in the order of the usual one.
pub(super) const QUICK: Pace = Pace {
    every: Duration::from_mins(5),
    retry: Duration::from_millis(5),
    longest_retry: Duration::from_millis(20),
    gap: Duration::ZERO,
    patience: Duration::from_secs(5),
};

/// What the issuer answers with now; `None` is a failing issuer.
#[derive(Default)]
pub(super) struct Publishing {
    pub(super) keys: Option<Value>,
    pub(super) fetches: usize,
    pub(super) agents: Vec<String>,
}

pub(super) struct Issuer {
    pub(super) url: String,
    publishing: Arc<Mutex<Publishing>>,
    _task: Owned<()>,
}

impl Issuer {
    pub(super) async fn new(keys: Option<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let publishing = Arc::new(Mutex::new(Publishing {
            keys,
            ..Publishing::default()
        }));
        let served = Arc::clone(&publishing);
        let base = url.clone();
        let task = task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &base, &served).await;
            }
        });
        Self {
            url,
            publishing,
            _task: task,
        }
    }

    pub(super) fn publish(&self, keys: Option<Value>) {
        self.now(|publishing| publishing.keys = keys);
    }

    pub(super) fn now<T>(&self, look: impl FnOnce(&mut Publishing) -> T) -> T {
        look(
            &mut self
                .publishing
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    pub(super) fn config(&self) -> config::Auth {
        config::Auth {
            discovery_url: format!("{}/.well-known/openid-configuration", self.url),
            function: FUNCTION.to_owned(),
            debug: true,
            trust: config::Trust::default(),
        }
    }

    pub(super) async fn auth(&self) -> Auth {
        let auth = Auth::at_pace(self.config(), QUICK);
        let mut state = auth.state.clone();
        let ready = state.wait_for(|state| state.keys.is_some());
        tokio::time::timeout(Duration::from_secs(10), ready)
            .await
            .unwrap()
            .unwrap();
        auth
    }

    pub(super) fn claims(&self) -> Value {
        json!({
            "iss": self.url,
            "aud": self.url,
            "exp": now() + 60,
            "function": { "permissions": [FUNCTION] },
        })
    }

    pub(super) fn claims_with(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }
}

async fn serve(mut stream: TcpStream, base: &str, publishing: &Mutex<Publishing>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).unwrap().to_lowercase();
    let (status, body) = {
        let mut now = publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = request
            .lines()
            .find_map(|line| line.strip_prefix("user-agent: "));
        now.agents.push(agent.unwrap_or_default().to_owned());
        let keys = now.keys.clone();
        if request.starts_with("get /keys ") {
            now.fetches += 1;
        }
        match keys {
            None => (500, "out of order".to_owned()),
            Some(keys) if request.starts_with("get /keys ") => {
                (200, json!({ "keys": keys }).to_string())
            }
            Some(_) => (
                200,
                json!({ "issuer": base, "jwks_uri": format!("{base}/keys") }).to_string(),
            ),
        }
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A client that has left is its own affair.
    let _ = stream.write_all((head + &body).as_bytes()).await;
}

pub(super) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

pub(super) fn der(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

pub(super) fn signer(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(&der(keys::P256)),
        Algorithm::ES384 => EncodingKey::from_ec_der(&der(keys::P384)),
        Algorithm::EdDSA => EncodingKey::from_ed_der(&der(keys::ED)),
        _ => EncodingKey::from_rsa_der(&der(keys::RSA)),
    }
}

pub(super) fn sign(algorithm: Algorithm, kid: &str, claims: &Value) -> String {
    sign_with(&signer(algorithm), algorithm, kid, claims)
}

pub(super) fn sign_with(
    key: &EncodingKey,
    algorithm: Algorithm,
    kid: &str,
    claims: &Value,
) -> String {
    let header = Header {
        kid: Some(kid.to_owned()),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

pub(super) fn rsa(kid: &str) -> Value {
    json!({ "kty": "RSA", "kid": kid, "n": keys::RSA_N, "e": "AQAB" })
}

pub(super) fn p256(kid: &str) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": keys::P256_X, "y": keys::P256_Y })
}

pub(super) fn p256_new(kid: &str) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": keys::P256_NEW_X, "y": keys::P256_NEW_Y })
}

pub(super) fn p384(kid: &str) -> Value {
    json!({ "kty": "EC", "crv": "P-384", "kid": kid, "x": keys::P384_X, "y": keys::P384_Y })
}

pub(super) fn ed(kid: &str) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": keys::ED_X })
}

pub(super) fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}
