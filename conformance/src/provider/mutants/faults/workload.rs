//! Chapter 15: what a function finds where it runs.
//! It knows how a process is started, watched and ended, and what it is given.
//! It refuses limits: they are a chapter of their own.

use std::fs;
use std::time::Duration;

use super::calls::{calls, split};
use super::prelude::*;
use crate::provider::mutants::start::Launch;

/// A folder of the provider that no replica takes with it.
fn kept(launch: &mut Launch, name: &str) {
    let Some(place) = launch.root.ancestors().nth(2) else {
        return;
    };
    let root = place.join(format!("kept-{name}"));
    let _ = fs::create_dir_all(root.join("tmp"));
    set(launch, "PROBE_ROOT", &root.to_string_lossy());
}

fn set(launch: &mut Launch, name: &str, value: &str) {
    launch.env.insert(name.to_owned(), value.to_owned());
}

/// What the watchdog needs of an image to run at all.
const NEEDED: [&str; 3] = ["mode", "upstream_url", "ready_path"];

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "workload/run-for-each-call",
        &["WL-15.1"],
        "where a deployment names no process the image is run anew for each call",
        Start(|launch, wanted| {
            if wanted.deployment.env_process.is_empty() {
                set(launch, "mode", "classic");
            }
        }),
    ),
    mutant(
        "workload/health-answered",
        &["WL-15.2"],
        "the platform answers for the health of functions",
        when_asked(|asked, _| {
            if calls(asked) && split(asked).1 == "/_/health" {
                asked.answer(200, "OK");
            }
        }),
    ),
    mutant(
        "workload/health-hidden",
        &["WL-15.2"],
        "the health of a function is nobody's business",
        when_asked(|asked, _| {
            if calls(asked) && split(asked).1.starts_with("/_/") {
                asked.answer(404, "");
            }
        }),
    ),
    mutant(
        "workload/ready-at-once",
        &["WL-15.3"],
        "a function counts as available once its process runs, as at faasd",
        Inside(Fault::ReadyAtOnce),
    ),
    mutant(
        "workload/asked-once",
        &["WL-15.4"],
        "once a function was ready nobody asks again",
        Inside(Fault::AskedOnce),
    ),
    mutant(
        "workload/never-restarted",
        &["WL-15.5"],
        "a function whose process ends stays down, as at faasd",
        Inside(Fault::NeverRestarted),
    ),
    mutant(
        "workload/killed-at-once",
        &["WL-15.6"],
        "a function is killed without SIGTERM",
        Inside(Fault::NoTerm),
    ),
    mutant(
        "workload/asked-to-go-for-ever",
        &["WL-15.6"],
        "a function that ignores SIGTERM stays",
        Start(|launch, _| launch.grace = Duration::from_hours(24)),
    ),
    mutant(
        "workload/no-time-to-end",
        &["WL-15.7"],
        "after SIGTERM a function has a tenth of a second",
        Start(|launch, _| launch.grace = Duration::from_millis(100)),
    ),
    mutant(
        "workload/arguments-cut",
        &["WL-15.8"],
        "the last arguments of an image's command are lost",
        Start(|launch, _| {
            let kept = launch.command.len().saturating_sub(2);
            launch.command.truncate(kept);
        }),
    ),
    mutant(
        "workload/folder-ignored",
        &["WL-15.8"],
        "a function does not run in the folder of its image",
        Start(|launch, _| set(launch, "PROBE_FOLDER", "/srv/app")),
    ),
    mutant(
        "workload/image-env-lost",
        &["WL-15.8"],
        "the variables of the image are lost",
        Start(|launch, wanted| {
            for name in wanted.image.env.keys() {
                let set = wanted.deployment.env.contains_key(name);
                if !set && !NEEDED.contains(&name.as_str()) {
                    launch.env.remove(name);
                }
            }
        }),
    ),
    mutant(
        "workload/image-env-wins",
        &["WL-15.8"],
        "the variables of the image go before those of the deployment",
        Start(|launch, wanted| {
            for (name, value) in &wanted.image.env {
                if wanted.deployment.env.contains_key(name) && !value.contains('{') {
                    launch.env.insert(name.clone(), value.clone());
                }
            }
        }),
    ),
    mutant(
        "workload/user-ignored",
        &["WL-15.9"],
        "a function does not run as the user of its image",
        Start(|launch, _| set(launch, "PROBE_USER", "12000")),
    ),
    mutant(
        "workload/no-tmp",
        &["WL-15.10"],
        "there is no /tmp",
        Start(|launch, _| {
            let bare = launch.root.join("bare");
            set(launch, "PROBE_ROOT", &bare.to_string_lossy());
        }),
    ),
    mutant(
        "workload/read-only-ignored",
        &["WL-15.11"],
        "readOnlyRootFilesystem is told, and the root can be written, as at faasd",
        Start(|launch, _| launch.read_only = false),
    ),
    mutant(
        "workload/read-only-tmp",
        &["WL-15.11"],
        "with readOnlyRootFilesystem there is no /tmp, either",
        Start(|launch, _| {
            if launch.read_only {
                let bare = launch.root.join("bare");
                set(launch, "PROBE_ROOT", &bare.to_string_lossy());
            }
        }),
    ),
    mutant(
        "workload/always-read-only",
        &["WL-15.12"],
        "the root cannot be written, whether that was asked for or not",
        Start(|launch, _| launch.read_only = true),
    ),
    mutant(
        "workload/files-kept",
        &["WL-15.13"],
        "the files of a function are there for the next of its name",
        Start(|launch, wanted| kept(launch, &wanted.deployment.service)),
    ),
    mutant(
        "workload/no-way-out",
        &["WL-15.14"],
        "a function has no network",
        Start(|launch, _| {
            let words = ["unshare", "--net", "--"].map(str::to_owned);
            launch.command.splice(0..0, words);
        }),
    ),
    mutant(
        "workload/password-in-env",
        &["WL-15.15"],
        "the platform's password is in the environment of functions",
        Start(|launch, _| set(launch, "basic_auth_password", "the-password")),
    ),
    mutant(
        "workload/password-in-a-file",
        &["WL-15.15"],
        "the platform's secrets are mounted into functions",
        Start(|launch, _| {
            let place = launch.root.join("run/secrets");
            let _ = fs::create_dir_all(&place);
            let _ = fs::write(place.join("basic-auth-password"), "the-password");
        }),
    ),
    mutant(
        "workload/another-name",
        &["WL-15.17"],
        "OPENFAAS_NAME is the name of the replica",
        Start(|launch, wanted| {
            let name = format!("{}-7d9f", wanted.deployment.service);
            set(launch, "OPENFAAS_NAME", &name);
        }),
    ),
    mutant(
        "workload/files-shared",
        &["WL-15.18"],
        "all functions have one /tmp",
        Start(|launch, _| kept(launch, "by-all")),
    ),
    mutant(
        "workload/busy-is-503",
        &["WL-15.20"],
        "a 429 of a watchdog is told as 503",
        when_told(|told, asked, _| {
            if calls(asked) && told.status == 429 {
                told.status = 503;
            }
        }),
    ),
    mutant(
        "workload/slow-is-502",
        &["WL-15.20"],
        "a 504 of a watchdog is told as 502",
        when_told(|told, asked, _| {
            if calls(asked) && told.status == 504 {
                told.status = 502;
            }
        }),
    ),
    mutant(
        "workload/mode-fixed",
        &["WL-15.20"],
        "a watchdog always runs in mode http",
        Start(|launch, _| set(launch, "mode", "http")),
    ),
];
