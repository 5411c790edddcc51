//! What comes before the first case: the probe is deployed once, and what the provider offers is found out.
//! It knows the order: greet, look, deploy, try out.
//! It refuses to leave anything behind where it fails.

use super::profile::{Profile, Profiles};
use super::rig::discovery::{self, Findings};
use super::rig::ground::Ground;
use super::rig::preflight::{self, Scout};
use super::rig::status::Info;

/// The profiles that only a function can tell.
pub const TRIED: [Profile; 9] = [
    Profile::SecretsUpdate,
    Profile::Logs,
    Profile::Async,
    Profile::Scale,
    Profile::ScaleZero,
    Profile::Streaming,
    Profile::Websocket,
    Profile::Limits,
    Profile::Readonly,
];

/// The ground of a run, and what was found on the way to it.
pub fn open(
    scout: Scout,
    info: Info,
    forced: Option<Profiles>,
) -> Result<(Ground, Findings), String> {
    let namespaces = namespaces(&scout);
    let outcome = match forced {
        None => find(&scout, &info, &namespaces),
        Some(profiles) => {
            preflight::probe(&scout).map(|_| (with_auth(profiles, &scout), Findings::default()))
        }
    };
    scout.tidy();
    let (profiles, findings) = match outcome {
        Ok(found) => found,
        Err(why) => {
            if scout.left() == 0 {
                scout.journal.remove();
                return Err(why);
            }
            let run = &scout.run;
            return Err(format!(
                "{why}; `conformance cleanup --run {run}` removes the rest"
            ));
        }
    };
    Ok((Ground::new(scout, info, profiles, namespaces), findings))
}

/// The same without making anything: what would need a function is taken for there.
pub fn look(scout: Scout, info: Info, forced: Option<Profiles>) -> (Ground, Findings) {
    let namespaces = namespaces(&scout);
    let (profiles, findings) = if let Some(profiles) = forced {
        (with_auth(profiles, &scout), Findings::default())
    } else {
        let findings = discovery::look(&scout, &info, &namespaces);
        let mut profiles = findings.profiles();
        for profile in TRIED.into_iter().chain([Profile::Workload]) {
            profiles.add(profile);
        }
        (profiles, findings)
    };
    scout.journal.remove();
    (Ground::new(scout, info, profiles, namespaces), findings)
}

fn find(scout: &Scout, info: &Info, namespaces: &[String]) -> Result<(Profiles, Findings), String> {
    let mut findings = discovery::look(scout, info, namespaces);
    let probe = preflight::probe(scout)?;
    discovery::try_out(scout, info, &probe, &mut findings);
    Ok((findings.profiles(), findings))
}

/// Whoever gives credentials expects them to be asked for, whatever profiles are named.
fn with_auth(mut profiles: Profiles, scout: &Scout) -> Profiles {
    if scout.setting.credentials != super::rig::Credentials::None {
        profiles.add(Profile::Auth);
    }
    profiles
}

fn namespaces(scout: &Scout) -> Vec<String> {
    scout.provider().namespace_names().unwrap_or_default()
}
