//! The matrix as a picture in SVG: what holds of the MUSTs, profile by profile.
//! It knows how wide letters are, roughly, and the colours of a light and of a dark page.
//! It refuses to load anything, and to speak by colours alone: the numbers say the same.

use maud::{Markup, PreEscaped, html};

use super::super::Document;
use super::super::html::class;
use super::super::standing::{Conformity, Standing};
use super::{Table, tables};
use crate::judge::Level;

const STYLE: &str = include_str!("picture.css");

/// All in pixels.
const EDGE: usize = 10;
const LETTER: usize = 7;
const LINE: usize = 14;
const TITLE: usize = 30;
const ROW: usize = 24;
/// Between two cells.
const GAP: usize = 2;
/// Wide enough for `100/100`.
const COLUMN: usize = 60;
/// Of letters in the name of a column; a longer one is broken where a word or a part of one ends.
const BROKEN_AT: usize = 10;

/// The signs of the picture, two a line.
const LEGEND: [(Conformity, &str); 4] = [
    (Conformity::Conformant, "all of it holds"),
    (
        Conformity::PartiallyConformant,
        "known deviations, or left out",
    ),
    (Conformity::NotConformant, "something fails"),
    (Conformity::NotApplicable, "there is no such thing"),
];

pub fn render(documents: &[Document]) -> String {
    let sheets: Vec<Sheet<'_>> = tables(documents).iter().map(Sheet::of).collect();
    let width = sheets.iter().map(Sheet::width).max().unwrap_or_default();
    let mut height = EDGE;
    let mut drawn = Vec::new();
    for sheet in &sheets {
        drawn.push(html! { g transform=(moved(EDGE, height)) { (sheet.draw()) } });
        height += sheet.height() + EDGE;
    }
    let legend =
        html! { g .legend transform=(moved(EDGE, height)) { (legend((width - 2 * EDGE) / 2)) } };
    height += LEGEND.len().div_ceil(2) * ROW + EDGE;
    let told: Vec<String> = sheets.iter().map(Sheet::told).collect();
    let told = told.join(" ");
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(told) {
            title { (told) }
            style { (PreEscaped(STYLE)) }
            rect .page x="0.5" y="0.5" width=(width - 1) height=(height - 1) rx="6" {}
            @for one in drawn { (one) }
            (legend)
        }
    };
    svg.into_string() + "\n"
}

/// What is drawn of one contract.
struct Sheet<'a> {
    contract: &'a str,
    /// The name of each column, line by line.
    columns: Vec<Vec<String>>,
    rows: Vec<(&'a str, Vec<Mark>)>,
    verdicts: Vec<String>,
}

/// One cell.
#[derive(Clone, Copy)]
struct Mark {
    conformity: Conformity,
    held: usize,
    meant: usize,
}

impl<'a> Sheet<'a> {
    fn of(table: &Table<'a>) -> Self {
        let musts = table
            .profiles
            .iter()
            .filter(|(_, level)| *level == Level::Must);
        let mut rows = vec![(
            "all MUSTs",
            table.reports.iter().map(|one| total(one)).collect(),
        )];
        rows.extend(musts.map(|(profile, _)| {
            let marks = table.reports.iter().map(|one| mark(one, profile)).collect();
            (*profile, marks)
        }));
        let names = table
            .reports
            .iter()
            .map(|one| one.implementation.name.as_str());
        let verdict = |one: &&Document| format!("{}: {}.", one.implementation.name, one.verdict);
        Self {
            contract: table.contract,
            columns: names.map(broken).collect(),
            rows,
            verdicts: table.reports.iter().map(verdict).collect(),
        }
    }

    /// Of the names of the rows.
    fn label(&self) -> usize {
        let letters = self.rows.iter().map(|(name, _)| name.chars().count()).max();
        letters.unwrap_or_default() * LETTER + EDGE
    }

