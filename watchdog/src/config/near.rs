//! Names that look like a slip of the pen.
//!
//! Owns the judgement that a variable was meant to be a setting. May know the names in the table. Refuses to guess about short names and about
//! anything in capitals: those are other programs' own.

use super::settings;

/// Names that documentation has given wrongly, too far from the right one to be recognised.
const FOLKLORE: &[(&str, &str)] = &[
    ("combined_output", "combine_output"),
    ("read_debug", "write_debug"),
];

/// The setting that a variable of this name was probably meant to be.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let known =
        || settings::all().flat_map(|s| std::iter::once(s.name).chain(s.aliases.iter().copied()));
    if known().any(|other| other == name) {
        return None;
    }
    if let Some((_, right)) = FOLKLORE.iter().find(|(wrong, _)| *wrong == name) {
        return Some(right);
    }
    known()
        .filter(|other| other.chars().next() == name.chars().next())
        .map(|other| (distance(name, other), other))
        .filter(|(steps, other)| *steps <= tolerance(other))
        .min()
        .map(|(_, other)| other)
}

/// The longer a name, the less likely that another program has one so close.
fn tolerance(name: &str) -> usize {
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        return 0;
    }
    match name.len() {
        0..6 => 0,
        6..9 => 1,
        _ => 2,
    }
}

/// Insertions, deletions and replacements from one to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            left = (left + 1)
                .min(*cell + 1)
                .min(diagonal + usize::from(a != b));
            diagonal = std::mem::replace(cell, left);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        for (slip, setting) in [
            ("readtimeout", "read_timeout"),
            ("read_timout", "read_timeout"),
            ("combined_output", "combine_output"),
            ("read_debug", "write_debug"),
            ("log_callids", "log_callid"),
            ("max_inflght", "max_inflight"),
            ("fproces", "fprocess"),
            ("upstream_uri", "upstream_url"),
            ("health_check_interval", "healthcheck_interval"),
        ] {
            assert_eq!(meant(slip), Some(setting), "{slip}");
        }
    }

    #[test]
    fn other_programs_variables_are_left_alone() {
        for name in [
            "PATH",
            "PORT",
            "HOME",
            "TMPDIR",
            "READ_TIMEOUT",
            "node",
            "host",
            "ports",
            "model",
            "input_mode",
            "output_mode",
            "process",
            "http_proxy",
            "no_proxy",
            "npm_config_cache",
            "read_timeout",
            "log_call_id",
            "",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn distances() {
        for (from, to, steps) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("abc", "abc", 0),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(from, to), steps);
        }
    }
}
