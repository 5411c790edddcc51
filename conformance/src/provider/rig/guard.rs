//! What a request would make or remove on the provider.
//! It knows the routes that change something and the fields that name what they change.
//! It refuses deeds on things of other people: their names do not bear the run's.

use serde_json::Value;

use super::journal::Thing;
use super::name;
use crate::failure::Failure;
use crate::wire::Request;
use crate::wire::request::Body;

/// What a request does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Nothing,
    Makes(Thing),
    Removes(Thing),
}

/// Reads the deed off method, path and body; a body that is no JSON does nothing.
pub fn deed(request: &Request) -> Deed {
    let path = request.target.split('?').next().unwrap_or_default();
    let body = body(request);
    let namespace = field(&body, "namespace").or_else(|| query(&request.target, "namespace"));
    let thing = match path {
        "/system/functions" => {
            let name = field(&body, "service").or_else(|| field(&body, "functionName"));
            name.map(|name| Thing::function(&name, namespace.as_deref()))
        }
        "/system/secrets" => {
            field(&body, "name").map(|name| Thing::secret(&name, namespace.as_deref()))
        }
        _ if path.starts_with("/system/namespace/") => {
            field(&body, "name").map(|name| Thing::namespace(&name))
        }
        _ => None,
    };
    match (request.method.as_str(), thing) {
        (_, Some(thing)) if thing.name.is_empty() => Deed::Nothing,
        ("POST" | "PUT", Some(thing)) if !is_path(&thing.name) => Deed::Makes(thing),
        ("DELETE", Some(thing)) => Deed::Removes(thing),
        _ => Deed::Nothing,
    }
}

/// A case that would touch what is not its own is a fault of the case.
pub fn check(run: &str, deed: &Deed) -> Result<(), Failure> {
    let (Deed::Makes(thing) | Deed::Removes(thing)) = deed else {
        return Ok(());
    };
    if name::is_of(run, &thing.name) || is_path(&thing.name) {
        return Ok(());
    }
    Err(Failure::fault(format!(
        "a case may only touch what bears the name of its run (rig.name()), not the {thing}"
    )))
}

/// A name that tries to leave its directory: there is nothing of that name to be removed later.
fn is_path(name: &str) -> bool {
    name.contains('/') || name.contains("..")
}

fn body(request: &Request) -> Value {
    let parsed = match &request.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes),
        Body::Chunks(pieces) => serde_json::from_slice(&pieces.concat()),
        _ => return Value::Null,
    };
    parsed.unwrap_or(Value::Null)
}

fn field(body: &Value, name: &str) -> Option<String> {
    body.get(name)?.as_str().map(str::to_owned)
}

fn query(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let found = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, target: &str, body: &str) -> Deed {
        deed(&Request::new(method, target).body(body))
    }

    #[test]
    fn deeds_are_read_off_requests() {
        let made = asked(
            "POST",
            "/system/functions",
            r#"{"service":"a","image":"b"}"#,
        );
        assert_eq!(made, Deed::Makes(Thing::function("a", None)));
        let made = asked("PUT", "/system/secrets?namespace=n", r#"{"name":"s"}"#);
        assert_eq!(made, Deed::Makes(Thing::secret("s", Some("n"))));
        let made = asked("POST", "/system/namespace/", r#"{"name":"n"}"#);
        assert_eq!(made, Deed::Makes(Thing::namespace("n")));
        let gone = asked("DELETE", "/system/functions", r#"{"functionName":"a"}"#);
        assert_eq!(gone, Deed::Removes(Thing::function("a", None)));
        assert_eq!(asked("GET", "/system/functions", ""), Deed::Nothing);
        assert_eq!(asked("POST", "/system/functions", "{oops"), Deed::Nothing);
        assert_eq!(
            asked("POST", "/function/a", r#"{"service":"a"}"#),
            Deed::Nothing
        );
        let odd = asked("POST", "/system/secrets", r#"{"name":"../x"}"#);
        assert_eq!(odd, Deed::Nothing);
    }

    #[test]
    fn others_are_left_alone() {
        let ours = Deed::Makes(Thing::function("cf-abc-x-0", None));
        assert!(check("abc", &ours).is_ok());
        let theirs = Deed::Removes(Thing::function("figlet", None));
        assert!(check("abc", &theirs).is_err());
        assert!(check("abc", &Deed::Removes(Thing::secret("..", None))).is_ok());
    }
}
