//! The names by which functions are called.
//! It knows the suffix that says the namespace.
//! It refuses names with dots of their own: providers split them as they like.

use super::NAMESPACES;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "namespaces/default-suffix",
        "PR-11.3",
        "NAME.openfaas-fn is the function of the default namespace",
    )
    .rows(&["NS-07"])
    .why("faas-cli and the Go client always add the suffix.")
    .source("go-sdk functions.go")
    .run(default_suffix),
    Case::must(
        "namespaces/no-suffix",
        "PR-11.3",
        "NAME alone is the function of the default namespace",
    )
    .rows(&["NS-08"])
    .why("Addresses without a namespace are in use everywhere.")
    .source("documentation, reference/namespaces")
    .run(no_suffix),
    Case::must(
        "namespaces/suffix",
        "PR-11.3",
        "NAME.NAMESPACE is the function of that namespace",
    )
    .rows(&["NS-06"])
    .profiles(NAMESPACES)
    .why("A call that ends in another namespace shows the data of another customer.")
    .source("documentation, reference/namespaces")
    .run(suffix),
    Case::must(
        "namespaces/missing-suffix",
        "PR-11.4",
        "a function in a namespace that is not there is not found",
    )
    .rows(&["NS-09"])
    .why("A typing error in an address must not reach production.")
    .source("SDK proxy")
    .run(missing_suffix),
];

fn default_suffix(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let full = (f.name.as_str(), DEFAULT_NAMESPACE);
    let request = Request::post("/below/it?a=1").body("hello");
    let echo: Echo = rig.provider().invoke(full, &request)?.is(200)?.json()?;
    check_eq!(echo.target, "/below/it?a=1", "what the function saw");
    check_eq!(echo.body()?, b"hello", "the body that the function saw");
    check_eq!(
        echo.instance,
        f.instance()?,
        "the process behind the full name"
    );
    // The bare name, without a path.
    let bare = Request::get("");
    rig.provider().invoke(full, &bare)?.is(200)?;
    Ok(())
}

/// A function that tells where it is.
fn placed(rig: &Rig, deployment: Deployment, place: &str) -> Result<Function, Failure> {
    rig.start(&deployment.env("PLACE", place))
}

fn place(provider: &Provider, named: impl Named) -> Result<String, Failure> {
    let answer = provider.invoke(named, &Request::get("/env/PLACE"))?;
    Ok(answer.is(200)?.text())
}

fn no_suffix(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    if rig.claims(Profile::Namespaces) {
        // First, so that a provider that takes any of that name would find it.
        let there = plain.clone().namespace(&rig.second_namespace()?);
        placed(rig, there, "there")?;
        let provider = &rig.provider();
        let answer = provider.invoke(plain.name(), &Request::get("/env/PLACE"))?;
        check!(
            UNREACHED.contains(&answer.status),
            "the name alone reaches a function of another namespace: {}",
            answer.told()
        );
    }
    let f = placed(rig, plain, "here")?;
    check_eq!(
        place(&rig.provider(), f.name.as_str())?,
        "here",
        "who answers"
    );
    Ok(())
}

fn suffix(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let plain = rig.function();
    placed(rig, plain.clone(), "here")?;
    placed(rig, plain.clone().namespace(&second), "there")?;
    let name = plain.name();
    let provider = rig.provider();
    for _ in 0..5 {
        let told = place(&provider, (name, second.as_str()))?;
        check_eq!(told, "there", "who answers as {name}.{second}");
        let told = place(&provider, (name, DEFAULT_NAMESPACE))?;
        check_eq!(told, "here", "who answers as {name}.{DEFAULT_NAMESPACE}");
    }
    Ok(())
}

fn missing_suffix(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let nowhere = rig.name();
    for target in ["/", "/instance", "/below/it"] {
        let full = (f.name.as_str(), nowhere.as_str());
        let answer = rig.provider().invoke(full, &Request::get(target))?;
        answer.is_one_of(&[400, 404, 502, 503])?;
    }
    f.get("/instance")?.is(200)?;
    Ok(())
}
