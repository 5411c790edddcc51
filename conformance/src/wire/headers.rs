//! Header fields in the order and spelling they had on the wire.
//! It knows that names compare without case, and nothing of their meaning.
//! It refuses to merge, sort or canonicalise: a case may judge exactly that.

/// An ordered list of header fields, names as received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// The first value of `name`, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value of `name`, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The spelling of `name` on the wire.
    pub fn raw_name(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(key, _)| key)
    }

    /// Whether a comma-separated field lists `token`, in any case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .iter()
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one `Name: value` line, without its line end.
    pub fn parse_line(&mut self, line: &[u8]) -> Result<(), String> {
        let shown = || String::from_utf8_lossy(line).into_owned();
        let colon = line.iter().position(|&byte| byte == b':');
        let Some((name, rest)) = colon.and_then(|at| line.split_at_checked(at)) else {
            return Err(format!("header line without a colon: {:?}", shown()));
        };
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Err(format!("bad header name: {:?}", shown()));
        }
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        if value
            .iter()
            .any(|&byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f)
        {
            return Err(format!("control byte in a header value: {:?}", shown()));
        }
        self.push(
            &String::from_utf8_lossy(name),
            &String::from_utf8_lossy(value),
        );
        Ok(())
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_spelling_and_compare_without_case() {
        let mut headers = Headers::new();
        headers.parse_line(b"X-OpenFaaS-Internal:  a b ").unwrap();
        assert_eq!(headers.get("x-openfaas-internal"), Some("a b"));
        assert_eq!(
            headers.raw_name("X-OPENFAAS-INTERNAL"),
            Some("X-OpenFaaS-Internal")
        );
    }

    #[test]
    fn a_space_before_the_colon_is_refused() {
        assert!(Headers::new().parse_line(b"Name : x").is_err());
        assert!(Headers::new().parse_line(b"no colon").is_err());
    }
}
