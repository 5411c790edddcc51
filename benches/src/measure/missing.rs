//! What a scenario needs and this machine may lack.
//! It knows programs, CPUs and settings.
//! It refuses to let a lack pass without a line that says it.

use crate::bench::Bench;
use crate::scenario::{Backend, Closed, Measure, Program, Scenario, Service, Subject};

/// Why a subject cannot be measured in a scenario here, if it cannot.
pub fn missing(bench: &Bench, scenario: &Scenario, subject: Subject) -> Option<String> {
    if bench.executable(subject).is_none() {
        return Some("it is not here".to_owned());
    }
    for_service(bench, scenario.service).or_else(|| for_measure(bench, scenario.measure, subject))
}

fn for_service(bench: &Bench, service: Service) -> Option<String> {
    let lack = match service {
        Service::Proxy(Backend::Nginx) if bench.nginx.is_none() => "the function is nginx, which",
        Service::Fork(_, Program::Python) if bench.python.is_none() => "python3",
        _ => return None,
    };
    Some(format!("{lack} is not here"))
}

fn for_measure(bench: &Bench, measure: Measure, subject: Subject) -> Option<String> {
    match measure {
        Measure::Closed(_) | Measure::Peak { .. } if bench.wrk.is_none() => {
            Some("wrk is not here".to_owned())
        }
        Measure::Closed(Closed { one_cpu: true, .. }) if bench.taskset.is_none() => {
            Some("taskset is not here".to_owned())
        }
        Measure::Closed(Closed { one_cpu: true, .. }) if bench.cpus < 2 => {
            Some("there is only one CPU".to_owned())
        }
        Measure::Share(share) if bench.executable(share.of).is_none() => Some(format!(
            "the load depends on {}, which is not here",
            share.of.name()
        )),
        Measure::Share(share) if share.prefork.is_some() && !has_pool(bench, subject) => {
            Some("this build has no setting `prefork`".to_owned())
        }
        _ => None,
    }
}

/// The peers have none, and are measured without.
fn has_pool(bench: &Bench, subject: Subject) -> bool {
    !subject.ours()
        || bench
            .build(subject)
            .is_some_and(|binary| binary.has_setting("prefork"))
}
