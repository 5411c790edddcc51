//! Whose lines a log has.
//! It knows names that begin alike, two namespaces, and one name used twice.
//! It refuses to look for other people's functions.

use super::{LOGS, say, tagged, whole};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "logs/other-functions",
        "PR-10.23",
        "no line of another function is in a log, also where names begin alike",
    )
    .rows(&["LOG-30"])
    .profiles(LOGS)
    .why("Logs hold what users sent; and a wrong line sends people the wrong way.")
    .source("suite policy")
    .run(other_functions),
    Case::must(
        "logs/namespaces",
        "PR-10.23",
        "functions of one name in two namespaces have logs of their own",
    )
    .rows(&["LOG-31"])
    .profiles(&[Profile::Namespaces, Profile::Logs])
    .why("The log of staging is no answer to a question about production.")
    .source("certifier logs_test; suite policy")
    .run(namespaces),
    Case::should(
        "logs/earlier-function",
        "PR-10.24",
        "the log of an earlier function of that name is whole or absent",
    )
    .rows(&["LOG-32"])
    .profiles(LOGS)
    .why("Half a log of yesterday is taken for what happens today.")
    .source("suite policy")
    .run(earlier_function),
];

/// Every line of the log is of that function, and none has the tag of another one.
fn only(rig: &Rig, f: &Function, own: &str, others: &[&str]) -> Outcome {
    tagged(rig, f, "", own, 3)?;
    let place = f.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
    for line in whole(rig, f)?.1 {
        check_eq!(line.name, f.name, "the name in a line of {own}: {line:?}");
        check_eq!(
            line.namespace,
            place,
            "the namespace in a line of {own}: {line:?}"
        );
        let other = others.iter().find(|tag| line.text.contains(**tag));
        check!(
            other.is_none(),
            "the log of {own} has a line of {other:?}: {line:?}"
        );
    }
    Ok(())
}

fn other_functions(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let tags = ["plain", "dashed", "longer"];
    let names = [name.clone(), format!("{name}-b"), format!("{name}b")];
    let mut all = Vec::new();
    for (name, tag) in names.iter().zip(tags) {
        let f = rig.start(&Deployment::new(name, rig.probe_image()))?;
        say(&f, "out", &format!("tag-{tag}"), 3)?;
        all.push(f);
    }
    for (f, own) in all.iter().zip(tags) {
        let others: Vec<String> = tags
            .iter()
            .filter(|tag| **tag != own)
            .map(|tag| format!("tag-{tag} "))
            .collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        only(rig, f, &format!("tag-{own}"), &others)?;
    }
    Ok(())
}

fn namespaces(rig: &mut Rig) -> Outcome {
    let here = rig.function();
    let there = here.clone().namespace(&rig.second_namespace()?);
    let (f, g) = (rig.start(&here)?, rig.start(&there)?);
    say(&f, "out", "tag-here", 3)?;
    say(&g, "out", "tag-there", 3)?;
    only(rig, &f, "tag-here", &["tag-there "])?;
    only(rig, &g, "tag-there", &["tag-here "])
}

fn earlier_function(rig: &mut Rig) -> Outcome {
    const COUNT: usize = 50;
    let deployment = rig.function();
    let f = rig.start(&deployment)?;
    say(&f, "out", "earlier", COUNT)?;
    tagged(rig, &f, "", "earlier", COUNT)?;
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    let f = rig.start(&deployment)?;
    say(&f, "out", "today", 3)?;
    tagged(rig, &f, "", "today", 3)?;
    let lines = rig.provider().log_lines(&f, "")?;
    let of = |tag: &str| {
        lines
            .iter()
            .filter(|line| line.text.starts_with(tag))
            .count()
    };
    check_eq!(of("today "), 3, "lines of the function");
    let earlier = of("earlier ");
    check!(
        earlier == 0 || earlier == COUNT,
        "{earlier} of {COUNT} lines of the earlier function are there"
    );
    rig.note(&format!(
        "{earlier} of {COUNT} lines of an earlier function are there"
    ));
    Ok(())
}
