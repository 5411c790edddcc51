//! What a provider offers: found by asking it, with a function of our own.
//! It knows for each profile a question whose answer tells whether it is there.
//! It refuses to judge: that something is there and broken is for the cases to say.

use std::time::Instant;

use serde_json::json;

use super::api::Provider;
use super::deployment::Deployment;
use super::function::Function;
use super::ground::secret_body;
use super::preflight::{Scout, answers};
use super::status::{Info, Shape};
use super::target::Credentials;
use crate::failure::Failure;
use crate::provider::profile::{Profile, Profiles};
use crate::wire::Request;

/// Answers of a route that is not there.
const ABSENT: &[u16] = &[404, 405, 501];
/// How long a change of replicas may take to be told.
const TOLD: f64 = 5.0;
/// How long a WebSocket may take for each thing that it says: some answer the handshake when the connection ends.
const ECHOED: f64 = 5.0;
/// EROFS: what a write to a read-only file system is refused with.
const READ_ONLY: i32 = 30;
/// Who enforces limits without telling them.
const CONTAINERS: &[&str] = &["containerd", "kubernetes", "swarm"];

/// One profile, whether it is there, and how that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub profile: Profile,
    pub found: bool,
    pub seen: String,
}

/// Everything that was found out.
#[derive(Clone, Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    fn say(&mut self, profile: Profile, found: bool, seen: impl Into<String>) {
        let seen = seen.into();
        self.0.push(Finding {
            profile,
            found,
            seen,
        });
    }

    pub fn profiles(&self) -> Profiles {
        let mut profiles = Profiles::default();
        for finding in self.0.iter().filter(|finding| finding.found) {
            profiles.add(finding.profile);
        }
        profiles
    }

    /// What is not there, and how that was seen.
    pub fn absent(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(|finding| !finding.found)
    }

    fn found(&self, profile: Profile) -> bool {
        self.0.iter().any(|one| one.profile == profile && one.found)
    }
}

/// Asks what can be asked without making anything.
pub fn look(scout: &Scout, info: &Info, namespaces: &[String]) -> Findings {
    let provider = scout.provider();
    let mut findings = Findings::default();
    let all = &mut findings;
    all.say(Profile::Core, true, "always");
    auth(scout, &provider, all);
    let gateway = info.shape == Shape::Gateway;
    all.say(Profile::Provider, !gateway, "the shape of /system/info");
    all.say(Profile::Gateway, gateway, "the shape of /system/info");
    let (found, seen) = match provider.secrets() {
        Ok(answer) => (answer.status == 200, answer.told()),
        Err(failure) => (false, failure.message),
    };
    all.say(Profile::Secrets, found, brief(&seen));
    there(all, Profile::NsCrud, provider.create_namespace(&json!({})));
    let several = namespaces.len() > 1 || all.found(Profile::NsCrud);
    all.say(Profile::Namespaces, several, format!("{namespaces:?}"));
    metrics(scout, all);
    let cli = scout.setting.faas_cli.as_ref();
    let seen = cli.map_or("no faas-cli in PATH".into(), |path| {
        path.display().to_string()
    });
    all.say(Profile::Cli, cli.is_some(), seen);
    findings
}

/// Asks what takes a function: it is the probe, deployed and answering.
pub fn try_out(scout: &Scout, info: &Info, probe: &Function, all: &mut Findings) {
    let provider = scout.provider();
    all.say(Profile::Workload, true, "the probe answers");
    let logs = provider.logs(probe, "&tail=1");
    there(all, Profile::Logs, logs);
    let queued = provider.invoke_async(probe, &Request::post("/echo").body("x"));
    there(all, Profile::Async, queued);
    streaming(&provider, probe, all);
    websocket(scout, probe, all);
    if all.found(Profile::Secrets) {
        secrets_update(scout, all);
    }
    replicas(scout, probe, Profile::Scale, 2, all);
    replicas(scout, probe, Profile::ScaleZero, 0, all);
    limits(scout, info, all);
    readonly(scout, all);
}

fn auth(scout: &Scout, provider: &Provider, all: &mut Findings) {
    let closed = provider.anonymous().list();
    let refused = closed.as_ref().is_ok_and(|answer| answer.status == 401);
    // Whoever gives credentials expects them to be asked for.
    let given = scout.setting.credentials != Credentials::None;
    let seen = match closed {
        Ok(answer) => brief(&answer.told()),
        Err(failure) => failure.message,
    };
    all.say(Profile::Auth, refused || given, seen);
}

/// A profile is there where its route is.
fn there(all: &mut Findings, profile: Profile, answer: Result<super::Answer, Failure>) {
    match answer {
        Ok(answer) => {
            let found = !ABSENT.contains(&answer.status);
            all.say(profile, found, brief(&answer.told()));
        }
        Err(failure) => all.say(profile, false, failure.message),
    }
}

fn brief(told: &str) -> String {
    let line = told.lines().next().unwrap_or_default();
    line.chars().take(120).collect()
}

