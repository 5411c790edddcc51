//! What a provider offers beyond the core, in parts that it may leave out.
//! It knows the names of the parts, what each means and how they come in sets.
//! It refuses to excuse failures: that is what deviations are for.

use std::fmt;

/// A part of the contract. A case belongs to one or more, and is judged where all of them are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    Core,
    Auth,
    Provider,
    Gateway,
    Secrets,
    SecretsUpdate,
    Namespaces,
    NsCrud,
    Logs,
    Async,
    Scale,
    ScaleZero,
    Streaming,
    Websocket,
    Workload,
    Limits,
    Readonly,
    Metrics,
    Cli,
}

impl Profile {
    pub const ALL: [Self; 19] = [
        Self::Core,
        Self::Auth,
        Self::Provider,
        Self::Gateway,
        Self::Secrets,
        Self::SecretsUpdate,
        Self::Namespaces,
        Self::NsCrud,
        Self::Logs,
        Self::Async,
        Self::Scale,
        Self::ScaleZero,
        Self::Streaming,
        Self::Websocket,
        Self::Workload,
        Self::Limits,
        Self::Readonly,
        Self::Metrics,
        Self::Cli,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Auth => "auth",
            Self::Provider => "provider",
            Self::Gateway => "gateway",
            Self::Secrets => "secrets",
            Self::SecretsUpdate => "secrets-update",
            Self::Namespaces => "namespaces",
            Self::NsCrud => "ns-crud",
            Self::Logs => "logs",
            Self::Async => "async",
            Self::Scale => "scale",
            Self::ScaleZero => "scale-zero",
            Self::Streaming => "streaming",
            Self::Websocket => "websocket",
            Self::Workload => "workload",
            Self::Limits => "limits",
            Self::Readonly => "readonly",
            Self::Metrics => "metrics",
            Self::Cli => "cli",
        }
    }

    /// What is there where it is found.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Core => "what every provider and gateway does",
            Self::Auth => "system routes ask for credentials",
            Self::Provider => "asked directly, no gateway in front",
            Self::Gateway => "a gateway in front of a provider",
            Self::Secrets => "secrets are stored and given to functions",
            Self::SecretsUpdate => "a secret can be changed",
            Self::Namespaces => "there is more than one namespace for functions",
            Self::NsCrud => "namespaces can be made and removed",
            Self::Logs => "the logs of functions can be read",
            Self::Async => "invocations can be queued",
            Self::Scale => "a function can have more than one replica",
            Self::ScaleZero => "a function can have no replica",
            Self::Streaming => "event streams pass as they are produced",
            Self::Websocket => "WebSockets pass",
            Self::Workload => "the probe runs as any container would",
            Self::Limits => "limits on resources are taken and told",
            Self::Readonly => "the root file system can be read-only",
            Self::Metrics => "metrics in the text format of Prometheus",
            Self::Cli => "a faas-cli is at hand",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The parts that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles(Vec<Profile>);

impl Profiles {
    /// `core,gateway,...`; what the command line says.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut profiles = Self::default();
        for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let profile = Profile::named(word).ok_or_else(|| {
                let all: Vec<&str> = Profile::ALL.iter().map(|one| one.name()).collect();
                format!("no profile {word:?}; there are {}", all.join(", "))
            })?;
            profiles.add(profile);
        }
        if profiles.0.is_empty() {
            return Err("no profile is named".to_owned());
        }
        Ok(profiles)
    }

    pub fn add(&mut self, profile: Profile) {
        if !self.has(profile) {
            self.0.push(profile);
            self.0.sort();
        }
    }

    pub fn has(&self, profile: Profile) -> bool {
        self.0.contains(&profile)
    }

    pub fn iter(&self) -> impl Iterator<Item = Profile> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Profile::name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        let profiles = Profiles::parse("logs, core,logs").unwrap();
        assert_eq!(profiles.to_string(), "core,logs");
        assert!(profiles.has(Profile::Logs) && !profiles.has(Profile::Async));
        assert!(
            Profiles::parse("core,nothing")
                .unwrap_err()
                .contains("ns-crud")
        );
        assert!(Profiles::parse(" ,").is_err());
        for profile in Profile::ALL {
            assert_eq!(Profile::named(profile.name()), Some(profile));
        }
    }
}
