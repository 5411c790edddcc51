//! Where the provider is: its URL and the credentials for it.
//! It knows URLs of the form `http://[USER[:PASSWORD]@]HOST[:PORT][/PREFIX]` and how credentials go into a header.
//! It refuses to show a password: what is displayed is safe for a report.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::judge::redact::Secret;
use crate::shell::quoted;

/// What a request says of who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    None,
    Basic { user: String, password: String },
    Token(String),
}

impl Credentials {
    pub fn basic(user: &str, password: &str) -> Self {
        Self::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    /// The value of `Authorization`, where there is one.
    pub fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { user, password } => {
                let pair = STANDARD.encode(format!("{user}:{password}"));
                Some(format!("Basic {pair}"))
            }
            Self::Token(token) => Some(format!("Bearer {token}")),
        }
    }

    /// What must not be in a report, and the variable that stands there instead.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Basic { user, password } => {
                let pair = STANDARD.encode(format!("{user}:{password}"));
                let mut secrets = vec![Secret::named(pair, "$CREDENTIALS")];
                // A password like "admin" is no secret, and would be found everywhere.
                if password.len() >= 5 && password != user {
                    secrets.push(Secret::named(password, "$PASSWORD"));
                }
                secrets
            }
            Self::Token(token) if token.len() >= 4 => vec![Secret::named(token, "$TOKEN")],
            Self::None | Self::Token(_) => Vec::new(),
        }
    }

    /// How curl is told, with that variable in the place of what is secret.
    pub fn curl(&self, variable: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::Basic { user, password } if password.is_empty() => {
                format!("-u {}: ", quoted(user))
            }
            Self::Basic { user, .. } => format!("-u {}:\"{variable}\" ", quoted(user)),
            Self::Token(_) => format!("-H \"Authorization: Bearer {variable}\" "),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no credentials",
            Self::Basic { .. } => "a user and a password",
            Self::Token(_) => "a token",
        })
    }
}

/// The address of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `HOST:PORT`, as it goes into `Host`.
    pub authority: String,
    /// What stands before every path; empty, or `/x` without a slash behind.
    pub prefix: String,
    pub addr: SocketAddr,
    /// Credentials of the URL itself.
    pub credentials: Credentials,
}

impl Url {
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |why: &str| {
            format!(
                "{:?}: {why}; expected http://HOST[:PORT][/PREFIX]",
                hidden(text)
            )
        };
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => return Err(bad("https is not spoken; use the plain port")),
            Some(_) => return Err(bad("an unknown scheme")),
            None => text,
        };
        let (site, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (userinfo, host) = site
            .rsplit_once('@')
            .map_or((None, site), |(user, host)| (Some(user), host));
        if host.is_empty() {
            return Err(bad("no host"));
        }
        let addr = resolve(host).map_err(|why| bad(&why))?;
        let prefix = path.trim_end_matches('/');
        Ok(Self {
            authority: host.to_owned(),
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("/{prefix}")
            },
            addr,
            credentials: userinfo.map_or(Credentials::None, |pair| {
                let (user, password) = pair.split_once(':').unwrap_or((pair, ""));
                Credentials::basic(user, password)
            }),
        })
    }

    /// The same site on another port.
    #[must_use]
    pub fn on_port(&self, port: u16) -> Self {
        let host = self.authority.rsplit_once(':');
        let host = host.map_or(self.authority.as_str(), |(host, _)| host);
        Self {
            authority: format!("{host}:{port}"),
            prefix: String::new(),
            addr: SocketAddr::new(self.addr.ip(), port),
            credentials: Credentials::None,
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.prefix)
    }
}

/// A URL without what stands before the `@`.
fn hidden(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://...@{rest}"),
        (None, Some((_, rest))) => format!("...@{rest}"),
        _ => text.to_owned(),
    }
}

fn resolve(host: &str) -> Result<SocketAddr, String> {
    let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
        port.parse::<u16>().is_ok() && (!before.contains(':') || before.ends_with(']'))
    });
    let with_port = if has_port {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let found = with_port.to_socket_addrs().map_err(|e| e.to_string())?;
    let mut found: Vec<SocketAddr> = found.collect();
    // `localhost` is often served on IPv4 alone.
    found.sort_by_key(SocketAddr::is_ipv6);
    found.into_iter().next().ok_or_else(|| "no address".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::redact::Redactor;

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse("http://joe:secret@127.0.0.1:8080/base/").unwrap();
        assert_eq!(url.authority, "127.0.0.1:8080");
        assert_eq!(url.prefix, "/base");
        assert_eq!(url.credentials, Credentials::basic("joe", "secret"));
        assert_eq!(url.to_string(), "http://127.0.0.1:8080/base");
        let bare = Url::parse("127.0.0.1").unwrap();
        assert_eq!((bare.addr.port(), bare.prefix.as_str()), (80, ""));
        assert_eq!(bare.on_port(8082).to_string(), "http://127.0.0.1:8082");
    }

    #[test]
    fn a_bad_url_is_told_without_its_password() {
        let why = Url::parse("https://joe:secret@host").unwrap_err();
        assert!(why.contains("https"), "{why}");
        assert!(!why.contains("secret"), "{why}");
        assert!(Url::parse("ftp://x").is_err());
        assert!(Url::parse("http:///x").is_err());
    }

    #[test]
    fn nothing_secret_is_shown() {
        let pair = Credentials::basic("joe", "correct horse");
        assert!(!format!("{pair:?}").contains("horse"));
        assert_eq!(pair.curl("$PASSWORD"), "-u joe:\"$PASSWORD\" ");
        let told = Redactor::new(&pair.secrets());
        let text = "Basic am9lOmNvcnJlY3QgaG9yc2U= correct horse";
        assert_eq!(told.clean(text), "Basic $CREDENTIALS $PASSWORD");
    }
}
