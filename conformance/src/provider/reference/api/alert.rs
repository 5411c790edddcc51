//! Alerts: more replicas while one fires, the least when it is over.
//! It knows the steps that a function's labels ask for.
//! It refuses to guess at what it cannot parse.

use hyper::StatusCode;

use super::super::answer::{self, Handled, bad};
use super::super::json::Fields;
use super::super::names;
use super::Call;

pub(super) fn alert(call: &Call) -> Handled {
    const BAD: &str = "Unable to parse alert, bad format.";
    let alerts = call.fields()?.objects("alerts").map_err(|_| bad(BAD))?;
    let steps: Option<Vec<(String, bool)>> = alerts.iter().map(step).collect();
    for (full, firing) in steps.ok_or_else(|| bad(BAD))? {
        let (name, namespace) = names::split(&full);
        // One that does not exist needs nothing.
        let Ok(function) = call.provider.world.find(namespace, name) else {
            continue;
        };
        let wanted = function.wanted();
        let deployment = &wanted.deployment;
        let (least, most) = deployment.bounds().unwrap_or((1, 1));
        let most = most.min(call.provider.options.max_replicas);
        let raised = raise(wanted.replicas, most, deployment.factor());
        function.scale(if firing { raised } else { least.max(1) });
    }
    Ok(answer::empty(StatusCode::OK))
}

/// The function, and whether its alert fires.
fn step(alert: &Fields) -> Option<(String, bool)> {
    let labels = alert.object("labels").ok()??;
    let name = labels.text("function_name").ok()?;
    match alert.text("status").ok()?.as_str() {
        "firing" => Some((name, true)),
        "resolved" => Some((name, false)),
        _ => None,
    }
}

/// The replicas after one step of an alert that fires.
pub fn raise(now: u32, most: u32, factor: u32) -> u32 {
    let more = (u64::from(most) * u64::from(factor)).div_ceil(100);
    let more = u32::try_from(more).unwrap_or(most);
    now.saturating_add(more).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_raises_by_a_part_of_the_most() {
        assert_eq!(raise(1, 5, 10), 2);
        assert_eq!(raise(4, 5, 100), 5);
        assert_eq!(raise(1, 20, 25), 6);
    }
}
