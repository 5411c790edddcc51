//! Chapter 2: who is let in.
//! It knows which routes are left open, and how credentials are compared.
//! It refuses what other chapters are about.

use super::prelude::*;

/// Strangers are let in where the path and one of the methods is this.
fn open(asked: &mut Asked, methods: &[&str], path: &str) {
    if asked.is_strange() && methods.iter().any(|method| asked.is(method, path)) {
        asked.let_in();
    }
}

/// Credentials that are as good as the right ones for whoever compares so.
fn same(asked: &mut Asked, good: impl Fn((&str, &str), (&str, &str)) -> bool) {
    if let Some((user, password)) = asked.credentials()
        && good((&user, &password), asked.right())
    {
        asked.let_in();
    }
}

/// A stranger's answer becomes the refusal that comes too late.
fn too_late(told: &mut Told) {
    told.become_status(401);
    told.set_header("www-authenticate", "Basic realm=\"Restricted\"");
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "auth/list-open",
        &["PR-2.1"],
        "the list is open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/functions")),
    ),
    mutant(
        "auth/deploy-open",
        &["PR-2.1"],
        "whoever likes may deploy",
        when_asked(|asked, _| open(asked, &["POST"], "/system/functions")),
    ),
    mutant(
        "auth/update-open",
        &["PR-2.1"],
        "whoever likes may update",
        when_asked(|asked, _| open(asked, &["PUT"], "/system/functions")),
    ),
    mutant(
        "auth/delete-open",
        &["PR-2.1"],
        "whoever likes may remove functions",
        when_asked(|asked, _| open(asked, &["DELETE"], "/system/functions")),
    ),
    mutant(
        "auth/describe-open",
        &["PR-2.1"],
        "descriptions are open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/function/")),
    ),
    mutant(
        "auth/scale-open",
        &["PR-2.1"],
        "whoever likes may scale",
        when_asked(|asked, _| open(asked, &["POST"], "/system/scale-function/")),
    ),
    mutant(
        "auth/info-open",
        &["PR-2.1"],
        "the info is open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/info")),
    ),
    mutant(
        "auth/secrets-open",
        &["PR-2.1"],
        "the names of secrets are open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/secrets")),
    ),
    mutant(
        "auth/secret-update-open",
        &["PR-2.1"],
        "whoever likes may change a secret",
        when_asked(|asked, _| open(asked, &["PUT"], "/system/secrets")),
    ),
    mutant(
        "auth/logs-open",
        &["PR-2.1"],
        "logs are open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/logs")),
    ),
    mutant(
        "auth/missing-told",
        &["PR-2.1"],
        "strangers hear which functions there are not",
        Front(Front {
            asked: |asked, memory| {
                if asked.is_strange() && asked.is("GET", "/system/function/") {
                    memory.set(asked.path(), true);
                    asked.let_in();
                }
            },
            told: |told, asked, memory| {
                if memory.remove(asked.path()).is_some() && told.status != 404 {
                    too_late(told);
                }
            },
            ..Front::NOTHING
        }),
    ),
    mutant(
        "auth/after-the-deed",
        &["PR-2.1", "PR-2.12"],
        "the door stands behind the handler: it is done, and then refused",
        Front(Front {
            asked: |asked, _| {
                if asked.is_strange() && asked.at("/system/") {
                    asked.set_header("x-strange", "yes");
                    asked.let_in();
                }
            },
            told: |told, asked, _| {
                if asked.header("x-strange").is_some() && told.status != 400 {
                    too_late(told);
                }
            },
            ..Front::NOTHING
        }),
    ),
    mutant(
        "auth/any-user",
        &["PR-2.2"],
        "the password alone is compared",
        when_asked(|asked, _| same(asked, |given, right| given.1 == right.1)),
    ),
    mutant(
        "auth/any-password",
        &["PR-2.2"],
        "the user alone is compared",
        when_asked(|asked, _| same(asked, |given, right| given.0 == right.0)),
    ),
    mutant(
        "auth/no-password",
        &["PR-2.2"],
        "an empty password is taken",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && given.1.is_empty()
            });
        }),
    ),
    mutant(
        "auth/prefix",
        &["PR-2.2"],
        "the password is compared as far as the given one goes",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && !given.1.is_empty() && right.1.starts_with(given.1)
            });
        }),
    ),
    mutant(
        "auth/eight-letters",
        &["PR-2.2"],
        "the first eight letters of the password are compared, as crypt does",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && given.1.get(..8) == right.1.get(..8)
            });
        }),
    ),
    mutant(
        "auth/ends-at-nul",
        &["PR-2.2"],
        "the password ends at a NUL",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && given.1.split('\0').next() == Some(right.1)
            });
        }),
    ),
    mutant(
        "auth/trimmed",
        &["PR-2.2"],
        "white space around the password is nothing",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && given.1.trim() == right.1
            });
        }),
    ),
    mutant(
        "auth/any-case",
        &["PR-2.2"],
        "letters are compared without their case",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0 == right.0 && given.1.eq_ignore_ascii_case(right.1)
            });
        }),
    ),
    mutant(
        "auth/user-in-any-case",
        &["PR-2.2"],
        "the user is compared without the case of letters",
        when_asked(|asked, _| {
            same(asked, |given, right| {
                given.0.eq_ignore_ascii_case(right.0) && given.1 == right.1
            });
        }),
    ),
    mutant(
        "auth/no-challenge",
        &["PR-2.3"],
        "a 401 does not say what is asked for",
        when_told(|told, _, _| {
            if told.status == 401 {
                told.headers.remove("www-authenticate");
            }
        }),
    ),
    mutant(
        "auth/malformed-500",
        &["PR-2.4"],
        "credentials that cannot be read are a 500",
        when_told(|told, asked, _| {
            if told.status == 401 && !asked.is_strange() && asked.credentials().is_none() {
                told.become_status(500);
            }
        }),
    ),
    mutant(
        "auth/empty-token",
        &["PR-2.5"],
        "an empty token is as good as the right one",
        when_asked(|asked, _| {
            let token = asked.header("authorization").map(str::trim);
            if matches!(token, Some("Bearer")) {
                asked.let_in();
            }
        }),
    ),
    mutant(
        "auth/never-open",
        &["PR-2.6"],
        "the right credentials are refused like any",
        when_told(|told, asked, _| {
            if asked.at("/system/") {
                too_late(told);
            }
        }),
    ),
    mutant(
        "auth/functions-locked",
        &["PR-2.7"],
        "functions are behind the password, too",
        when_told(|told, asked, _| {
            if asked.is_call() && asked.is_strange() {
                too_late(told);
            }
        }),
    ),
    mutant(
        "auth/header-eaten",
        &["PR-2.8"],
        "the gateway keeps the Authorization of callers",
        when_asked(|asked, _| {
            if asked.is_call() {
                asked.headers.remove("authorization");
            }
        }),
    ),
    mutant(
        "auth/basic-eaten",
        &["PR-2.8"],
        "the gateway keeps Basic credentials of callers",
        when_asked(|asked, _| {
            if asked.is_call() && asked.credentials().is_some() {
                asked.headers.remove("authorization");
            }
        }),
    ),
    mutant(
        "auth/key-handed-on",
        &["PR-2.9"],
        "the gateway's own credentials go along to functions",
        when_asked(|asked, _| {
            if asked.is_call() && asked.is_strange() {
                asked.let_in();
            }
        }),
    ),
    mutant(
        "auth/key-in-a-header",
        &["PR-2.9"],
        "the gateway's own credentials go along to functions in a header of another name",
        when_asked(|asked, _| {
            if asked.is_call() {
                let password = asked.right().1.to_owned();
                asked.set_header("x-gateway-key", &password);
            }
        }),
    ),
    mutant(
        "auth/namespaces-open",
        &["PR-2.10"],
        "at a gateway the namespaces are open",
        when_asked(|asked, _| open(asked, &["GET"], "/system/namespaces")),
    ),
    mutant(
        "auth/alerts-open",
        &["PR-2.10"],
        "at a gateway alerts are taken from whoever sends them",
        when_asked(|asked, _| open(asked, &["POST"], "/system/alert")),
    ),
];
