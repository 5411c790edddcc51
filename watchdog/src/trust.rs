//! Whom TLS trusts.
//!
//! Owns the certificate authorities, read once. May know where they are set, where a system keeps them, and the list that is built in. Refuses to fall
//! back where others were asked for.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use tokio_rustls::rustls::RootCertStore;

use crate::config::Trust;

/// What was read last, and for whom. A program has one answer in general.
static READ: Mutex<Option<(Trust, Arc<RootCertStore>)>> = Mutex::new(None);

/// The certificate authorities to trust.
///
/// # Errors
/// Where they are set, and none can be read.
pub fn roots(trust: &Trust) -> Result<Arc<RootCertStore>, String> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((whose, roots)) = &*read
        && whose == trust
    {
        return Ok(Arc::clone(roots));
    }
    let roots = Arc::new(load(trust)?);
    *read = Some((trust.clone(), Arc::clone(&roots)));
    Ok(roots)
}

fn load(trust: &Trust) -> Result<RootCertStore, String> {
    if *trust != Trust::default() {
        return load_set(trust);
    }
    let roots = usable(load_native_certs());
    if !roots.is_empty() {
        told(&roots, "the system's store");
        return Ok(roots);
    }
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    told(
        &roots,
        "that are built in (Mozilla's), as the system has none",
    );
    Ok(roots)
}

fn load_set(trust: &Trust) -> Result<RootCertStore, String> {
    let mut found = CertificateResult::default();
    let mut add = |more: CertificateResult| {
        found.certs.extend(more.certs);
        found.errors.extend(more.errors);
    };
    let file = trust.file.as_deref();
    if file.is_some() {
        add(load_certs_from_paths(file, None));
    }
    for dir in &trust.dirs {
        add(load_certs_from_paths(None, Some(dir)));
    }
    let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    let places = file.into_iter().chain(trust.dirs.iter().map(AsRef::as_ref));
    let places: Vec<String> = places
        .map(|place: &Path| place.display().to_string())
        .collect();
    let (places, errors) = (places.join(", "), errors.join("; "));
    let roots = usable(found);
    if roots.is_empty() {
        return Err(format!(
            "no certificate authority in SSL_CERT_FILE, SSL_CERT_DIR ({places}): {errors}"
        ));
    }
    if !errors.is_empty() {
        tracing::warn!("not all certificate authorities could be read: {errors}");
    }
    told(&roots, &places);
    Ok(roots)
}

/// Those that can be read; a store holds some that nobody can use.
fn usable(found: CertificateResult) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

fn told(roots: &RootCertStore, whose: &str) {
    tracing::info!(
        "TLS trusts {whose} (certificate authorities: {})",
        roots.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_for_is_trusted_and_nobody_else() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/authority.pem");
        let set = |file: &str| Trust {
            file: Some(file.into()),
            dirs: Vec::new(),
        };
        assert_eq!(roots(&set(file)).unwrap().len(), 1);
        let error = roots(&set("/nowhere/authorities.pem")).unwrap_err();
        assert!(error.contains("/nowhere/authorities.pem"), "{error}");
        assert!(!roots(&Trust::default()).unwrap().is_empty());
    }

    #[test]
    fn directories_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/authority.pem");
        std::fs::copy(file, dir.path().join("one.pem")).unwrap();
        let trust = Trust {
            file: None,
            dirs: vec!["/nowhere".into(), dir.path().into()],
        };
        assert_eq!(roots(&trust).unwrap().len(), 1);
    }
}
