//! Removing a function.
//! It knows what is gone after a removal, and what must still be there.
//! It refuses to remove what the case did not make.

mod namespace;
mod odd;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: "delete",
    title: "Removing a function",
    intro: "A removed function is gone for good, and only that one.",
    clauses: CLAUSES,
    cases: &[CASES, odd::CASES, namespace::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-5.1",
        "A removal of a function that is there is accepted with 200 or 202.",
    ),
    Clause::must(
        "PR-5.2",
        "Soon after a removal the function is not listed, and its description is 404.",
    ),
    Clause::must(
        "PR-5.3",
        "Soon after a removal a call is 404, 502 or 503, and is never answered by another function.",
    ),
    Clause::must(
        "PR-5.4",
        "A removal of a function that is not there is 404; while it is still going, 202 will do.",
    ),
    Clause::must(
        "PR-5.5",
        "A removal that names nothing is 400, or 404 where the name is empty, and removes nothing.",
    ),
    Clause::must(
        "PR-5.6",
        "A removal touches no function whose name is only like the one that is named.",
    ),
    Clause::must(
        "PR-5.7",
        "A removal takes its namespace from the body, and touches no function of the same name elsewhere.",
    ),
    Clause::should(
        "PR-5.8",
        "A removal that has its namespace in the query alone obeys that.",
    ),
    Clause::should(
        "PR-5.9",
        "A call that is under way has an answer, and the function is gone all the same.",
    ),
    Clause::should(
        "PR-5.10",
        "A function that never became ready, or that has crashed, can be removed.",
    ),
];

const CASES: &[Case] = &[
    Case::must("delete/accepted", "PR-5.1", "a removal is accepted")
        .rows(&["DEL-01"])
        .why("faas-cli takes every other status for a failure.")
        .source("OAS")
        .run(accepted),
    Case::must(
        "delete/not-listed",
        "PR-5.2",
        "a removed function is not listed, and stays away",
    )
    .rows(&["DEL-02"])
    .why("What is listed is counted, scaled and paid for.")
    .source("OAS")
    .run(not_listed),
    Case::must(
        "delete/not-described",
        "PR-5.2",
        "the description of a removed function is 404",
    )
    .rows(&["DEL-03"])
    .why("Clients wait for this 404 before they deploy again.")
    .source("OAS")
    .run(not_described),
    Case::must(
        "delete/not-called",
        "PR-5.3",
        "a removed function cannot be called, and no other answers for it",
    )
    .rows(&["DEL-04"])
    .why("An answer of somebody else's function leaks what it knows.")
    .source("SDK proxy: no endpoints; faasd calls its own host")
    .run(not_called),
    Case::must(
        "delete/missing",
        "PR-5.4",
        "a removal of what is not there is 404",
    )
    .rows(&["DEL-05"])
    .why("faas-cli tells its user by this status that there is no such function.")
    .source("OAS; faas-cli proxy/delete.go")
    .run(missing),
    Case::must(
        "delete/twice",
        "PR-5.4",
        "a second removal is 404 in the end",
    )
    .rows(&["DEL-06"])
    .why("Scripts remove until nothing is left.")
    .source("OAS")
    .run(twice),
    Case::must(
        "delete/prefix",
        "PR-5.6",
        "functions whose names begin alike stay",
    )
    .rows(&["DEL-10"])
    .why("A selector by prefix removes what was never named.")
    .source("suite policy")
    .run(prefix),
    Case::should(
        "delete/letters",
        "PR-5.6",
        "a name in capitals does not hit the function",
    )
    .rows(&["DEL-17"])
    .why("A typing error must not take down another function.")
    .source("suite policy")
    .run(letters),
    Case::should(
        "delete/under-way",
        "PR-5.9",
        "a call that is under way has an answer, and the removal is done",
    )
    .rows(&["DEL-14"])
    .why("One slow call must neither hang nor keep a function alive.")
    .source("suite policy")
    .run(under_way),
];

fn accepted(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().delete(&f)?.is_accepted()?;
    Ok(())
}

fn not_listed(rig: &mut Rig) -> Outcome {
    let f = removed(rig)?;
    rig.settles("the end of the entry", || not_in_list(&rig.provider(), &f))?;
    rig.stays(0.5, || not_in_list(&rig.provider(), &f))
}

