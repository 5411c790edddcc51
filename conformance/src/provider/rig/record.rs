//! What a case exchanged with the provider, for whoever reads its failure.
//! It knows the bytes on the wire, the calls in order and how to repeat each with curl.
//! It refuses to take secrets out: it says which there are.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::target::Credentials;
use crate::judge::redact::Secret;
use crate::shell::quoted;
use crate::wire::request::Body;
use crate::wire::{Cutter, Request, Transcript};

/// How many calls are kept: the last ones.
const KEPT: usize = 12;
/// The longest body that is put into a command line.
const INLINE: usize = 600;

/// A shared record; clones write to the same one.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub transcript: Transcript,
    calls: Arc<Mutex<Vec<Call>>>,
    notes: Arc<Mutex<Vec<String>>>,
    secrets: Arc<Mutex<Vec<Secret>>>,
    wires: Arc<Mutex<Vec<Cutter>>>,
}

#[derive(Clone, Debug)]
struct Call {
    curl: String,
    outcome: String,
}

impl Record {
    pub fn call(&self, curl: String, outcome: String) {
        if self.transcript.is_paused() {
            return;
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == KEPT {
            calls.remove(0);
        }
        calls.push(Call { curl, outcome });
    }

    /// From here on these credentials are told nowhere.
    pub fn hide(&self, credentials: &Credentials) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in credentials.secrets() {
            if !secrets.contains(&secret) {
                secrets.push(secret);
            }
        }
    }

    /// The credentials that were used.
    pub fn secrets(&self) -> Vec<Secret> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.clone()
    }

    /// A connection that ends when the case is stopped.
    pub fn wire(&self, cutter: Cutter) {
        let mut wires = self.wires.lock().unwrap_or_else(PoisonError::into_inner);
        wires.retain(|other| !other.is_gone());
        wires.push(cutter);
    }

    /// Ends every connection: whoever reads from one goes on at once.
    pub fn cut(&self) {
        let wires = self.wires.lock().unwrap_or_else(PoisonError::into_inner);
        for wire in wires.iter() {
            wire.cut();
        }
    }

    /// Something that a reader of the report should know although nothing failed.
    pub fn note(&self, text: &str) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(text.to_owned());
    }

    pub fn notes(&self) -> Vec<String> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }

    /// The last calls as commands of a shell, each with what came.
    pub fn reproduce(&self) -> String {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        for call in calls.iter() {
            let _ = writeln!(out, "{}\n#   {}", call.curl, call.outcome);
        }
        out
    }
}

/// The command that repeats a request; `who` are its words for the credentials.
pub fn curl(request: &Request, site: &str, who: &str) -> String {
    let mut line = "curl -si ".to_owned();
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => line.push_str("-I "),
        other => {
            let _ = write!(line, "-X {} ", quoted(other));
        }
    }
    if request.minor == 0 {
        line.push_str("--http1.0 ");
    }
    if request.target.contains("/.") || request.target.contains("//") {
        line.push_str("--path-as-is ");
    }
    if !request.headers.has("authorization") {
        line.push_str(who);
    }
    for (name, value) in request.headers.iter() {
        let field = if value.len() > INLINE {
            format!("{name}: ({} BYTES)", value.len())
        } else {
            format!("{name}: {value}")
        };
        let _ = write!(line, "-H {} ", quoted(&field));
    }
    line.push_str(&body(request));
    line.push_str(&quoted(&format!("{site}{}", request.target)));
    line
}

fn body(request: &Request) -> String {
    let chunked = "-H 'Transfer-Encoding: chunked' ";
    match &request.body {
        Body::None => String::new(),
        Body::Bytes(bytes) => inline(bytes),
        Body::Chunks(pieces) => format!("{chunked}{}", inline(&pieces.concat())),
        Body::Pattern(_) => format!("--data-binary @BODY_OF_{}_BYTES ", request.body_len()),
        Body::PatternChunked(_) => {
            let length = request.body_len();
            format!("{chunked}--data-binary @BODY_OF_{length}_BYTES ")
        }
    }
}

fn inline(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= INLINE && !text.contains('\0') => {
            format!("--data-raw {} ", quoted(text))
        }
        _ => format!("--data-binary @BODY_OF_{}_BYTES ", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_a_command() {
        let request = Request::post("/system/functions?x=1")
            .header("Content-Type", "application/json")
            .body("{\"a\":\"it's\"}");
        let who = Credentials::basic("admin", "correct horse");
        assert_eq!(
            curl(&request, "http://h:1", &who.curl("$PASSWORD")),
            "curl -si -X POST -u admin:\"$PASSWORD\" -H 'Content-Type: application/json' \
             --data-raw '{\"a\":\"it'\\''s\"}' 'http://h:1/system/functions?x=1'"
        );
        let plain = Request::get("/a//b");
        let line = curl(&plain, "http://h:1", "");
        assert_eq!(line, "curl -si --path-as-is http://h:1/a//b");
    }
}
