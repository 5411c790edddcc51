//! Memory: below the limit, above it, and another limit.
//! It knows how much the probe touches.
//! It refuses to say how a function is stopped: killed or refused are both right.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "limits/memory",
        "PR-16.1",
        "a function with 64Mi of memory runs",
    )
    .rows(&["LIM-01"])
    .profiles(&[Profile::Limits])
    .why("Nobody can share a machine whose functions have no limits.")
    .source("certifier deploy_test")
    .run(accepted),
    Case::must(
        "limits/over",
        "WL-16.1",
        "256 MiB under a limit of 64Mi are not had, and the platform goes on",
    )
    .rows(&["LIM-02"])
    .profiles(&[Profile::Limits, Profile::Workload])
    .why("One function with a leak takes the machine down.")
    .source("documentation yaml.md")
    .run(over),
    Case::should(
        "limits/under",
        "WL-16.2",
        "32 MiB under a limit of 128Mi are had",
    )
    .rows(&["LIM-03"])
    .profiles(&[Profile::Limits, Profile::Workload])
    .why("A limit that is counted wrong kills functions that keep to it.")
    .source("documentation yaml.md")
    .run(under),
    Case::should(
        "limits/told",
        "WL-16.3",
        "the function's control group has the limit",
    )
    .rows(&["LIM-04"])
    .profiles(&[Profile::Limits, Profile::Workload])
    .why("Runtimes size their heaps by it, and are killed without.")
    .source("faasd")
    .run(told),
    Case::should(
        "limits/update",
        "WL-16.4",
        "after an update from 64Mi to 256Mi 128 MiB are had",
    )
    .rows(&["LIM-10"])
    .profiles(&[Profile::Limits, Profile::Workload])
    .why("Whoever raises a limit in need is not helped.")
    .source("suite policy: an update replaces all")
    .run(update),
];

fn accepted(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().limit("memory", "64Mi"))?;
    f.post("/raw", "limited")?.is(200)?;
    Ok(())
}

/// Whether the function got hold of so many MiB.
fn gets(f: &Function, mib: u32) -> bool {
    let Ok(answer) = f.get(&format!("/mem/{mib}")) else {
        return false;
    };
    let ok = || {
        answer
            .value()
            .is_ok_and(|value| value.get("ok") == Some(&json!(true)))
    };
    answer.status == 200 && answer.end.is_clean() && ok()
}

fn over(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().limit("memory", "64Mi"))?;
    let other = rig.probe()?;
    check!(!gets(&f, 256), "a function with 64Mi got 256 MiB");
    // What its end does to others shows once it is dealt with.
    rig.stays(2.0, || {
        other.post("/raw", "and on")?.is(200)?;
        rig.provider().info()?.is(200)?;
        Ok(())
    })
}

fn under(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().limit("memory", "128Mi"))?;
    let instance = f.instance()?;
    let answer = f.get("/mem/32")?.is(200)?;
    let ok = answer.value()?.get("ok") == Some(&json!(true));
    check!(
        ok,
        "a function with 128Mi did not get 32 MiB: {}",
        answer.told()
    );
    check_eq!(f.instance()?, instance, "the process that answers");
    Ok(())
}

fn told(rig: &mut Rig) -> Outcome {
    rig.contained()?;
    let f = rig.start(&rig.function().limit("memory", "64Mi"))?;
    let process = f.process()?;
    let limit = process.get("memory_limit").and_then(Value::as_str);
    check_eq!(limit, Some("67108864"), "the limit in the control group");
    Ok(())
}

fn update(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().limit("memory", "64Mi");
    let f = rig.start(&deployment)?;
    check!(!gets(&f, 128), "a function with 64Mi got 128 MiB");
    let raised = deployment.limit("memory", "256Mi");
    rig.provider().update(&raised)?.is_accepted()?;
    rig.settles("128 MiB under the new limit", || {
        check!(gets(&f, 128), "a function with 256Mi did not get 128 MiB");
        Ok(())
    })
}