fn not_in_list(provider: &Provider, f: &Function) -> Outcome {
    let listed = provider.listed(f)?;
    check!(
        listed.is_none(),
        "the removed function is listed: {listed:?}"
    );
    Ok(())
}

/// A function that answered, and whose removal was accepted.
fn removed(rig: &Rig) -> Result<Function, Failure> {
    let f = rig.probe()?;
    rig.provider().delete(&f)?.is_accepted()?;
    Ok(f)
}

fn not_described(rig: &mut Rig) -> Outcome {
    let f = removed(rig)?;
    let is_404 = || rig.provider().describe(&f)?.is(404).map(|_| ());
    rig.settles("a description that is 404", is_404)?;
    rig.stays(0.5, is_404)
}

fn not_called(rig: &mut Rig) -> Outcome {
    let (f, other) = (rig.probe()?, rig.probe()?);
    let own = f.instance()?;
    rig.provider().delete(&f)?.is_accepted()?;
    let call = |provider: &Provider| provider.invoke(&f, &Request::get("/instance"));
    let mut stranger = None;
    rig.settles("a call that reaches nothing", || {
        let provider = &rig.provider();
        let answer = call(provider)?;
        if answer.status == 200 && answer.text() != own {
            stranger = Some(answer.told());
        }
        answer.is_one_of(UNREACHED)
    })?;
    check!(
        stranger.is_none(),
        "another process answered for the removed function: {stranger:?}"
    );
    rig.stays(0.5, || {
        let provider = &rig.provider();
        call(provider)?.is_one_of(UNREACHED).map(|_| ())
    })?;
    other.get("/instance")?.is(200)?;
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    rig.provider().delete(rig.name())?.is(404)?;
    Ok(())
}

fn twice(rig: &mut Rig) -> Outcome {
    let f = removed(rig)?;
    rig.provider().delete(&f)?.is_one_of(&[202, 404])?;
    rig.gone(&f)?;
    rig.provider().delete(&f)?.is(404)?;
    Ok(())
}

fn prefix(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let start = |name: &str| rig.start(&Deployment::new(name, rig.probe_image()));
    let short = start(&name)?;
    let long = start(&format!("{name}-1"))?;
    let longer = start(&format!("{name}-12"))?;
    let provider = rig.provider();
    provider.delete(&short)?.is_accepted()?;
    rig.gone(&short)?;
    for kept in [&long, &longer] {
        is_there(&provider, kept)?;
    }
    provider.delete(&longer)?.is_accepted()?;
    rig.gone(&longer)?;
    rig.stays(0.5, || is_there(&rig.provider(), &long))
}

/// It is listed, described and called.
fn is_there(provider: &Provider, f: &Function) -> Outcome {
    let listed = provider.listed(f)?;
    check!(listed.is_some(), "{} is not listed any more", f.name);
    provider.describe(f)?.is(200)?;
    provider.invoke(f, &Request::get("/instance"))?.is(200)?;
    Ok(())
}

fn letters(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().delete(f.name.to_uppercase())?.is_refused()?;
    rig.stays(0.5, || is_there(&rig.provider(), &f))
}

fn under_way(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let caller = provider.patient(rig.timeout(30.0));
    let (answer, removed) = std::thread::scope(|scope| {
        let call = scope.spawn(|| caller.invoke(&f, &Request::get("/sleep/1500")));
        let removed = remove_while_called(rig, &f);
        (call.join(), removed)
    });
    removed?;
    let answer = answer.map_err(|_| Failure::fault("the call panicked"))??;
    check!(
        answer.status != 200 || answer.text() == "slept",
        "the call that was under way: {}",
        answer.told()
    );
    rig.gone(&f)?;
    rig.settles("a call that reaches nothing", || {
        let provider = &rig.provider();
        provider
            .invoke(&f, &Request::get("/instance"))?
            .is_one_of(UNREACHED)
    })?;
    Ok(())
}

fn remove_while_called(rig: &Rig, f: &Function) -> Outcome {
    rig.until(10.0, "the call that is under way", || {
        let provider = &rig.provider();
        // This very question is one of them.
        let now = Function::new(provider, f).json::<Value>("/inflight")?;
        let now = now.get("now").and_then(Value::as_u64).unwrap_or_default();
        check!(now >= 2, "{now} calls are under way, expected 2");
        Ok(())
    })?;
    rig.provider().delete(f)?.is_accepted()?;
    Ok(())
}
