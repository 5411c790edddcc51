//! What all cases of a run share: the provider, what it offers, and the names and journal of the run.
//! It knows how patient the run is and what the command line brought along.
//! It refuses to know a case.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::api::{Provider, namespace_body};
use super::journal::{Journal, Made, Thing};
use super::name::Names;
use super::preflight::Scout;
use super::record::Record;
use super::status::{Info, Shape};
use super::sweep::{self, Left};
use super::target::{Credentials, Url};
use crate::failure::Failure;
use crate::provider::profile::{Profile, Profiles};

/// The namespace that functions are in where none is named.
pub const DEFAULT_NAMESPACE: &str = "openfaas-fn";
/// The image that cases deploy where the command line names no other.
pub const PROBE_IMAGE: &str = "ghcr.io/fwatchdog/probe:1";
/// A second version of it.
pub const PROBE_IMAGE_2: &str = "ghcr.io/fwatchdog/probe:2";

/// What the command line says of the provider.
#[derive(Clone, Debug)]
pub struct Setting {
    pub url: Url,
    pub credentials: Credentials,
    pub probe_image: String,
    pub probe_image_2: String,
    /// A namespace beside the default one that the run may use, instead of one of its own.
    pub namespace: Option<String>,
    /// Where the provider reaches us; loopback where it is there itself.
    pub callback: Option<IpAddr>,
    pub metrics: Option<Url>,
    pub faas_cli: Option<PathBuf>,
    pub timeout_scale: f64,
}

impl Setting {
    /// A client that writes nothing down: to look and to remove.
    pub fn client(&self, run: &str, record: Record) -> Provider {
        let (url, credentials) = (self.url.clone(), self.credentials.clone());
        Provider::new(url, credentials, run, record, self.timeout(60.0))
    }

    /// `secs`, scaled for slow machines.
    pub fn timeout(&self, secs: f64) -> Duration {
        Duration::from_secs_f64(secs * self.timeout_scale)
    }

    /// Where callbacks are listened for, if the provider can reach us at all.
    pub fn callback_address(&self) -> Option<IpAddr> {
        let near = self.url.addr.ip();
        self.callback.or(near.is_loopback().then_some(near))
    }
}

/// The ground of a run.
#[derive(Debug)]
pub struct Ground {
    pub setting: Setting,
    pub run: String,
    pub info: Info,
    pub profiles: Profiles,
    /// Namespaces there were at the start, the default one among them or not.
    pub namespaces: Vec<String>,
    pub(super) names: Names,
    pub(super) journal: Arc<Journal>,
    /// What the run made for all cases.
    made: Made,
    second: Mutex<Option<String>>,
}

impl Ground {
    pub fn new(scout: Scout, info: Info, profiles: Profiles, namespaces: Vec<String>) -> Self {
        Self {
            setting: scout.setting,
            run: scout.run,
            info,
            profiles,
            namespaces,
            names: scout.names,
            made: Made::new(Arc::clone(&scout.journal)),
            journal: scout.journal,
            second: Mutex::default(),
        }
    }

    pub fn claims(&self, profile: Profile) -> bool {
        self.profiles.has(profile)
    }

    pub fn shape(&self) -> Shape {
        self.info.shape
    }

    /// A namespace beside the default one: the one that the command line names, else one that is made for the run, else one that was there.
    pub fn second_namespace(&self) -> Result<String, Failure> {
        if let Some(name) = &self.setting.namespace {
            return Ok(name.clone());
        }
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = second.as_ref() {
            return Ok(name.clone());
        }
        let other = self.namespaces.iter().find(|one| *one != DEFAULT_NAMESPACE);
        let name = match (self.make_namespace(), other) {
            (Ok(name), _) => name,
            (Err(_), Some(name)) => name.clone(),
            (Err(failure), None) => return Err(failure),
        };
        *second = Some(name.clone());
        Ok(name)
    }

    fn make_namespace(&self) -> Result<String, Failure> {
        if !self.claims(Profile::NsCrud) {
            return Err(Failure::skipped(
                "there is one namespace, and no way to make another",
            ));
        }
        let name = self.names.next("second");
        let client = self.setting.client(&self.run, Record::default());
        let provider = client.making(self.made.clone());
        let answer = provider.create_namespace(&namespace_body(&name))?;
        // Some make it and say that they could not.
        if !provider.namespace_names()?.contains(&name) {
            return Err(answer.unlike("expected a namespace that is listed then"));
        }
        Ok(name)
    }

    /// Removes everything that bears the name of the run, waits until it is gone, and forgets the journal.
    pub fn sweep(&self) -> Vec<Left> {
        self.made.close();
        let provider = self.setting.client(&self.run, Record::default());
        let left = sweep::all_of(
            &provider,
            &self.run,
            &self.journal.left(),
            self.setting.timeout(60.0),
        );
        if left.is_empty() {
            self.journal.remove();
        }
        left
    }

    /// Removes what a case made, as far as the provider does it at once.
    pub(super) fn tidy(&self, things: &[Thing]) {
        if things.is_empty() {
            return;
        }
        let provider = self.setting.client(&self.run, Record::default());
        let limit = self.setting.timeout(20.0);
        sweep::remove(&provider, things, limit, |thing| self.journal.gone(thing));
    }
}

/// The body of a new secret.
pub fn secret_body(name: &str, value: &str) -> serde_json::Value {
    json!({"name": name, "value": value})
}
