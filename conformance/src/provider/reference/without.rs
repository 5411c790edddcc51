//! What a provider may lack, so that the reference provider can stand for one that lacks it.
//! It knows the routes of each part, and how those answer where it is not there.
//! It refuses to lack what every provider has.

use hyper::{Method, StatusCode};

use super::answer::{self, Answer, error};
use super::route::Route;

/// A part that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Secrets,
    Logs,
    /// Namespaces that can be made, beside the default one.
    Namespaces,
    /// A function without a replica.
    Zero,
}

/// The parts that are missing.
#[derive(Clone, Debug, Default)]
pub struct Without(Vec<Part>);

/// Every part by its name.
pub const NAMES: [&str; 4] = ["secrets", "logs", "namespaces", "zero"];
const PARTS: [Part; 4] = [Part::Secrets, Part::Logs, Part::Namespaces, Part::Zero];

impl Without {
    /// Of names that are among [`NAMES`].
    pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let part = |name: &str| NAMES.iter().zip(PARTS).find(|(one, _)| **one == name);
        Self(names.filter_map(|name| Some(part(name)?.1)).collect())
    }

    pub fn lacks(&self, part: Part) -> bool {
        self.0.contains(&part)
    }

    /// The answer of a route that is not there.
    pub fn answer(&self, route: &Route, method: &Method) -> Option<Answer> {
        let part = match route {
            Route::Secrets => Part::Secrets,
            Route::Logs => Part::Logs,
            Route::Namespace(_) => Part::Namespaces,
            _ => return None,
        };
        self.lacks(part).then(|| match *method {
            Method::GET => error(
                StatusCode::NOT_IMPLEMENTED,
                "Feature not implemented in this version of the provider",
            ),
            _ => answer::wrong_method("GET"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_missing() {
        let without = Without::named(["logs", "zero"].into_iter());
        assert!(without.lacks(Part::Zero) && !without.lacks(Part::Namespaces));
        let status = |route: &Route| without.answer(route, &Method::GET).map(|one| one.status());
        assert_eq!(status(&Route::Logs), Some(StatusCode::NOT_IMPLEMENTED));
        assert_eq!(status(&Route::Secrets), None);
    }
}
