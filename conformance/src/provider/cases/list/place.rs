//! Of which namespace a list is.
//! It knows the query, the default namespace and one that is not there.
//! It refuses to expect a namespace to hold nothing but what the case made.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "list/namespace",
        "PR-6.4",
        "the query says of which namespace the list is",
    )
    .rows(&["LST-06"])
    .profiles(&[Profile::Core, Profile::Namespaces])
    .why("A list of everything shows one team the functions of another.")
    .source("documentation, reference/rest-api")
    .run(namespace),
    Case::must(
        "list/default-namespace",
        "PR-6.4",
        "without a query it is the default namespace",
    )
    .rows(&["LST-07"])
    .why("Clients that know of no namespaces see the default one.")
    .source("documentation")
    .run(default_namespace),
    Case::should(
        "list/no-namespace",
        "PR-6.5",
        "the list of a namespace that is not there is empty, 400 or 404",
    )
    .rows(&["LST-08"])
    .why("A typing error must not show the functions of another namespace.")
    .source("faasd read.go")
    .run(no_namespace),
];

fn namespace(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let f = rig.probe()?;
    let g = rig.start(&rig.function().namespace(&second))?;
    let provider = rig.provider();
    for (place, ours, other) in [(second.as_str(), &g, &f), (DEFAULT_NAMESPACE, &f, &g)] {
        let all = provider.functions(Some(place))?;
        let has = |name: &str| all.iter().any(|one| one.name == name);
        check!(has(&ours.name), "{} is not listed in {place}", ours.name);
        check!(!has(&other.name), "{} is listed in {place}", other.name);
        for one in &all {
            let told = one.namespace.as_deref();
            check_eq!(
                told,
                Some(place),
                "the namespace of {} in the list",
                one.name
            );
        }
    }
    Ok(())
}

fn default_namespace(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    for place in [None, Some(DEFAULT_NAMESPACE), Some("")] {
        let all = provider.functions(place)?;
        let ours = all.iter().any(|one| one.name == f.name);
        check!(
            ours,
            "{} is not listed with the namespace {place:?}",
            f.name
        );
    }
    if rig.claims(Profile::Namespaces) {
        let elsewhere = rig.function().namespace(&rig.second_namespace()?);
        let g = rig.start(&elsewhere)?;
        let listed = provider.listed(g.name.as_str())?;
        check!(
            listed.is_none(),
            "a function of another namespace is listed: {listed:?}"
        );
    }
    Ok(())
}

fn no_namespace(rig: &mut Rig) -> Outcome {
    rig.probe()?;
    let answer = rig.provider().list_in(&rig.name())?;
    let answer = answer.is_one_of(&[200, 400, 404])?;
    if answer.status == 200 {
        check_eq!(
            answer.value()?,
            json!([]),
            "the list of a namespace that is not there"
        );
    }
    Ok(())
}
