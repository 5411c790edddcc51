//! Secrets: create, update, delete, and the list of their names.
//! It knows the two forms of a value: text, and base64 of bytes.
//! It refuses to give a value to anybody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{self, Answer, Handled, bad};
use super::super::json::Fields;
use super::super::names;
use super::{Call, refused};

pub(super) fn secrets(call: &Call, method: &Method) -> Handled {
    if *method == Method::GET {
        return list(call);
    }
    let fields = call.fields()?;
    let name = fields.text("name").map_err(|why| bad(&why))?;
    names::secret(&name).map_err(|why| bad(&why))?;
    let namespace = call.namespace(&fields)?;
    let world = &call.provider.world;
    let (status, done) = match *method {
        Method::POST => {
            let value = value(&fields)?;
            (
                StatusCode::CREATED,
                world.create_secret(&namespace, &name, &value),
            )
        }
        Method::PUT => {
            let value = value(&fields)?;
            (
                StatusCode::OK,
                world.update_secret(&namespace, &name, &value),
            )
        }
        _ => (StatusCode::OK, world.remove_secret(&namespace, &name)),
    };
    done.map_err(|why| refused(&why))?;
    Ok(answer::empty(status))
}

fn list(call: &Call) -> Handled {
    let namespace = call.asked_namespace();
    let names = call.provider.world.secret_names(&namespace);
    let names = names.map_err(|why| refused(&why))?;
    let entry = |name: &String| json!({ "name": name, "namespace": namespace });
    let all: Vec<Value> = names.iter().map(entry).collect();
    Ok(answer::json(&json!(all)))
}

/// The text where there is some, otherwise the bytes.
fn value(fields: &Fields) -> Result<Vec<u8>, Answer> {
    let text = fields.text("value").map_err(|why| bad(&why))?;
    let raw = fields.text("rawValue").map_err(|why| bad(&why))?;
    if !text.is_empty() {
        return Ok(text.into_bytes());
    }
    STANDARD
        .decode(raw)
        .map_err(|why| bad(&format!("rawValue: expected base64: {why}")))
}
