//! References to images.
//! It knows what Docker adds to a short one, and which part names a version.
//! It refuses to ask a registry.

/// Whether two references name the same image: `a` is `docker.io/library/a:latest`.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Parts::of(one), Parts::of(other));
    let (both, alike) = match (one.digest, other.digest) {
        (Some(one), Some(other)) => (true, one == other),
        _ => (false, true),
    };
    // Who pinned a tag to a digest may tell the digest alone.
    one.path() == other.path() && alike && (both || one.tag() == other.tag())
}

/// The same image in a version that nobody has.
pub fn missing(reference: &str, version: &str) -> String {
    format!("{}:{version}", Parts::of(reference).name)
}

/// Whether the registry is named with a port.
pub fn has_port(reference: &str) -> bool {
    let host = reference.split_once('/').map(|(host, _)| host);
    host.is_some_and(|host| host.contains(':'))
}

pub fn has_digest(reference: &str) -> bool {
    Parts::of(reference).digest.is_some()
}

/// The same image as if it were in a registry with a port.
pub fn with_port(reference: &str) -> String {
    let parts = Parts::of(reference);
    let path = parts.path();
    let path = path.split_once('/').map_or(path.as_str(), |(_, rest)| rest);
    format!("localhost:5000/{path}:{}", parts.tag())
}

/// The same image with a digest that may be anything.
pub fn with_digest(reference: &str) -> String {
    format!("{reference}@sha256:{}", "0".repeat(64))
}

struct Parts<'a> {
    name: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(reference: &'a str) -> Self {
        let (rest, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (reference, None),
        };
        // A colon before the last slash is a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        Self { name, tag, digest }
    }

    fn tag(&self) -> &str {
        self.tag.unwrap_or("latest")
    }

    /// Registry and path, both said.
    fn path(&self) -> String {
        let named = |host: &str| host.contains(['.', ':']) || host == "localhost";
        match self.name.split_once('/') {
            Some((host, _)) if named(host) => self.name.to_owned(),
            Some(_) => format!("docker.io/{}", self.name),
            None => format!("docker.io/library/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_references_are_the_same_as_long_ones() {
        assert!(same("a", "docker.io/library/a:latest"));
        assert!(same("b/a:1", "docker.io/b/a:1"));
        assert!(same("r:5000/a", "r:5000/a:latest"));
        assert!(same("a:1@sha256:00", "a@sha256:00"));
        assert!(same("a:1", "a:1@sha256:00"));
        assert!(!same("a:1", "a:2"));
        assert!(!same("a:1@sha256:00", "a:1@sha256:01"));
        assert!(!same("r:5000/a", "a"));
    }

    #[test]
    fn other_forms_are_made() {
        assert_eq!(missing("r:5000/a:1", "no"), "r:5000/a:no");
        assert_eq!(missing("r:5000/a", "no"), "r:5000/a:no");
        assert_eq!(with_port("ghcr.io/b/a:1"), "localhost:5000/b/a:1");
        assert_eq!(with_port("a"), "localhost:5000/library/a:latest");
        assert!(has_port("r:5000/a") && !has_port("r.io/a:1"));
        assert!(has_digest(&with_digest("a:1")) && !has_digest("a:1"));
    }
}
