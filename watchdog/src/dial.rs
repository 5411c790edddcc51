//! Connections to somebody else's server.
//!
//! Owns the way from an endpoint to a byte stream (TCP, Unix socket, TLS) and one small GET on top of it. May know certificate authorities and name
//! resolution. Refuses to keep a connection: pooling is the proxy's business.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::config::{Endpoint, Protocol};

/// How many redirects a fetch follows.
const MAX_REDIRECTS: usize = 3;

/// Opens connections for one protocol, trusting one set of certificate authorities.
#[derive(Debug)]
pub struct Dialer {
    protocol: Protocol,
    ca_file: Option<PathBuf>,
    /// Built when TLS is first asked for: most functions never do.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Dialer {
    /// `ca_file` names a PEM file of authorities to trust beside the public ones.
    pub fn new(protocol: Protocol, ca_file: Option<PathBuf>) -> Self {
        Self {
            protocol,
            ca_file,
            tls: OnceLock::new(),
        }
    }

    /// One new connection. The error's text names the endpoint.
    pub async fn dial(&self, endpoint: &Endpoint) -> io::Result<Stream> {
        let stream = match endpoint {
            Endpoint::Tcp { host, port } => connect(host, *port).await.map(Stream::Tcp),
            Endpoint::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix),
            Endpoint::Tls { host, port } => self.connect_tls(host, *port).await,
        };
        stream.map_err(|e| io::Error::new(e.kind(), format!("dial {}: {e}", Named(endpoint))))
    }

    async fn connect_tls(&self, host: &str, port: u16) -> io::Result<Stream> {
        let name = ServerName::try_from(unbracketed(host).to_owned())
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let tls = TlsConnector::from(self.tls_config()?);
        let tcp = connect(host, port).await?;
        let stream = tls.connect(name, tcp).await?;
        Ok(Stream::Tls(Box::new(stream)))
    }

    fn tls_config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        if let Some(path) = &self.ca_file {
            add_authorities(&mut roots, path)?;
        }
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![match self.protocol {
            Protocol::Http1 => b"http/1.1".to_vec(),
            Protocol::H2c => b"h2".to_vec(),
        }];
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    /// A GET of `url`, with its body, within `timeout` altogether. Follows a few redirects, but never from https to http.
    ///
    /// # Errors
    /// A text for the log, whatever went wrong; any status is an answer.
    pub async fn fetch(
        &self,
        url: &str,
        headers: HeaderMap,
        max_bytes: usize,
        timeout: Duration,
    ) -> Result<(StatusCode, Bytes), String> {
        tokio::time::timeout(timeout, self.follow(url, headers, max_bytes))
            .await
            .unwrap_or_else(|_| Err(format!("GET {url}: no answer within {timeout:?}")))
    }

    async fn follow(
        &self,
        url: &str,
        mut headers: HeaderMap,
        max_bytes: usize,
    ) -> Result<(StatusCode, Bytes), String> {
        let mut url: Uri = url.parse().map_err(|e| format!("GET {url}: {e}"))?;
        for _ in 0..=MAX_REDIRECTS {
            let got = self.get(&url, headers.clone(), max_bytes).await;
            match got.map_err(|e| format!("GET {url}: {e}"))? {
                Got::Answer(status, body) => return Ok((status, body)),
                Got::Redirect(location) => {
                    let next = resolve(&url, &location)
                        .ok_or_else(|| format!("GET {url}: unusable redirect to {location:?}"))?;
                    if next.authority() != url.authority() {
                        headers.remove(AUTHORIZATION);
                        headers.remove(COOKIE);
                    }
                    url = next;
                }
            }
        }
        Err(format!("GET {url}: more than {MAX_REDIRECTS} redirects"))
    }

    async fn get(&self, url: &Uri, headers: HeaderMap, max_bytes: usize) -> Result<Got, String> {
        let (endpoint, authority) = endpoint_of(url)?;
        let stream = self.dial(&endpoint).await.map_err(|e| e.to_string())?;
        let target = url.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = target.parse().map_err(|e| format!("{e}"))?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(HOST, authority);
        let exchange = exchange(stream, request, async |response| {
            let location = response.headers().get(LOCATION);
            let status = response.status();
            if let (true, Some(location)) = (is_redirect(status), location) {
                return Ok(Got::Redirect(
                    String::from_utf8_lossy(location.as_bytes()).into_owned(),
                ));
            }
            let body = Limited::new(response.into_body(), max_bytes)
                .collect()
                .await;
            let body = body.map_err(|e| e.to_string())?.to_bytes();
            Ok(Got::Answer(status, body))
        });
        exchange.await.unwrap_or_else(|e| Err(describe(&e)))
    }
}

/// [`Dialer::fetch`], trusting the public certificate authorities.
pub async fn fetch(
    url: &str,
    headers: HeaderMap,
    max_bytes: usize,
    timeout: Duration,
) -> Result<(StatusCode, Bytes), String> {
    Dialer::new(Protocol::Http1, None)
        .fetch(url, headers, max_bytes, timeout)
        .await
}

/// One request over HTTP/1.1 on a connection that is closed afterwards. `read` may wait for the answer's body: the connection runs meanwhile.
pub async fn exchange<T>(
    stream: Stream,
    request: Request<Empty<Bytes>>,
    read: impl AsyncFnOnce(http::Response<Incoming>) -> T,
) -> hyper::Result<T> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let answer = async { Ok(read(sender.send_request(request).await?).await) };
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // A connection that is over may have left a whole answer behind.
        _ = connection => answer.await,
    }
}

/// An error and what caused it, in one line: hyper keeps the interesting half in the cause.
pub fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

