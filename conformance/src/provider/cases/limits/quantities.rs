//! How amounts are written, and which of them are taken.
//! It knows the forms that Kubernetes has made common.
//! It refuses to judge what an amount does: that is the part on memory.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "limits/cpu",
        "PR-16.2",
        "a limit on processor time is no error",
    )
    .rows(&["LIM-05"])
    .profiles(&[Profile::Limits])
    .why("A deployment that works on one provider fails on another.")
    .source("certifier deploy_test")
    .run(cpu),
    Case::should("limits/requests", "PR-16.2", "reservations are no error")
        .rows(&["LIM-06"])
        .profiles(&[Profile::Limits])
        .why("A deployment that works on one provider fails on another.")
        .source("SDK types/function_deployment.go")
        .run(requests),
    Case::should(
        "limits/unreadable",
        "PR-16.3",
        "an amount that cannot be read is 400, and nothing is deployed",
    )
    .rows(&["LIM-07"])
    .profiles(&[Profile::Limits])
    .why("A mistyped limit is no limit, and nobody knows.")
    .source("faas-netes; faasd takes it")
    .run(unreadable),
    Case::should(
        "limits/zero",
        "PR-16.4",
        "zero and less are refused whole, or no limit",
    )
    .rows(&["LIM-08"])
    .profiles(&[Profile::Limits])
    .why("A function that is half deployed can be neither used nor deployed anew.")
    .source("suite policy: a refusal leaves nothing behind")
    .run(zero),
    Case::should(
        "limits/forms",
        "PR-16.5",
        "128Mi, 134217728, 128M and 0.125Gi are amounts of memory",
    )
    .rows(&["LIM-09"])
    .profiles(&[Profile::Limits])
    .why("Files that were written for Kubernetes use them all.")
    .source("Kubernetes quantities")
    .run(forms),
    Case::may(
        "limits/gpu",
        "PR-16.6",
        "a graphics processor is given, or refused with a 4xx",
    )
    .rows(&["LIM-11"])
    .profiles(&[Profile::Limits])
    .why("Whoever asks for one should not be left waiting.")
    .source("SDK types/function_deployment.go")
    .run(gpu),
];

fn cpu(rig: &mut Rig) -> Outcome {
    for amount in ["100m", "0.5"] {
        let f = rig.start(&rig.function().limit("cpu", amount))?;
        f.post("/raw", "slower")?.is(200)?;
    }
    Ok(())
}

fn requests(rig: &mut Rig) -> Outcome {
    let reserved = rig
        .function()
        .reserve("memory", "32Mi")
        .reserve("cpu", "50m");
    let f = rig.start(&reserved.limit("memory", "128Mi"))?;
    f.post("/raw", "reserved")?.is(200)?;
    Ok(())
}

fn unreadable(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    for amount in ["5 apples", "Mi", "1.2.3Mi"] {
        let deployment = rig.function().limit("memory", amount);
        provider.deploy(&deployment)?.is(400)?;
        absent(rig, &deployment)?;
    }
    Ok(())
}

fn absent(rig: &Rig, deployment: &Deployment) -> Outcome {
    let provider = rig.provider();
    provider.describe(deployment)?.is(404)?;
    let listed = provider.listed(deployment)?;
    check!(listed.is_none(), "the refused deployment is listed");
    Ok(())
}

fn zero(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    for amount in ["0", "-64Mi"] {
        let deployment = rig.function().limit("memory", amount);
        let answer = provider.deploy(&deployment)?;
        if ACCEPTED.contains(&answer.status) {
            rig.note(&format!("{amount} means no limit"));
            rig.ready(&deployment)?;
        } else {
            answer.is_refused()?;
            absent(rig, &deployment)?;
        }
    }
    Ok(())
}

fn forms(rig: &mut Rig) -> Outcome {
    for amount in ["128Mi", "134217728", "128M", "0.125Gi"] {
        let f = rig.start(&rig.function().limit("memory", amount))?;
        f.post("/raw", amount)?.is(200)?;
    }
    Ok(())
}

fn gpu(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let deployment = rig.function().limit("nvidia.com/gpu", "1");
    let answer = provider.deploy(&deployment)?;
    rig.note(&format!("a graphics processor is {}", answer.status));
    if !ACCEPTED.contains(&answer.status) {
        answer.is_refused()?;
    }
    Ok(())
}
