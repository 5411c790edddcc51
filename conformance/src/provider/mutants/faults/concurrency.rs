//! Chapter 17: many things at the same time.
//! It knows what is mixed up, refused or kept waiting meanwhile.
//! It refuses faults that show with one client alone.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::calls::{both, calls, split, whole};
use super::prelude::*;

/// How many requests of the kind that a fault minds are under way.
static OPEN: AtomicI64 = AtomicI64::new(0);

fn enter() -> i64 {
    OPEN.fetch_add(1, Ordering::SeqCst) + 1
}

fn leave() {
    OPEN.fetch_sub(1, Ordering::SeqCst);
}

/// How long a change takes, so that others can come in between.
const A_WHILE: Duration = Duration::from_millis(50);

fn deploys(asked: &Asked) -> bool {
    asked.is("POST", "/system/functions")
}

/// A deployment, an update or a removal.
fn changes(asked: &Asked) -> bool {
    asked.at("/system/functions") && asked.method != "GET"
}

/// The list of functions, or the description of one.
fn looks(asked: &Asked) -> bool {
    asked.is("GET", "/system/functions") || asked.is("GET", "/system/function/")
}

fn named(of: &str, name: &str) -> String {
    format!("{of} {name}")
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "concurrency/answers-swapped",
        &["PR-17.1"],
        "of many calls at once some get the answer of another",
        whole(
            |asked, _| {
                if calls(asked) {
                    enter();
                }
            },
            |told, asked, memory| {
                if !calls(asked) {
                    return;
                }
                let crowded = OPEN.load(Ordering::SeqCst) > 1;
                leave();
                let before = memory.get("answer");
                memory.set("answer", told.text());
                if crowded
                    && memory.count("answers").is_multiple_of(7)
                    && let Some(before) = before.as_ref().and_then(Value::as_str)
                {
                    told.set_body(before);
                }
            },
        ),
    ),
    mutant(
        "concurrency/addresses-swapped",
        &["PR-17.1"],
        "of many calls at once some go to the function of another",
        both(
            |asked, memory| {
                if !calls(asked) {
                    return;
                }
                let crowded = enter() > 1;
                let (route, rest) = split(asked);
                let before = memory.get("route");
                memory.set("route", route);
                if crowded
                    && memory.count("calls").is_multiple_of(25)
                    && let Some(before) = before.as_ref().and_then(Value::as_str)
                {
                    asked.set_path(&format!("{before}{rest}"));
                }
            },
            |_, asked, _| {
                if calls(asked) {
                    leave();
                }
            },
        ),
    ),
    mutant(
        "concurrency/one-deployment-at-a-time",
        &["PR-17.2"],
        "a deployment that comes during another is 503",
        both(
            |asked, _| {
                if deploys(asked) {
                    asked.delay = A_WHILE;
                    if enter() > 1 {
                        asked.answer(503, "busy");
                    }
                }
            },
            |_, asked, _| {
                if deploys(asked) {
                    leave();
                }
            },
        ),
    ),
    mutant(
        "concurrency/mixture",
        &["PR-17.3"],
        "of two deployments of one name the last one runs, and the first one is told",
        both(
            |asked, memory| {
                if deploys(asked) {
                    let name = asked.name();
                    let labels = asked.json().get("labels").cloned();
                    memory.first(&named("labels", &name), labels.unwrap_or_default());
                    if memory.count(&named("deployments", &name)) > 1 {
                        asked.method = hyper::Method::PUT;
                    }
                }
            },
            |told, asked, memory| {
                if looks(asked) {
                    told.for_each(|one| {
                        let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
                        let labels = memory.get(&named("labels", name));
                        if let (Some(fields), Some(labels)) = (one.as_object_mut(), labels) {
                            fields.insert("labels".to_owned(), labels);
                        }
                    });
                }
            },
        ),
    ),
    mutant(
        "concurrency/listed-twice",
        &["PR-17.3"],
        "what was deployed twice is listed twice",
        both(
            |asked, memory| {
                if deploys(asked) {
                    memory.count(&asked.name());
                }
            },
            |told, asked, memory| {
                if asked.is("GET", "/system/functions") {
                    told.edit(|list| {
                        let Some(all) = list.as_array_mut() else {
                            return;
                        };
                        let twice = |one: &&Value| {
                            let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
                            memory.get(name).and_then(|count| count.as_u64()) > Some(1)
                        };
                        let more: Vec<Value> = all.iter().filter(twice).cloned().collect();
                        all.extend(more);
                    });
                }
            },
        ),
    ),
    mutant(
        "concurrency/half-gone",
        &["PR-17.4"],
        "what was updated and removed at once is listed, and cannot be called",
        both(
            |asked, memory| {
                if changes(asked) {
                    memory.count(&named(asked.method.as_str(), &asked.name()));
                }
            },
            |told, asked, memory| {
                if asked.is("GET", "/system/functions") {
                    told.edit(|list| {
                        let Some(all) = list.as_array_mut() else {
                            return;
                        };
                        let left = memory.names("DELETE ");
                        let left = left
                            .into_iter()
                            .filter(|name| memory.get(&named("PUT", name)).is_some());
                        all.extend(left.map(|name| json!({"name": name, "image": "x"})));
                    });
                }
            },
        ),
    ),
    mutant(
        "concurrency/secrets-swapped",
        &["PR-17.5"],
        "of many secrets that are created at once some get the value of another",
        both(
            |asked, memory| {
                if !asked.is("POST", "/system/secrets") {
                    return;
                }
                asked.delay = A_WHILE;
                let crowded = enter() > 1;
                let value = asked.json().get("value").cloned().unwrap_or_default();
                let before = memory.get("value");
                memory.set("value", value);
                if crowded && let Some(before) = before {
                    asked.edit(|secret| {
                        if let Some(fields) = secret.as_object_mut() {
                            fields.insert("value".to_owned(), before);
                        }
                    });
                }
            },
            |_, asked, _| {
                if asked.is("POST", "/system/secrets") {
                    leave();
                }
            },
        ),
    ),
    mutant(
        "concurrency/no-list-meanwhile",
        &["PR-17.6"],
        "while a function comes or goes the list is 500",
        both(
            |asked, _| {
                if changes(asked) {
                    asked.delay = A_WHILE;
                    enter();
                }
            },
            |told, asked, _| {
                if changes(asked) {
                    leave();
                } else if asked.is("GET", "/system/functions") && OPEN.load(Ordering::SeqCst) > 0 {
                    told.become_status(500);
                }
            },
        ),
    ),
    mutant(
        "concurrency/thirty-workers",
        &["PR-17.7"],
        "during thirty calls of functions everybody else waits",
        both(
            |asked, _| {
                if calls(asked) {
                    enter();
                } else if OPEN.load(Ordering::SeqCst) > 30 {
                    asked.delay = Duration::from_secs(5);
                }
            },
            |_, asked, _| {
                if calls(asked) {
                    leave();
                }
            },
        ),
    ),
    mutant(
        "concurrency/ten-followers",
        &["PR-17.8"],
        "the eleventh who follows a log is 503",
        when_asked(|asked, memory| {
            if asked.at("/system/logs")
                && asked.query("follow").is_some()
                && memory.count("followers") > 10
            {
                asked.answer(503, "");
            }
        }),
    ),
];
