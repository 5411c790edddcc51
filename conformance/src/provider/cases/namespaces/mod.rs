//! Namespaces.
//! It knows where a function is, and that equal names in two places are two functions.
//! It refuses to change a namespace that the run did not make.

mod apart;
mod change;
mod names;
mod refused;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 11,
    name: "namespaces",
    title: "Namespaces",
    intro: "A namespace keeps functions, secrets and logs apart.",
    clauses: CLAUSES,
    cases: &[
        CASES,
        names::CASES,
        apart::CASES,
        change::CASES,
        refused::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-11.1",
        "The list of namespaces is 200 and a JSON array of names, empty where there are no namespaces.",
    ),
    Clause::must(
        "PR-11.2",
        "The default namespace is `openfaas-fn`, and is listed beside the others.",
    ),
    Clause::must(
        "PR-11.3",
        "A function is called by its name in the default namespace, and by `NAME.NAMESPACE` in every one.",
    ),
    Clause::must(
        "PR-11.4",
        "A call of a function in a namespace that is not there is 400, 404, 502 or 503.",
    ),
    Clause::must(
        "PR-11.5",
        "A function is in the namespace where it was deployed, and nowhere else.",
    ),
    Clause::must(
        "PR-11.6",
        "Functions of one name in two namespaces are two functions.",
    ),
    Clause::must(
        "PR-11.7",
        "Whatever can be done with a function can be done in every namespace.",
    ),
    Clause::must(
        "PR-11.8",
        "Creating a namespace is 200, 201 or 202; it is listed, and functions can be deployed in it.",
    ),
    Clause::must(
        "PR-11.9",
        "A namespace is described with its name, its labels and its annotations.",
    ),
    Clause::must(
        "PR-11.10",
        "Describing, changing or removing a namespace that is not there is 404.",
    ),
    Clause::should("PR-11.11", "Creating a namespace that is there is 409."),
    Clause::should(
        "PR-11.12",
        "A namespace without the label `openfaas` is 400, or created like any other.",
    ),
    Clause::must(
        "PR-11.13",
        "A name that nothing can bear is a 4xx, a body that is no JSON is 400, and nothing changes.",
    ),
    Clause::must(
        "PR-11.14",
        "Changing a namespace changes its labels and its annotations.",
    ),
    Clause::must(
        "PR-11.15",
        "Removing a namespace is 200, 201 or 202, and it is no longer listed.",
    ),
    Clause::should(
        "PR-11.16",
        "Removing a namespace with functions is refused and loses nothing, or removes all of it.",
    ),
    Clause::must("PR-11.17", "The default namespace cannot be removed."),
    Clause::must(
        "PR-11.18",
        "Who cannot make namespaces says so: 501 or 404 to who describes one, 405, 501 or 404 to who changes one.",
    ),
    Clause::should(
        "PR-11.19",
        "Namespaces that are not for functions are refused.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "namespaces/list",
        "PR-11.1",
        "the list of namespaces is 200 and a JSON array of names, maybe empty",
    )
    .rows(&["NS-01", "NS-03"])
    .why("faas-cli and the dashboard begin with it.")
    .source("OAS; faas-swarm has none and says []")
    .run(list),
    Case::must(
        "namespaces/default",
        "PR-11.2",
        "the default namespace is listed, and others beside it",
    )
    .rows(&["NS-02"])
    .profiles(NAMESPACES)
    .why("What is not listed cannot be chosen.")
    .source("certifier namespaces_test")
    .run(default),
];

const NAMESPACES: &[Profile] = &[Profile::Namespaces];
const CRUD: &[Profile] = &[Profile::NsCrud];

fn list(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().namespaces()?.is(200)?;
    let mut names: Vec<String> = answer.json()?;
    check!(
        names.iter().all(|name| !name.is_empty()),
        "a name is empty: {names:?}"
    );
    let count = names.len();
    names.sort();
    names.dedup();
    check_eq!(names.len(), count, "different names among {count}");
    Ok(())
}

fn default(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let names = rig.provider().namespace_names()?;
    for want in [DEFAULT_NAMESPACE, second.as_str()] {
        let count = names.iter().filter(|name| *name == want).count();
        check_eq!(count, 1, "{want} in the list {names:?}");
    }
    Ok(())
}

/// What a namespace is made or changed with: providers ask for the mark, beside which it has these.
fn body(name: &str, team: &str) -> Value {
    json!({
        "name": name,
        "labels": {"openfaas": "1", "team": team},
        "annotations": {"openfaas": "1", "note": format!("made for {team}")},
    })
}

/// A new namespace of the case's own.
fn made(rig: &Rig) -> Result<String, Failure> {
    let name = rig.name();
    let provider = rig.provider();
    provider
        .create_namespace(&body(&name, "judges"))?
        .is_one_of(CREATED)?;
    lists(rig, &name, true)?;
    Ok(name)
}

/// The namespace is listed, or not, sooner or later.
fn lists(rig: &Rig, name: &str, want: bool) -> Outcome {
    rig.settles(
        &format!("the list of namespaces with {name}: {want}"),
        || {
            let all = rig.provider().namespace_names()?;
            let count = all.iter().filter(|one| *one == name).count();
            check_eq!(count, usize::from(want), "entries of {name} in the list");
            Ok(())
        },
    )
}

/// Its labels and annotations are those that it was given for that team.
fn belongs_to(rig: &Rig, name: &str, team: &str) -> Outcome {
    let provider = rig.provider();
    let told = provider.namespace(name)?.is(200)?.value()?;
    let text = |path: &str| told.pointer(path).and_then(Value::as_str);
    check_eq!(text("/name"), Some(name), "the name of the namespace");
    check_eq!(
        text("/labels/team"),
        Some(team),
        "the label of the namespace"
    );
    let note = format!("made for {team}");
    check_eq!(
        text("/annotations/note"),
        Some(note.as_str()),
        "the annotation of the namespace"
    );
    Ok(())
}
