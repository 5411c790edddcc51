//! When a function counts as available, and what happens when it no longer is.
//! It knows the probe's settings for a late start and a bad health.
//! It refuses to fix how a provider asks: over HTTP, by a file, or not at all.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "workload/server",
        "WL-15.1",
        "a program that serves HTTP on port 8080 is called",
    )
    .rows(&["WRK-01"])
    .profiles(&[Profile::Workload])
    .why("Services that were not written for the platform cannot move to it.")
    .source("documentation workloads.md")
    .run(server),
    Case::must(
        "workload/health-path",
        "WL-15.2",
        "a call of /_/health passes to the function",
    )
    .rows(&["WRK-02"])
    .profiles(&[Profile::Workload])
    .why("Whoever watches a function from outside asks there.")
    .source("documentation workloads.md")
    .run(health_path),
    Case::should(
        "workload/ready-late",
        "WL-15.3",
        "a function that is ready after 4 seconds is not available before",
    )
    .rows(&["WRK-03"])
    .profiles(&[Profile::Workload])
    .why("Clients are sent to a function that cannot answer yet.")
    .source("documentation workloads.md")
    .run(ready_late),
    Case::should(
        "workload/health-lost",
        "WL-15.4",
        "a function whose health is 503 is started anew, or not available",
    )
    .rows(&["WRK-04"])
    .profiles(&[Profile::Workload])
    .why("A function that knows that it is broken goes on being called.")
    .source("faas-netes; documentation workloads.md")
    .run(health_lost),
    Case::should(
        "workload/crashed",
        "WL-15.5",
        "a function whose process exits with 1 answers again",
    )
    .rows(&["WRK-05"])
    .profiles(&[Profile::Workload])
    .why("One bad request takes a service down until somebody notices.")
    .source("suite policy: a crash is not the end")
    .run(crashed),
    Case::should(
        "workload/killed",
        "WL-15.5",
        "a function whose process is killed, as for want of memory, answers again",
    )
    .rows(&["WRK-06"])
    .profiles(&[Profile::Workload])
    .why("One large request takes a service down until somebody notices.")
    .source("suite policy: a crash is not the end")
    .run(killed),
];

fn server(rig: &mut Rig) -> Outcome {
    // No process is named: the image's own server is what is called.
    let f = rig.start(&rig.function().without("envProcess"))?;
    let seen = f.echo(&Request::post("/served").body("by itself"))?;
    check_eq!(seen.path, "/served", "the path that the server saw");
    check_eq!(seen.body()?, b"by itself".to_vec(), "the body that it saw");
    check_eq!(f.instance()?, seen.instance, "who answered the second call");
    Ok(())
}

fn health_path(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = f.get("/_/health")?.is(200)?;
    check_eq!(answer.text().trim(), "OK", "the answer of /_/health");
    // Whoever answers in its place answers for functions that are not there, too.
    let nobody = rig.name();
    let request = Request::get("/_/health");
    rig.provider()
        .invoke(&nobody, &request)?
        .is_one_of(UNREACHED)?;
    Ok(())
}

fn ready_late(rig: &mut Rig) -> Outcome {
    const DELAY: Duration = Duration::from_secs(4);
    let provider = rig.provider();
    let late = rig.function().env("PROBE_READY_DELAY", "4s");
    let start = Instant::now();
    provider.deploy(&late)?.is_accepted()?;
    rig.settles("a replica that is available", || {
        let available = provider.status(&late)?.available_replicas;
        check!(available > 0, "availableReplicas is {available}");
        Ok(())
    })?;
    let took = start.elapsed();
    check!(
        took >= DELAY,
        "available after {took:?}, ready after {DELAY:?}"
    );
    provider.invoke(&late, &Request::get("/_/ready"))?.is(200)?;
    Ok(())
}

fn health_lost(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let before = f.instance()?;
    f.get("/turn/503")?.is(200)?;
    rig.settles("a new process, or none available", || {
        if provider.status(&f)?.available_replicas == 0 {
            return Ok(());
        }
        let now = f.instance()?;
        check!(
            now != before,
            "the unhealthy process is available, and answers"
        );
        Ok(())
    })
}

fn crashed(rig: &mut Rig) -> Outcome {
    comes_back(rig, "/exit/1")
}

fn killed(rig: &mut Rig) -> Outcome {
    comes_back(rig, "/kill")
}

/// The process ends while it is called, and another one takes over.
fn comes_back(rig: &Rig, end: &str) -> Outcome {
    let f = rig.probe()?;
    let before = f.instance()?;
    if let Ok(answer) = f.get(end) {
        let failed = answer.status >= 500 || !answer.end.is_clean();
        check!(failed, "the call that ended the process: {}", answer.told());
    }
    rig.settles("an answer of a new process", || {
        check!(
            f.instance()? != before,
            "the process that was to end answers"
        );
        Ok(())
    })
}
