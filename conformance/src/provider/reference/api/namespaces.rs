//! One namespace: create, describe, update, delete.
//! It knows the label that makes a namespace one for functions.
//! It refuses a body that names another one than the path.

use hyper::{Method, StatusCode};
use serde_json::json;

use super::super::answer::{self, Answer, Handled, bad};
use super::super::json::{Fields, Pairs};
use super::super::names;
use super::{Call, accepted, refused};

/// The label, and the values that count.
const LABEL: &str = "openfaas";
const VALUES: [&str; 2] = ["1", "true"];

pub(super) fn namespace(call: &Call, method: &Method, path: &str) -> Handled {
    let world = &call.provider.world;
    if *method == Method::GET {
        let (labels, annotations) = world.namespace(path).map_err(|why| refused(&why))?;
        let about = json!({ "name": path, "labels": labels, "annotations": annotations });
        return Ok(answer::json(&about));
    }
    let fields = call.fields()?;
    let name = named(&fields, path)?;
    let labels = pairs(&fields, "labels")?;
    let annotations = pairs(&fields, "annotations")?;
    if *method != Method::POST {
        world.namespace(&name).map_err(|why| refused(&why))?;
    }
    is_marked(&labels)?;
    let (answer, done) = match *method {
        Method::POST => {
            let created = answer::empty(StatusCode::CREATED);
            (created, world.create_namespace(&name, labels, annotations))
        }
        Method::PUT => (
            accepted(),
            world.update_namespace(&name, labels, annotations),
        ),
        _ => (accepted(), world.remove_namespace(&name)),
    };
    done.map_err(|why| refused(&why))?;
    Ok(answer)
}

fn named(fields: &Fields, path: &str) -> Result<String, Answer> {
    let name = fields.text("name").map_err(|why| bad(&why))?;
    let name = match (name.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, false) if name != path => {
            return Err(bad(&format!(
                "name: the body says {name:?}, the path {path:?}"
            )));
        }
        _ => name,
    };
    names::label("namespace", &name).map_err(|why| bad(&why))?;
    Ok(name)
}

fn pairs(fields: &Fields, name: &str) -> Result<Pairs, Answer> {
    let pairs = fields.pairs(name).map_err(|why| bad(&why))?;
    Ok(pairs.unwrap_or_default())
}

fn is_marked(labels: &Pairs) -> Result<(), Answer> {
    let value = labels.get(LABEL).map(String::as_str);
    if value.is_some_and(|value| VALUES.contains(&value)) {
        return Ok(());
    }
    Err(bad("labels: expected openfaas with the value 1 or true"))
}
