//! Where mutants of a provider are judged: a reference provider of its own for each, in the shape that a run needs.
//! It knows what a faultless one offers, found out once for each shape.
//! It refuses to find that out again: a fault would hide what it breaks.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use super::layers::{Layer, Mutant};
use super::server::{Server, credentials};
use crate::judge::mutants::{self, Trouble};
use crate::judge::{self, Options, Run, Suite as _};
use crate::provider::rig::ground::PROBE_IMAGE;
use crate::provider::rig::journal::Journal;
use crate::provider::rig::preflight::{self, Scout};
use crate::provider::{Ground, Setting, Suite, opening};

/// Behind the name of a mutant: the same without its fault.
pub(super) const NEUTRAL: &str = ".none";
/// The names of runs are in those of functions.
const RUN: &str = "mutant";

/// The second image, in all the forms that a reference can have: with a port and a digest.
const IMAGE_2: &str = "localhost:5000/fwatchdog/probe:2@sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// What the command line says.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub own: PathBuf,
    pub fwatchdog: PathBuf,
    pub faas_cli: Option<PathBuf>,
    pub timeout_scale: f64,
}

/// Reference providers as they are without a fault.
pub(super) struct Bench {
    place: Place,
    dir: TempDir,
    gateway: Plain,
    provider: Plain,
}

/// One shape, without a fault.
struct Plain {
    name: &'static str,
    ground: Arc<Ground>,
    _server: Server,
}

/// A mutant: in either shape, from when it is first needed.
#[derive(Default)]
pub(super) struct Stand {
    fault: String,
    gateway: Side,
    provider: Side,
}

type Side = OnceLock<Result<(Server, Arc<Ground>), Trouble>>;

impl Bench {
    pub fn new(place: Place) -> Result<Self, Trouble> {
        let cannot = |why| format!("no place for mutants: {why}");
        let dir = tempfile::Builder::new().prefix("mutants-").tempdir();
        let dir = dir.map_err(cannot)?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).map_err(cannot)?;
        let gateway = Plain::found(&place, &dir, "gateway")?;
        let provider = Plain::found(&place, &dir, "provider")?;
        Ok(Self {
            place,
            dir,
            gateway,
            provider,
        })
    }

    /// The shape in which a run has a meaning; that of a gateway where it has in both.
    fn shape(&self, run: &Run<Suite>) -> Option<&Plain> {
        [&self.gateway, &self.provider]
            .into_iter()
            .find(|plain| Suite::inapplicable(&plain.ground, run).is_none())
    }

    fn start(&self, plain: &Plain, fault: &str) -> Result<(Server, Arc<Ground>), Trouble> {
        let server = self.place.start(&self.dir, plain.name, fault)?;
        let scout = self.place.scout(&self.dir, &server)?;
        let known = &plain.ground;
        let ground = Ground::new(
            scout,
            known.info.clone(),
            known.profiles.clone(),
            known.namespaces.clone(),
        );
        Ok((server, Arc::new(ground)))
    }
}

impl Place {
    fn start(&self, dir: &TempDir, shape: &str, fault: &str) -> Result<Server, Trouble> {
        Server::start(&self.own, &self.fwatchdog, dir.path(), shape, fault)
    }

    /// What judges it.
    fn scout(&self, dir: &TempDir, server: &Server) -> Result<Scout, Trouble> {
        let url = server.url.clone();
        // Not named after the port: a later server may be given the same one.
        let journals = tempfile::Builder::new()
            .prefix("journal-")
            .tempdir_in(dir)
            .map_err(|why| format!("no place for a journal: {why}"))?
            .keep();
        let journal = Journal::begin(&journals, RUN, &url.to_string(), "")?;
        let setting = Setting {
            metrics: Some(url.clone()),
            url,
            credentials: credentials(),
            probe_image: PROBE_IMAGE.to_owned(),
            probe_image_2: IMAGE_2.to_owned(),
            namespace: None,
            callback: None,
            faas_cli: self.faas_cli.clone(),
            timeout_scale: self.timeout_scale,
        };
        Ok(Scout::new(setting, RUN, Arc::new(journal)))
    }
}

impl Plain {
    fn found(place: &Place, dir: &TempDir, name: &'static str) -> Result<Self, Trouble> {
        let server = place.start(dir, name, "none")?;
        let scout = place.scout(dir, &server)?;
        let info = preflight::greet(&scout.setting)?;
        let (ground, _) = opening::open(scout, info, None)?;
        Ok(Self {
            name,
            ground: Arc::new(ground),
            _server: server,
        })
    }
}

impl mutants::Bench for Bench {
    type Suite = Suite;
    type Layer = Layer;
    type Stand = Stand;

    fn stand(&self, mutant: &'static Mutant, faulty: bool) -> Result<Stand, Trouble> {
        let end = if faulty { "" } else { NEUTRAL };
        Ok(Stand {
            fault: format!("{}{end}", mutant.id),
            ..Stand::default()
        })
    }

    fn options(&self, stand: &Stand, run: &Run<Suite>) -> Result<Options<Suite>, Trouble> {
        let plain = self.shape(run).ok_or("no shape that the run is for")?;
        let side = match plain.name {
            "gateway" => &stand.gateway,
            _ => &stand.provider,
        };
        let made = side.get_or_init(|| self.start(plain, &stand.fault));
        let (_, ground) = made.as_ref().map_err(Clone::clone)?;
        Ok(Options::on(Arc::clone(ground)))
    }

    fn runs(&self) -> Vec<Run<Suite>> {
        let mut runs = judge::run::expand::<Suite>();
        runs.retain(|run| !run.case.named_only && self.shape(run).is_some());
        runs
    }
}
