//! Where the upstream is.
//!
//! Owns the endpoint and the names it goes by. May know how to dial it. Refuses to know whether it is up.

use std::io;

use http::HeaderValue;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};

use crate::config::{self, Endpoint};
use crate::dial::{Dialer, Named, Stream};
use crate::failure::Failure;

#[derive(Debug)]
pub(super) struct Site {
    dialer: Dialer,
    endpoint: Endpoint,
    pub(super) base_path: String,
    /// `Host` for requests that bring none.
    pub(super) host: HeaderValue,
}

impl Site {
    pub(super) fn new(proxy: &config::Proxy) -> Self {
        let endpoint = proxy.upstream.endpoint.clone();
        let host = match &endpoint {
            Endpoint::Tcp { host, port } => name(host, *port, 80),
            Endpoint::Tls { host, port } => name(host, *port, 443),
            Endpoint::Unix(_) => "localhost".to_owned(),
        };
        let host = HeaderValue::from_str(&host);
        Self {
            dialer: Dialer::new(proxy.protocol, proxy.trust.clone()),
            endpoint,
            base_path: proxy.upstream.base_path.clone(),
            host: host.unwrap_or(HeaderValue::from_static("localhost")),
        }
    }

    pub(super) async fn dial(&self) -> Result<Stream, Failure> {
        let stream = self.try_dial().await;
        stream.map_err(|e| Failure::Upstream(e.to_string()))
    }

    pub(super) async fn try_dial(&self) -> io::Result<Stream> {
        self.dialer.dial(&self.endpoint).await
    }

    /// The endpoint as the log names it.
    pub(super) fn place(&self) -> Named<'_> {
        Named(&self.endpoint)
    }

    /// An absolute target, as HTTP/2 wants it.
    pub(super) fn absolute(&self, host: &HeaderValue, path: PathAndQuery) -> Result<Uri, Failure> {
        let authority = Authority::try_from(host.as_bytes());
        let authority = authority.map_err(|e| Failure::Request(format!("bad Host: {e}")))?;
        let scheme = match self.endpoint {
            Endpoint::Tls { .. } => Scheme::HTTPS,
            Endpoint::Tcp { .. } | Endpoint::Unix(_) => Scheme::HTTP,
        };
        Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query(path)
            .build()
            .map_err(|e| Failure::Request(e.to_string()))
    }
}

/// `host:port`, without the port where it is the usual one.
fn name(host: &str, port: u16, usual: u16) -> String {
    let bracketed = host.contains(':') && !host.starts_with('[');
    let host = if bracketed {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if port == usual {
        host
    } else {
        format!("{host}:{port}")
    }
}
