//! The matrix as a page: profiles, chapters, and the clauses of a chapter behind it.
//! It knows the page that reports are on.
//! It refuses single cases: the reports have them.

use maud::{Markup, html};

use super::super::Document;
use super::super::html::{class, page};
use super::super::standing::{Conformity, Standing};
use super::{Cell, Group, LEGEND, Table, tables};

const SCRIPT: &str = include_str!("matrix.js");

pub fn render(documents: &[Document]) -> String {
    let body = html! {
        header { h1 { "Conformance" } p .sub { (LEGEND) } }
        main { @for table in tables(documents) { (contract(&table)) } }
    };
    page("Conformance", &body, SCRIPT)
}

fn contract(table: &Table<'_>) -> Markup {
    html! {
        h2 { "The " (table.contract) " contract" }
        div .wide {
            table .matrix {
                thead {
                    tr {
                        th {}
                        @for report in &table.reports {
                            th title=(report.date) { (report.implementation.name) }
                        }
                    }
                }
                (profiles(table))
                @for chapter in &table.chapters { (group(chapter)) }
            }
        }
    }
}

fn profiles(table: &Table<'_>) -> Markup {
    html! {
        tbody {
            tr {
                th .what scope="row" { b { "all MUSTs" } }
                @for report in &table.reports {
                    td { span .verdict .(class(report.verdict)) { (report.verdict) } }
                }
            }
            @for (name, level) in &table.profiles {
                tr {
                    th .what scope="row" { "profile " b { (name) } " " span .level { (level) } }
                    @for report in &table.reports { (standing(report.standing(name, *level))) }
                }
            }
        }
    }
}

/// A chapter can be opened: its clauses stand below it.
fn group(chapter: &Group<'_>) -> Markup {
    html! {
        tbody {
            tr .group {
                th .what scope="row" { button type="button" aria-expanded="true" { (chapter.title) } }
                @for one in &chapter.cells { (cell(*one)) }
            }
        }
        tbody .clauses id=(chapter.name) {
            @for row in &chapter.clauses {
                tr .clause {
                    th .what scope="row" {
                        (row.clause) " "
                        @if let Some(clause) = row.text {
                            span .level { (clause.level) } " " span .of { (clause.text) }
                        }
                    }
                    @for one in &row.cells { (cell(*one)) }
                }
            }
        }
    }
}

/// How far one implementation has a profile.
fn standing(standing: Option<&Standing>) -> Markup {
    match standing {
        None => html! { td {} },
        Some(one) => numbers(one.verdict, one.held(), one.meant()),
    }
}

fn cell(cell: Cell) -> Markup {
    numbers(cell.conformity(), cell.held, cell.meant())
}

fn numbers(verdict: Conformity, held: usize, meant: usize) -> Markup {
    html! {
        td .(class(verdict)) title=(verdict) {
            span .sign { (verdict.sign()) }
            @if meant > 0 { " " span .of { (held) "/" (meant) } }
        }
    }
}
