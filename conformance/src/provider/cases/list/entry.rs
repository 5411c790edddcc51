//! What an entry of the list says.
//! It knows the fields that a deployment gave, and those that the provider adds.
//! It refuses to judge the description: that is the next chapter.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "list/replicas",
        "PR-6.6",
        "replicas is a whole number, and at least 1 of a function that answers",
    )
    .rows(&["LST-09"])
    .why("Exporters and dashboards add these numbers up.")
    .source("SDK types/function_status.go")
    .run(replicas),
    Case::should(
        "list/env",
        "PR-6.7",
        "the variables are those of the deployment, and no others",
    )
    .rows(&["LST-10"])
    .why("A tool that deploys again what it was told must not add variables of the image.")
    .source("certifier deploy_test")
    .run(env),
    Case::should(
        "list/process",
        "PR-6.7",
        "the process is that of the deployment",
    )
    .rows(&["LST-11"])
    .why("A tool that deploys again what it was told needs it.")
    .source("certifier deploy_test")
    .run(process),
    Case::should(
        "list/secrets",
        "PR-6.7",
        "the secrets are those of the deployment",
    )
    .rows(&["LST-12"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("Before a secret is changed somebody looks who uses it.")
    .source("certifier deploy_test")
    .run(secrets),
    Case::should(
        "list/limits",
        "PR-6.7",
        "limits and requests are those of the deployment",
    )
    .rows(&["LST-13"])
    .profiles(&[Profile::Core, Profile::Limits])
    .why("Planning reads them.")
    .source("certifier deploy_test")
    .run(limits),
    Case::should(
        "list/created",
        "PR-6.8",
        "createdAt is the time of the deployment",
    )
    .rows(&["LST-14"])
    .why("Age is what people sort and clean up by.")
    .source("SDK types/function_status.go")
    .run(created),
    Case::should(
        "list/invocations",
        "PR-6.9",
        "at a gateway the count of invocations grows with the calls",
    )
    .rows(&["LST-15"])
    .profiles(&[Profile::Core, Profile::Gateway])
    .why("Functions that nobody calls are found by this number.")
    .source("gateway metrics; it asks Prometheus")
    .run(invocations),
];

/// How far the clocks of two machines may be apart, in seconds.
const SKEW: i64 = 120;
/// How long Prometheus may take to have seen a call, in seconds.
const SCRAPED: f64 = 60.0;

/// The entry of a function that answers.
fn entry(rig: &Rig, deployment: &Deployment) -> Result<Status, Failure> {
    let f = rig.start(deployment)?;
    let listed = rig.provider().listed(&f)?;
    listed.ok_or_else(|| Failure::failed(format!("{} is not listed", f.name)))
}

fn replicas(rig: &mut Rig) -> Outcome {
    let count = entry(rig, &rig.function())?.replicas;
    check!(count >= 1, "replicas is {count} of a function that answers");
    Ok(())
}

fn env(rig: &mut Rig) -> Outcome {
    let told = entry(
        rig,
        &rig.function().env("COLOUR", "green").env("URL", "a=b=c"),
    )?;
    let want = [("COLOUR", "green"), ("URL", "a=b=c")];
    let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
    check_eq!(told.env_vars, want.into(), "envVars in the list");
    Ok(())
}

fn process(rig: &mut Rig) -> Outcome {
    let told = entry(rig, &rig.function().process("cat --number /etc/hostname"))?;
    check_eq!(
        told.env_process,
        "cat --number /etc/hostname",
        "envProcess in the list"
    );
    Ok(())
}

fn secrets(rig: &mut Rig) -> Outcome {
    let mut names = vec![rig.secret("one")?, rig.secret("two")?];
    let deployment = names
        .iter()
        .fold(rig.function(), |deployment, name| deployment.secret(name));
    let mut told = entry(rig, &deployment)?.secrets;
    told.sort();
    names.sort();
    check_eq!(told, names, "secrets in the list");
    Ok(())
}

fn limits(rig: &mut Rig) -> Outcome {
    let limited = rig
        .function()
        .limit("memory", "256Mi")
        .limit("cpu", "500m")
        .reserve("memory", "32Mi")
        .reserve("cpu", "50m");
    let told = entry(rig, &limited)?;
    let pair = |memory: &str, cpu: &str| {
        let pairs = [("memory", memory), ("cpu", cpu)];
        pairs
            .map(|(name, amount)| (name.to_owned(), amount.to_owned()))
            .into()
    };
    check_eq!(told.limits, pair("256Mi", "500m"), "limits in the list");
    check_eq!(told.requests, pair("32Mi", "50m"), "requests in the list");
    Ok(())
}

fn created(rig: &mut Rig) -> Outcome {
    let before = chrono::Utc::now().timestamp() - SKEW;
    let f = rig.probe()?;
    let created = || {
        let listed = rig.provider().listed(&f)?;
        let listed = listed.map(|entry| entry.created_at);
        listed.ok_or_else(|| Failure::failed(format!("{} is not listed", f.name)))
    };
    let told = created()?;
    let after = chrono::Utc::now().timestamp() + SKEW;
    let time = chrono::DateTime::parse_from_rfc3339(&told)
        .map_err(|e| Failure::failed(format!("createdAt is {told:?}, no RFC 3339: {e}")))?;
    let within = (before..=after).contains(&time.timestamp());
    check!(
        within,
        "createdAt is {told:?}, and it was deployed just now"
    );
    // Longer than the second in which it is told.
    rig.stays(1.2, || {
        check_eq!(created()?, told, "createdAt, a little later");
        Ok(())
    })
}

fn invocations(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for _ in 0..5 {
        f.get("/")?.is(200)?;
    }
    let counted = |least: f64| {
        rig.until(SCRAPED, "the count of invocations", || {
            let provider = &rig.provider();
            let count = provider.listed(&f)?.map(|one| one.invocation_count);
            let count = count.unwrap_or_default();
            check!(
                count >= least,
                "invocationCount is {count}, expected {least} or more"
            );
            Ok(count)
        })
    };
    let first = counted(5.0)?;
    f.get("/")?.is(200)?;
    counted(first + 1.0)?;
    Ok(())
}
