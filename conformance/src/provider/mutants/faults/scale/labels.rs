//! Chapter 8: labels about replicas, and alerts.
//! It knows bounds that are ignored, and alerts that come to nothing or too much.
//! It refuses to hide a label from who asks for it.

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    ALERT, FUNCTION, both, deploys, field, list, rename, suffix, text, turn,
};
use super::about;

const LEAST: &str = "com.openfaas.scale.min";
const MOST: &str = "com.openfaas.scale.max";
/// A label that nobody obeys.
const IDLE: &str = "com.openfaas.scale.idle";

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "scale/least-ignored",
        &["PR-8.12"],
        "the label for the least number of replicas has no effect",
        both(
            |asked, _| disobey(asked, LEAST),
            |told, _, _| tell(told, LEAST),
        ),
    ),
    mutant(
        "scale/most-ignored",
        &["PR-8.21"],
        "the label for the most replicas has no effect",
        both(
            |asked, _| disobey(asked, MOST),
            |told, _, _| tell(told, MOST),
        ),
    ),
    mutant(
        "scale/by-load-alone",
        &["PR-8.13"],
        "more replicas come with more calls, whatever the labels say",
        when_told(|told, asked, memory| {
            let called = about("called", asked);
            if asked.is_call() {
                memory.count(&called);
            }
            let calls = memory
                .get(&called)
                .and_then(|calls| calls.as_u64())
                .unwrap_or(0);
            if asked.is("GET", FUNCTION) && calls > 50 {
                told.edit(|one| one["replicas"] = json!(5));
            }
        }),
    ),
    mutant(
        "scale/alerts-ignored",
        &["PR-8.21"],
        "an alert that fires has no effect",
        when_asked(|asked, _| only_alerts(asked, |status| status != "firing")),
    ),
    mutant(
        "scale/alerts-stay",
        &["PR-8.21"],
        "an alert that is over has no effect",
        when_asked(|asked, _| only_alerts(asked, |status| status != "resolved")),
    ),
    mutant(
        "scale/alerts-unread",
        &["PR-8.22"],
        "an alert that cannot be read is accepted",
        when_told(|told, asked, _| {
            if asked.is("POST", ALERT) {
                turn(told, 400, 200);
            }
        }),
    ),
    mutant(
        "scale/alerts-about-nothing",
        &["PR-8.22"],
        "an alert about a function that is not there is an error of the gateway",
        when_told(|told, asked, memory| {
            seen::watch(told, asked, memory);
            let about =
                |alert: &Value| alert["labels"]["function_name"].as_str().map(str::to_owned);
            let names = list(&asked.json(), "alerts");
            let mut names = names.iter().filter_map(about);
            let missing = |full: String| {
                let (name, namespace) = suffix(&full);
                memory.get(&seen::function(&namespace, &name)).is_none()
            };
            if asked.is("POST", ALERT) && names.any(missing) {
                turn(told, 200, 500);
            }
        }),
    ),
];

fn disobey(asked: &mut Asked, label: &str) {
    if deploys(asked) {
        field(asked, "labels", |labels| rename(labels, label, IDLE));
    }
}

fn tell(told: &mut Told, label: &str) {
    told.for_each(|one| {
        if let Some(labels) = one.get_mut("labels") {
            rename(labels, IDLE, label);
        }
    });
}

fn only_alerts(asked: &mut Asked, is_kept: fn(&str) -> bool) {
    if asked.is("POST", ALERT) {
        field(asked, "alerts", |alerts| {
            if let Some(alerts) = alerts.as_array_mut() {
                alerts.retain(|alert| is_kept(&text(alert, "status")));
            }
        });
    }
}
