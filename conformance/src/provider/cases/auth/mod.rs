//! Who may ask: the system routes ask for credentials, invocations do not.
//! It knows Basic authentication and the routes that everybody may call.
//! It refuses to guess passwords: it only sends wrong ones.

mod invocations;
mod passwords;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 2,
    name: "auth",
    title: "Who may ask",
    intro: "Whoever changes or looks at functions needs credentials; whoever calls a function does not.",
    clauses: CLAUSES,
    cases: &[CASES, passwords::CASES, invocations::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-2.1",
        "Without credentials every system route is 401, and nothing is changed or told.",
    ),
    Clause::must(
        "PR-2.2",
        "Credentials are compared whole: user and password, every byte.",
    ),
    Clause::should(
        "PR-2.3",
        "A 401 says with `WWW-Authenticate` that Basic is asked for.",
    ),
    Clause::should(
        "PR-2.4",
        "Credentials that cannot be read are 401, and never a 5xx.",
    ),
    Clause::should(
        "PR-2.5",
        "An empty Bearer token is 401 where credentials are asked for, and no trouble where they are not.",
    ),
    Clause::must("PR-2.6", "The right credentials open the system routes."),
    Clause::must("PR-2.7", "Functions are called without credentials."),
    Clause::must(
        "PR-2.8",
        "The `Authorization` of a caller reaches the function unchanged.",
    ),
    Clause::must(
        "PR-2.9",
        "A gateway never gives its own credentials to a function.",
    ),
    Clause::must(
        "PR-2.10",
        "At a gateway namespaces and alerts ask for credentials, too.",
    ),
    Clause::may(
        "PR-2.11",
        "At a provider the routes of namespaces may be open to everybody.",
    ),
    Clause::should("PR-2.12", "Credentials are looked at before the body is."),
];

const AUTH: &[Profile] = &[Profile::Core, Profile::Auth];

const CASES: &[Case] = &[
    Case::must("auth/list", "PR-2.1", "the list without credentials is 401")
        .rows(&["AUTH-01"])
        .profiles(AUTH)
        .why("Names, images and settings of functions are nobody else's business.")
        .source("SDK auth/basic_auth.go")
        .run(list),
    Case::must(
        "auth/deploy",
        "PR-2.1",
        "a deployment without credentials is 401 and creates nothing",
    )
    .rows(&["AUTH-02"])
    .profiles(AUTH)
    .why("Whoever can deploy runs any code on the machine.")
    .source("SDK serve.go")
    .run(deploy),
    Case::must(
        "auth/update",
        "PR-2.1",
        "an update without credentials is 401 and changes nothing",
    )
    .rows(&["AUTH-03"])
    .profiles(AUTH)
    .why("Whoever can update replaces the code behind a trusted address.")
    .source("SDK serve.go")
    .run(update),
    Case::must(
        "auth/delete",
        "PR-2.1",
        "a removal without credentials is 401 and the function stays",
    )
    .rows(&["AUTH-04"])
    .profiles(AUTH)
    .why("Anybody could take a service down.")
    .source("SDK serve.go")
    .run(delete),
    Case::must(
        "auth/describe",
        "PR-2.1",
        "a description without credentials is 401, whether the function is there or not",
    )
    .rows(&["AUTH-05"])
    .profiles(AUTH)
    .why("A 404 beside a 401 tells strangers which functions there are.")
    .source("SDK serve.go")
    .run(describe),
    Case::must("auth/scale", "PR-2.1", "scaling without credentials is 401")
        .rows(&["AUTH-06"])
        .profiles(AUTH)
        .why("Scaling costs money, and scaling to nothing is an outage.")
        .source("SDK serve.go")
        .run(scale),
    Case::must("auth/info", "PR-2.1", "the info without credentials is 401")
        .rows(&["AUTH-07"])
        .profiles(AUTH)
        .why("Versions tell an attacker what to try.")
        .source("SDK serve.go")
        .run(info),
    Case::must(
        "auth/secrets",
        "PR-2.1",
        "every method of the secrets without credentials is 401",
    )
    .rows(&["AUTH-08"])
    .profiles(&[Profile::Auth, Profile::Secrets])
    .why("Whoever can replace a secret can let himself in.")
    .source("SDK serve.go")
    .run(secrets),
    Case::must("auth/logs", "PR-2.1", "logs without credentials are 401")
        .rows(&["AUTH-09"])
        .profiles(&[Profile::Auth, Profile::Logs])
        .why("Logs hold what users sent.")
        .source("SDK serve.go; gateway main.go")
        .run(logs),
    Case::must(
        "auth/namespaces",
        "PR-2.10",
        "at a gateway the namespaces without credentials are 401",
    )
    .rows(&["AUTH-21"])
    .profiles(&[Profile::Auth, Profile::Gateway])
    .why("Namespaces often bear the names of customers.")
    .source("gateway main.go")
    .run(namespaces),
    Case::must(
        "auth/alert",
        "PR-2.10",
        "at a gateway an alert without credentials is 401",
    )
    .rows(&["AUTH-23"])
    .profiles(&[Profile::Auth, Profile::Gateway])
    .why("An alert scales functions.")
    .source("gateway main.go")
    .run(alert),
    Case::may(
        "auth/namespaces-at-provider",
        "PR-2.11",
        "at a provider the namespaces without credentials are told, or 401",
    )
    .rows(&["AUTH-22"])
    .profiles(&[Profile::Auth, Profile::Provider])
    .why("An operator should know that these routes are open.")
    .source("SDK serve.go")
    .run(namespaces_at_provider),
    Case::should(
        "auth/before-body",
        "PR-2.12",
        "a malformed body without credentials is 401",
    )
    .rows(&["AUTH-24"])
    .profiles(AUTH)
    .why("A stranger should not reach the parser.")
    .source("SDK serve.go")
    .run(before_body),
];

