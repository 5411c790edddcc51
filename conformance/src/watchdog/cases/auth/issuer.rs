//! An issuer on loopback: a discovery document and a set of keys.
//! It knows what to publish now, and who asked.
//! It refuses to issue: tokens are made by the cases.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::keys::Signer;
use crate::watchdog::prelude::*;

/// A port that cannot be chosen.
const LOCAL: u16 = 8000;
/// What the tokens of these cases are for.
pub const FUNCTION: &str = "openfaas-fn:env";

#[derive(Debug, Default)]
struct Publishing {
    keys: Vec<Value>,
    /// Answers 500.
    broken: bool,
    /// Answers nothing, for now.
    holding: bool,
    requests: Vec<String>,
    ended: bool,
}

/// A running issuer; dropping it frees its port.
#[derive(Debug)]
pub struct Issuer {
    port: u16,
    publishing: Arc<Mutex<Publishing>>,
    thread: Option<JoinHandle<()>>,
    /// Given back once the port is free.
    turn: Option<File>,
}

fn lock(publishing: &Mutex<Publishing>) -> MutexGuard<'_, Publishing> {
    publishing.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Issuer {
    /// On a free port where the subject can be told of it, otherwise where it looks anyway.
    pub fn start(rig: &Rig, keys: &[&Signer]) -> Result<Self, Failure> {
        if rig.profile().claims("jwt-discovery") {
            Self::at(rig.free_port()?, keys)
        } else {
            Self::local(rig, keys)
        }
    }

    /// Where `jwt_auth_local` looks.
    pub fn local(rig: &Rig, keys: &[&Signer]) -> Result<Self, Failure> {
        let turn = rig.turn(LOCAL)?;
        let mut issuer = Self::at(LOCAL, keys)?;
        issuer.turn = Some(turn);
        Ok(issuer)
    }

    pub fn at(port: u16, keys: &[&Signer]) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .map_err(|e| Failure::fault(format!("no port {port} for the issuer: {e}")))?;
        let publishing = Arc::new(Mutex::new(Publishing::default()));
        let served = Arc::clone(&publishing);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if lock(&served).ended {
                    return;
                }
                let served = Arc::clone(&served);
                std::thread::spawn(move || serve(stream, port, &served));
            }
        });
        let thread = Some(thread);
        let issuer = Self {
            port,
            publishing,
            thread,
            turn: None,
        };
        issuer.publish(keys);
        Ok(issuer)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn publish(&self, keys: &[&Signer]) {
        lock(&self.publishing).keys = keys.iter().map(|key| key.jwk()).collect();
    }

    /// Publishes this, key or not, besides.
    pub fn publish_also(&self, key: Value) {
        lock(&self.publishing).keys.insert(0, key);
    }

    pub fn set_broken(&self, broken: bool) {
        lock(&self.publishing).broken = broken;
    }

    pub fn set_holding(&self, holding: bool) {
        lock(&self.publishing).holding = holding;
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.publishing).requests.clone()
    }

    /// Claims that permit the function for five minutes.
    pub fn claims(&self) -> Value {
        let until = now() + 300;
        let function = json!({ "permissions": [FUNCTION] });
        json!({
            "iss": self.url(), "aud": self.url(), "sub": "fed:1", "iat": now(), "exp": until,
            "function": function,
        })
    }

    /// The same with one claim changed, or removed by `null`.
    pub fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        if let Some(map) = claims.as_object_mut() {
            if value.is_null() {
                map.remove(name);
            } else {
                map.insert(name.to_owned(), value);
            }
        }
        claims
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        lock(&self.publishing).ended = true;
        // Wakes the thread.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| since.as_secs())
}

fn serve(mut stream: TcpStream, port: u16, publishing: &Mutex<Publishing>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(n) if n > 0 => head.extend_from_slice(part.get(..n).unwrap_or_default()),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    lock(publishing).requests.push(head.clone());
    while lock(publishing).holding && !lock(publishing).ended {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (broken, keys) = {
        let publishing = lock(publishing);
        (publishing.broken, publishing.keys.clone())
    };
    let base = format!("http://127.0.0.1:{port}");
    let (status, body) = if broken {
        ("500 Broken", json!("broken"))
    } else if head.starts_with("GET /.well-known/openid-configuration ") {
        (
            "200 OK",
            json!({ "issuer": base, "jwks_uri": format!("{base}/keys") }),
        )
    } else if head.starts_with("GET /keys ") {
        ("200 OK", json!({ "keys": keys }))
    } else {
        ("404 Not Found", json!(null))
    };
    let body = body.to_string();
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    // A client that has left is its own affair.
    let _ = stream.write_all(answer.as_bytes());
}
