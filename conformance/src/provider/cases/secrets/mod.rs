//! Secrets.
//! It knows how secrets are kept, listed, changed and given to functions.
//! It refuses to tell the value of a secret anywhere but in a function that may read it.

mod change;
mod given;
mod namespace;
mod refused;
mod values;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 9,
    name: "secrets",
    title: "Secrets",
    intro: "A secret is a file in the functions that name it, and is told to nobody else.",
    clauses: CLAUSES,
    cases: &[
        CASES,
        values::CASES,
        refused::CASES,
        change::CASES,
        given::CASES,
        namespace::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-9.1",
        "The list of secrets is 200 and a JSON array of names, each with its namespace if that is told.",
    ),
    Clause::should("PR-9.2", "The list of secrets has the type of JSON."),
    Clause::must(
        "PR-9.3",
        "A new secret is 200, 201 or 202, and is listed from then on.",
    ),
    Clause::must("PR-9.4", "The value of a secret is never told by the API."),
    Clause::must(
        "PR-9.5",
        "A function finds its secret in `/var/openfaas/secrets/NAME`, byte for byte, given as `value` or as `rawValue`.",
    ),
    Clause::should(
        "PR-9.6",
        "A secret may be long, and may have white space at its ends.",
    ),
    Clause::may(
        "PR-9.7",
        "Where both `value` and `rawValue` are given, one of them is the secret.",
    ),
    Clause::should("PR-9.8", "An empty secret is an empty file, or 400."),
    Clause::should(
        "PR-9.9",
        "Creating a secret that is there is 409, or replaces it.",
    ),
    Clause::must(
        "PR-9.10",
        "What is no JSON, and what names no secret, is 400, and nothing changes.",
    ),
    Clause::must(
        "PR-9.11",
        "A name that leads elsewhere in a file system is a 4xx, whatever is asked for, and nothing changes.",
    ),
    Clause::must(
        "PR-9.12",
        "Removing a secret is 200 or 202, and it is no longer listed.",
    ),
    Clause::should("PR-9.13", "Removing a secret that is not there is 404."),
    Clause::should(
        "PR-9.14",
        "Changing a secret that is not there is 404, and creates nothing.",
    ),
    Clause::must(
        "PR-9.15",
        "Changing a secret is 200 or 202, and functions that are deployed from then on read the new value.",
    ),
    Clause::may(
        "PR-9.16",
        "A function that runs reads the old value or the new one.",
    ),
    Clause::must(
        "PR-9.17",
        "A function can have many secrets, and a secret many functions.",
    ),
    Clause::must(
        "PR-9.18",
        "A function has the secrets that it names and no others, and none of them in its environment.",
    ),
    Clause::should("PR-9.19", "A function cannot change its secrets."),
    Clause::must(
        "PR-9.20",
        "Secrets of one name in two namespaces are two secrets, and no function has one of another namespace.",
    ),
    Clause::must(
        "PR-9.21",
        "The namespace in the body of a removal says where to remove.",
    ),
    Clause::should(
        "PR-9.22",
        "The namespace in the query of a removal says where to remove.",
    ),
    Clause::should(
        "PR-9.23",
        "Removing a secret that a function uses is refused, or does the function no harm.",
    ),
    Clause::should(
        "PR-9.24",
        "Names with dots and dashes can be the names of secrets.",
    ),
    Clause::must(
        "PR-9.25",
        "Who has no secrets says so with 404, 405 or 501.",
    ),
];

const SECRETS: &[Profile] = &[Profile::Secrets];

