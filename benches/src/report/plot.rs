//! One plot per family, as SVG written by hand: bars need no library.
//! It knows the headline figure of each scenario.
//! It refuses one scale for all: within a scenario the longest bar fills the width, and each has its number.

use std::fmt::Write as _;

use super::markdown::rows;
use crate::results::{Measured, Metric, Results, Row};
use crate::run::number;
use crate::scenario::{Family, Subject};
use crate::stats::Spread;

const WIDTH: f64 = 900.0;
/// Where bars begin: names stand before.
const LEFT: f64 = 150.0;
/// The longest bar; its number stands after it.
const LONGEST: f64 = 560.0;
const BAR: f64 = 18.0;
const GAP: f64 = 4.0;
/// Of the text beside a bar, from the top of the bar.
const BASELINE: f64 = 13.5;
const HEAD: f64 = 56.0;
const TITLE: f64 = 30.0;

/// Nothing where no scenario of the family was measured.
pub fn family(results: &Results, family: Family) -> Option<String> {
    let mut bars = String::new();
    let mut y = HEAD;
    for (id, row) in rows(results).filter(|(_, row)| row.family == family) {
        y = group(&mut bars, y, id, row);
    }
    (!bars.is_empty()).then(|| frame(family.title(), y, &bars))
}

fn frame(title: &str, height: f64, bars: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"28\" font-size=\"17\" font-weight=\"600\" fill=\"#1f2328\">{title}</text>\n\
         <text x=\"16\" y=\"46\" fill=\"#59636e\">shorter is better, unless it says requests/s or goodput; \
         the thin line is the range of the rounds; in brackets fwatchdog / that peer</text>\n\
         {bars}</svg>\n"
    )
}

/// The bars of one scenario; where the next begin.
fn group(out: &mut String, top: f64, id: &str, row: &Row) -> f64 {
    let mut y = top + TITLE;
    let _ = writeln!(
        out,
        "<text x=\"16\" y=\"{}\" fill=\"#1f2328\"><tspan font-weight=\"600\">{id}</tspan>\
         <tspan dx=\"10\" fill=\"#59636e\">{}: {}</tspan></text>",
        y - 9.0,
        row.headline.label(),
        escaped(&row.what)
    );
    let highest = row.subjects.iter().filter_map(|one| sound(one, row));
    let highest = highest.map(|spread| spread.max);
    let scale = LONGEST / highest.fold(f64::MIN_POSITIVE, f64::max);
    for measured in &row.subjects {
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1f2328\">{}</text>",
            LEFT - 8.0,
            y + BASELINE,
            measured.subject.name()
        );
        match sound(measured, row) {
            Some(spread) => bar(out, y, scale, measured, spread, row.headline),
            None => label(out, LEFT, y, "void"),
        }
        y += BAR + GAP;
    }
    y + GAP * 2.0
}

fn sound<'a>(measured: &'a Measured, row: &Row) -> Option<&'a Spread> {
    let figure = measured.figures.get(&row.headline);
    figure.filter(|_| measured.void.is_none())
}

fn bar(out: &mut String, y: f64, scale: f64, one: &Measured, spread: &Spread, headline: Metric) {
    let middle = y + BAR / 2.0;
    let length = (spread.median * scale).max(1.0);
    let (low, high) = (LEFT + spread.min * scale, LEFT + spread.max * scale);
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{}\"/>\
         <line x1=\"{low:.1}\" y1=\"{middle}\" x2=\"{high:.1}\" y2=\"{middle}\" stroke=\"#1f2328\" stroke-width=\"1.5\"/>",
        colour(one.subject)
    );
    let ratio = one.ratios.get(&headline);
    let ratio = ratio.map(|ratio| format!(" ({})", number(ratio.median)));
    let text = number(spread.median) + &ratio.unwrap_or_default();
    label(out, high.max(LEFT + length) + 8.0, y, &text);
}

fn label(out: &mut String, x: f64, y: f64, text: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{}\" fill=\"#1f2328\">{text}</text>",
        y + BASELINE
    );
}

fn colour(subject: Subject) -> &'static str {
    match subject {
        Subject::Fwatchdog => "#0969da",
        Subject::Before => "#54aeff",
        Subject::OfWatchdog => "#bc4c00",
        Subject::ClassicWatchdog => "#9a6700",
        Subject::Nginx => "#57ab5a",
        Subject::NginxUnbuffered => "#a7d7a9",
        Subject::Lighttpd => "#8c6bb1",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::family;
    use crate::results::tests::{measured, row};
    use crate::results::{Metric, Results};
    use crate::scenario::{Family, Subject};

    #[test]
    fn a_family_has_a_plot_when_it_has_rows() {
        let mut results = Results::default();
        assert_eq!(family(&results, Family::Http), None);
        let ours = measured(Subject::Fwatchdog, Metric::CpuUs, 14.0, None);
        let theirs = measured(Subject::Nginx, Metric::CpuUs, 28.0, Some(0.5));
        results
            .rows
            .insert("http-11b-c50".to_owned(), row(vec![ours, theirs]));
        let plot = family(&results, Family::Http).unwrap();
        assert!(plot.contains("width=\"280.0\"") && plot.contains("width=\"560.0\""));
        assert!(plot.contains("28.0 (0.500)"));
        assert_eq!(family(&results, Family::Fork), None);
    }
}
