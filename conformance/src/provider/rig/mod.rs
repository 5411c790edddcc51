//! What a case is given: the provider, names of its own, ways to wait, and a place for evidence.
//! It knows the run that the case is part of and writes down whatever the case makes.
//! It refuses to outlive the case: what was made is removed, however the case ends.

pub mod answer;
pub mod api;
pub mod callback;
mod calls;
pub mod crowd;
pub mod deployment;
pub mod discovery;
pub mod faas_cli;
pub mod function;
pub mod ground;
mod guard;
pub mod image;
pub mod journal;
pub mod name;
pub mod preflight;
pub mod probe;
pub mod record;
pub mod status;
pub mod sweep;
pub mod target;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use answer::Answer;
pub use api::Provider;
pub use callback::{Callback, Received};
pub use deployment::Deployment;
pub use function::Function;
pub use ground::{Ground, Setting};
pub use name::Named;
pub use status::{Info, LogLine, SecretEntry, Shape, Status};
pub use target::Credentials;

use crate::check;
use crate::failure::{Failure, Outcome};
use crate::judge::redact::Secret;
use crate::judge::{self, Evidence};
use crate::provider::profile::Profile;
use crate::wire::{Request, Wire};
use journal::{Made, Thing};
use record::Record;

type Result<T> = std::result::Result<T, Failure>;

/// How long a new function may take to answer, in seconds; and how long any change may take to be seen.
const READY: f64 = 30.0;
const SETTLED: f64 = 30.0;
/// How long something that happens to a function may take to reach it.
const EVENT: f64 = 15.0;

/// The tools of one run of one case.
#[derive(Debug)]
pub struct Rig {
    ground: Arc<Ground>,
    case: &'static str,
    record: Record,
    made: Made,
}

impl Rig {
    pub fn new(ground: Arc<Ground>, case: &'static str) -> Self {
        let made = Made::new(Arc::clone(&ground.journal));
        Self {
            ground,
            case,
            record: Record::default(),
            made,
        }
    }

    // ----- what is judged

    /// The client, with the credentials of the run.
    pub fn provider(&self) -> Provider {
        let setting = &self.ground.setting;
        let client = setting.client(&self.ground.run, self.record.clone());
        client.making(self.made.clone())
    }

    /// A connection on which the case says every byte itself.
    pub fn connect(&self) -> Result<Wire> {
        self.provider().connect()
    }

    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    pub fn claims(&self, profile: Profile) -> bool {
        self.ground.claims(profile)
    }

    pub fn is_gateway(&self) -> bool {
        self.ground.shape() == Shape::Gateway
    }

    /// The metrics of what is judged: of a provider on its own port, of a gateway beside it.
    pub fn metrics(&self) -> Result<Answer> {
        let setting = &self.ground.setting;
        match &setting.metrics {
            Some(url) => self.provider().at(url.clone()).get("/metrics"),
            None => Err(Failure::skipped("no metrics; give --metrics-url URL")),
        }
    }

    // ----- what a case makes

    /// A name that nobody else has, a DNS label.
    pub fn name(&self) -> String {
        self.ground.names.next(self.case)
    }

    /// A name of exactly that many characters.
    pub fn name_of(&self, length: usize) -> String {
        self.ground.names.exactly(self.case, length)
    }

    /// The probe under a new name, not yet deployed.
    pub fn function(&self) -> Deployment {
        Deployment::new(&self.name(), self.probe_image())
    }

    /// Deploys and waits until the function answers: what most cases begin with.
    pub fn start(&self, deployment: &Deployment) -> Result<Function> {
        let provider = self.provider();
        provider.deploy(deployment)?.is_accepted()?;
        let function = Function::new(&provider, deployment);
        self.ready(&function)?;
        Ok(function)
    }

    /// The plain probe, deployed and answering.
    pub fn probe(&self) -> Result<Function> {
        self.start(&self.function())
    }

    /// A handle on a function that the case deploys, or does not, itself.
    pub fn handle(&self, named: impl Named) -> Function {
        Function::new(&self.provider(), named)
    }

    /// A new secret with that value; its name.
    pub fn secret(&self, value: &str) -> Result<String> {
        let name = self.name();
        let answer = self
            .provider()
            .create_secret(&ground::secret_body(&name, value))?;
        answer.is_one_of(answer::CREATED)?;
        Ok(name)
    }

    /// A namespace beside the default one; shared by all cases, so other functions may be in it.
    pub fn second_namespace(&self) -> Result<String> {
        self.ground.second_namespace()
    }

    /// A function that something may make although nobody can read it off a request: a name within malformed JSON, or another program.
    pub fn may_make(&self, named: impl Named) -> Result<()> {
        let (name, namespace) = (named.name(), named.namespace());
        self.made.add(&Thing::function(name, namespace))
    }

    pub fn may_make_secret(&self, named: impl Named) -> Result<()> {
        let (name, namespace) = (named.name(), named.namespace());
        self.made.add(&Thing::secret(name, namespace))
    }

    pub fn may_make_namespace(&self, name: &str) -> Result<()> {
        self.made.add(&Thing::namespace(name))
    }

    pub fn probe_image(&self) -> &str {
        &self.ground.setting.probe_image
    }

    /// Another version of the probe.
    pub fn second_image(&self) -> &str {
        &self.ground.setting.probe_image_2
    }

