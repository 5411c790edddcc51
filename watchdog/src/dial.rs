//! Connections to somebody else's server.
//!
//! Owns the way from an endpoint to a byte stream: TCP, Unix socket, TLS. May know name resolution, and whom to trust. Refuses to keep a
//! connection: pooling is the proxy's business.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::config::{Endpoint, Protocol, Trust};
use crate::trust;

/// How long it may take until a connection is ready for use.
const LIMIT: Duration = Duration::from_secs(5);

/// Opens connections for one protocol.
#[derive(Debug)]
pub struct Dialer {
    protocol: Protocol,
    trust: Trust,
    /// Built when TLS is first asked for: most functions never do.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Dialer {
    pub fn new(protocol: Protocol, trust: Trust) -> Self {
        Self {
            protocol,
            trust,
            tls: OnceLock::new(),
        }
    }

    /// One new connection. The error's text names the endpoint.
    pub async fn dial(&self, endpoint: &Endpoint) -> io::Result<Stream> {
        let late = || {
            let what = match endpoint {
                Endpoint::Tls { .. } => "no connection, or no TLS handshake,",
                Endpoint::Tcp { .. } | Endpoint::Unix(_) => "no connection",
            };
            io::Error::new(io::ErrorKind::TimedOut, format!("{what} within {LIMIT:?}"))
        };
        let stream = timeout(LIMIT, self.connect(endpoint)).await;
        let stream = stream.unwrap_or_else(|_| Err(late()));
        stream.map_err(|e| io::Error::new(e.kind(), format!("dial {}: {e}", Named(endpoint))))
    }

    async fn connect(&self, endpoint: &Endpoint) -> io::Result<Stream> {
        match endpoint {
            Endpoint::Tcp { host, port } => connect(host, *port).await.map(Stream::Tcp),
            Endpoint::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix),
            Endpoint::Tls { host, port } => self.connect_tls(host, *port).await,
        }
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
        let roots = trust::roots(&self.trust).map_err(io::Error::other)?;
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![match self.protocol {
            Protocol::Http1 => b"http/1.1".to_vec(),
            Protocol::H2c => b"h2".to_vec(),
        }];
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }
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

/// An endpoint as an error names it.
#[derive(Debug)]
pub struct Named<'a>(pub &'a Endpoint);

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

impl Stream {
    /// Whether there is nothing to be read at this moment, nor an end, as the system sees it.
    pub fn is_silent_now(&self) -> bool {
        let mut byte = [0_u8];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let peeked = match self {
            Self::Tcp(stream) => recv(stream, &mut byte, flags),
            Self::Unix(stream) => recv(stream, &mut byte, flags),
            Self::Tls(stream) => recv(stream.get_ref().0, &mut byte, flags),
        };
        matches!(peeked, Err(Errno::AGAIN))
    }
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
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn errors_name_the_endpoint() {
        let dialer = Dialer::new(Protocol::Http1, Trust::default());
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
        let dialer = Dialer::new(Protocol::Http1, Trust::default());
        let ((), result) = tokio::join!(server, dialer.dial(&endpoint));
        assert!(result.is_err());
    }

    /// A server whose certificate an authority of its own has signed.
    fn acceptor() -> tokio_rustls::TlsAcceptor {
        use tokio_rustls::rustls::pki_types::pem::PemObject as _;
        use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = CertificateDer::from_pem_slice(include_bytes!("../tests/tls/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tests/tls/server.key"));
        let config = tokio_rustls::rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![chain.unwrap()], key.unwrap());
        Arc::new(config.unwrap()).into()
    }

    #[tokio::test]
    async fn an_authority_that_is_set_is_trusted_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::Tls {
            host: "localhost".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let private = Trust {
            file: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/authority.pem").into()),
            dirs: Vec::new(),
        };
        for (trust, trusted) in [(private, true), (Trust::default(), false)] {
            let server = async {
                let (socket, _) = listener.accept().await.unwrap();
                let _ = acceptor().accept(socket).await;
            };
            let dialer = Dialer::new(Protocol::Http1, trust);
            let ((), dialled) = tokio::join!(server, dialer.dial(&endpoint));
            assert_eq!(dialled.is_ok(), trusted, "{dialled:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_has_a_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::Tls {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let dialer = Dialer::new(Protocol::Http1, Trust::default());
        let error = dialer.dial(&endpoint).await.unwrap_err().to_string();
        assert!(error.contains("TLS handshake"), "{error}");
    }
}
