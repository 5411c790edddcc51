//! What changed between two reports.
//! It knows which outcome is worse than which.
//! It refuses to call a change harmless that hides something: what is no longer judged is told.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Document;
use crate::judge::Verdict;

/// How one case changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Regression,
    NoLongerJudged,
    Fixed,
    NewlyJudged,
}

impl Change {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Regression, "regressions"),
        (Self::NoLongerJudged, "no longer judged"),
        (Self::Fixed, "fixed"),
        (Self::NewlyJudged, "newly judged"),
    ];
}

/// One case that is not what it was; `None` where a report does not name it.
#[derive(Clone, Debug)]
pub struct Difference {
    pub id: String,
    pub change: Change,
    pub before: Option<Verdict>,
    pub after: Option<Verdict>,
    pub message: String,
}

/// How bad an outcome is; nothing, where nothing was judged.
fn badness(outcome: Option<Verdict>) -> Option<u8> {
    match outcome? {
        Verdict::Pass | Verdict::UnexpectedPass => Some(0),
        Verdict::KnownDeviation => Some(1),
        Verdict::Error => Some(2),
        Verdict::Fail => Some(3),
        Verdict::Skip | Verdict::NotApplicable => None,
    }
}

fn change(before: Option<Verdict>, after: Option<Verdict>) -> Option<Change> {
    match (badness(before), badness(after)) {
        (None, Some(0 | 1)) => Some(Change::NewlyJudged),
        (None, Some(_)) => Some(Change::Regression),
        (Some(_), None) => Some(Change::NoLongerJudged),
        (Some(was), Some(is)) if is > was => Some(Change::Regression),
        (Some(was), Some(is)) if is < was => Some(Change::Fixed),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// The worst outcome of each case, and what was said of it.
fn worst(document: &Document) -> BTreeMap<&str, (Verdict, &str)> {
    let mut found: BTreeMap<&str, (Verdict, &str)> = BTreeMap::new();
    for case in &document.cases {
        let this = (case.outcome, case.message.as_str());
        let known = found.entry(&case.id).or_insert(this);
        if badness(Some(case.outcome)) > badness(Some(known.0)) {
            *known = this;
        }
    }
    found
}

/// All differences, regressions first.
pub fn differences(before: &Document, after: &Document) -> Vec<Difference> {
    let (old, new) = (worst(before), worst(after));
    let mut ids: Vec<&str> = after.cases.iter().map(|case| case.id.as_str()).collect();
    ids.extend(before.cases.iter().map(|case| case.id.as_str()));
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    let mut found = Vec::new();
    for id in ids {
        let (was, is) = (old.get(id), new.get(id));
        let (before, after) = (was.map(|one| one.0), is.map(|one| one.0));
        if let Some(change) = change(before, after) {
            found.push(Difference {
                id: id.to_owned(),
                change,
                before,
                after,
                message: is.map(|one| one.1.to_owned()).unwrap_or_default(),
            });
        }
    }
    found.sort_by_key(|one| one.change);
    found
}

/// The same for a reader.
pub fn text(differences: &[Difference]) -> String {
    let mut out = String::new();
    for (change, title) in Change::ALL {
        let of: Vec<_> = differences
            .iter()
            .filter(|one| one.change == change)
            .collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{} {title}", of.len());
        for one in of {
            let told = |outcome: Option<Verdict>| outcome.map_or("not there", Verdict::name);
            let (before, after) = (told(one.before), told(one.after));
            let _ = writeln!(out, "  {:<60} {before} -> {after}", one.id);
            if change == Change::Regression
                && let Some(line) = one.message.lines().next()
            {
                let _ = writeln!(out, "      {line}");
            }
        }
    }
    if out.is_empty() {
        out.push_str("no difference\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_worse_is_a_regression_and_what_is_gone_is_told() {
        use Verdict::{Error, Fail, KnownDeviation, NotApplicable, Pass, Skip, UnexpectedPass};
        for (before, after, want) in [
            (Some(Pass), Some(Fail), Some(Change::Regression)),
            (Some(Pass), Some(KnownDeviation), Some(Change::Regression)),
            (Some(KnownDeviation), Some(Error), Some(Change::Regression)),
            (None, Some(Fail), Some(Change::Regression)),
            (Some(Pass), Some(Skip), Some(Change::NoLongerJudged)),
            (Some(Fail), None, Some(Change::NoLongerJudged)),
            (Some(Fail), Some(Pass), Some(Change::Fixed)),
            (Some(NotApplicable), Some(Pass), Some(Change::NewlyJudged)),
            (Some(Pass), Some(UnexpectedPass), None),
            (Some(Skip), None, None),
        ] {
            assert_eq!(change(before, after), want, "{before:?} {after:?}");
        }
    }
}
