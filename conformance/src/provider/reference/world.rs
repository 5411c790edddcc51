//! What exists: namespaces, and the functions and secrets in them.
//! It knows which names are taken, and where secrets are on disk.
//! It refuses half changes: each call is one step under one lock.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::deployment::Deployment;
use super::faults::seeded;
use super::function::Function;
use super::image::Image;
use super::json::Pairs;
use super::launch::write_secret;
use super::names::DEFAULT;

/// Why a call had no effect.
#[derive(Debug)]
pub enum Refusal {
    NoNamespace(String),
    Missing(String),
    Exists(String),
    InUse(String),
    NoSecret(String),
    Disk(io::Error),
}

#[derive(Debug, Default)]
struct Namespace {
    labels: Pairs,
    annotations: Pairs,
    functions: BTreeMap<String, Arc<Function>>,
    /// The names of its secrets; their values are on disk.
    secrets: Vec<String>,
}

#[derive(Debug)]
pub struct World {
    namespaces: Mutex<BTreeMap<String, Namespace>>,
    secrets: PathBuf,
}

impl World {
    pub fn new(root: &Path) -> Self {
        let labels = [("openfaas".to_owned(), "1".to_owned())].into();
        let first = Namespace {
            labels,
            ..Namespace::default()
        };
        Self {
            namespaces: Mutex::new([(DEFAULT.to_owned(), first)].into()),
            secrets: root.join("secrets"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Namespace>> {
        self.namespaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in a namespace that exists.
    fn inside<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut Namespace) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match self.lock().get_mut(name) {
            Some(namespace) => act(namespace),
            None => Err(Refusal::NoNamespace(name.to_owned())),
        }
    }

    pub fn deploy(
        &self,
        namespace: &str,
        deployment: Deployment,
        image: Image,
    ) -> Result<Arc<Function>, Refusal> {
        self.inside(namespace, |inside| {
            if inside.functions.contains_key(&deployment.service) {
                return Err(Refusal::Exists(deployment.service));
            }
            has_secrets(inside, &deployment)?;
            let name = deployment.service.clone();
            let function = Arc::new(Function::new(namespace, deployment, image));
            inside.functions.insert(name, Arc::clone(&function));
            Ok(function)
        })
    }

    pub fn update(
        &self,
        namespace: &str,
        deployment: Deployment,
        image: Image,
    ) -> Result<(), Refusal> {
        self.inside(namespace, |inside| {
            let Some(function) = inside.functions.get(&deployment.service) else {
                return Err(Refusal::Missing(deployment.service));
            };
            has_secrets(inside, &deployment)?;
            function.update(deployment, image);
            Ok(())
        })
    }

    pub fn remove(&self, namespace: &str, name: &str) -> Result<(), Refusal> {
        self.inside(namespace, |inside| match inside.functions.remove(name) {
            Some(function) => {
                function.remove();
                Ok(())
            }
            None => Err(Refusal::Missing(name.to_owned())),
        })
    }

    pub fn find(&self, namespace: &str, name: &str) -> Result<Arc<Function>, Refusal> {
        self.inside(namespace, |inside| {
            let found = inside.functions.get(name).cloned();
            found.ok_or_else(|| Refusal::Missing(name.to_owned()))
        })
    }

    pub fn list(&self, namespace: &str) -> Result<Vec<Arc<Function>>, Refusal> {
        self.inside(namespace, |inside| {
            Ok(inside.functions.values().cloned().collect())
        })
    }

    pub fn all(&self) -> Vec<Arc<Function>> {
        let namespaces = self.lock();
        namespaces
            .values()
            .flat_map(|inside| inside.functions.values().cloned())
            .collect()
    }

    /// Every function is gone, and nothing can be deployed any more.
    pub fn clear(&self) {
        for namespace in std::mem::take(&mut *self.lock()).into_values() {
            for function in namespace.functions.into_values() {
                function.remove();
            }
        }
    }
}

/// A deployment may name secrets that exist, and no others.
fn has_secrets(inside: &Namespace, deployment: &Deployment) -> Result<(), Refusal> {
    if seeded!(SecretsOfAll) {
        return Ok(());
    }
    let missing = deployment
        .secrets
        .iter()
        .find(|name| !inside.secrets.contains(name));
    missing.map_or(Ok(()), |name| Err(Refusal::NoSecret(name.clone())))
}

/// Secrets.
impl World {
    fn secret_path(&self, namespace: &str, name: &str) -> PathBuf {
        self.secrets.join(namespace).join(name)
    }

    fn store(&self, namespace: &str, name: &str, value: &[u8]) -> Result<(), Refusal> {
        let dir = self.secrets.join(namespace);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.and_then(|()| write_secret(&self.secret_path(namespace, name), value, 0o600))
            .map_err(Refusal::Disk)
    }

    pub fn secret_names(&self, namespace: &str) -> Result<Vec<String>, Refusal> {
        self.inside(namespace, |inside| Ok(inside.secrets.clone()))
    }

    pub fn secret(&self, namespace: &str, name: &str) -> Option<Vec<u8>> {
        let read = |namespace: &str| fs::read(self.secret_path(namespace, name)).ok();
        if seeded!(SecretsOfAll) {
            return self.namespaces().iter().find_map(|one| read(one));
        }
        read(namespace)
    }

    pub fn create_secret(&self, namespace: &str, name: &str, value: &[u8]) -> Result<(), Refusal> {
        self.inside(namespace, |inside| {
            if inside.secrets.iter().any(|known| known == name) {
                return Err(Refusal::Exists(name.to_owned()));
            }
            self.store(namespace, name, value)?;
            inside.secrets.push(name.to_owned());
            inside.secrets.sort();
            Ok(())
        })
    }

    pub fn update_secret(&self, namespace: &str, name: &str, value: &[u8]) -> Result<(), Refusal> {
        self.inside(namespace, |inside| {
            if !inside.secrets.iter().any(|known| known == name) {
                return Err(Refusal::Missing(name.to_owned()));
            }
            self.store(namespace, name, value)
        })
    }

    /// A secret that a function uses stays.
    pub fn remove_secret(&self, namespace: &str, name: &str) -> Result<(), Refusal> {
        self.inside(namespace, |inside| {
            let Some(at) = inside.secrets.iter().position(|known| known == name) else {
                return Err(Refusal::Missing(name.to_owned()));
            };
            let uses = |function: &&Arc<Function>| {
                function
                    .wanted()
                    .deployment
                    .secrets
                    .iter()
                    .any(|used| used == name)
            };
            if let Some(user) = inside.functions.values().find(uses) {
                return Err(Refusal::InUse(user.name.clone()));
            }
            fs::remove_file(self.secret_path(namespace, name)).map_err(Refusal::Disk)?;
            inside.secrets.remove(at);
            Ok(())
        })
    }
}

/// Namespaces.
impl World {
    pub fn namespaces(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub fn namespace(&self, name: &str) -> Result<(Pairs, Pairs), Refusal> {
        let all = self.lock();
        let found = all
            .get(name)
            .ok_or_else(|| Refusal::Missing(name.to_owned()))?;
        Ok((found.labels.clone(), found.annotations.clone()))
    }

    pub fn create_namespace(
        &self,
        name: &str,
        labels: Pairs,
        annotations: Pairs,
    ) -> Result<(), Refusal> {
        let mut all = self.lock();
        if all.contains_key(name) {
            return Err(Refusal::Exists(name.to_owned()));
        }
        let namespace = Namespace {
            labels,
            annotations,
            ..Namespace::default()
        };
        all.insert(name.to_owned(), namespace);
        Ok(())
    }

    pub fn update_namespace(
        &self,
        name: &str,
        labels: Pairs,
        annotations: Pairs,
    ) -> Result<(), Refusal> {
        let mut all = self.lock();
        let found = all
            .get_mut(name)
            .ok_or_else(|| Refusal::Missing(name.to_owned()))?;
        found.labels = labels;
        found.annotations = annotations;
        Ok(())
    }

    /// Only an empty one goes, and never the default one.
    pub fn remove_namespace(&self, name: &str) -> Result<(), Refusal> {
        let mut all = self.lock();
        let found = all
            .get(name)
            .ok_or_else(|| Refusal::Missing(name.to_owned()))?;
        if let Some(function) = found.functions.keys().next() {
            return Err(Refusal::InUse(function.clone()));
        }
        if name == DEFAULT {
            return Err(Refusal::InUse("whatever names no namespace".to_owned()));
        }
        all.remove(name);
        match fs::remove_dir_all(self.secrets.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Refusal::Disk(error)),
            _ => Ok(()),
        }
    }
}