    fn column(&self) -> usize {
        let lines = self.columns.iter().flatten();
        let letters = lines.map(|line| line.chars().count()).max();
        COLUMN.max(letters.unwrap_or_default() * LETTER)
    }

    /// Of the names of the columns.
    fn head(&self) -> usize {
        let lines = self.columns.iter().map(Vec::len).max();
        lines.unwrap_or_default() * LINE + EDGE / 2
    }

    fn width(&self) -> usize {
        self.label() + self.columns.len() * self.column() + 2 * EDGE
    }

    fn height(&self) -> usize {
        TITLE + self.head() + self.rows.len() * ROW
    }

    fn title(&self) -> String {
        format!("What holds of the MUSTs of the {} contract", self.contract)
    }

    /// The picture for those who do not see it.
    fn told(&self) -> String {
        format!("{}. {}", self.title(), self.verdicts.join(" "))
    }

    fn draw(&self) -> Markup {
        html! {
            text .title y=(LINE) { (self.title()) }
            g .names transform=(moved(self.label(), TITLE)) {
                @for (column, lines) in self.columns.iter().enumerate() {
                    @for (line, text) in lines.iter().enumerate() {
                        text .number x=(column * self.column() + self.column() / 2) y=((line + 1) * LINE - GAP) { (text) }
                    }
                }
            }
            @for (row, (name, marks)) in self.rows.iter().enumerate() {
                g transform=(moved(0, TITLE + self.head() + row * ROW)) {
                    text .title[row == 0] y=(ROW - 8) { (name) }
                    @for (column, mark) in marks.iter().enumerate() {
                        g .(class(mark.conformity)) transform=(moved(self.label() + column * self.column(), 0)) {
                            rect width=(self.column() - GAP) height=(ROW - GAP) rx="3" {}
                            text .number x=((self.column() - GAP) / 2) y=(ROW - 8) { (mark.text()) }
                        }
                    }
                }
            }
        }
    }
}

impl Mark {
    fn text(self) -> String {
        match self.meant {
            0 => self.conformity.sign().to_owned(),
            meant => format!("{}/{meant}", self.held),
        }
    }
}

fn mark(report: &Document, profile: &str) -> Mark {
    let one = report.standing(profile, Level::Must);
    Mark {
        conformity: one.map_or(Conformity::NotApplicable, |one| one.verdict),
        held: one.map_or(0, Standing::held),
        meant: one.map_or(0, Standing::meant),
    }
}

/// Over all profiles. A case that counts for two of them counts twice, as everywhere.
fn total(report: &Document) -> Mark {
    let musts = report.conformance.iter();
    let musts = musts.filter(|one| one.level == Level::Must);
    let (held, meant) = musts.fold((0, 0), |(held, meant), one| {
        (held + one.held(), meant + one.meant())
    });
    Mark {
        conformity: report.verdict,
        held,
        meant,
    }
}

fn legend(column: usize) -> Markup {
    html! {
        @for (place, (conformity, text)) in LEGEND.into_iter().enumerate() {
            g .(class(conformity)) transform=(moved(place % 2 * column, place / 2 * ROW)) {
                rect width=(ROW) height=(LINE) y="4" rx="3" {}
                text x=(ROW + EDGE) y="15" { (text) }
            }
        }
    }
}

fn moved(x: usize, y: usize) -> String {
    format!("translate({x} {y})")
}

/// A name in short lines.
fn broken(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in name.split_inclusive([' ', '-']) {
        match lines.last_mut() {
            Some(line) if line.len() + part.trim_end().len() <= BROKEN_AT => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_broken_where_a_part_of_it_ends() {
        assert_eq!(broken("sdk provider"), ["sdk", "provider"]);
        assert_eq!(broken("faas-swarm provider"), ["faas-swarm", "provider"]);
        assert_eq!(broken("a b gateway"), ["a b", "gateway"]);
        assert_eq!(
            broken("fwatchdog-reference gateway"),
            ["fwatchdog-", "reference", "gateway"]
        );
    }
}
