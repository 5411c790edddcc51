//! What a function's container may rely on.
//! It knows the process, its files, its user and its end, as the probe tells them.
//! It refuses to look at the machine from outside.

mod ending;
mod files;
mod image;
mod readiness;
mod walls;
mod watchdogs;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 15,
    name: "workload",
    title: "What a function's container may rely on",
    intro: "A function is a process in a container that serves HTTP on a port; this is what it finds there.",
    clauses: CLAUSES,
    cases: &[
        readiness::CASES,
        ending::CASES,
        image::CASES,
        files::CASES,
        walls::CASES,
        watchdogs::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[(
    "WRK-28",
    "The suite brings one image in two versions; forms of manifests and layers are the business of whoever pulls, and have suites of their own.",
)];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WL-15.1",
        "A program that serves HTTP on port 8080 is a function, whatever it is written in.",
    ),
    Clause::must(
        "WL-15.2",
        "A function need not have `/_/health`; a call of that path is a call like any other.",
    ),
    Clause::should(
        "WL-15.3",
        "A function counts as available only once its `/_/ready` or `/_/health` is 200.",
    ),
    Clause::should(
        "WL-15.4",
        "A function whose health becomes 503 is started anew, or counts as unavailable.",
    ),
    Clause::should(
        "WL-15.5",
        "A function whose process ends, or is killed, is started anew.",
    ),
    Clause::must(
        "WL-15.6",
        "Before a function is ended it gets SIGTERM; one that ignores it is gone within a minute.",
    ),
    Clause::should(
        "WL-15.7",
        "A call that is under way is answered when its function is updated.",
    ),
    Clause::must(
        "WL-15.8",
        "The command and the environment of the image are honoured; a deployment's variables go before the image's.",
    ),
    Clause::should(
        "WL-15.9",
        "The user of the image is honoured, whoever it is.",
    ),
    Clause::must("WL-15.10", "`/tmp` is writable."),
    Clause::must(
        "WL-15.11",
        "With `readOnlyRootFilesystem` nothing but `/tmp` is writable.",
    ),
    Clause::should(
        "WL-15.12",
        "Without it the file system is writable, as far as the user may.",
    ),
    Clause::must("WL-15.13", "What a function wrote is gone with it."),
    Clause::should("WL-15.14", "A function can call others over HTTP."),
    Clause::must(
        "WL-15.15",
        "A function finds the platform's credentials neither in its environment nor in its files.",
    ),
    Clause::should("WL-15.16", "A function has a host name."),
    Clause::may("WL-15.17", "`OPENFAAS_NAME` is the name of the function."),
    Clause::should(
        "WL-15.18",
        "Two functions of one image share neither files nor memory, nor do they see each other's processes.",
    ),
    Clause::should(
        "WL-15.19",
        "A function has no power over the machine: neither CAP_SYS_ADMIN nor CAP_NET_ADMIN.",
    ),
    Clause::should(
        "WL-15.20",
        "Images with a watchdog work as they are: what the watchdog answers, the client gets.",
    ),
];