const CASES: &[Case] = &[
    Case::must(
        "secrets/list",
        "PR-9.1",
        "the list of secrets is 200 and a JSON array",
    )
    .rows(&["SEC-01"])
    .profiles(SECRETS)
    .why("faas-cli fails on anything else, also where there are none.")
    .source("OAS")
    .run(list),
    Case::should(
        "secrets/list-type",
        "PR-9.2",
        "the list of secrets has the type of JSON",
    )
    .rows(&["SEC-02"])
    .profiles(SECRETS)
    .why("Browsers and proxies go by the type.")
    .source("OAS")
    .run(list_type),
    Case::must(
        "secrets/create",
        "PR-9.3",
        "a new secret is 200, 201 or 202",
    )
    .rows(&["SEC-03"])
    .profiles(SECRETS)
    .why("faas-cli takes every other status for a failure.")
    .source("OAS; faas-cli proxy/secret.go")
    .run(create),
    Case::must(
        "secrets/listed",
        "PR-9.3",
        "a new secret is listed with its name and its namespace",
    )
    .rows(&["SEC-04"])
    .profiles(SECRETS)
    .why("What is not listed is never rotated and never removed.")
    .source("certifier secrets_test")
    .run(listed),
    Case::must(
        "secrets/not-told",
        "PR-9.4",
        "no answer of the API has the value of a secret",
    )
    .rows(&["SEC-05"])
    .profiles(SECRETS)
    .why("Whoever may list would be whoever may read.")
    .source("documentation, reference/secrets; faas-netes")
    .run(not_told),
    Case::must(
        "secrets/delete",
        "PR-9.12",
        "removing a secret is 200 or 202",
    )
    .rows(&["SEC-18"])
    .profiles(SECRETS)
    .why("faas-cli takes every other status for a failure.")
    .source("OAS; faas-cli proxy/secret.go")
    .run(delete),
    Case::must(
        "secrets/delete-listed",
        "PR-9.12",
        "a removed secret is no longer listed, and others still are",
    )
    .rows(&["SEC-19"])
    .profiles(SECRETS)
    .why("A secret that was revoked and is still there is not revoked.")
    .source("certifier secrets_test")
    .run(delete_listed),
    Case::should(
        "secrets/delete-missing",
        "PR-9.13",
        "removing a secret that is not there is 404",
    )
    .rows(&["SEC-20"])
    .profiles(SECRETS)
    .why("A typing error would pass for a removal, or for a fault of the provider.")
    .source("OAS")
    .run(delete_missing),
    Case::must("secrets/none", "PR-9.25", "who has no secrets says so")
        .rows(&["SEC-36"])
        .unless(Profile::Secrets)
        .why("A success without a secret is found out by the function's users.")
        .source("SDK serve.go; faas-swarm")
        .run(none),
];

/// The names that are listed, each once.
fn names(provider: &Provider, namespace: Option<&str>) -> Result<Vec<String>, Failure> {
    let answer = match namespace {
        Some(namespace) => provider.secrets_in(namespace)?,
        None => provider.secrets()?,
    };
    let entries: Vec<SecretEntry> = answer.is(200)?.json()?;
    Ok(entries.into_iter().map(|entry| entry.name).collect())
}

/// The secret is listed, or not, sooner or later.
fn lists(rig: &Rig, secret: impl Named, want: bool) -> Outcome {
    let name = secret.name();
    rig.settles(&format!("the list of secrets with {name}: {want}"), || {
        let all = names(&rig.provider(), secret.namespace())?;
        let there = all.iter().filter(|one| *one == name).count();
        check_eq!(there, usize::from(want), "entries of {name} in the list");
        Ok(())
    })
}

/// Creates it, with whatever fields.
fn made(rig: &Rig, body: &Value) -> Outcome {
    rig.provider().create_secret(body)?.is_one_of(CREATED)?;
    Ok(())
}

/// What the function reads.
fn read(f: &Function, name: &str) -> Result<Vec<u8>, Failure> {
    let file = f.secret(name)?;
    let file =
        file.ok_or_else(|| Failure::failed(format!("there is no file of the secret {name}")))?;
    file.bytes()
}

/// What the function reads is this text.
fn reads(f: &Function, name: &str, want: &str) -> Outcome {
    let bytes = read(f, name)?;
    check_eq!(
        String::from_utf8_lossy(&bytes),
        want,
        "the secret {name} as {} reads it",
        f.name
    );
    Ok(())
}

/// A new function that is given the secret reads this text.
fn is_worth(rig: &Rig, name: &str, want: &str) -> Outcome {
    let f = rig.start(&rig.function().secret(name))?;
    reads(&f, name, want)
}

