//! The table of settings, printed: for a terminal and for the web.
//!
//! Owns the layout of both. May know the table and nothing of any value set. Refuses to say anything that the table does not.

use std::fmt::Write as _;

#[cfg(test)]
use super::setting::ModeName;
use super::setting::{Fallback, Setting};
use super::settings::GROUPS;

/// How far a line reaches in a terminal.
const WIDTH: usize = 100;

#[cfg(test)] // CONFIG.md is written by a test
const INTRO: &str = "\
# Settings

Every setting is an environment variable, read once at start. This file is printed from the table in
`src/config/settings.rs`; to write it anew, run `UPDATE=1 cargo test -p fwatchdog config_md`.

* A variable that is set but empty counts as unset.
* A bad value keeps the watchdog from starting: all problems are reported at once, before a port is
  bound. With `strict_config=false` the default is taken in its place, with a warning.
* A duration is a whole number of seconds (`30`) or is written with units (`500ms`, `1m30s`, `1h`).
  Where it limits something, `0` means no limit. A number of bytes may end in `k`, `M`, `G` (powers of
  1000) or `Ki`, `Mi`, `Gi` (powers of 1024).
* Only the settings of the chosen mode are read; any other variable may belong to the function.
* Where two names of one setting are set, the first listed is used, unless a note says otherwise; of
  two names of a switch, either turns it on.
* A default that differs between the two builds is given for both.

`fwatchdog --print-config` shows what holds and where it came from; `fwatchdog --check-config` only
looks for mistakes.
";

/// The reference of all settings, in Markdown: what `CONFIG.md` holds.
#[cfg(test)]
pub fn reference() -> String {
    let mut text = INTRO.to_owned();
    for group in GROUPS {
        let _ = write!(text, "\n## {}\n\n", group.title);
        text.push_str("| setting | values | default | modes | meaning |\n|---|---|---|---|---|\n");
        for setting in group.settings {
            text.push_str(&markdown_row(setting));
        }
    }
    text
}

#[cfg(test)]
fn markdown_row(setting: &Setting) -> String {
    let names = std::iter::once(&setting.name).chain(setting.aliases);
    let names = names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "| {names} | {} | {} | {} | {} |\n",
        setting.kind.describe(),
        default(setting).unwrap_or_else(|| "none".to_owned()),
        modes(setting.modes),
        [setting.doc, &precedence_note(setting)].concat(),
    )
}

/// The same for `--help`, without marks that only Markdown needs.
pub(super) fn help() -> String {
    let mut text = String::from("Settings, from the environment:\n");
    for group in GROUPS {
        let _ = write!(text, "\n{}\n", group.title);
        for setting in group.settings {
            text.push_str(&help_entry(setting));
        }
    }
    text
}

fn help_entry(setting: &Setting) -> String {
    let names = std::iter::once(&setting.name)
        .chain(setting.aliases)
        .copied();
    let names = names.collect::<Vec<_>>().join(", ");
    let default = default(setting)
        .map(|text| format!(" Default: {text}."))
        .unwrap_or_default();
    let values = capitalised(&setting.kind.describe());
    let note = precedence_note(setting);
    let body = format!("{values}. {}{note}{default}", setting.doc).replace('`', "");
    format!("  {names}\n{}", wrapped(&body, 6))
}

fn default(setting: &Setting) -> Option<String> {
    match setting.fallback {
        Fallback::Value(text) => Some(format!("`{text}`")),
        Fallback::PerFlavour { classic, of } => Some(format!("classic: `{classic}`, of: `{of}`")),
        Fallback::Derived(how) => Some(how.to_owned()),
        Fallback::Nothing => None,
    }
}

#[cfg(test)]
fn modes(modes: &[ModeName]) -> String {
    if modes.contains(&ModeName::Inproc) {
        return "all".to_owned();
    }
    modes
        .iter()
        .map(|mode| mode.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn precedence_note(setting: &Setting) -> String {
    match (setting.aliases, setting.alias_wins) {
        ([], _) | (_, []) => String::new(),
        ([alias, ..], [_]) => format!(" In the of flavour `{alias}` goes first."),
        ([alias, ..], _) => format!(" `{alias}` goes first."),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// Words in lines that begin with `indent` spaces and stay within the width where words allow.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width <= WIDTH {
            lines.push(' ');
            column += 1;
        } else {
            let _ = write!(
                lines,
                "{}{:indent$}",
                if column > 0 { "\n" } else { "" },
                ""
            );
            column = indent;
        }
        lines.push_str(word);
        column += width;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "the test's own switch, no setting of the watchdog"
    )]
    fn is_update() -> bool {
        std::env::var_os("UPDATE").is_some()
    }

    #[test]
    fn config_md() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CONFIG.md");
        if is_update() {
            std::fs::write(path, reference()).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == reference(),
            "CONFIG.md is out of date: run `UPDATE=1 cargo test -p fwatchdog config_md`"
        );
    }

    #[test]
    fn tables_have_five_columns() {
        for line in reference().lines().filter(|line| line.starts_with('|')) {
            assert_eq!(line.matches('|').count(), 6, "{line}");
        }
    }

    #[test]
    fn help_stays_within_its_width() {
        for line in help().lines().filter(|line| line.trim().contains(' ')) {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