fn list(rig: &mut Rig) -> Outcome {
    rig.provider().anonymous().list()?.is(401)?;
    Ok(())
}

fn deploy(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    let provider = rig.provider();
    provider.anonymous().deploy(&deployment)?.is(401)?;
    rig.stays(1.0, || {
        let listed = provider.listed(&deployment)?;
        check!(listed.is_none(), "the refused deployment is listed");
        Ok(())
    })?;
    provider.describe(&deployment)?.is(404)?;
    Ok(())
}

fn update(rig: &mut Rig) -> Outcome {
    let before = rig.function().env("COLOUR", "green").label("kept", "yes");
    let f = rig.start(&before)?;
    let instance = f.instance()?;
    let after = before.env("COLOUR", "red").label("kept", "no");
    let provider = rig.provider();
    provider.anonymous().update(&after)?.is(401)?;
    rig.stays(1.0, || {
        let labels = provider.status(&f)?.labels;
        let kept = labels.get("kept").map(String::as_str);
        check_eq!(kept, Some("yes"), "the label after a refused update");
        Ok(())
    })?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    check_eq!(f.instance()?, instance, "the process that answers");
    Ok(())
}

fn delete(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    provider.anonymous().delete(&f)?.is(401)?;
    rig.stays(1.0, || {
        let listed = provider.listed(&f)?;
        check!(
            listed.is_some(),
            "the refused removal took the function off the list"
        );
        Ok(())
    })?;
    f.get("/")?.is(200)?;
    Ok(())
}

fn describe(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let stranger = rig.provider().anonymous();
    stranger.describe(&f)?.is(401)?;
    stranger.describe(rig.name())?.is(401)?;
    Ok(())
}

fn scale(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let before = f.status()?.replicas;
    let provider = rig.provider();
    provider.anonymous().scale(&f, before + 1)?.is(401)?;
    rig.stays(1.0, || {
        let now = provider.status(&f)?.replicas;
        check_eq!(now, before, "replicas after a refused scaling");
        Ok(())
    })
}

fn info(rig: &mut Rig) -> Outcome {
    rig.provider().anonymous().info()?.is(401)?;
    Ok(())
}

fn secrets(rig: &mut Rig) -> Outcome {
    let kept = rig.secret("kept")?;
    let stranger = rig.provider().anonymous();
    stranger.secrets()?.is(401)?;
    let fresh = rig.name();
    let body = |name: &str| json!({"name": name, "value": "changed"});
    stranger.create_secret(&body(&fresh))?.is(401)?;
    stranger.update_secret(&body(&kept))?.is(401)?;
    stranger.delete_secret(&kept)?.is(401)?;
    let listed: Vec<SecretEntry> = rig.provider().secrets()?.is(200)?.json()?;
    let has = |name: &str| listed.iter().any(|one| one.name == name);
    check!(has(&kept), "the refused removal removed the secret");
    check!(!has(&fresh), "the refused creation created a secret");
    let f = rig.start(&rig.function().secret(&kept))?;
    let bytes = match f.secret(&kept)? {
        Some(file) => file.bytes()?,
        None => return Err(Failure::failed("the function has no file of its secret")),
    };
    check_eq!(
        String::from_utf8_lossy(&bytes),
        "kept",
        "the secret's value"
    );
    Ok(())
}

fn logs(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().anonymous().logs(&f, "")?.is(401)?;
    Ok(())
}

fn namespaces(rig: &mut Rig) -> Outcome {
    rig.provider().anonymous().namespaces()?.is(401)?;
    Ok(())
}

fn alert(rig: &mut Rig) -> Outcome {
    let alert = json!({"status": "firing", "receiver": "x", "alerts": []});
    let stranger = rig.provider().anonymous();
    stranger.call("POST", "/system/alert", &alert)?.is(401)?;
    Ok(())
}

fn namespaces_at_provider(rig: &mut Rig) -> Outcome {
    let stranger = rig.provider().anonymous();
    for path in ["/system/namespaces", "/system/namespace/x"] {
        let answer = stranger.get(path)?.is_one_of(&[200, 401, 404, 501])?;
        let open = if answer.status == 401 {
            "closed"
        } else {
            "open"
        };
        rig.note(&format!("{path} is {open}"));
    }
    Ok(())
}

fn before_body(rig: &mut Rig) -> Outcome {
    let stranger = rig.provider().anonymous();
    for method in ["POST", "PUT", "DELETE"] {
        let broken = Request::new(method, "/system/functions")
            .header("Content-Type", "application/json")
            .body("{\"service\": ");
        stranger.send(&broken)?.is(401)?;
    }
    Ok(())
}
