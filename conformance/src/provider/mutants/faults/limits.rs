//! Chapter 16: limits on what a function may use.
//! It knows limits that are refused, forgotten, misread or kept.
//! It refuses to count memory.

use super::calls::both;
use super::prelude::*;

/// Deployments and updates.
fn deploys(asked: &Asked) -> bool {
    asked.is("POST", "/system/functions") || asked.is("PUT", "/system/functions")
}

/// Changes the amount of memory that a deployment may have.
fn memory(asked: &mut Asked, change: impl Fn(&str) -> Option<String>) {
    if !deploys(asked) {
        return;
    }
    asked.edit(|deployment| {
        let amount = deployment.pointer_mut("/limits/memory");
        let Some(amount) = amount else { return };
        match change(amount.as_str().unwrap_or_default()) {
            Some(text) => *amount = Value::String(text),
            None => drop(take(deployment, "limits")),
        }
    });
}

fn take(deployment: &mut Value, name: &str) -> Option<Value> {
    deployment.as_object_mut()?.remove(name)
}

/// Refuses what a provider that knows nothing of it takes for a mistake.
fn refuse(asked: &mut Asked, pointer: &str, status: u16) {
    if deploys(asked) && asked.json().pointer(pointer).is_some() {
        asked.answer(status, "not supported");
    }
}

fn has_unit(amount: &str) -> bool {
    amount.trim_end_matches(|one: char| one.is_ascii_alphabetic()) != amount
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "limits/memory-refused",
        &["PR-16.1"],
        "a limit on memory is 400",
        when_asked(|asked, _| refuse(asked, "/limits/memory", 400)),
    ),
    mutant(
        "limits/memory-forgotten",
        &["WL-16.1"],
        "a limit on memory is told, and nobody looks at it",
        Start(|launch, _| launch.memory = None),
    ),
    mutant(
        "limits/memory-tenfold",
        &["WL-16.1"],
        "ten times the limit can be had",
        Start(|launch, _| launch.memory = launch.memory.map(|most| 10 * most)),
    ),
    mutant(
        "limits/greedy-takes-all-down",
        &["WL-16.1"],
        "one function above its limit, and no other answers",
        Inside(Fault::CrashDisturbs),
    ),
    mutant(
        "limits/memory-a-tenth",
        &["WL-16.2"],
        "a tenth of the limit can be had",
        Start(|launch, _| launch.memory = launch.memory.map(|most| most / 10)),
    ),
    mutant(
        "limits/first-limit-kept",
        &["WL-16.4"],
        "an update does not change the limit",
        when_asked(|asked, memory| {
            if deploys(asked) {
                let name = asked.name();
                let limits = asked.json().get("limits").cloned();
                let first = memory.first(&name, limits.unwrap_or_default());
                if asked.method == "PUT" && first.is_object() {
                    asked.edit(|deployment| {
                        if let Some(fields) = deployment.as_object_mut() {
                            fields.insert("limits".to_owned(), first);
                        }
                    });
                }
            }
        }),
    ),
    mutant(
        "limits/cpu-refused",
        &["PR-16.2"],
        "a limit on processor time is 400",
        when_asked(|asked, _| refuse(asked, "/limits/cpu", 400)),
    ),
    mutant(
        "limits/requests-fail",
        &["PR-16.2"],
        "a reservation is 500",
        when_asked(|asked, _| refuse(asked, "/requests", 500)),
    ),
    mutant(
        "limits/unreadable-is-none",
        &["PR-16.3"],
        "an amount that cannot be read means no limit, as at faasd",
        when_asked(|asked, _| {
            memory(asked, |amount| {
                let digits = amount.trim_end_matches(|one: char| one.is_ascii_alphabetic());
                digits.parse::<f64>().is_ok().then(|| amount.to_owned())
            });
        }),
    ),
    mutant(
        "limits/unreadable-half-deployed",
        &["PR-16.3"],
        "an amount that cannot be read is 400, and the function is there",
        both(
            |asked, state| {
                memory(asked, |amount| {
                    let digits = amount.trim_end_matches(|one: char| one.is_ascii_alphabetic());
                    let good = digits.parse::<f64>().is_ok();
                    if !good {
                        state.set("unreadable", true);
                    }
                    good.then(|| amount.to_owned())
                });
            },
            |told, asked, state| {
                if deploys(asked) && state.remove("unreadable").is_some() {
                    told.status = 400;
                }
            },
        ),
    ),
    mutant(
        "limits/zero-half-deployed",
        &["PR-16.4"],
        "a limit of nothing is 400, and the function is there",
        both(
            |asked, state| {
                memory(asked, |amount| {
                    let nothing = amount == "0" || amount.starts_with('-');
                    if nothing {
                        state.set("nothing", true);
                    }
                    (!nothing).then(|| amount.to_owned())
                });
            },
            |told, asked, state| {
                if deploys(asked) && state.remove("nothing").is_some() {
                    told.status = 400;
                }
            },
        ),
    ),
    mutant(
        "limits/zero-never-runs",
        &["PR-16.4"],
        "a limit of nothing is taken at its word",
        when_asked(|asked, _| {
            memory(asked, |amount| {
                let nothing = amount == "0" || amount.starts_with('-');
                Some(if nothing { "1" } else { amount }.to_owned())
            });
        }),
    ),
    mutant(
        "limits/binary-suffix-unread",
        &["PR-16.5"],
        "Gi is no suffix",
        when_asked(|asked, _| {
            let amount = asked.json().pointer("/limits/memory").cloned();
            let text = amount.as_ref().and_then(Value::as_str).unwrap_or_default();
            if text.ends_with("Gi") {
                refuse(asked, "/limits/memory", 400);
            }
        }),
    ),
    mutant(
        "limits/plain-numbers-refused",
        &["PR-16.5"],
        "a number without a suffix is refused",
        when_asked(|asked, _| {
            let amount = asked.json().pointer("/limits/memory").cloned();
            let text = amount.as_ref().and_then(Value::as_str).unwrap_or_default();
            if !text.is_empty() && !has_unit(text) {
                refuse(asked, "/limits/memory", 400);
            }
        }),
    ),
    mutant(
        "limits/gpu-fails",
        &["PR-16.6"],
        "a graphics processor is 500",
        when_asked(|asked, _| refuse(asked, "/limits/nvidia.com~1gpu", 500)),
    ),
];
