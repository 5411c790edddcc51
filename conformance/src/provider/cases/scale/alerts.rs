//! Alerts, by which a monitor scales functions at a gateway.
//! It knows their form, and the labels that say how far they go.
//! It refuses to make a load: it says itself that there is one.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "scale/alert",
        "PR-8.21",
        "an alert that fires adds replicas, and its end brings back the least",
    )
    .rows(&["SCL-28"])
    .profiles(GATEWAY)
    .why("This is how a function grows with its load.")
    .source("gateway alert handler")
    .run(alert),
    Case::should(
        "scale/alert-most",
        "PR-8.21",
        "alerts do not go over the label for the most replicas",
    )
    .rows(&["SCL-30"])
    .profiles(GATEWAY)
    .why("Who sets a bound does so for what is behind the function, or for the bill.")
    .source("documentation, architecture/autoscaling")
    .run(most),
    Case::should(
        "scale/alert-odd",
        "PR-8.22",
        "a malformed alert is 400, and one about a missing function no 5xx",
    )
    .rows(&["SCL-29"])
    .profiles(&[Profile::Gateway])
    .why("A monitor repeats for ever what fails with a 5xx.")
    .source("gateway alert handler")
    .run(odd),
];

const GATEWAY: &[Profile] = &[Profile::Gateway, Profile::Scale];

const MOST: &str = "com.openfaas.scale.max";
const FACTOR: &str = "com.openfaas.scale.factor";

/// One alert about a function, as a monitor sends it.
fn send(rig: &Rig, name: &str, status: &str) -> Result<Answer, Failure> {
    let labels = json!({
        "alertname": "APIHighInvocationRate",
        "function_name": format!("{name}.{DEFAULT_NAMESPACE}"),
    });
    let alert = json!({
        "receiver": "scale-up",
        "status": status,
        "alerts": [{"status": status, "labels": labels}],
    });
    rig.provider().call("POST", "/system/alert", &alert)
}

fn alert(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().label(MOST, "4").label(FACTOR, "50"))?;
    send(rig, &f.name, "firing")?.is(200)?;
    // Half of the most is added to the one there is.
    super::wants(rig, &f, 3)?;
    send(rig, &f.name, "resolved")?.is(200)?;
    super::wants(rig, &f, 1)?;
    f.get("/instance")?.is(200)?;
    Ok(())
}

fn most(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().label(MOST, "2").label(FACTOR, "100"))?;
    for _ in 0..3 {
        send(rig, &f.name, "firing")?.is(200)?;
        super::wants(rig, &f, 2)?;
    }
    rig.stays(0.5, || {
        let provider = &rig.provider();
        check_eq!(
            provider.status(&f)?.replicas,
            2,
            "replicas after three alerts"
        );
        Ok(())
    })
}

fn odd(rig: &mut Rig) -> Outcome {
    for body in ["", "{\"alerts\": [", "[]", "alerts"] {
        let request = Request::post("/system/alert")
            .header("Content-Type", "application/json")
            .body(body);
        let answer = rig.provider().send(&request)?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the alert {body:?}")));
        }
    }
    let nobody = rig.name();
    send(rig, &nobody, "firing")?.is_no_crash()?;
    send(rig, &nobody, "resolved")?.is_no_crash()?;
    let listed = rig.provider().listed(&nobody)?;
    check!(listed.is_none(), "the alert made a function");
    Ok(())
}