fn list(rig: &mut Rig) -> Outcome {
    let before = names(&rig.provider(), None)?;
    check!(
        before.iter().all(|name| !name.is_empty()),
        "a name is empty"
    );
    let name = rig.secret("value")?;
    rig.settles("the entry of the new secret", || {
        let answer = rig.provider().secrets()?.is(200)?;
        let entries = answer.value()?;
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        let ours = entries
            .iter()
            .any(|one| one.get("name") == Some(&json!(name)));
        if ours {
            return Ok(());
        }
        Err(answer.unlike(&format!("expected an array with {name}")))
    })
}

fn list_type(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().secrets()?.is(200)?;
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    check_eq!(
        kind,
        "application/json",
        "Content-Type of the list of secrets"
    );
    Ok(())
}

fn create(rig: &mut Rig) -> Outcome {
    made(rig, &json!({"name": rig.name(), "value": "a value"}))
}

fn listed(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let absent = names(&rig.provider(), None)?;
    check!(
        !absent.contains(&name),
        "{name} is listed before it is created"
    );
    made(rig, &json!({"name": name, "value": "a value"}))?;
    lists(rig, &name, true)?;
    let entries: Vec<SecretEntry> = rig.provider().secrets()?.is(200)?.json()?;
    let entry = entries.into_iter().find(|entry| entry.name == name);
    let told = entry.and_then(|entry| entry.namespace).unwrap_or_default();
    check!(
        told.is_empty() || told == DEFAULT_NAMESPACE,
        "the namespace in the list is {told:?}, expected {DEFAULT_NAMESPACE}"
    );
    Ok(())
}

fn not_told(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let value = format!("the value of {name}");
    let raw = rig.name();
    let provider = rig.provider();
    let created = provider.create_secret(&json!({"name": name, "value": value}))?;
    let encoded = STANDARD.encode(&value);
    let body = json!({"name": raw, "rawValue": encoded});
    let created_raw = provider.create_secret(&body)?;
    lists(rig, &name, true)?;
    let deployment = rig.function().secret(&name).secret(&raw);
    let deployed = provider.deploy(&deployment)?;
    rig.ready(&deployment)?;
    for answer in [
        created.is_one_of(CREATED)?,
        created_raw.is_one_of(CREATED)?,
        deployed.is_accepted()?,
        provider.secrets()?.is(200)?,
        provider.list()?.is(200)?,
        provider.describe(&deployment)?.is(200)?,
    ] {
        let text = answer.text();
        let told = text.contains(&value) || text.contains(&encoded);
        check!(
            !told,
            "{}: the answer has the value of a secret",
            answer.call
        );
    }
    let entries: Vec<SecretEntry> = provider.secrets()?.is(200)?.json()?;
    for entry in entries {
        let field = entry
            .rest
            .keys()
            .find(|key| key.to_lowercase().contains("value"));
        check!(
            field.is_none(),
            "the list has the field {field:?} of {}",
            entry.name
        );
    }
    Ok(())
}

fn delete(rig: &mut Rig) -> Outcome {
    let name = rig.secret("value")?;
    let answer = rig.provider().delete_secret(&name)?;
    let answer = answer.is_one_of(&[200, 202, 204])?;
    if answer.status == 204 {
        rig.note("204 is what the OpenAPI file says, and a failure to faas-cli");
    }
    Ok(())
}

fn delete_listed(rig: &mut Rig) -> Outcome {
    let (gone, kept) = (rig.secret("gone")?, rig.secret("kept")?);
    lists(rig, &gone, true)?;
    rig.provider()
        .delete_secret(&gone)?
        .is_one_of(&[200, 202, 204])?;
    lists(rig, &gone, false)?;
    lists(rig, &kept, true)?;
    is_worth(rig, &kept, "kept")
}

fn delete_missing(rig: &mut Rig) -> Outcome {
    rig.provider().delete_secret(rig.name())?.is(404)?;
    Ok(())
}

fn none(rig: &mut Rig) -> Outcome {
    const ABSENT: &[u16] = &[404, 405, 501];
    let name = rig.name();
    let body = json!({"name": name, "value": "value"});
    let provider = rig.provider();
    provider.secrets()?.is_one_of(ABSENT)?;
    provider.create_secret(&body)?.is_one_of(ABSENT)?;
    provider.update_secret(&body)?.is_one_of(ABSENT)?;
    provider.delete_secret(&name)?.is_one_of(ABSENT)?;
    Ok(())
}