    /// A reference to an image that is not there, where the probe's is.
    pub fn missing_image(&self) -> String {
        image::missing(self.probe_image(), &self.name())
    }

    /// A server that the provider can call.
    pub fn callback(&self) -> Result<Callback> {
        Callback::open(self.reached_at()?, self.ground.setting.timeout_scale)
    }

    /// Where the provider reaches us.
    pub fn reached_at(&self) -> Result<IpAddr> {
        self.ground.setting.callback_address().ok_or_else(|| {
            Failure::skipped(
                "the provider is elsewhere; say where it reaches us with --callback-address IP",
            )
        })
    }

    // ----- waiting: always a poll with a deadline

    /// `secs`, scaled for slow machines.
    pub fn timeout(&self, secs: f64) -> Duration {
        self.ground.setting.timeout(secs)
    }

    /// Asks until `ask` succeeds, or fails with its last failure after `secs` (scaled). Only the last attempt is on record.
    pub fn until<T>(&self, secs: f64, what: &str, ask: impl FnMut() -> Result<T>) -> Result<T> {
        self.provider().until(self.timeout(secs), what, ask)
    }

    /// The same for a change that is on its way: within the time that any change may take.
    pub fn settles<T>(&self, what: &str, ask: impl FnMut() -> Result<T>) -> Result<T> {
        self.until(SETTLED, what, ask)
    }

    /// What `check` says must stay so, for `secs`.
    pub fn stays(&self, secs: f64, mut check: impl FnMut() -> Outcome) -> Outcome {
        let deadline = Instant::now() + self.timeout(secs);
        while Instant::now() < deadline {
            let quiet = self.record.transcript.pause();
            let held = check();
            drop(quiet);
            if held.is_err() {
                // Once more, for the record.
                let _ = check();
                return held;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        check()
    }

    /// The function tells of that event (see the probe's `/events`), sooner or later.
    pub fn saw(&self, function: &Function, event: &str) -> Outcome {
        self.until(EVENT, &format!("the event {event}"), || {
            let events = function.events()?;
            let there = events.iter().any(|one| one == event);
            check!(there, "the function has seen {events:?}");
            Ok(())
        })
    }

    /// Whether each function has a container of its own; where they are plain processes, no wall is promised.
    pub fn contained(&self) -> Outcome {
        match self.ground.info.orchestration.as_str() {
            "processes" => self.not_applicable("functions are plain processes here"),
            _ => Ok(()),
        }
    }

    /// The function answers.
    pub fn ready(&self, function: impl Named) -> Result<()> {
        let what = format!("an answer of {}", function.name());
        let provider = self.provider();
        self.until(READY, &what, || {
            provider
                .invoke(&function, &Request::get("/_/ready"))?
                .is(200)?;
            provider
                .invoke(&function, &Request::get("/instance"))?
                .is(200)?;
            Ok(())
        })
    }

    /// The function is neither described nor listed any more.
    pub fn gone(&self, function: impl Named) -> Result<()> {
        let name = function.name();
        let provider = self.provider();
        self.settles(&format!("the end of {name}"), || {
            provider.describe(&function)?.is(404)?;
            match provider.listed(&function)? {
                None => Ok(()),
                Some(_) => Err(Failure::failed(format!("{name} is still listed"))),
            }
        })
    }

    /// So many replicas are wanted and available.
    pub fn replicas(&self, function: impl Named, want: u64) -> Result<Status> {
        let what = format!("{want} replicas of {}", function.name());
        let provider = self.provider();
        self.settles(&what, || {
            let status = provider.status(&function)?;
            let (wanted, there) = (status.replicas, status.available_replicas);
            if (wanted, there) == (want, want) {
                return Ok(status);
            }
            let told = format!("replicas is {wanted}, availableReplicas is {there}");
            Err(Failure::failed(told))
        })
    }

    /// Holds the case, where the passing of time is what is judged.
    pub fn pass_time(&self, during: Duration) {
        std::thread::sleep(during);
    }

    // ----- how a case ends

    /// Something that a reader of the report should know although nothing failed: what MAY cases find.
    pub fn note(&self, text: &str) {
        self.record.note(text);
    }

    /// The case has no meaning here: neither pass nor fail.
    pub fn not_applicable<T>(&self, why: &str) -> Result<T> {
        Err(Failure::not_applicable(why))
    }

    /// This run lacks what the case needs.
    pub fn skip<T>(&self, why: &str) -> Result<T> {
        Err(Failure::skipped(why))
    }

    pub(super) fn hold(&self) -> Hold {
        Hold {
            ground: Arc::clone(&self.ground),
            record: self.record.clone(),
            made: self.made.clone(),
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.ground.tidy(&self.made.close());
    }
}

/// A hand on a run from outside the case.
#[derive(Debug)]
pub struct Hold {
    ground: Arc<Ground>,
    record: Record,
    made: Made,
}

impl judge::Hold for Hold {
    /// From here on the case can make nothing and reach nobody, and its waits end.
    fn stop(&self) {
        let things = self.made.close();
        self.record.cut();
        self.ground.tidy(&things);
    }

    fn secrets(&self) -> Vec<Secret> {
        self.record.secrets()
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            wire: self.record.transcript.text(),
            log: String::new(),
            commands: self.record.reproduce(),
            notes: self.record.notes(),
        }
    }
}
