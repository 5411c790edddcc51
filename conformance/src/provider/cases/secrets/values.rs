//! What can be kept in a secret.
//! It knows bytes, and what gets lost on the way through text.
//! It refuses to look for the value anywhere but in a function.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{SECRETS, is_worth, made, read};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "secrets/value",
        "PR-9.5",
        "the file has the bytes of the value and no more",
    )
    .rows(&["SEC-06"])
    .profiles(SECRETS)
    .why("A newline at the end of a password is a wrong password.")
    .source("certifier secrets_test")
    .run(value),
    Case::must(
        "secrets/raw-value",
        "PR-9.5",
        "every byte of a raw value arrives",
    )
    .rows(&["SEC-07"])
    .profiles(SECRETS)
    .why("Keys and certificates are no text.")
    .source("SDK types/secret.go")
    .run(raw_value),
    Case::should("secrets/long", "PR-9.6", "64 KiB arrive whole")
        .rows(&["SEC-08"])
        .profiles(SECRETS)
        .why("Half a bundle of certificates trusts half the servers.")
        .source("suite policy")
        .run(long),
    Case::should(
        "secrets/white-space",
        "PR-9.6",
        "white space at the ends, newlines and letters of all kinds are kept",
    )
    .rows(&["SEC-09"])
    .profiles(SECRETS)
    .why("A key file without its last newline is no key file to some programs.")
    .source("suite policy")
    .run(white_space),
    Case::may(
        "secrets/both-values",
        "PR-9.7",
        "where both values are given, one of them is the secret",
    )
    .rows(&["SEC-10"])
    .profiles(SECRETS)
    .why("Clients that send both should know which counts.")
    .source("faasd takes the raw one")
    .run(both),
    Case::should(
        "secrets/empty",
        "PR-9.8",
        "an empty secret is an empty file, or 400",
    )
    .rows(&["SEC-11"])
    .profiles(SECRETS)
    .why("A secret that was emptied by mistake should not be filled by somebody else.")
    .source("suite policy")
    .run(empty),
    Case::should(
        "secrets/dotted-name",
        "PR-9.24",
        "a name with dots and dashes is listed and read",
    )
    .rows(&["SEC-35"])
    .profiles(SECRETS)
    .why("Certificates are named after their hosts.")
    .source("faas-cli commands/secret_create.go")
    .run(dotted_name),
];

fn value(rig: &mut Rig) -> Outcome {
    for value in ["s3cr3t", "a \"quoted\" \\ value", "no newline at the end"] {
        let name = rig.secret(value)?;
        is_worth(rig, &name, value)?;
    }
    Ok(())
}

/// Given as a raw value, the bytes are what the function reads.
fn arrives(rig: &Rig, bytes: &[u8]) -> Outcome {
    let name = rig.name();
    made(
        rig,
        &json!({"name": name, "rawValue": STANDARD.encode(bytes)}),
    )?;
    let f = rig.start(&rig.function().secret(&name))?;
    let got = Digested::of(&read(&f, &name)?);
    check_eq!(
        got,
        Digested::of(bytes),
        "the secret as the function reads it"
    );
    Ok(())
}

fn raw_value(rig: &mut Rig) -> Outcome {
    let all: Vec<u8> = (0..=255).collect();
    arrives(rig, &all)?;
    arrives(rig, b"\x00\xff\x00")
}

fn long(rig: &mut Rig) -> Outcome {
    let text = "0123456789abcdef".repeat(4096);
    let name = rig.secret(&text)?;
    let f = rig.start(&rig.function().secret(&name))?;
    let got = Digested::of(&read(&f, &name)?);
    check_eq!(
        got,
        Digested::of(text.as_bytes()),
        "64 KiB as the function reads them"
    );
    Ok(())
}

fn white_space(rig: &mut Rig) -> Outcome {
    for value in [
        " \t leading and trailing \n",
        "two\r\nlines\n\n",
        "\n",
        "Zoë €5 😀",
    ] {
        let name = rig.secret(value)?;
        is_worth(rig, &name, value)?;
    }
    Ok(())
}

fn both(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let raw = STANDARD.encode("raw");
    let body = json!({"name": name, "value": "text", "rawValue": raw});
    let answer = rig.provider().create_secret(&body)?;
    if answer.status >= 400 {
        answer.is_refused()?;
        rig.note("both values are refused");
        return Ok(());
    }
    answer.is_one_of(CREATED)?;
    let f = rig.start(&rig.function().secret(&name))?;
    let bytes = read(&f, &name)?;
    let which = match bytes.as_slice() {
        b"raw" => "rawValue",
        b"text" => "value",
        other => {
            let got = String::from_utf8_lossy(other);
            return Err(Failure::failed(format!(
                "the secret is {got:?}, expected \"raw\" or \"text\""
            )));
        }
    };
    rig.note(&format!("of both values {which} counts"));
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let body = json!({"name": name, "value": ""});
    let answer = rig.provider().create_secret(&body)?;
    if answer.status >= 400 {
        answer.is(400)?;
        return super::lists(rig, &name, false);
    }
    answer.is_one_of(CREATED)?;
    is_worth(rig, &name, "")
}

fn dotted_name(rig: &mut Rig) -> Outcome {
    let name = format!("{}.host-1.example.com", rig.name());
    made(rig, &json!({"name": name, "value": "dotted"}))?;
    super::lists(rig, &name, true)?;
    is_worth(rig, &name, "dotted")
}
