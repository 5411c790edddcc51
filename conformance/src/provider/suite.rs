//! What the judge asks of a suite, answered for providers.
//! It knows the chapters, the ground and the profiles that were found.
//! It refuses to judge.

use std::convert::Infallible;
use std::sync::Arc;

use super::cases::CHAPTERS;
use super::profile::Profile;
use super::rig::ground::Ground;
use super::rig::target::Credentials;
use super::rig::{Hold, Rig, Shape};
use super::traits::Traits;
use crate::judge::redact::Secret;
use crate::judge::{self, Case, Chapter, Deviations, Facts, Failure, Implementation, Run};
use crate::shell::quoted;

const SPEC: &str = "# The provider contract

This part is generated from the clauses in `src/provider/cases`; edit them there. A provider runs functions for
whoever speaks its REST API; a gateway stands in front of one. PR clauses are about the API, WL clauses about what a
function's container may rely on. A profile is a part of the contract that a provider may leave out; a case is judged
where all of its profiles are there.
";

/// Judges a provider or a gateway: something that is running already.
#[derive(Clone, Copy, Debug)]
pub struct Suite;

impl judge::Suite for Suite {
    const NAME: &'static str = "provider";
    const PREFIXES: &'static [&'static str] = &["PR-", "WL-"];
    const SPEC: &'static str = SPEC;
    const PLAIN: Traits = Traits::PLAIN;
    const SECONDS: u64 = 90;

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
        let traits = run.case.traits;
        let missing = traits.profiles.iter().find(|one| !ground.claims(**one));
        if let Some(missing) = missing {
            return Some(format!("no profile {missing}"));
        }
        let there = traits.unless.filter(|one| ground.claims(*one));
        there.map(|there| format!("only without profile {there}"))
    }

    fn rig(ground: &Arc<Ground>, run: &Run<Self>) -> Result<Rig, Failure> {
        Ok(Rig::new(Arc::clone(ground), run.case.id))
    }

    fn hold(rig: &Rig) -> Hold {
        rig.hold()
    }

    fn timeout_scale(ground: &Ground) -> f64 {
        ground.setting.timeout_scale
    }

    fn parallel(_: &Ground) -> bool {
        true
    }

    fn implementation(ground: &Ground, deviations: &Deviations) -> Implementation {
        let info = &ground.info;
        let shape = match info.shape {
            Shape::Provider => "provider",
            Shape::Gateway => "gateway",
        };
        let lines = vec![
            ("url", ground.setting.url.to_string()),
            ("shape", shape.to_owned()),
            ("provider", told(&info.provider, &info.release, &info.sha)),
            ("orchestration", info.orchestration.clone()),
            ("gateway", info.gateway_release.clone()),
            ("profiles", ground.profiles.to_string()),
            ("probe image", ground.setting.probe_image.clone()),
        ];
        let profiles: Vec<&str> = ground.profiles.iter().map(Profile::name).collect();
        let facts = Facts::default()
            .told("name", info.provider.clone())
            .told("version", info.release.clone())
            .text("sha", info.sha.clone())
            .text("source", deviations.version.clone())
            .text("url", ground.setting.url.to_string())
            .text("shape", shape)
            .text("orchestration", info.orchestration.clone())
            .text("gateway", info.gateway_release.clone())
            .text("arch", info.arch.clone())
            .text("probe_image", ground.setting.probe_image.clone())
            .list("profiles", &profiles);
        Implementation {
            name: format!("{} {shape}", info.provider),
            lines: lines
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .collect(),
            facts: Facts::default().group("subject", facts),
        }
    }

    fn secrets(ground: &Ground) -> Vec<Secret> {
        ground.setting.credentials.secrets()
    }

    fn profiles(case: &Case<Self>) -> Vec<&'static str> {
        case.traits.profiles.iter().map(|one| one.name()).collect()
    }

    fn facts(case: &Case<Self>) -> Facts {
        Facts::default()
            .list("rows", case.traits.rows)
            .text("why", case.traits.why)
            .text("source", case.traits.source)
    }

    fn explanation(case: &Case<Self>) -> Vec<(&'static str, String)> {
        let profiles: Vec<&str> = case.traits.profiles.iter().map(|p| p.name()).collect();
        let without = case.traits.unless.map_or(String::new(), |one| {
            format!("only where there is no profile {one}")
        });
        vec![
            ("why", case.traits.why.to_owned()),
            ("source", case.traits.source.to_owned()),
            ("profiles", profiles.join(", ")),
            ("unless", without),
            ("row", case.traits.rows.join(", ")),
        ]
    }

    fn reproduce(ground: &Ground, run: &Run<Self>) -> String {
        let setting = &ground.setting;
        let who = match &setting.credentials {
            Credentials::None => String::new(),
            Credentials::Basic { user, .. } => format!(" -u {} -p \"$PASSWORD\"", quoted(user)),
            Credentials::Token(_) => " --token \"$TOKEN\"".to_owned(),
        };
        format!(
            "conformance run --gateway {}{who} --profile {} --probe-image {} --probe-image-2 {} --run {}",
            setting.url,
            ground.profiles,
            quoted(&setting.probe_image),
            quoted(&setting.probe_image_2),
            run.id()
        )
    }
}

fn told(name: &str, release: &str, sha: &str) -> String {
    let parts = [name, release, sha];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Suite as _, spec};

    #[test]
    fn ids_and_clauses_hold_together() {
        assert_eq!(spec::faults::<Suite>(), Vec::<String>::new());
    }

    #[test]
    fn every_case_says_why_and_who_says_so() {
        for case in Suite::cases() {
            let traits = case.traits;
            assert!(traits.why.ends_with('.'), "{}: no reason", case.id);
            assert!(!traits.source.is_empty(), "{}: no source", case.id);
            assert!(!traits.rows.is_empty(), "{}: no row", case.id);
        }
    }
}
