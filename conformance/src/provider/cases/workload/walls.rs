//! What a function reaches outside of itself: the network, the platform's secrets, the machine, its neighbours.
//! It knows where platforms keep their credentials.
//! It refuses to break out: it only looks.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should("workload/outbound", "WL-15.14", "a function calls a URL")
        .rows(&["WRK-16"])
        .profiles(&[Profile::Workload])
        .why("Hardly any function works without a service that it calls.")
        .source("documentation workloads.md")
        .run(outbound),
    Case::must(
        "workload/credentials",
        "WL-15.15",
        "the platform's password is in no variable and no file",
    )
    .rows(&["WRK-17"])
    .profiles(&[Profile::Workload])
    .why("Whoever can have one function run owns all of them.")
    .source("suite policy: functions are not trusted")
    .run(credentials),
    Case::should(
        "workload/capabilities",
        "WL-15.19",
        "neither CAP_SYS_ADMIN nor CAP_NET_ADMIN is there",
    )
    .rows(&["WRK-26"])
    .profiles(&[Profile::Workload])
    .why("With them a function mounts the machine's disks and turns its traffic.")
    .source("faasd")
    .run(capabilities),
    Case::should(
        "workload/processes",
        "WL-15.18",
        "a function does not see the processes of another",
    )
    .rows(&["WRK-27"])
    .profiles(&[Profile::Workload])
    .why("Command lines and environments of others hold their secrets.")
    .source("suite policy: functions are apart")
    .run(processes),
];

fn outbound(rig: &mut Rig) -> Outcome {
    let callback = rig.callback()?;
    let f = rig.probe()?;
    let told: Value = f.json(&format!("/call?url={}", callback.url()))?;
    check_eq!(
        told.get("ok"),
        Some(&json!(true)),
        "the function's call: {told}"
    );
    check_eq!(
        told.get("status"),
        Some(&json!(200)),
        "the answer that it got"
    );
    let received = callback.next(5.0)?;
    check_eq!(received.method, "GET", "the method of the function's call");
    Ok(())
}

/// Where the images, charts and units of platforms put the password.
const PLACES: [&str; 8] = [
    "/run/secrets/basic-auth-password",
    "/var/run/secrets/basic-auth-password",
    "/var/secrets/basic-auth-password",
    "/var/secrets/gateway/basic-auth-password",
    "/etc/openfaas/basic-auth-password",
    "/var/lib/faasd/secrets/basic-auth-password",
    "/var/openfaas/secrets/basic-auth-password",
    "/secrets/basic-auth-password",
];

fn credentials(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let secrets = rig.ground().setting.credentials.secrets();
    let env: std::collections::BTreeMap<String, String> = f.json("/env")?;
    for (name, value) in &env {
        let named = name.to_ascii_lowercase().contains("basic_auth");
        let known = secrets.iter().any(|secret| secret.text == *value);
        check!(
            !(named && !value.is_empty() || known),
            "the variable {name} has the platform's credentials"
        );
    }
    for path in PLACES {
        check!(f.file(path)?.is_none(), "the function can read {path}");
    }
    let names: Vec<String> = f.json("/secrets")?;
    check_eq!(
        names,
        Vec::<String>::new(),
        "secrets of a function without any"
    );
    Ok(())
}

const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;

fn capabilities(rig: &mut Rig) -> Outcome {
    rig.contained()?;
    let f = rig.probe()?;
    let process = f.process()?;
    let told = process.get("capabilities").and_then(Value::as_str);
    let Some(mask) = told.and_then(|text| u64::from_str_radix(text, 16).ok()) else {
        return rig.skip("the function cannot read its capabilities");
    };
    for (bit, name) in [
        (CAP_NET_ADMIN, "CAP_NET_ADMIN"),
        (CAP_SYS_ADMIN, "CAP_SYS_ADMIN"),
    ] {
        check!(
            mask >> bit & 1 == 0,
            "the function has {name} (of {mask:#x})"
        );
    }
    Ok(())
}

fn processes(rig: &mut Rig) -> Outcome {
    rig.contained()?;
    let (one, other) = (rig.probe()?, rig.probe()?);
    let own = |process: &Value| process.get("pid").map(Value::to_string);
    let (first, second) = (one.process()?, other.process()?);
    let seen = second.get("processes").and_then(Value::as_object);
    let Some(seen) = seen.filter(|seen| !seen.is_empty()) else {
        return rig.skip("the function cannot read /proc");
    };
    let pid = own(&first).unwrap_or_default();
    // Two functions of one image may well have the same number, each in its own room.
    let shared = own(&second) != Some(pid.clone()) && seen.contains_key(&pid);
    let machine = seen
        .values()
        .any(|line| line.as_str().is_some_and(|l| l.contains("kthreadd")));
    check!(
        !shared && !machine,
        "the function sees {} processes: {seen:?}",
        seen.len()
    );
    Ok(())
}
