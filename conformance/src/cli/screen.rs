//! What is shown while cases run, and of every failure.
//! It knows the terminal.
//! It refuses to repeat what a report tells.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::judge::{Judged, Suite, Summary, Verdict};

/// What is shown while cases run.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// A terminal: the last result stays on one line.
    pub live: bool,
}

impl Screen {
    pub fn show<S: Suite>(self, judged: &Judged<S>, done: usize, total: usize) {
        let mut err = io::stderr().lock();
        let id = judged.run.id();
        let _ = match judged.verdict {
            Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass => {
                let clear = if self.live { "\r\x1b[K" } else { "" };
                err.write_all(format!("{clear}{}", story(judged)).as_bytes())
            }
            _ if self.live => write!(err, "\r\x1b[K[{done}/{total}] {id}"),
            _ => Ok(()),
        };
        let _ = err.flush();
    }

    pub fn close<S: Suite>(self, summary: &Summary<S>) {
        let counts: Vec<String> = Verdict::ALL
            .iter()
            .map(|&verdict| (verdict, summary.count(verdict)))
            .filter(|(_, count)| *count > 0)
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        let clear = if self.live { "\r\x1b[K" } else { "" };
        for judged in &summary.judged {
            if judged.verdict == Verdict::Skip {
                let line = format!("{clear}left out: {}: {}", judged.run.id(), judged.message);
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
        let took = summary.took.as_secs_f64();
        let _ = writeln!(io::stderr(), "{clear}{} in {took:.1} s", counts.join(", "));
    }
}

/// Everything a failure has to tell.
fn story<S: Suite>(judged: &Judged<S>) -> String {
    let case = judged.run.case;
    let text = S::clause(case.clause).map_or("", |clause| clause.text);
    let mut out = format!(
        "{} {} ({:.2} s)\n  expected: {}\n  clause:   {} {} {text}\n  {}\n",
        judged.verdict.name().to_uppercase(),
        judged.run.id(),
        judged.took.as_secs_f64(),
        case.title,
        case.clause,
        case.level,
        judged.message.replace('\n', "\n  "),
    );
    let evidence = &judged.evidence;
    for (title, body) in [
        ("wire", &evidence.wire),
        ("log", &evidence.log),
        ("reproduce", &evidence.commands),
    ] {
        if !body.is_empty() {
            let _ = writeln!(out, "  --- {title}");
            for line in body.lines().filter(|line| !line.trim().is_empty()) {
                let line: String = line.chars().take(400).collect();
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    out.push('\n');
    out
}