enum Got {
    Answer(StatusCode, Bytes),
    Redirect(String),
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = match unbracketed(host).parse::<IpAddr>() {
        Ok(ip) => TcpStream::connect((ip, port)).await?,
        Err(_) => TcpStream::connect((host, port)).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// `::1` for `[::1]`.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host)
}

fn add_authorities(roots: &mut RootCertStore, path: &Path) -> io::Result<()> {
    let bad = |e: &dyn fmt::Display| io::Error::other(format!("{}: {e}", path.display()));
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| bad(&e))? {
        let certificate = certificate.map_err(|e| bad(&e))?;
        roots.add(certificate).map_err(|e| bad(&e))?;
    }
    Ok(())
}

/// Where a URL leads, and its `Host` header.
fn endpoint_of(url: &Uri) -> Result<(Endpoint, HeaderValue), String> {
    let authority = url.authority().ok_or("no host in this URL")?;
    let host = authority.host().to_owned();
    let endpoint = match url.scheme_str() {
        Some("http") => Endpoint::Tcp {
            host,
            port: authority.port_u16().unwrap_or(80),
        },
        Some("https") => Endpoint::Tls {
            host,
            port: authority.port_u16().unwrap_or(443),
        },
        _ => return Err("neither http nor https".to_owned()),
    };
    // User information is nobody else's business.
    let shown = authority.as_str().rsplit('@').next().unwrap_or_default();
    let shown = HeaderValue::from_str(shown).map_err(|e| e.to_string())?;
    Ok((endpoint, shown))
}

/// The URL a `Location` means; `None` for nonsense and for a step from https down to http.
fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str()?;
    let authority = base.authority()?;
    let next = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let next: Uri = next.parse().ok()?;
    let downgrade = scheme == "https" && next.scheme_str() != Some("https");
    (!downgrade).then_some(next)
}

/// An endpoint as an error names it.
struct Named<'a>(&'a Endpoint);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Endpoint::Tcp { host, port } | Endpoint::Tls { host, port } => {
                write!(f, "{host}:{port}")
            }
            Endpoint::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A connection, whatever carries it.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Hands a call on to the variant's own stream.
macro_rules! on_each {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            Stream::Unix($inner) => $call,
            Stream::Tls($inner) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        on_each!(&mut *self, s => Pin::new(s).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        on_each!(&mut *self, s => Pin::new(s).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(&mut *self, s => Pin::new(s).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(&mut *self, s => Pin::new(s).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_each!(&mut *self, s => Pin::new(s).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        on_each!(self, s => s.is_write_vectored())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    /// Serves one canned answer per connection and returns what was asked.
    async fn serve(listener: &TcpListener, answer: &str) -> String {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            assert_ne!(socket.read_buf(&mut asked).await.unwrap(), 0);
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    }

    const TIMEOUT: Duration = Duration::from_secs(5);

    #[test]
    fn redirects_resolve_like_links() {
        let base = uri("https://a.test:8443/x/y?q");
        let to = |location| resolve(&base, location).map(|u| u.to_string());
        assert_eq!(to("/z#f").unwrap(), "https://a.test:8443/z");
        assert_eq!(to("z").unwrap(), "https://a.test:8443/x/z");
        assert_eq!(to("//b.test/z").unwrap(), "https://b.test/z");
        assert_eq!(to("https://c.test/").unwrap(), "https://c.test/");
        assert_eq!(to("http://c.test/"), None);
    }

    #[tokio::test]
    async fn follows_a_redirect() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            let first = serve(
                &listener,
                "HTTP/1.1 302 Found\r\nLocation: /two\r\nContent-Length: 0\r\n\r\n",
            );
            let first = first.await;
            (
                first,
                serve(&listener, "HTTP/1.1 200 OK\r\n\r\nhello").await,
            )
        };
        let url = format!("http://127.0.0.1:{port}/one?x=1");
        let client = fetch(&url, HeaderMap::new(), 5, TIMEOUT);
        let ((first, second), answer) = tokio::join!(server, client);
        assert!(first.starts_with("GET /one?x=1 HTTP/1.1\r\n"), "{first}");
        assert!(
            first.contains(&format!("host: 127.0.0.1:{port}\r\n")),
            "{first}"
        );
        assert!(second.starts_with("GET /two HTTP/1.1\r\n"), "{second}");
        assert_eq!(
            answer.unwrap(),
            (StatusCode::OK, Bytes::from_static(b"hello"))
        );
    }

    #[tokio::test]
    async fn refuses_a_body_over_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = fetch(&url, HeaderMap::new(), 4, TIMEOUT);
        let (_, answer) = tokio::join!(serve(&listener, "HTTP/1.1 200 OK\r\n\r\nhello"), client);
        assert!(answer.unwrap_err().contains("limit"));
    }

    #[tokio::test]
    async fn gives_up_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let error = fetch(&url, HeaderMap::new(), 4, Duration::from_millis(20))
            .await
            .unwrap_err();
        assert!(error.contains("no answer within 20ms"), "{error}");
    }

    #[tokio::test]
    async fn errors_name_the_endpoint() {
        let dialer = Dialer::new(Protocol::Http1, None);
        let gone = Endpoint::Unix("/nowhere/fn.sock".into());
        let error = dialer.dial(&gone).await.unwrap_err().to_string();
        assert!(error.starts_with("dial unix:/nowhere/fn.sock: "), "{error}");
    }

    #[tokio::test]
    async fn a_tls_failure_is_an_error_and_not_a_hang() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        };
        let endpoint = Endpoint::Tls {
            host: "localhost".into(),
            port,
        };
        let dialer = Dialer::new(Protocol::Http1, None);
        let ((), result) = tokio::join!(server, dialer.dial(&endpoint));
        assert!(result.is_err());
    }
}
