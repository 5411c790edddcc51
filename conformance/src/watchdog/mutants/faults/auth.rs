//! Chapter 14: tokens.
//! It knows how doors are left open, and who is kept out.
//! It refuses to make tokens.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::prelude::*;
use super::tools::full;

/// The keys are asked for through us as well.
fn through_us(data: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(data);
    if let Some(at) = text.find("jwks_uri") {
        let (before, after) = text.split_at(at);
        *data = format!("{before}{}", after.replacen("127.0.0.1", "127.0.0.2", 1)).into_bytes();
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "name-guessed",
        &["WD-14.1"],
        "without `OPENFAAS_NAME` any name will do",
        Around(|start| {
            if start.get("OPENFAAS_NAME").is_none_or(str::is_empty) {
                start.set("OPENFAAS_NAME", "function");
            }
        }),
    ),
    mutant(
        "no-guard",
        &[
            "WD-14.2", "WD-14.4", "WD-14.5", "WD-14.6", "WD-14.7", "WD-14.8", "WD-14.9", "WD-14.13",
        ],
        "`jwt_auth` is not read",
        Around(|start| start.unset("jwt_auth")),
    ),
    mutant(
        "nobody-gets-in",
        &["WD-14.3"],
        "tokens are lost on their way",
        Front(Relay::new().request(|head, _| head.remove("authorization"))),
    ),
    mutant(
        "scheme-not-needed",
        &["WD-14.4"],
        "a token without its scheme gets in (BUG-24)",
        Front(Relay::new().request(|head, _| {
            head.change("authorization", |value| {
                if value.contains(' ') {
                    value.to_owned()
                } else {
                    format!("Bearer {value}")
                }
            });
        })),
    ),
    mutant(
        "another-realm",
        &["WD-14.4"],
        "the realm of a 401 is another one",
        Front(Relay::new().answer(|head, _| {
            head.change("www-authenticate", |value| {
                value.replace("IAM function invoke", "function")
            });
        })),
    ),
    mutant(
        "first-token-counts-for-all",
        &["WD-14.4"],
        "a token counts for its connection",
        Front(Relay::new().request(|head, _| {
            static TOKEN: Mutex<Option<String>> = Mutex::new(None);
            let mut token = TOKEN.lock().unwrap_or_else(PoisonError::into_inner);
            match (head.get("authorization"), token.as_ref()) {
                (Some(value), _) => *token = Some(value.to_owned()),
                (None, Some(value)) => head.add("Authorization", value),
                (None, None) => {}
            }
        })),
    ),
    mutant(
        "forbidden-is-401",
        &["WD-14.9"],
        "who has no permission is told to bring a token",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 403 {
                head.set_status("401 Unauthorized");
            }
        })),
    ),
    mutant(
        "another-function",
        &["WD-14.8"],
        "permissions are compared with another name",
        Around(|start| start.misread("OPENFAAS_NAME", "other")),
    ),
    mutant(
        "keys-asked-for-once",
        &["WD-14.10"],
        "keys are asked for once (BUG-23)",
        Issuer(Relay::new().body(|data, _| {
            static KEYS: Mutex<Option<Vec<u8>>> = Mutex::new(None);
            through_us(data);
            if data.windows(6).any(|six| six == b"\"keys\"") {
                let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
                data.clone_from(keys.get_or_insert_with(|| data.clone()));
            }
        })),
    ),
    mutant(
        "start-waits-for-the-issuer",
        &["WD-14.11"],
        "the start waits for the issuer (BUG-23)",
        Around(|start| {
            if start.get("jwt_auth").is_some() {
                std::thread::sleep(Duration::from_secs(22));
            }
        }),
    ),
    mutant(
        "one-bad-key-spoils-all",
        &["WD-14.12"],
        "one key of an unknown kind spoils the others (BUG-23)",
        Issuer(Relay::new().body(|data, _| {
            through_us(data);
            if data.windows(7).any(|seven| seven == b"LATTICE") {
                data.fill(b' ');
            }
        })),
    ),
    mutant(
        "strangers-take-slots",
        &["WD-14.13"],
        "the limit comes before the token",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 401 && full() {
                head.set_status("429 Too Many Requests");
            }
        })),
    ),
    mutant(
        "seconds-are-whole",
        &["WD-14.14"],
        "X-Auth-Seconds is a whole number",
        Below(|launch| launch.set("Http_X_Auth_Seconds", "0")),
    ),
    mutant(
        "probes-need-a-token",
        &["WD-14.15"],
        "a probe needs a token",
        Front(Relay::new().request(|head, talk| {
            let guarded = std::env::var("jwt_auth").is_ok();
            if talk.probe() && guarded && !head.has("authorization") {
                talk.reply("401 Unauthorized", "");
            }
        })),
    ),
    mutant(
        "tokens-repeated",
        &["WD-14.16"],
        "a refusal repeats the token (BUG-24)",
        Front(Relay::new().answer(|head, talk| {
            if let Some(token) = talk
                .request
                .get("authorization")
                .filter(|_| head.status() >= 400)
            {
                head.add("X-Refused", token);
            }
        })),
    ),
    mutant(
        "local-issuer-elsewhere",
        &["WD-14.17"],
        "the local issuer is looked for at port 8080 (DOC-4)",
        Around(|start| {
            if start.get("jwt_auth_local").is_some() {
                let url = "http://127.0.0.1:8080/.well-known/openid-configuration";
                start.set("jwt_discovery_url", url);
            }
        }),
    ),
];
