//! One function: what is wanted of it, which replicas can answer, and what it said.
//! It knows no process: the keeper brings about what is wanted.
//! It refuses half states: what is wanted changes in one step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::deployment::Deployment;
use super::faults::seeded;
use super::image::Image;
use super::logs::Log;
use super::replica::Replica;

/// What somebody wants of a function.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub deployment: Arc<Deployment>,
    pub image: Arc<Image>,
    /// Each update is one more.
    pub generation: u64,
    pub replicas: u32,
    pub gone: bool,
}

#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub namespace: String,
    pub created: DateTime<Utc>,
    wanted: watch::Sender<Wanted>,
    ready: watch::Sender<Vec<Arc<Replica>>>,
    pub log: Log,
    pub invoked: AtomicU64,
    turn: AtomicUsize,
}

impl Function {
    pub fn new(namespace: &str, deployment: Deployment, image: Image) -> Self {
        let wanted = Wanted {
            replicas: deployment.least(),
            deployment: Arc::new(deployment),
            image: Arc::new(image),
            generation: 1,
            gone: false,
        };
        Self {
            name: wanted.deployment.service.clone(),
            namespace: namespace.to_owned(),
            created: Utc::now(),
            wanted: watch::Sender::new(wanted),
            ready: watch::Sender::new(Vec::new()),
            log: Log::default(),
            invoked: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
        }
    }

    pub fn wanted(&self) -> Wanted {
        self.wanted.borrow().clone()
    }

    pub fn watch_wanted(&self) -> watch::Receiver<Wanted> {
        self.wanted.subscribe()
    }

    /// Replaces all of the deployment; the number of replicas stays, or is raised to its least.
    pub fn update(&self, deployment: Deployment, image: Image) {
        self.wanted.send_modify(|wanted| {
            wanted.replicas = if seeded!(UpdatesScale) {
                deployment.least()
            } else {
                replicas_after_update(wanted.replicas, &deployment)
            };
            wanted.deployment = Arc::new(deployment);
            wanted.image = Arc::new(image);
            if !seeded!(UpdatesOnlyTold) {
                wanted.generation += 1;
            }
        });
    }

    pub fn scale(&self, replicas: u32) {
        self.wanted.send_if_modified(|wanted| {
            if seeded!(SettingsLostAtZero) && wanted.replicas == 0 {
                let mut bare = Deployment::clone(&wanted.deployment);
                bare.env.clear();
                wanted.deployment = Arc::new(bare);
            }
            std::mem::replace(&mut wanted.replicas, replicas) != replicas
        });
    }

    /// From zero to its least; nothing where there are some.
    pub fn wake(&self) {
        self.wanted.send_if_modified(|wanted| {
            let asleep = wanted.replicas == 0;
            if asleep {
                wanted.replicas = wanted.deployment.least();
            }
            asleep
        });
    }

    pub fn remove(&self) {
        self.wanted.send_modify(|wanted| wanted.gone = true);
    }

    pub fn publish(&self, ready: Vec<Arc<Replica>>) {
        self.ready.send_replace(ready);
    }

    pub fn watch_ready(&self) -> watch::Receiver<Vec<Arc<Replica>>> {
        self.ready.subscribe()
    }

    /// The next replica in turn of those that are ready.
    pub fn pick(&self) -> Option<Arc<Replica>> {
        if seeded!(OneReplicaCalled) {
            return select(0, &self.ready.borrow());
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        select(turn, &self.ready.borrow())
    }

    /// How many can answer, of those that are wanted.
    pub fn available(&self) -> u32 {
        let ready = u32::try_from(self.ready.borrow().len()).unwrap_or(u32::MAX);
        ready.min(self.wanted.borrow().replicas)
    }

    /// What clients are told of it.
    pub fn status(&self) -> Value {
        let wanted = self.wanted();
        let mut out: Map<String, Value> = wanted.deployment.told();
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        put("namespace", json!(self.namespace));
        put(
            "createdAt",
            json!(self.created.to_rfc3339_opts(SecondsFormat::Secs, true)),
        );
        for (name, count) in [
            ("replicas", u64::from(wanted.replicas)),
            ("availableReplicas", u64::from(self.available())),
            ("invocationCount", self.invoked.load(Ordering::Relaxed)),
        ] {
            if count > 0 {
                put(name, json!(count));
            }
        }
        Value::Object(out)
    }
}

fn replicas_after_update(before: u32, deployment: &Deployment) -> u32 {
    match before {
        0 => 0,
        _ => before.max(deployment.least()),
    }
}

fn select<T: Clone>(turn: usize, all: &[T]) -> Option<T> {
    all.get(turn.checked_rem(all.len())?).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_turn() {
        let picked: Vec<_> = (0..4)
            .filter_map(|turn| select(turn, &["a", "b", "c"]))
            .collect();
        assert_eq!(picked, ["a", "b", "c", "a"]);
        assert_eq!(select::<u8>(7, &[]), None);
    }

    #[test]
    fn an_update_keeps_the_number_of_replicas() {
        let mut deployment = Deployment::default();
        assert_eq!(replicas_after_update(3, &deployment), 3);
        assert_eq!(replicas_after_update(0, &deployment), 0);
        let least = ("com.openfaas.scale.min".to_owned(), "2".to_owned());
        deployment.labels = Some([least].into());
        assert_eq!(replicas_after_update(1, &deployment), 2);
    }
}
