//! Listing functions.
//! It knows the list and its entries.
//! It refuses to expect an order, or to be alone on the provider.

mod entry;
mod place;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 6,
    name: "list",
    title: "Listing functions",
    intro: "The list says which functions there are in a namespace.",
    clauses: CLAUSES,
    cases: &[CASES, place::CASES, entry::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-6.1",
        "The list is 200 and a JSON array, empty where there is no function.",
    ),
    Clause::must(
        "PR-6.2",
        "Every entry has a name, an image and its namespace.",
    ),
    Clause::must("PR-6.3", "Every function is listed once."),
    Clause::must(
        "PR-6.4",
        "The query `namespace` says of which namespace the list is; without it, of the default one.",
    ),
    Clause::should(
        "PR-6.5",
        "The list of a namespace that is not there is empty, 400 or 404.",
    ),
    Clause::must(
        "PR-6.6",
        "`replicas` is a whole number, and at least 1 of a function that answers.",
    ),
    Clause::should(
        "PR-6.7",
        "`envVars`, `envProcess`, `secrets`, `limits` and `requests` are told as they were deployed.",
    ),
    Clause::should(
        "PR-6.8",
        "`createdAt` is the time of the deployment in RFC 3339.",
    ),
    Clause::should(
        "PR-6.9",
        "At a gateway `invocationCount` grows with the calls.",
    ),
    Clause::must(
        "PR-6.10",
        "While functions come and go the list is whole, and so is every entry.",
    ),
    Clause::should(
        "PR-6.11",
        "The list tells no value of a secret and no credentials.",
    ),
];

const CASES: &[Case] = &[
    Case::must("list/array", "PR-6.1", "the list is a JSON array")
        .rows(&["LST-01"])
        .why("Every client decodes it.")
        .source("OAS")
        .run(array),
    Case::must(
        "list/empty",
        "PR-6.1",
        "the list of nothing is an empty array",
    )
    .rows(&["LST-02"])
    .why("Clients that expect an array fail on null.")
    .source("SDK; faas-cli proxy/list.go")
    .exclusive()
    .run(empty),
    Case::must(
        "list/name-and-image",
        "PR-6.2",
        "every entry has a name and an image",
    )
    .rows(&["LST-03"])
    .why("An entry without them can be neither called nor compared.")
    .source("OAS: required")
    .run(name_and_image),
    Case::must(
        "list/namespace-of-entry",
        "PR-6.2",
        "every entry says its namespace",
    )
    .rows(&["LST-04"])
    .why("Dashboards call a function by name and namespace.")
    .source("certifier deploy_test")
    .run(namespace_of_entry),
    Case::must("list/once", "PR-6.3", "no function is listed twice")
        .rows(&["LST-05"])
        .why("What is listed twice is counted and shown twice.")
        .source("suite policy")
        .run(once),
    Case::must(
        "list/churn",
        "PR-6.10",
        "while functions come and go the list neither fails nor shows half an entry",
    )
    .rows(&["LST-16"])
    .why("Dashboards and exporters list all the time, also while somebody deploys.")
    .source("suite policy")
    .run(churn),
    Case::should(
        "list/no-secrets",
        "PR-6.11",
        "the list tells no value of a secret and no credentials",
    )
    .rows(&["LST-17"])
    .why("Whoever may look at functions may not know their secrets.")
    .source("documentation, reference/secrets")
    .run(no_secrets),
];

fn array(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = rig.provider().list()?.is(200)?;
    let kind = answer.header("content-type").unwrap_or_default();
    check!(
        kind.starts_with("application/json"),
        "the list is of the type {kind:?}, expected application/json"
    );
    let value = answer.value()?;
    let Some(all) = value.as_array() else {
        return Err(answer.unlike("expected a JSON array"));
    };
    let ours = all
        .iter()
        .any(|one| one.get("name") == Some(&json!(f.name)));
    check!(ours, "{} is not listed", f.name);
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let answer = if rig.claims(Profile::NsCrud) {
        let namespace = rig.name();
        let body = crate::provider::rig::api::namespace_body(&namespace);
        provider.create_namespace(&body)?.is_one_of(CREATED)?;
        provider.list_in(&namespace)?.is(200)?
    } else {
        // What other cases left may still be going.
        let ours = crate::provider::rig::name::prefix(&rig.ground().run);
        rig.settles("a list without functions of ours", || {
            let provider = &rig.provider();
            let all = provider.functions(None)?;
            let left = all.iter().find(|one| one.name.contains(&ours));
            check!(left.is_none(), "{left:?} is still there");
            Ok(())
        })?;
        provider.list()?.is(200)?
    };
    let value = answer.value()?;
    if value.as_array().is_some_and(|all| !all.is_empty()) {
        return rig.skip("there are functions of other people, and no way to make a namespace");
    }
    check_eq!(value, json!([]), "the list of nothing");
    Ok(())
}

