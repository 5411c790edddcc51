//! Functions that break, and what is left at the end.
//! It knows the probe's broken answers.
//! It refuses to take half an answer for a whole one.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "robustness/broken-answer",
        "PR-18.13",
        "a function that does not speak HTTP is a 5xx",
    )
    .rows(&["ROB-10"])
    .why("The client sees garbage, or nothing, and cannot say whose fault it is.")
    .source("suite policy: a broken function is a 5xx")
    .run(broken_answer),
    Case::must(
        "robustness/short-answer",
        "PR-18.14",
        "an answer that is shorter than its length is an error",
    )
    .rows(&["ROB-11"])
    .why("Half a file is stored as a whole one.")
    .source("suite policy: no truncated answer looks whole")
    .run(short_answer),
    Case::should(
        "robustness/short-chunks",
        "PR-18.14",
        "an answer whose chunks break off is an error",
    )
    .rows(&["ROB-11"])
    .why("Half a file is stored as a whole one.")
    .source("RFC 9112: an incomplete message; the SDK ends it as if it were whole")
    .run(short_chunks),
    Case::should(
        "robustness/large-head",
        "PR-18.15",
        "1 MiB of header fields of a function pass whole, or are a 5xx",
    )
    .rows(&["ROB-12"])
    .why("One function's answer takes the memory of the platform, or the connection is cut without a word.")
    .source("suite policy: a broken function is a 5xx")
    .run(large_head),
    Case::should(
        "robustness/crash-loop",
        "PR-18.16",
        "beside a function that ends at every start others answer, and can be deployed",
    )
    .rows(&["ROB-13"])
    .why("One bad release stops everybody's work.")
    .source("suite policy: functions are apart")
    .run(crash_loop),
    Case::should(
        "robustness/removed",
        "PR-18.17",
        "functions and secrets that were made can be removed, and are gone",
    )
    .rows(&["ROB-18"])
    .why("A machine that is used fills up.")
    .source("suite policy: nothing is left behind")
    .run(removed),
];

fn broken_answer(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    f.get("/garbage")?.is_one_of(&[500, 502, 503, 504])?;
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn short_answer(rig: &mut Rig) -> Outcome {
    breaks_off(rig, &["/short", "/abort"])
}

fn short_chunks(rig: &mut Rig) -> Outcome {
    breaks_off(rig, &["/abort-chunked"])
}

/// What breaks off on the way from the function does not end in order for the client.
fn breaks_off(rig: &Rig, targets: &[&str]) -> Outcome {
    let f = rig.probe()?;
    for target in targets {
        // A connection that ends before the head is an error, too.
        let Ok(answer) = f.get(target) else { continue };
        let error = answer.status >= 500 || !answer.end.is_clean();
        check!(error, "{target} looks whole: {}", answer.told());
    }
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn large_head(rig: &mut Rig) -> Outcome {
    const SIZE: usize = 1024 * 1024;
    let f = rig.probe()?;
    let answer = f.get(&format!("/big-head/{SIZE}"))?;
    if answer.status == 200 {
        let answer = answer.is(200)?;
        let passed = answer.header("x-big").map(str::len);
        check_eq!(passed, Some(SIZE), "the length of the field");
    } else {
        answer.is_one_of(&[500, 502, 503, 504])?;
    }
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn crash_loop(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let instance = f.instance()?;
    let provider = rig.provider();
    let broken = rig.function().env("PROBE_EXIT", "1");
    // A provider that waits for the start may say no.
    provider.deploy(&broken)?;
    rig.stays(3.0, || {
        check_eq!(f.instance()?, instance, "who answers beside a crash loop");
        provider.list()?.is(200)?;
        Ok(())
    })?;
    rig.probe()?.post("/raw", "new")?.is(200)?;
    Ok(())
}

fn removed(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let f = rig.probe()?;
    if rig.claims(Profile::Secrets) {
        let secret = rig.secret("kept")?;
        provider
            .delete_secret(&secret)?
            .is_one_of(&[200, 202, 204])?;
        rig.settles("the end of the secret", || {
            let listed: Vec<SecretEntry> = provider.secrets()?.is(200)?.json()?;
            let there = listed.iter().any(|one| one.name == secret);
            check!(!there, "the removed secret is listed");
            Ok(())
        })?;
    }
    provider.delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    rig.settles("the end of its calls", || {
        provider
            .invoke(&f, &Request::get("/instance"))?
            .is_one_of(UNREACHED)?;
        Ok(())
    })
}