fn metrics(scout: &Scout, all: &mut Findings) {
    let Some(url) = scout.setting.metrics.clone() else {
        return all.say(
            Profile::Metrics,
            false,
            "none found; --metrics-url URL names others",
        );
    };
    match scout.provider().at(url).get("/metrics") {
        Ok(answer) => {
            let found = answer.status == 200 && answer.text().contains("# TYPE ");
            all.say(Profile::Metrics, found, brief(&answer.told()));
        }
        Err(failure) => all.say(Profile::Metrics, false, failure.message),
    }
}

/// Events come as they are produced where the first comes long before the last.
fn streaming(provider: &Provider, probe: &Function, all: &mut Findings) {
    let request = Request::get("/stream/3/300?type=sse").header("Accept", "text/event-stream");
    let spread = provider
        .invoke_open(probe, &request)
        .and_then(|(_, mut wire)| {
            wire.read_some()?;
            let first = Instant::now();
            wire.read_body()?;
            Ok(first.elapsed())
        });
    match spread {
        Ok(spread) => {
            let seen = format!(
                "{} ms between the first event and the last",
                spread.as_millis()
            );
            all.say(Profile::Streaming, spread.as_millis() > 300, seen);
        }
        Err(failure) => all.say(Profile::Streaming, false, failure.message),
    }
}

/// Some pass the 101 on, and nothing after it.
fn websocket(scout: &Scout, probe: &Function, all: &mut Findings) {
    let brief = scout.provider().patient(scout.setting.timeout(ECHOED));
    let echoed = brief
        .websocket(probe, "/ws")
        .and_then(|mut socket| socket.echo("anybody there?"));
    match echoed {
        Ok(()) => all.say(Profile::Websocket, true, "echoed"),
        Err(failure) => all.say(Profile::Websocket, false, failure.message),
    }
}

fn secrets_update(scout: &Scout, all: &mut Findings) {
    let provider = scout.provider();
    let name = scout.name("discovery");
    let updated = provider
        .create_secret(&secret_body(&name, "one"))
        .and_then(|_| provider.update_secret(&secret_body(&name, "two")));
    there(all, Profile::SecretsUpdate, updated);
}

/// A number of replicas is there where it is taken and told.
fn replicas(scout: &Scout, probe: &Function, profile: Profile, count: u64, all: &mut Findings) {
    let provider = scout.provider();
    let limit = scout.setting.timeout(TOLD);
    let outcome = provider.scale(probe, count).and_then(|answer| {
        let answer = answer.is_accepted()?;
        provider.until(limit, &format!("{count} replicas"), || {
            match provider.status(probe)?.replicas {
                told if told == count => Ok(()),
                told => Err(answer.unlike(&format!("expected {count} replicas, told {told}"))),
            }
        })
    });
    let seen = outcome.as_ref().map_or_else(
        |failure| failure.message.clone(),
        |()| format!("{count} replicas"),
    );
    all.say(profile, outcome.is_ok(), seen);
    let _ = provider.scale(probe, 1);
    let _ = answers(scout, probe);
}

/// Limits are there where they are taken, and told or known to be enforced.
fn limits(scout: &Scout, info: &Info, all: &mut Findings) {
    let deployment = extra(scout).limit("memory", "256Mi");
    match started(scout, &deployment).and_then(|function| function.status()) {
        Ok(status) => {
            let told = status.limits.contains_key("memory");
            let known = CONTAINERS.contains(&info.orchestration.as_str());
            let seen = format!("the description has limits {:?}", status.limits);
            all.say(Profile::Limits, told || known, seen);
        }
        Err(failure) => all.say(Profile::Limits, false, brief(&failure.message)),
    }
    let _ = scout.provider().delete(&deployment);
}

/// A read-only root is there where writing to it fails for that reason: the probe is nobody who may write there anyway.
fn readonly(scout: &Scout, all: &mut Findings) {
    let deployment = extra(scout).read_only();
    let write = Request::post("/fs/write?path=/written-by-the-judge").body("x");
    let told = started(scout, &deployment)
        .and_then(|function| function.call(&write))
        .and_then(|answer| answer.is(200)?.value());
    match told {
        Ok(told) => {
            let refused = told.get("errno") == Some(&json!(READ_ONLY));
            let seen = format!("writing to the root: {told}");
            all.say(Profile::Readonly, refused, brief(&seen));
        }
        Err(failure) => all.say(Profile::Readonly, false, brief(&failure.message)),
    }
    let _ = scout.provider().delete(&deployment);
}

fn extra(scout: &Scout) -> Deployment {
    Deployment::new(&scout.name("discovery"), &scout.setting.probe_image)
}

fn started(scout: &Scout, deployment: &Deployment) -> Result<Function, Failure> {
    let provider = scout.provider();
    provider.deploy(deployment)?.is_accepted()?;
    let function = Function::new(&provider, deployment);
    answers(scout, &function)?;
    Ok(function)
}
