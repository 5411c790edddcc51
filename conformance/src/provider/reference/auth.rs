//! Who may come in: one user and one password.
//! It knows the header `Authorization` and the scheme Basic.
//! It refuses to say what was wrong with credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// The one user; `None` lets everybody in.
#[derive(Clone)]
pub struct Door(Option<String>);

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Door(locked)"
        } else {
            "Door(open)"
        })
    }
}

impl Door {
    pub fn locked(user: &str, password: &str) -> Self {
        Self(Some(format!("{user}:{password}")))
    }

    pub fn open() -> Self {
        Self(None)
    }

    /// What opens it, for a fault that does.
    #[cfg(feature = "mutants")]
    pub fn key(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(right) = &self.0 else {
            return true;
        };
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else {
            return false;
        };
        value
            .to_str()
            .ok()
            .and_then(credentials)
            .is_some_and(|pair| same(&pair, right.as_bytes()))
    }
}

fn credentials(value: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    STANDARD.decode(rest.trim()).ok()
}

/// Compares all of both, however early they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |bits, (a, b)| bits | (a ^ b));
    one.len() == other.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        Door::locked("admin", "secret").admits(&headers)
    }

    #[test]
    fn only_the_whole_pair_opens() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        assert!(admits(&basic("admin:secret")));
        for pair in [
            "admin:secre",
            "admin:secrets",
            "admin:",
            "root:secret",
            "admin",
            "",
        ] {
            assert!(!admits(&basic(pair)), "{pair}");
        }
        for value in [
            "Basic !!!",
            "Basic",
            "Bearer ",
            "Bearer YWRtaW46c2VjcmV0",
            "x",
        ] {
            assert!(!admits(value), "{value}");
        }
        assert!(!Door::locked("a", "b").admits(&HeaderMap::new()));
        assert!(Door::open().admits(&HeaderMap::new()));
    }
}
