//! Where the instructions of a request go: counted by callgrind, not guessed.
//! It knows that the difference between two runs of n and 2n requests is what n requests cost, start and stop not included.
//! It refuses to say anything about time, or about the kernel: callgrind sees neither.

mod callgrind;
mod layer;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use crate::bench::{Bench, on_path};
use crate::fault::{During as _, Fault};
use crate::load::client::Conn;
use crate::measure::{self, Session};
use crate::scenario::{Scenario, Subject};
use crate::screen::{print, say};
use crate::subject;
use callgrind::{Costs, Spot};

/// Under valgrind everything takes its time.
const PATIENCE: Duration = Duration::from_mins(2);
const SHOWN: usize = 25;

/// Counts, and prints what a request costs by layer and by function.
pub fn run(bench: &mut Bench, scenario: &Scenario, requests: u64) -> Result<(), Fault> {
    if let Some(why) = measure::missing(bench, scenario, Subject::Fwatchdog) {
        return Err(Fault::new(why));
    }
    let file = bench.scratch().join("callgrind.out");
    bench.binary.path = wrapped(bench, &file)?;
    let once = count(bench, scenario, requests, &file)?;
    let twice = count(bench, scenario, requests * 2, &file)?;
    let costs = difference(&once, twice, requests);
    show(scenario, requests, &costs);
    Ok(())
}

/// A script in place of the binary: it becomes valgrind, with the same process id.
fn wrapped(bench: &Bench, file: &Path) -> Result<std::path::PathBuf, Fault> {
    let valgrind = on_path("valgrind").ok_or_else(|| Fault::new("valgrind is not on PATH"))?;
    let script = bench.scratch().join("counted");
    let text = format!(
        "#!/bin/sh\nexec {} --tool=callgrind --compress-strings=no --compress-pos=no --callgrind-out-file={} {} \"$@\"\n",
        valgrind.display(),
        file.display(),
        bench.binary.path.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

fn count(bench: &Bench, scenario: &Scenario, requests: u64, file: &Path) -> Result<Costs, Fault> {
    say(format!("   {requests} requests, counted"));
    let session = Session::open(bench, scenario, measure::QUICK_SECONDS)?;
    let (mut order, ask) = session.counted()?;
    order.settings.push(("drain_delay", "0s".to_owned()));
    let mut running = subject::start(bench, &order)?;
    running.await_ready(&ask)?;
    let mut conn = Conn::to(running.port);
    let wire = ask.wire(running.port);
    for _ in 0..requests {
        let answer = conn.exchange(&wire).during("a request")?;
        if answer.status != ask.status || answer.body != ask.answer {
            return Err(Fault::new(format!("status {} in between", answer.status)));
        }
    }
    drop(conn);
    running.drain(PATIENCE)?;
    let text = fs::read_to_string(file).during("what callgrind wrote")?;
    Ok(callgrind::parse(&text))
}

/// Instructions per request.
fn difference(once: &Costs, twice: Costs, requests: u64) -> Vec<(Spot, f64)> {
    let each = twice.into_iter().map(|(spot, cost)| {
        let before = once.get(&spot).copied().unwrap_or_default();
        let per = (cost as f64 - before as f64) / requests as f64;
        (spot, per)
    });
    let mut each: Vec<_> = each.collect();
    each.sort_by(|one, other| other.1.total_cmp(&one.1));
    each
}

fn show(scenario: &Scenario, requests: u64, costs: &[(Spot, f64)]) {
    let total: f64 = costs.iter().map(|(_, cost)| cost).sum();
    let mut layers: BTreeMap<&str, f64> = BTreeMap::new();
    for (spot, cost) in costs {
        *layers.entry(layer::of(spot)).or_default() += cost;
    }
    let mut layers: Vec<_> = layers.into_iter().collect();
    layers.sort_by(|one, other| other.1.total_cmp(&one.1));
    print(format!(
        "{}: {total:.0} instructions per request, from {requests} requests over one connection\n\n| layer | instructions | share |\n|---|--:|--:|",
        scenario.id
    ));
    for (layer, cost) in layers {
        print(format!(
            "| {layer} | {cost:.0} | {:.1} % |",
            cost / total * 100.0
        ));
    }
    print("\nThe functions and files with the most:\n");
    for (spot, cost) in costs.iter().take(SHOWN) {
        print(format!("{cost:8.0}  {}  {}", spot.file, spot.function));
    }
}

#[cfg(test)]
mod tests {
    use super::{Costs, Spot, difference};

    #[test]
    fn what_start_and_stop_cost_falls_out() {
        let spot = |name: &str| Spot {
            file: "a.rs".to_owned(),
            function: name.to_owned(),
        };
        let once: Costs = [(spot("start"), 500), (spot("serve"), 100)].into();
        let twice: Costs = [(spot("start"), 500), (spot("serve"), 200)].into();
        let each = difference(&once, twice, 10);
        assert_eq!(each, [(spot("serve"), 10.0), (spot("start"), 0.0)]);
    }
}
