//! The order of the folders of `src`: who may use whom.
//! It knows the source text, `use` by `use`.
//! It refuses circles: no two folders use each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each floor with what it may use; whoever is not here uses nothing.
const ORDER: [(&str, &[&str]); 9] = [
    ("failure", &[]),
    ("shell", &[]),
    ("wire", &["failure"]),
    ("judge", &["failure"]),
    ("fixture", &["failure", "wire"]),
    ("watchdog", &["failure", "fixture", "judge", "wire"]),
    (
        "provider",
        &["failure", "fixture", "judge", "shell", "wire"],
    ),
    // A function stands behind a watchdog, which the suite for those knows how to start.
    (
        "template",
        &["failure", "fixture", "judge", "shell", "watchdog", "wire"],
    ),
    (
        "cli",
        &[
            "failure", "fixture", "judge", "provider", "shell", "template", "watchdog", "wire",
        ],
    ),
];

#[test]
fn every_floor_uses_only_those_below() {
    let mut wrong = Vec::new();
    for floor in floors() {
        let Some((_, allowed)) = ORDER.iter().find(|(name, _)| *name == floor) else {
            panic!("{floor} has no place in the order");
        };
        for file in files(&floor) {
            let text = fs::read_to_string(&file).unwrap();
            for used in used(&text).difference(&BTreeSet::from([floor.clone()])) {
                if !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_use_is_seen_in_every_form() {
    let text = "use crate::wire::{Wire, h2};\nuse crate::{check, judge::Case};\n// crate::cli\n\
                let x = crate::fixture::hex(b);\nuse super::provider;";
    let seen: Vec<String> = used(text).into_iter().collect();
    assert_eq!(seen, ["fixture", "judge", "wire"]);
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules of the crate itself, by the files that hold them.
fn floors() -> BTreeSet<String> {
    let entries = fs::read_dir(source()).unwrap();
    let names = entries.map(|entry| entry.unwrap().path());
    names
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !matches!(name.as_str(), "lib" | "main"))
        .collect()
}

fn files(floor: &str) -> Vec<PathBuf> {
    let path = source().join(floor);
    if !path.is_dir() {
        return vec![path.with_extension("rs")];
    }
    let mut found = Vec::new();
    let mut folders = vec![path];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The modules that follow `crate::` in code; macros of the crate belong to nobody.
fn used(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split("};").next().unwrap_or_default();
            found.extend(outermost(group).map(first_word));
        } else {
            found.insert(first_word(rest));
        }
    }
    found.retain(|name| !name.starts_with("check") && !name.is_empty());
    found
}

/// The parts of a `use` group that stand outside inner braces.
fn outermost(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    group.split(move |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    })
}

fn first_word(text: &str) -> String {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}
