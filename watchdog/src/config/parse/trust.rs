//! Whom to trust, from settings: who issues tokens, and who vouches for a server.
//!
//! Owns where an issuer and a namespace are looked for when nothing is said. May know the reader of settings. Refuses to fetch anything.

use std::path::PathBuf;

use crate::config::reader::Reader;
use crate::config::report::Source;
use crate::config::{Auth, Trust, settings};

const DISCOVERY: &str = "http://gateway.openfaas:8080/.well-known/openid-configuration";
const DISCOVERY_LOCAL: &str = "http://127.0.0.1:8000/.well-known/openid-configuration";

pub(super) fn trust(r: &mut Reader<'_>) -> Trust {
    let dirs = r.text(&settings::SSL_CERT_DIR).unwrap_or_default();
    Trust {
        file: r.text(&settings::SSL_CERT_FILE).map(PathBuf::from),
        dirs: dirs
            .split(':')
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .collect(),
    }
}

pub(super) fn auth(r: &mut Reader<'_>, trust: Trust) -> Option<Auth> {
    let wanted = r.flag(&settings::JWT_AUTH);
    let debug = r.flag(&settings::JWT_AUTH_DEBUG);
    let discovery_url = discovery_url(r);
    let name = r.text(&settings::OPENFAAS_NAME);
    let namespace = r.text(&settings::OPENFAAS_NAMESPACE);
    if !wanted {
        return None;
    }
    let namespace = namespace.or_else(|| namespace_of_account(r));
    if name.is_none() {
        r.missing(&settings::OPENFAAS_NAME, "not set, and jwt_auth needs it");
    }
    let function = format!("{}:{}", namespace?, name?);
    Some(Auth {
        discovery_url,
        function,
        debug,
        trust,
    })
}

fn discovery_url(r: &mut Reader<'_>) -> String {
    let setting = &settings::JWT_DISCOVERY_URL;
    let is_local = r.flag(&settings::JWT_AUTH_LOCAL);
    r.text(setting).unwrap_or_else(|| {
        let derived = if is_local { DISCOVERY_LOCAL } else { DISCOVERY };
        r.note(setting, derived.to_owned(), Source::Default);
        derived.to_owned()
    })
}

fn namespace_of_account(r: &mut Reader<'_>) -> Option<String> {
    let setting = &settings::OPENFAAS_NAMESPACE;
    let file = r.env.namespace_file().to_owned();
    let why = match r.env.read_namespace() {
        Ok(namespace) if !namespace.is_empty() => {
            r.note(setting, namespace.clone(), Source::File(file));
            return Some(namespace);
        }
        Ok(_) => "it is empty".to_owned(),
        Err(error) => error.to_string(),
    };
    let message = format!(
        "not set, and jwt_auth needs it; tried {}: {why}",
        file.display()
    );
    r.missing(setting, &message);
    None
}