fn name_and_image(rig: &mut Rig) -> Outcome {
    rig.probe()?;
    for one in rig.provider().functions(None)? {
        check!(!one.name.is_empty(), "an entry has no name: {one:?}");
        check!(!one.image.is_empty(), "an entry has no image: {one:?}");
    }
    Ok(())
}

fn namespace_of_entry(rig: &mut Rig) -> Outcome {
    rig.probe()?;
    for one in rig.provider().functions(None)? {
        let told = one.namespace.as_deref();
        check_eq!(
            told,
            Some(DEFAULT_NAMESPACE),
            "the namespace of {}",
            one.name
        );
    }
    Ok(())
}

fn once(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.start(&deployment)?;
    let provider = rig.provider();
    if rig.claims(Profile::Scale) {
        provider.scale(&deployment, 2)?.is_accepted()?;
        rig.replicas(&deployment, 2)?;
    }
    provider
        .update(&deployment.env("COLOUR", "red"))?
        .is_accepted()?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let mut names: Vec<String> = provider
            .functions(None)?
            .into_iter()
            .map(|one| one.name)
            .collect();
        names.sort();
        let twice = names.windows(2).find(|pair| pair.first() == pair.last());
        check!(twice.is_none(), "{twice:?} is listed twice");
        Ok(())
    })
}

fn churn(rig: &mut Rig) -> Outcome {
    let quiet = rig.provider();
    let (seen, done) = meanwhile(2, || whole_list(&quiet), || come_and_go(rig));
    done?;
    check!(seen.len() > 10, "the list was read {} times", seen.len());
    seen.into_iter().collect()
}

/// Functions come, change and go, two at a time.
fn come_and_go(rig: &Rig) -> Outcome {
    all_at_once(2, |_| {
        for _ in 0..3 {
            let deployment = rig.function().label("team", "judges");
            let provider = rig.provider();
            provider.deploy(&deployment)?.is_accepted()?;
            rig.settles("the description", || rig.provider().status(&deployment))?;
            provider
                .update(&deployment.clone().env("COLOUR", "red"))?
                .is_accepted()?;
            provider.delete(&deployment)?.is_accepted()?;
            rig.gone(&deployment)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The list, and every entry of it with all that an entry must have.
fn whole_list(provider: &Provider) -> Outcome {
    for one in provider.functions(None)? {
        let named = !one.name.is_empty() && !one.image.is_empty();
        check!(named, "half an entry is listed: {one:?}");
        let told = one.namespace.as_deref();
        check_eq!(
            told,
            Some(DEFAULT_NAMESPACE),
            "the namespace of {}",
            one.name
        );
    }
    Ok(())
}

fn no_secrets(rig: &mut Rig) -> Outcome {
    let value = format!("value-of-{}", rig.name());
    let deployment = if rig.claims(Profile::Secrets) {
        rig.function().secret(&rig.secret(&value)?)
    } else {
        rig.function()
    };
    let f = rig.start(&deployment)?;
    let provider = rig.provider();
    let texts = [
        provider.list()?.is(200)?.text(),
        provider.describe(&f)?.is(200)?.text(),
    ];
    let mut hidden = vec![value.clone(), encoded(&value)];
    let credentials = rig.ground().setting.credentials.secrets();
    hidden.extend(credentials.into_iter().map(|secret| secret.text));
    for secret in hidden {
        let told = texts.iter().any(|text| text.contains(&secret));
        check!(!told, "the answer tells a secret: {secret:?}");
    }
    Ok(())
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
