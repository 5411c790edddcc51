//! Values and paths that are meant to get where they must not.
//! It knows line ends, the signs of shells, and addresses within paths.
//! It refuses harm: what would be run, or reached, only leaves a trace of its own.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "robustness/line-ends",
        "PR-18.9",
        "line ends in values are refused, or come back as they are",
    )
    .rows(&["ROB-08"])
    .why("Whoever deploys could write answers in the platform's name.")
    .source("suite policy: values are text")
    .run(line_ends),
    Case::should(
        "robustness/shell-signs",
        "PR-18.10",
        "the signs of a shell in names and values do nothing",
    )
    .rows(&["ROB-09"])
    .why("Whoever may name a function could run programs on the machine.")
    .source("suite policy: values are text")
    .run(shell_signs),
    Case::should(
        "robustness/other-hosts",
        "PR-18.11",
        "an address in the place of the name is not called",
    )
    .rows(&["ROB-16"])
    .why("The platform would call whatever is behind its firewall for anybody.")
    .source("SDK proxy (expression for names)")
    .run(other_hosts),
    Case::should(
        "robustness/system-routes",
        "PR-18.12",
        "no way through a function's path leads to the list",
    )
    .rows(&["ROB-17"])
    .why("A proxy that lets only functions through would let everything through.")
    .source("suite policy: routes are told apart by the whole path")
    .run(system_routes),
];

const LINES: &str = "a\r\nX-Injected: yes\r\n\r\nHTTP/1.1 200 OK";

fn line_ends(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let fields = [
        rig.function().env("LINES", LINES),
        rig.function().annotation("lines", LINES),
        rig.function().label("lines", LINES),
    ];
    for deployment in fields {
        let answer = provider.deploy(&deployment)?;
        clean(&answer)?;
        if !ACCEPTED.contains(&answer.status) {
            answer.is_refused()?;
            continue;
        }
        let f = rig.handle(&deployment);
        rig.ready(&f)?;
        for answer in [provider.describe(&f)?, provider.list()?, f.get("/echo")?] {
            clean(&answer)?;
            answer.is(200)?;
        }
        if deployment.field("envVars").is_some() {
            check_eq!(f.env("LINES")?.as_deref(), Some(LINES), "the variable");
        }
    }
    Ok(())
}

fn clean(answer: &Answer) -> Outcome {
    check!(
        !answer.headers.has("x-injected"),
        "{}: a value became a header field",
        answer.call
    );
    Ok(())
}

const SIGNS: &str = "$(exit 1) `exit 1` ; exit 1 | exit 1 & $HOME \"'\\ *?~ #";

fn shell_signs(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let deployment = rig
        .function()
        .env("SIGNS", SIGNS)
        .annotation("signs", SIGNS);
    let f = rig.start(&deployment)?;
    check_eq!(f.env("SIGNS")?.as_deref(), Some(SIGNS), "the variable");
    let told = f.status()?.annotations.get("signs").cloned();
    check_eq!(told.as_deref(), Some(SIGNS), "the annotation");
    for sign in [";exit", "$(exit)", "`exit`", "|exit", "&", " -rf"] {
        let named = rig.function().set("service", rig.name() + sign);
        let answer = provider.deploy(&named)?.is_no_crash()?;
        literal(rig, &answer, sign)?;
        if rig.claims(Profile::Secrets) {
            let secret = json!({"name": rig.name() + sign, "value": "x"});
            let answer = provider.create_secret(&secret)?.is_no_crash()?;
            literal(rig, &answer, sign)?;
        }
    }
    provider.info()?.is(200)?;
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

/// Such a name is refused; where it is not, it is at least the name.
fn literal(rig: &Rig, answer: &Answer, sign: &str) -> Outcome {
    if (200..300).contains(&answer.status) {
        rig.note(&format!("a name with {sign:?} is taken: {}", answer.call));
        return Ok(());
    }
    answer.clone().is_refused()?;
    Ok(())
}

fn other_hosts(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let trap = rig.callback().ok();
    let url = trap.as_ref().map(Callback::url).unwrap_or_default();
    let place = url
        .trim_start_matches("http://")
        .trim_end_matches("/callback");
    let place = if place.is_empty() {
        "127.0.0.1:9"
    } else {
        place
    };
    let port = place.rsplit(':').next().unwrap_or_default();
    let n = &f.name;
    for path in [
        place.to_owned(),
        format!("{n}:{port}"),
        format!("{n}@{place}"),
        format!("{n}%40{place}"),
        format!("x:y@{place}"),
        format!("{place}%2F"),
        format!("{n}%23@{place}"),
        format!("{n}%0d%0aHost:%20{place}"),
        format!("http://{place}"),
        format!("[::1]:{port}"),
    ] {
        let answer = rig
            .provider()
            .anonymous()
            .get(&format!("/function/{path}/x"))?;
        // A redirect to a clean path is not followed; whoever does meets the same case.
        check!(
            (300..600).contains(&answer.status),
            "/function/{path} is answered: {}",
            answer.told()
        );
        let caught = trap.as_ref().map(Callback::rest).unwrap_or_default();
        check!(
            caught.is_empty(),
            "/function/{path} made the platform call {place}"
        );
    }
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn system_routes(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let instance = f.instance()?;
    let n = &f.name;
    for target in [
        format!("/function/{n}/../../system/functions"),
        format!("/function/{n}/..%2f..%2fsystem/functions"),
        format!("/function/{n}/%2e%2e/%2e%2e/system/functions"),
        "/function/../system/functions".to_owned(),
        format!("/function/{n}/;/../../system/functions"),
        format!("/function/{n}//../../../system/functions"),
        format!("/function/{n}/..\\..\\system\\functions"),
    ] {
        let answer = rig.provider().anonymous().get(&target)?;
        if answer.status != 200 {
            answer.is_no_crash()?;
            continue;
        }
        let text = answer.text();
        check!(
            text.contains(&instance),
            "{target} is answered by no function: {}",
            answer.told()
        );
    }
    Ok(())
}
