//! The rows of the contract's table, and which of them have a case.
//! It knows how many rows each part of the table has.
//! It refuses a row that is not in the table.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::DROPPED;
use crate::judge::Suite as _;
use crate::provider::Suite;

const PARTS: &[(&str, u32)] = &[
    ("SYS", 16),
    ("AUTH", 24),
    ("DEP", 40),
    ("UPD", 20),
    ("DEL", 17),
    ("LST", 17),
    ("DSC", 19),
    ("SCL", 30),
    ("SEC", 36),
    ("LOG", 34),
    ("NS", 26),
    ("INV", 57),
    ("STR", 15),
    ("ASY", 21),
    ("WRK", 28),
    ("LIM", 11),
    ("CON", 11),
    ("ROB", 18),
    ("MET", 7),
    ("CLI", 17),
];

/// Every row, in order.
pub fn all() -> impl Iterator<Item = String> {
    PARTS
        .iter()
        .flat_map(|(part, count)| (1..=*count).map(move |n| format!("{part}-{n:02}")))
}

/// The part of SPEC.md about rows without a case.
pub fn markdown() -> String {
    let mut out = "\n## Rows without a case\n\nWhat was proposed as a case and is none, and why.\n"
        .to_owned();
    for (row, why) in DROPPED.iter().copied().flatten() {
        let _ = write!(out, "\n- {row}: {why}");
    }
    out.push('\n');
    out
}

/// The rows that have neither a case nor a reason.
pub fn missing() -> Vec<String> {
    let judged = Suite::cases().flat_map(|case| case.traits.rows).copied();
    let dropped = DROPPED.iter().copied().flatten().map(|(row, _)| *row);
    let known: HashSet<&str> = judged.chain(dropped).collect();
    all().filter(|row| !known.contains(row.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_rows_as_in_the_table() {
        assert_eq!(all().count(), 464);
        assert_eq!(all().last().as_deref(), Some("CLI-17"));
    }

    #[test]
    fn every_row_that_is_named_is_there() {
        let rows: HashSet<String> = all().collect();
        for case in Suite::cases() {
            for row in case.traits.rows {
                assert!(rows.contains(*row), "{}: no row {row}", case.id);
            }
        }
        for (row, why) in DROPPED.iter().copied().flatten() {
            assert!(rows.contains(*row), "no row {row}");
            assert!(why.ends_with('.'), "{row}: no reason");
        }
    }
}
