//! The matrix as Markdown: verdicts by profile, then chapters.
//! It knows tables.
//! It refuses clauses: a page of them is for a browser.

use std::fmt::Write as _;

use super::super::Document;
use super::super::markdown::cell;
use super::{Cell, LEGEND, Table, tables};

pub fn render(documents: &[Document]) -> String {
    let mut out = String::new();
    for table in tables(documents) {
        let _ = write!(out, "## The {} contract\n\n", table.contract);
        columns(&mut out, &table);
        profiles(&mut out, &table);
        for chapter in &table.chapters {
            let _ = write!(out, "| {} |", cell(chapter.title));
            for one in &chapter.cells {
                let _ = write!(out, " {} |", numbers(*one));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{LEGEND}");
    out
}

fn columns(out: &mut String, table: &Table<'_>) {
    out.push_str("| |");
    for report in &table.reports {
        let _ = write!(out, " {} |", cell(&report.implementation.name));
    }
    out.push_str("\n|---|");
    for _ in &table.reports {
        out.push_str("---|");
    }
    out.push_str("\n| **all MUSTs** |");
    for report in &table.reports {
        let _ = write!(out, " **{}** |", report.verdict);
    }
    out.push('\n');
}

fn profiles(out: &mut String, table: &Table<'_>) {
    for (name, level) in &table.profiles {
        let _ = write!(out, "| profile {} {level} |", cell(name));
        for report in &table.reports {
            let one = report.standing(name, *level);
            let text = one.map_or(String::new(), |one| match one.meant() {
                0 => one.verdict.sign().to_owned(),
                meant => format!("{} {}/{meant}", one.verdict.sign(), one.held()),
            });
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
}

fn numbers(cell: Cell) -> String {
    match cell.meant() {
        0 => cell.conformity().sign().to_owned(),
        meant => format!("{} {}/{meant}", cell.conformity().sign(), cell.held),
    }
}
