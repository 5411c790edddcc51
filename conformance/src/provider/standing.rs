//! How a provider stands, profile by profile, after a run.
//! It knows verdicts, levels and which cases a profile has.
//! It refuses to call conformant what was not judged whole.

use std::fmt::Write as _;

use super::profile::Profile;
use super::{Ground, Suite};
use crate::judge::{Case, Judged, Level, Standing, Suite as _, Summary, Verdict};

/// Every MUST was judged and holds.
pub const CONFORMANT: &str = "conformant";
/// No MUST failed unannounced, and some were left out, not judged, or are known not to hold.
pub const PARTIAL: &str = "partially conformant";
/// A MUST failed.
pub const NOT: &str = "not conformant";

/// Every profile that is there, in order.
pub fn of(ground: &Ground, summary: &Summary<Suite>) -> Vec<Standing> {
    let claimed = ground.profiles.iter();
    claimed.map(|one| standing(ground, summary, one)).collect()
}

fn standing(ground: &Ground, summary: &Summary<Suite>, profile: Profile) -> Standing {
    let mut standing = Standing {
        profile: profile.name(),
        standing: CONFORMANT,
        must: 0,
        passed: 0,
        failed: 0,
        known: 0,
        open: 0,
    };
    let mut judged = 0;
    for case in Suite::cases().filter(|case| counts(ground, case, profile)) {
        let runs: Vec<&Judged<Suite>> = summary
            .judged
            .iter()
            .filter(|judged| judged.run.case.id == case.id)
            .collect();
        judged += runs.len();
        if case.level == Level::Must {
            count(&mut standing, &runs);
        }
    }
    if standing.failed > 0 {
        standing.standing = NOT;
    } else if standing.passed < standing.must || judged == 0 {
        standing.standing = PARTIAL;
    }
    standing
}

/// Whether a case is one of the profile's that a whole run would judge here.
fn counts(ground: &Ground, case: &Case<Suite>, profile: Profile) -> bool {
    let traits = case.traits;
    traits.profiles.contains(&profile)
        && traits.profiles.iter().all(|one| ground.claims(*one))
        && traits.unless.is_none_or(|one| !ground.claims(one))
        && !case.named_only
}

/// One MUST, all of its rounds: the worst counts. A case that found itself without meaning counts for nothing.
fn count(standing: &mut Standing, runs: &[&Judged<Suite>]) {
    let any = |verdict| runs.iter().any(|judged| judged.verdict == verdict);
    let field = if any(Verdict::Fail) {
        &mut standing.failed
    } else if any(Verdict::KnownDeviation) {
        &mut standing.known
    } else if any(Verdict::Skip) || any(Verdict::Error) || runs.is_empty() {
        &mut standing.open
    } else if any(Verdict::Pass) || any(Verdict::UnexpectedPass) {
        &mut standing.passed
    } else {
        return;
    };
    *field += 1;
    standing.must += 1;
}

/// The standing in one line.
pub fn line(one: &Standing) -> String {
    let (profile, standing, passed, must) = (one.profile, one.standing, one.passed, one.must);
    let mut line = format!("{profile:<15} {standing:<21} {passed} of {must} MUST hold");
    for (count, what) in [
        (one.failed, "failed"),
        (one.known, "known not to"),
        (one.open, "not judged"),
    ] {
        if count > 0 {
            let _ = write!(line, ", {count} {what}");
        }
    }
    line
}
