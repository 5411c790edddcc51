//! Many changes at once.
//! It knows deployments, updates, removals and secrets that meet.
//! It refuses to say who wins: only that somebody does.

use super::several;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "concurrency/deploys",
        "PR-17.2",
        "ten functions that are deployed at once all run",
    )
    .rows(&["CON-03"])
    .why("faas-cli deploys a stack in parallel.")
    .source("suite policy")
    .exclusive()
    .run(deploys),
    Case::should(
        "concurrency/one-name",
        "PR-17.3",
        "five deployments of one name at once leave one function, and it is as told",
    )
    .rows(&["CON-04"])
    .why("Two pipelines that race must not leave a mixture.")
    .source("suite policy")
    .run(one_name),
    Case::should(
        "concurrency/update-and-delete",
        "PR-17.4",
        "an update and a removal at once leave the function whole, or gone",
    )
    .rows(&["CON-05"])
    .why("A function that is half there can be neither used nor deployed again.")
    .source("suite policy")
    .run(update_and_delete),
    Case::should(
        "concurrency/secrets",
        "PR-17.5",
        "ten secrets that are created at once have each their own value",
    )
    .rows(&["CON-06"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("A secret with the value of another is handed to the wrong service.")
    .source("suite policy")
    .run(secrets),
    Case::should(
        "concurrency/lists",
        "PR-17.6",
        "20 lists at once answer while functions come and go",
    )
    .rows(&["CON-07"])
    .why("Every open dashboard lists all the time.")
    .source("suite policy")
    .run(lists),
];

fn deploys(rig: &mut Rig) -> Outcome {
    let all = several(rig, 10, |number| {
        rig.function().label("number", &number.to_string())
    })?;
    let listed = rig.provider().functions(None)?;
    for (number, f) in all.iter().enumerate() {
        let entry = listed.iter().find(|one| one.name == f.name);
        let label = entry.and_then(|one| one.labels.get("number").cloned());
        let want = number.to_string();
        check_eq!(label.as_ref(), Some(&want), "the label of {}", f.name);
    }
    Ok(())
}

fn one_name(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let provider = rig.provider();
    let answers = all_at_once(5, |number| {
        let number = number.to_string();
        let deployment = plain
            .clone()
            .env("NUMBER", &number)
            .label("number", &number);
        provider.deploy(&deployment)
    })?;
    let accepted = answers.iter().filter(|one| ACCEPTED.contains(&one.status));
    check!(
        accepted.count() > 0,
        "none of five deployments was accepted"
    );
    let f = rig.handle(&plain);
    rig.ready(&f)?;
    rig.settles("one function, as it is told", || {
        let provider = &rig.provider();
        let label = provider.status(&f)?.labels.get("number").cloned();
        for _ in 0..5 {
            let seen = Function::new(provider, &f).env("NUMBER")?;
            check_eq!(seen, label, "the variable of the function, and its label");
        }
        let all = provider.functions(None)?;
        let entries = all.iter().filter(|one| one.name == f.name).count();
        check_eq!(entries, 1, "entries of the list with that name");
        let number = label.and_then(|number| number.parse::<usize>().ok());
        let winner = number.and_then(|number| answers.get(number));
        check!(
            winner.is_some_and(|one| ACCEPTED.contains(&one.status)),
            "deployment {number:?} runs, and was refused"
        );
        Ok(())
    })
}

fn update_and_delete(rig: &mut Rig) -> Outcome {
    for _ in 0..3 {
        let before = rig.function();
        let f = rig.start(&before)?;
        let after = before.env("COLOUR", "red");
        let provider = rig.provider();
        let answers = all_at_once(2, |number| match number {
            0 => provider.update(&after),
            _ => provider.delete(&f),
        })?;
        let deleted = answers
            .last()
            .is_some_and(|one| ACCEPTED.contains(&one.status));
        let whole = rig.settles("whole or gone", || whole_or_gone(&rig.provider(), &f))?;
        check!(
            !(deleted && whole) || answers.first().is_some_and(|one| one.status < 300),
            "the removal was accepted, the update refused, and the function is there"
        );
        rig.stays(0.5, || {
            let provider = &rig.provider();
            let now = whole_or_gone(provider, &f)?;
            check_eq!(now, whole, "whether the function is there, a little later");
            Ok(())
        })?;
    }
    Ok(())
}

/// True: listed, described and called. False: none of these.
fn whole_or_gone(provider: &Provider, f: &Function) -> Result<bool, Failure> {
    let listed = provider.listed(f)?.is_some();
    let described = provider.describe(f)?.is_one_of(&[200, 404])?.status == 200;
    let call = provider.invoke(f, &Request::get("/instance"))?;
    let called = call.status == 200;
    let told = format!(
        "listed: {listed}, described: {described}, called: {}",
        call.status
    );
    check!(listed == described && described == called, "{told}");
    check!(called || UNREACHED.contains(&call.status), "{told}");
    Ok(called)
}

fn secrets(rig: &mut Rig) -> Outcome {
    let names = all_at_once(10, |number| rig.secret(&format!("value {number}")))?;
    let deployment = names
        .iter()
        .fold(rig.function(), |deployment, name| deployment.secret(name));
    let listed: Vec<SecretEntry> = rig.provider().secrets()?.is(200)?.json()?;
    let f = rig.start(&deployment)?;
    for (number, name) in names.iter().enumerate() {
        let entries = listed.iter().filter(|one| one.name == *name).count();
        check_eq!(entries, 1, "entries of the list with the name {name}");
        let file = f.secret(name)?;
        let file = file.ok_or_else(|| Failure::failed(format!("no file of secret {number}")))?;
        let value = String::from_utf8_lossy(&file.bytes()?).into_owned();
        check_eq!(
            value,
            format!("value {number}"),
            "the value of secret {number}"
        );
    }
    Ok(())
}

fn lists(rig: &mut Rig) -> Outcome {
    let kept = rig.probe()?;
    let quiet = rig.provider();
    let look = || {
        let listed = quiet.listed(&kept)?;
        check!(
            listed.is_some(),
            "a function that was never touched is not listed"
        );
        Ok(())
    };
    let (seen, done) = meanwhile(20, look, || come_and_go(rig));
    done?;
    let outcome: Result<Vec<()>, Failure> = seen.into_iter().collect();
    outcome.map(|_| ())
}

fn come_and_go(rig: &Rig) -> Outcome {
    for _ in 0..3 {
        let f = rig.probe()?;
        rig.provider().delete(&f)?.is_accepted()?;
        rig.gone(&f)?;
    }
    Ok(())
}
