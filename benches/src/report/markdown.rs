//! The report as Markdown.
//! It knows tables.
//! It refuses to round a ratio into a win: three digits, and its spread beside it.

use std::fmt::Write as _;

use crate::results::{Measured, Metric, Results, Row};
use crate::run::number;
use crate::scenario::{ALL, Family, Subject};
use crate::stats::Spread;

/// The peers that the README has columns for.
const COLUMNS: [Subject; 4] = [
    Subject::OfWatchdog,
    Subject::ClassicWatchdog,
    Subject::Nginx,
    Subject::Lighttpd,
];

/// Those that have a row.
fn families(results: &Results) -> impl Iterator<Item = Family> {
    let any = |family: &Family| rows(results).any(|(_, row)| row.family == *family);
    Family::ALL.into_iter().filter(any)
}

fn plot(family: Family, folder: &str) -> String {
    format!("\n![{}]({folder}{}.svg)\n", family.title(), family.name())
}

/// The plots of all families that were measured, which are in `folder`.
pub fn plots(results: &Results, folder: &str) -> String {
    families(results)
        .map(|family| plot(family, folder))
        .collect()
}

/// The rows in the order of the table of scenarios.
pub fn rows(results: &Results) -> impl Iterator<Item = (&'static str, &Row)> {
    ALL.iter()
        .filter_map(|scenario| Some((scenario.id, results.rows.get(scenario.id)?)))
}

/// One line for each scenario: its headline figure, and in brackets ours over the peer's.
pub fn table(results: &Results) -> String {
    let mut text = String::from("| scenario | figure | fwatchdog |");
    for peer in COLUMNS {
        let _ = write!(text, " {} |", peer.name());
    }
    text.push_str("\n|---|---|--:|--:|--:|--:|--:|\n");
    for (id, row) in rows(results) {
        let ours = row.of(Subject::Fwatchdog);
        let _ = write!(
            text,
            "| `{id}` | {} | {} |",
            row.headline.label(),
            cell(ours, row.headline)
        );
        for peer in COLUMNS {
            let _ = write!(text, " {} |", cell(row.of(peer), row.headline));
        }
        text.push('\n');
    }
    text
}

fn cell(measured: Option<&Measured>, metric: Metric) -> String {
    let Some(measured) = measured else {
        return String::new();
    };
    if measured.void.is_some() {
        return "void".to_owned();
    }
    let Some(spread) = measured.figures.get(&metric) else {
        return String::new();
    };
    let ratio = measured.ratios.get(&metric);
    let ratio = ratio.map(|ratio| format!(" ({})", number(ratio.median)));
    number(spread.median) + &ratio.unwrap_or_default()
}

pub fn full(results: &Results) -> String {
    let machine = &results.machine;
    let mut text = format!(
        "# What was measured\n\nWritten by `benches run`. {}; {}; {}.\n\n\
         In brackets: ours over the peer's, the median of the ratios of all rounds. CPU is that of the server's own processes, its function's not included.\n\n",
        machine.line(),
        machine.toolchain,
        machine.wrk
    );
    text += &table(results);
    for family in families(results) {
        let _ = write!(text, "\n## {}\n{}", family.title(), plot(family, ""));
        for (id, row) in rows(results).filter(|(_, row)| row.family == family) {
            text += &details(id, row);
        }
    }
    text
}

fn details(id: &str, row: &Row) -> String {
    let mut text = format!("\n### {id}\n\n{}. ", capital(&row.what));
    if !row.load.is_empty() {
        let _ = write!(text, "{}. ", capital(&row.load));
    }
    let _ = write!(
        text,
        "{} rounds, {}, on {}. fwatchdog {} ({}).\n\n",
        row.rounds,
        row.date,
        row.machine,
        row.sha256.get(..12).unwrap_or_default(),
        row.build
    );
    for missing in &row.missing {
        let _ = writeln!(text, "Not measured: {missing}.\n");
    }
    text.push_str("| |");
    for measured in &row.subjects {
        let _ = write!(text, " {} |", measured.subject.name());
    }
    text.push_str("\n|---|");
    text += &"--:|".repeat(row.subjects.len());
    text.push('\n');
    for metric in Metric::ALL {
        if row
            .subjects
            .iter()
            .any(|one| one.figures.contains_key(&metric))
        {
            text += &line(row, metric);
        }
    }
    text + &notes(row)
}

fn line(row: &Row, metric: Metric) -> String {
    let mut text = format!("| {} |", metric.label());
    for measured in &row.subjects {
        let figure = measured.figures.get(&metric).map(with_range);
        let ratio = measured.ratios.get(&metric).map(with_range);
        let ratio = ratio.map(|ratio| format!("<br>ratio {ratio}"));
        let _ = write!(
            text,
            " {}{} |",
            figure.unwrap_or_default(),
            ratio.unwrap_or_default()
        );
    }
    text.push('\n');
    text
}

fn with_range(spread: &Spread) -> String {
    if spread.rounds.len() == 1 {
        return number(spread.median);
    }
    format!(
        "{} ({}..{})",
        number(spread.median),
        number(spread.min),
        number(spread.max)
    )
}

/// Who was measured, and why anybody is void.
fn notes(row: &Row) -> String {
    let peers = row
        .subjects
        .iter()
        .filter(|one| one.subject != Subject::Fwatchdog);
    let peers: Vec<String> = peers
        .map(|one| format!("{}: {}", one.subject.name(), one.version))
        .collect();
    let mut text = format!("\n{}.\n", peers.join("; "));
    for measured in &row.subjects {
        if let Some(why) = &measured.void {
            let _ = write!(text, "\n{} is void: {why}.\n", measured.subject.name());
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{full, plots, table};
    use crate::results::tests::{measured, row};
    use crate::results::{Metric, Results};
    use crate::scenario::Subject;

    fn results() -> Results {
        let ours = measured(Subject::Fwatchdog, Metric::CpuUs, 14.0, None);
        let nginx = measured(Subject::Nginx, Metric::CpuUs, 13.0, Some(1.077));
        let mut of = measured(Subject::OfWatchdog, Metric::CpuUs, 70.0, None);
        of.void = Some("round 2: 1 errors".to_owned());
        let mut results = Results::default();
        let row = row(vec![ours, nginx, of]);
        results.rows.insert("http-11b-c50".to_owned(), row);
        results
    }

    #[test]
    fn the_table_has_a_line_for_each_row() {
        let text = table(&results());
        let line = text.lines().last().unwrap();
        assert_eq!(
            line,
            "| `http-11b-c50` | CPU per request, us | 14.0 | void |  | 13.0 (1.08) |  |"
        );
        let head = text.lines().nth(1).unwrap();
        assert_eq!(head.matches('|').count(), line.matches('|').count());
    }

    #[test]
    fn the_report_says_why_a_subject_is_void() {
        let text = full(&results());
        assert!(text.contains("of-watchdog is void: round 2: 1 errors."));
        assert!(text.contains("![Mode http: one server behind the watchdog](http.svg)"));
    }

    #[test]
    fn a_family_that_was_measured_has_a_plot() {
        let expected = "\n![Mode http: one server behind the watchdog](there/http.svg)\n";
        assert_eq!(plots(&results(), "there/"), expected);
    }
}
