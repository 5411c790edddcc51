//! What the judge asks of a suite, answered for templates.
//! It knows the chapters, the ground and what a language lacks.
//! It refuses to judge.

use std::convert::Infallible;
use std::sync::Arc;

use super::cases::CHAPTERS;
use super::rig::{Ground, Rig};
use super::traits::Traits;
use crate::judge::{self, Case, Chapter, Deviations, Facts, Failure, Implementation, Run};
use crate::shell::quoted;
use crate::watchdog::rig::Hold;

const SPEC: &str = "# The template contract

This part is generated from the clauses in `src/template/cases`; edit them there. A template makes an HTTP function of a
handler in some language: a small server of the language's own behind a watchdog. Each clause is a sentence that a client, a
signal or the handler can check. The handler is the fixture of `templates/fixture`, the same in every language.
";

/// Judges a template by a function that it has built.
#[derive(Clone, Copy, Debug)]
pub struct Suite;

impl judge::Suite for Suite {
    const NAME: &'static str = "template";
    const PREFIXES: &'static [&'static str] = &["TP-"];
    const SPEC: &'static str = SPEC;
    const PLAIN: Traits = Traits::PLAIN;
    const SECONDS: u64 = 60;

    type Traits = Traits;
    type Variant = Infallible;
    type Ground = Ground;
    type Rig = Rig;
    type Hold = Hold;

    fn chapters() -> &'static [Chapter<Self>] {
        CHAPTERS
    }

    fn variants(_: &Case<Self>) -> &'static [Infallible] {
        &[]
    }

    fn inapplicable(ground: &Ground, run: &Run<Self>) -> Option<String> {
        let feature = run.case.traits.feature?;
        (!ground.profile.has(feature)).then(|| format!("{} has no {feature}", ground.lang))
    }

    fn rig(ground: &Arc<Ground>, _: &Run<Self>) -> Result<Rig, Failure> {
        Rig::new(Arc::clone(ground))
    }

    fn hold(rig: &Rig) -> Hold {
        rig.hold()
    }

    fn timeout_scale(ground: &Ground) -> f64 {
        ground.watchdog.timeout_scale
    }

    fn parallel(ground: &Ground) -> bool {
        ground.watchdog.profile.parallel()
    }

    fn implementation(ground: &Ground, deviations: &Deviations) -> Implementation {
        let watchdog = ground.watchdog.profile.name;
        let lines = vec![
            ("template", ground.lang.clone()),
            ("source", deviations.version.clone()),
            ("function", ground.folder.display().to_string()),
            ("watchdog", watchdog.to_owned()),
        ];
        let subject = Facts::default()
            .text("name", ground.lang.clone())
            .text("source", deviations.version.clone())
            .text("watchdog", watchdog);
        Implementation {
            name: format!("{} behind {watchdog}", ground.lang),
            lines: lines
                .into_iter()
                .filter(|(_, told)| !told.is_empty())
                .collect(),
            facts: Facts::default().group("subject", subject),
        }
    }

    fn facts(case: &Case<Self>) -> Facts {
        Facts::default().text("why", case.traits.why)
    }

    fn explanation(case: &Case<Self>) -> Vec<(&'static str, String)> {
        vec![
            ("why", case.traits.why.to_owned()),
            ("feature", case.traits.feature.unwrap_or("").to_owned()),
        ]
    }

    fn reproduce(ground: &Ground, run: &Run<Self>) -> String {
        format!(
            "conformance template --lang {} --native {} --subject {} --profile {} --run {}",
            quoted(&ground.lang),
            quoted(&ground.folder.display().to_string()),
            quoted(&ground.watchdog.subject.display().to_string()),
            ground.watchdog.profile.name,
            run.id(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Suite as _, spec};
    use crate::template::profile::FEATURES;

    #[test]
    fn ids_and_clauses_hold_together() {
        assert_eq!(spec::faults::<Suite>(), Vec::<String>::new());
    }

    #[test]
    fn every_case_says_why_and_asks_for_what_is_known() {
        for case in Suite::cases() {
            let Traits { feature, why } = case.traits;
            assert!(why.ends_with('.'), "{}: no reason", case.id);
            assert!(
                feature.is_none_or(|one| FEATURES.contains(&one)),
                "{}: unknown feature",
                case.id
            );
        }
    }
}
