//! The names of things: functions, namespaces, secrets, variables.
//! It knows the grammar of each.
//! It refuses to mend a name: it is one, or an error says what one looks like.

/// The namespace of what names none.
pub const DEFAULT: &str = "openfaas-fn";
/// The longest DNS label.
const LABEL: usize = 63;
/// The longest DNS name.
const SUBDOMAIN: usize = 253;

/// A DNS label: what functions and namespaces are called.
pub fn is_label(name: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(is_plain);
    let bytes = name.as_bytes();
    bytes.len() <= LABEL
        && edge(bytes.first().copied())
        && edge(bytes.last().copied())
        && bytes.iter().all(|&byte| is_plain(byte) || byte == b'-')
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// DNS labels with dots between them: what secrets are called.
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN && name.split('.').all(is_label)
}

/// What may stand for a name in a path.
pub fn is_routable(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

/// What may be the name of an environment variable.
pub fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

pub fn label(kind: &str, name: &str) -> Result<(), String> {
    if is_label(name) {
        return Ok(());
    }
    Err(format!(
        "{kind} {name:?}: expected at most {LABEL} of a-z, 0-9 and -, with no - at either end"
    ))
}

pub fn secret(name: &str) -> Result<(), String> {
    if is_subdomain(name) {
        return Ok(());
    }
    Err(format!(
        "secret name {name:?}: expected labels of a-z, 0-9 and - with dots between them, at most {SUBDOMAIN} characters"
    ))
}

/// `NAME.NAMESPACE` at its last dot, or a name in the default namespace.
pub fn split(full: &str) -> (&str, &str) {
    full.rsplit_once('.').unwrap_or((full, DEFAULT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for good in ["a", "a-b", "0a", &"x".repeat(63)] {
            assert!(is_label(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "A",
            "a_b",
            "a.b",
            "a/b",
            "ä",
            &"x".repeat(64),
        ] {
            assert!(!is_label(bad), "{bad}");
        }
    }

    #[test]
    fn secrets() {
        assert!(is_subdomain("a.b-c.d"));
        for bad in ["", ".", "..", "a..b", "../x", "/etc/x", "a/b", ".a", "A"] {
            assert!(!is_subdomain(bad), "{bad}");
        }
    }

    #[test]
    fn a_suffix_is_the_namespace() {
        assert_eq!(split("f"), ("f", DEFAULT));
        assert_eq!(split("f.ns"), ("f", "ns"));
        assert_eq!(split("a.f.ns"), ("a.f", "ns"));
        assert_eq!(split(".ns"), ("", "ns"));
    }
}
