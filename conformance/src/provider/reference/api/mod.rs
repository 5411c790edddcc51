//! The API below `/system`: requests in, answers out.
//! It knows how bodies, queries and namespaces are read, and how refusals are told.
//! It refuses to run anything itself: the world and its keepers do.

mod alert;
mod functions;
mod logs;
mod namespaces;
mod secrets;

pub use alert::raise;

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::answer::{self, Answer, Handled, bad, error};
use super::json::Fields;
use super::names::DEFAULT;
use super::route::{Route, decode};
use super::upload::{self, Upload};
use super::world::Refusal;
use super::{Provider, Shape};

/// The largest body of a request to the API.
const MOST: usize = 8 * 1024 * 1024;

/// A request to the API, its body read.
struct Call<'a> {
    provider: &'a Arc<Provider>,
    query: String,
    body: Bytes,
}

pub async fn handle(provider: &Arc<Provider>, route: Route, request: Request<Upload>) -> Handled {
    let method = request.method().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = match method {
        Method::POST | Method::PUT | Method::DELETE => {
            let time = provider.options.read_timeout;
            upload::collect(request.into_body(), MOST, time).await?
        }
        _ => Bytes::new(),
    };
    let call = Call {
        provider,
        query,
        body,
    };
    match route {
        Route::Info => Ok(info(provider.options.shape)),
        Route::Metrics => Ok(metrics(provider)),
        Route::Functions => functions::functions(&call, &method).await,
        Route::Function(name) => functions::describe(&call, &name),
        Route::Scale(name) => functions::scale(&call, &name),
        Route::Secrets => secrets::secrets(&call, &method),
        Route::Logs => logs::logs(&call),
        Route::Namespaces => Ok(answer::json(&json!(provider.world.namespaces()))),
        Route::Namespace(name) => namespaces::namespace(&call, &method, &name),
        Route::Alert => alert::alert(&call),
        Route::Health | Route::Invoke(..) | Route::Queue(..) => Err(answer::missing_page()),
    }
}

impl Call<'_> {
    /// The last value of a parameter of the query.
    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').rev();
        let values = pairs.filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key)? == name).then(|| decode(&value.replace('+', " ")))?
        });
        values.into_iter().next()
    }

    fn fields(&self) -> Result<Fields, Answer> {
        Fields::parse(&self.body).map_err(|why| bad(&why))
    }

    /// The namespace that the query names, or the default one.
    fn asked_namespace(&self) -> String {
        namespace_of(self.parameter("namespace"), String::new()).unwrap_or_default()
    }

    /// The namespace that body and query name.
    fn namespace(&self, fields: &Fields) -> Result<String, Answer> {
        let told = fields.text("namespace").map_err(|why| bad(&why))?;
        namespace_of(self.parameter("namespace"), told).map_err(|why| bad(&why))
    }
}

/// The body goes first, then the query; where both speak they have to agree.
fn namespace_of(query: Option<String>, body: String) -> Result<String, String> {
    let query = query.unwrap_or_default();
    match (query.is_empty(), body.is_empty()) {
        (true, true) => Ok(DEFAULT.to_owned()),
        (false, true) => Ok(query),
        (true, false) => Ok(body),
        (false, false) if query == body => Ok(body),
        (false, false) => Err(format!(
            "namespace: the body says {body:?}, the query {query:?}"
        )),
    }
}

/// What a change that is on its way is answered.
fn accepted() -> Answer {
    answer::empty(StatusCode::ACCEPTED)
}

fn refused(refusal: &Refusal) -> Answer {
    let (status, why) = match refusal {
        Refusal::NoNamespace(name) => (
            StatusCode::BAD_REQUEST,
            format!("namespace {name:?} does not exist"),
        ),
        Refusal::Missing(name) => (StatusCode::NOT_FOUND, format!("{name:?} does not exist")),
        Refusal::Exists(name) => (StatusCode::CONFLICT, format!("{name:?} already exists")),
        Refusal::InUse(user) => (StatusCode::CONFLICT, format!("it is used by {user}")),
        Refusal::NoSecret(name) => (
            StatusCode::BAD_REQUEST,
            format!("secret {name:?} does not exist in this namespace"),
        ),
        Refusal::Disk(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    error(status, &why)
}

fn info(shape: Shape) -> Answer {
    let version = json!({
        "release": env!("CARGO_PKG_VERSION"),
        "sha": option_env!("GIT_SHA").unwrap_or("unreleased"),
    });
    let name = "fwatchdog-reference";
    answer::json(&match shape {
        Shape::Provider => json!({
            "provider": name,
            "orchestration": "processes",
            "version": version,
        }),
        Shape::Gateway => json!({
            "provider": {
                "provider": name,
                "orchestration": "processes",
                "version": version,
            },
            "version": version,
            "arch": architecture(),
        }),
    })
}

/// The name that the API has for the machine.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

fn metrics(provider: &Provider) -> Answer {
    let functions = provider.world.all();
    let gateway = provider.options.shape == Shape::Gateway;
    let text = provider
        .metrics
        .text(gateway, functions.iter().map(AsRef::as_ref));
    answer::text("text/plain; version=0.0.4; charset=utf-8", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_and_query_have_to_agree() {
        let of = |query: &str, body: &str| namespace_of(Some(query.to_owned()), body.to_owned());
        assert_eq!(of("", ""), Ok(DEFAULT.to_owned()));
        assert_eq!(of("a", ""), Ok("a".to_owned()));
        assert_eq!(of("", "b"), Ok("b".to_owned()));
        assert_eq!(of("b", "b"), Ok("b".to_owned()));
        assert!(of("a", "b").is_err());
        assert_eq!(namespace_of(None, String::new()), Ok(DEFAULT.to_owned()));
    }
}
