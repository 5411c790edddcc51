//! Whether there is a provider to judge at all, before the first case.
//! It knows the few things that make every case fail, and what to do about each.
//! It refuses details: each trouble is one line.

use std::sync::Arc;

use super::api::Provider;
use super::function::Function;
use super::ground::Setting;
use super::journal::{Journal, Made};
use super::name::{Named, Names};
use super::record::Record;
use super::status::{Info, Shape};
use super::sweep;
use super::target::Url;
use crate::failure::Failure;
use crate::wire::Request;

/// How long the very first function may take: its image may have to be pulled.
const PULLED: f64 = 180.0;

/// What there is before the ground is known.
#[derive(Debug)]
pub struct Scout {
    pub setting: Setting,
    pub run: String,
    pub names: Names,
    pub journal: Arc<Journal>,
    made: Made,
}

impl Scout {
    pub fn new(setting: Setting, run: &str, journal: Arc<Journal>) -> Self {
        Self {
            setting,
            run: run.to_owned(),
            names: Names::new(run),
            made: Made::new(Arc::clone(&journal)),
            journal,
        }
    }

    /// A client whose makings are written down.
    pub fn provider(&self) -> Provider {
        let client = self.setting.client(&self.run, Record::default());
        client.making(self.made.clone())
    }

    pub fn name(&self, what: &str) -> String {
        self.names.next(what)
    }

    /// Removes what the scouting made.
    pub fn tidy(&self) {
        let things = self.made.close();
        let client = self.setting.client(&self.run, Record::default());
        let limit = self.setting.timeout(20.0);
        sweep::remove(&client, &things, limit, |thing| self.journal.gone(thing));
    }

    /// How much of it is left.
    pub fn left(&self) -> usize {
        self.journal.left().len()
    }
}

/// Who answers, if it is a provider and takes the credentials.
pub fn greet(setting: &Setting) -> Result<Info, String> {
    let provider = setting.client("", Record::default());
    let url = &setting.url;
    let answer = provider.info().map_err(|failure| {
        format!(
            "{url} cannot be reached ({}); is the provider running? Name another with --gateway URL or OPENFAAS_URL",
            cause(&failure)
        )
    })?;
    if matches!(answer.status, 401 | 403) {
        return Err(format!(
            "{url} refuses {:?} ({}); give others with -u USER -p PASSWORD, --password-stdin or --token TOKEN, or log in with faas-cli",
            setting.credentials, answer.status
        ));
    }
    let told = || format!("GET /system/info {}", answer.told());
    if answer.status != 200 {
        return Err(format!("{url} is no provider: {}", told()));
    }
    let value = answer
        .value()
        .map_err(|_| format!("{url} is no provider: {}", told()))?;
    Info::read(&value).map_err(|why| format!("{url} is no provider: GET /system/info: {why}"))
}

/// Where a gateway has its metrics, if not on its own port.
const GATEWAY_METRICS: u16 = 8082;

/// Where the metrics are, where nobody said it: on the same port, or beside a gateway.
pub fn metrics(setting: &Setting, info: &Info) -> Option<Url> {
    let mut places = vec![setting.url.clone()];
    if info.shape == Shape::Gateway {
        places.push(setting.url.on_port(GATEWAY_METRICS));
    }
    let client = setting.client("", Record::default());
    places.into_iter().find(|place| {
        let answer = client.at(place.clone()).get("/metrics");
        answer.is_ok_and(|answer| answer.status == 200 && answer.text().contains("# TYPE "))
    })
}

/// The probe, deployed and answering: what nearly every case needs.
pub fn probe(scout: &Scout) -> Result<Function, String> {
    let image = &scout.setting.probe_image;
    let provider = scout.provider();
    let deployment = super::Deployment::new(&scout.name("preflight"), image);
    let answer = provider.deploy(&deployment).map_err(|f| f.message)?;
    if !matches!(answer.status, 200..=202) {
        return Err(format!(
            "the provider refuses the probe {image} ({}); name an image that it can pull with --probe-image REF",
            answer.told()
        ));
    }
    let function = Function::new(&provider, &deployment);
    answers(scout, &function).map_err(|failure| {
        format!(
            "the probe {image} was deployed and does not answer ({}); can the provider pull and run it? Name another image with --probe-image REF",
            failure.message
        )
    })?;
    Ok(function)
}

/// Waits until the probe answers as the probe does.
pub fn answers(scout: &Scout, function: &Function) -> Result<(), Failure> {
    let limit = scout.setting.timeout(PULLED);
    let what = format!("an answer of {}", function.name());
    let provider = scout.provider();
    provider.until(limit, &what, || {
        let answer = provider
            .invoke(function, &Request::get("/instance"))?
            .is(200)?;
        if answer.body.is_empty() {
            return Err(answer.unlike("expected the probe's instance"));
        }
        Ok(())
    })
}

/// The innermost reason of a failure to connect.
fn cause(failure: &Failure) -> &str {
    let message = failure.message.as_str();
    message
        .split_once("cannot connect")
        .map_or(message, |_| message.rsplit(": ").next().unwrap_or(message))
}
