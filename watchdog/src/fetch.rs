//! One small document from a URL.
//!
//! Owns the GET and the redirects it follows. May know how to dial. Refuses more bytes, or more time, than it was allowed.

use std::future::poll_fn;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};

use crate::config::{Endpoint, Protocol, Trust};
use crate::dial::Dialer;
use crate::http1::client::{Link, Outgoing};

/// How many redirects a fetch follows.
const MAX_REDIRECTS: usize = 3;

/// A GET of `url`, with its body, within `timeout` altogether. Follows a few redirects, but never from https to http.
///
/// # Errors
/// A text for the log, whatever went wrong; any status is an answer.
pub async fn get(
    url: &str,
    headers: HeaderMap,
    max_bytes: usize,
    timeout: Duration,
    trust: &Trust,
) -> Result<(StatusCode, Bytes), String> {
    tokio::time::timeout(timeout, follow(url, headers, max_bytes, trust))
        .await
        .unwrap_or_else(|_| Err(format!("GET {url}: no answer within {timeout:?}")))
}

async fn follow(
    url: &str,
    mut headers: HeaderMap,
    max_bytes: usize,
    trust: &Trust,
) -> Result<(StatusCode, Bytes), String> {
    let dialer = Dialer::new(Protocol::Http1, trust.clone());
    let mut url: Uri = url.parse().map_err(|e| format!("GET {url}: {e}"))?;
    for _ in 0..=MAX_REDIRECTS {
        let got = step(&dialer, &url, headers.clone(), max_bytes).await;
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

async fn step(
    dialer: &Dialer,
    url: &Uri,
    headers: HeaderMap,
    max_bytes: usize,
) -> Result<Got, String> {
    let (endpoint, authority) = endpoint_of(url)?;
    let stream = dialer.dial(&endpoint).await.map_err(|e| e.to_string())?;
    let target = url.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut request = Request::new(Outgoing::Empty);
    *request.uri_mut() = target.parse().map_err(|e| format!("{e}"))?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, authority);
    let answered = Link::new(stream).exchange(request, &drop).await;
    let (response, mut link) = answered.map_err(|lost| lost.failure.to_string())?;
    let location = response.headers().get(LOCATION);
    let status = response.status();
    if let (true, Some(location)) = (is_redirect(status), location) {
        return Ok(Got::Redirect(
            String::from_utf8_lossy(location.as_bytes()).into_owned(),
        ));
    }
    let mut body = BytesMut::new();
    while let Some(piece) = poll_fn(|cx| link.poll_piece(cx)).await {
        if let Ok(data) = piece.map_err(|e| e.to_string())?.into_data() {
            if body.len() + data.len() > max_bytes {
                return Err(format!("the answer is over the limit of {max_bytes} bytes"));
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(Got::Answer(status, body.freeze()))
}

enum Got {
    Answer(StatusCode, Bytes),
    Redirect(String),
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
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

    static ANYBODY: Trust = Trust {
        file: None,
        dirs: Vec::new(),
    };
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
        let client = get(&url, HeaderMap::new(), 5, TIMEOUT, &ANYBODY);
        let ((first, second), answer) = tokio::join!(server, client);
        assert!(first.starts_with("GET /one?x=1 HTTP/1.1\r\n"), "{first}");
        assert!(
            first.contains(&format!("Host: 127.0.0.1:{port}\r\n")),
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
        let client = get(&url, HeaderMap::new(), 4, TIMEOUT, &ANYBODY);
        let (_, answer) = tokio::join!(serve(&listener, "HTTP/1.1 200 OK\r\n\r\nhello"), client);
        assert!(answer.unwrap_err().contains("limit"));
    }

    #[tokio::test]
    async fn gives_up_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let error = get(
            &url,
            HeaderMap::new(),
            4,
            Duration::from_millis(20),
            &ANYBODY,
        )
        .await
        .unwrap_err();
        assert!(error.contains("no answer within 20ms"), "{error}");
    }
}
