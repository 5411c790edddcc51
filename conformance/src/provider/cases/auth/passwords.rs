//! Right and wrong credentials.
//! It knows the user and the password of the run, and makes wrong ones of them.
//! It refuses to judge tokens: what they hold is up to whoever made them.

use super::AUTH;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("auth/wrong-password", "PR-2.2", "a wrong password is 401")
        .rows(&["AUTH-10"])
        .profiles(AUTH)
        .why("The password is all that there is between strangers and the functions.")
        .source("SDK auth/basic_auth.go")
        .run(wrong_password),
    Case::must(
        "auth/wrong-user",
        "PR-2.2",
        "another user with the right password is 401",
    )
    .rows(&["AUTH-11"])
    .profiles(AUTH)
    .why("A check of the password alone makes every name a key.")
    .source("SDK auth/basic_auth.go")
    .run(wrong_user),
    Case::must("auth/empty-password", "PR-2.2", "an empty password is 401")
        .rows(&["AUTH-12"])
        .profiles(AUTH)
        .why("What compares nothing with nothing lets everybody in.")
        .source("SDK auth/basic_auth.go")
        .run(empty_password),
    Case::must(
        "auth/whole-password",
        "PR-2.2",
        "a part of the password, more than it, or its letters in another case are 401",
    )
    .rows(&["AUTH-17"])
    .profiles(AUTH)
    .why("A comparison of prefixes makes the password a guess of one letter.")
    .source("SDK auth/basic_auth.go")
    .run(whole_password),
    Case::should(
        "auth/challenge",
        "PR-2.3",
        "a 401 has a WWW-Authenticate of Basic",
    )
    .rows(&["AUTH-13"])
    .profiles(AUTH)
    .why("A browser asks for the password only if it is told to.")
    .source("SDK auth/basic_auth.go; RFC 7617")
    .run(challenge),
    Case::should(
        "auth/malformed",
        "PR-2.4",
        "an Authorization that cannot be read is 401",
    )
    .rows(&["AUTH-14"])
    .profiles(AUTH)
    .why("What a stranger can break with one header is not protected by it.")
    .source("SDK auth/basic_auth.go")
    .run(malformed),
    Case::should(
        "auth/empty-token",
        "PR-2.5",
        "an empty Bearer token is 401 where credentials are asked for, and ignored where not",
    )
    .rows(&["AUTH-15"])
    .why("faas-cli sends one when it has nothing saved.")
    .source("faas-cli proxy/auth.go")
    .run(empty_token),
    Case::must(
        "auth/right",
        "PR-2.6",
        "the right credentials open the list",
    )
    .rows(&["AUTH-16"])
    .profiles(AUTH)
    .why("A door that never opens is no door.")
    .source("SDK auth/basic_auth.go")
    .run(right),
];

/// The user and the password of the run.
fn pair(rig: &Rig) -> Result<(String, String), Failure> {
    match &rig.ground().setting.credentials {
        Credentials::Basic { user, password } => Ok((user.clone(), password.clone())),
        _ => rig.skip("needs a user and a password: -u USER -p PASSWORD"),
    }
}

/// These credentials open nothing: neither what tells nor what changes.
fn refused(rig: &Rig, user: &str, password: &str) -> Outcome {
    let stranger = rig.provider().as_user(Credentials::basic(user, password));
    stranger.list()?.is(401)?;
    stranger.info()?.is(401)?;
    stranger.deploy(&rig.function())?.is(401)?;
    Ok(())
}

fn wrong_password(rig: &mut Rig) -> Outcome {
    let (user, password) = pair(rig)?;
    refused(rig, &user, "not-the-password")?;
    let swapped: String = password.chars().rev().chain(['!']).collect();
    refused(rig, &user, &swapped)
}

fn wrong_user(rig: &mut Rig) -> Outcome {
    let (user, password) = pair(rig)?;
    refused(rig, "somebody-else", &password)?;
    refused(rig, &format!("{user}x"), &password)?;
    refused_unless_same(rig, (&swapped(&user), &password))?;
    refused(rig, "", &password)
}

fn empty_password(rig: &mut Rig) -> Outcome {
    let (user, _) = pair(rig)?;
    refused(rig, &user, "")?;
    refused(rig, "", "")
}

fn whole_password(rig: &mut Rig) -> Outcome {
    let (user, password) = pair(rig)?;
    let mut shorter = password.clone();
    shorter.pop();
    refused(rig, &user, &shorter)?;
    let first: String = password.chars().take(1).collect();
    if first != password {
        refused(rig, &user, &first)?;
    }
    refused(rig, &user, &format!("{password}x"))?;
    for end in ["\0", "\0x", " ", "\n"] {
        refused(rig, &user, &format!("{password}{end}"))?;
    }
    refused(rig, &user, &format!(" {password}"))?;
    refused_unless_same(rig, (&user, &swapped(&password)))
}

/// The same letters, large ones small and small ones large.
fn swapped(text: &str) -> String {
    let other = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    text.chars().map(other).collect()
}

/// As `refused`, but for a pair without letters, whose other case it is itself.
fn refused_unless_same(rig: &Rig, (user, password): (&str, &str)) -> Outcome {
    let right = pair(rig)?;
    if (user, password) == (right.0.as_str(), right.1.as_str()) {
        return Ok(());
    }
    refused(rig, user, password)
}

fn challenge(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().anonymous().list()?.is(401)?;
    let asked = answer.header("www-authenticate").unwrap_or_default();
    let scheme = asked.split(' ').next().unwrap_or_default();
    check!(
        scheme.eq_ignore_ascii_case("basic"),
        "WWW-Authenticate is {asked:?}, expected the scheme Basic"
    );
    Ok(())
}

fn malformed(rig: &mut Rig) -> Outcome {
    let stranger = rig.provider().anonymous();
    for value in [
        "Basic !!!",
        "Basic",
        "Basic YWJj",
        "Basic =",
        "Digest x",
        "x",
    ] {
        let request = Request::get("/system/functions").header("Authorization", value);
        stranger.send(&request)?.is(401)?;
    }
    Ok(())
}

fn empty_token(rig: &mut Rig) -> Outcome {
    let request = Request::get("/system/functions").header("Authorization", "Bearer ");
    let wanted = if rig.claims(Profile::Auth) { 401 } else { 200 };
    rig.provider().anonymous().send(&request)?.is(wanted)?;
    Ok(())
}

fn right(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    provider.list()?.is(200)?.json::<Vec<Status>>()?;
    provider.info()?.is(200)?;
    Ok(())
}
