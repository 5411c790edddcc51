//! Handlers whose own code panics or never comes to an end: each costs its request, and nobody else's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod library;

use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fwatchdog::{Body, BoxError, Handler, Request, Response, Upload};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::spawn_blocking;

use self::library::{plain, start};

/// A body that panics after its first piece.
struct Traitor(bool);

impl http_body::Body for Traitor {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        assert!(!mem::replace(&mut self.0, true), "no more");
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"first")))))
    }
}

#[tokio::test]
async fn a_panic_costs_one_request_wherever_it_is() {
    // Before there is anything to wait for.
    let handler = Handler::new(|request: Request<Upload>| {
        assert_ne!(request.uri().path(), "/early");
        std::future::ready(Ok::<_, BoxError>(Response::new(Traitor(false))))
    });
    let running = start(handler, plain()).await;
    let early = running.get("/early").await;
    assert!(early.starts_with("HTTP/1.1 500"), "{early}");
    assert!(early.ends_with("\r\n\r\nfunction failed\n"), "{early}");
    let answer = running.get("/").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("first"), "{answer}");
    // It does not look whole.
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    running.stop().await;
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the client's connection ends with the test"
)]
async fn a_panic_leaves_the_other_streams_of_http2_alone() {
    let handler = Handler::new(async |request: Request<Upload>| {
        assert_ne!(request.uri().path(), "/early");
        Ok::<_, BoxError>(match request.uri().path() {
            "/" => Response::new(Body::from("hello")),
            _ => Response::new(Body::new(Traitor(false))),
        })
    });
    let running = start(handler, plain()).await;
    let stream = tokio::net::TcpStream::connect(running.address).await;
    let io = TokioIo::new(stream.unwrap());
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let mut ask = async |path| {
        let request = Request::get(format!("http://test{path}"));
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let response = client.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.is_ok())
    };
    for _ in 0..2 {
        assert_eq!(ask("/").await, (200, true));
        assert_eq!(ask("/early").await, (500, true));
        assert_eq!(ask("/late").await, (200, false));
    }
    drop(client);
    running.stop().await;
}

/// A body that panics whatever it is asked but for its next piece.
struct Silent(Traitor);

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if mem::take(&mut self.0.0) {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        panic!("nobody knows")
    }

    fn size_hint(&self) -> http_body::SizeHint {
        panic!("nobody knows")
    }
}

/// An error that has no words.
#[derive(Debug)]
struct Wordless;

impl std::fmt::Display for Wordless {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Wordless {}

#[tokio::test]
async fn a_body_or_an_error_that_panics_when_it_is_looked_at_costs_no_more() {
    let handler = Handler::new(
        async |request: Request<Upload>| match request.uri().path() {
            "/error" => Err(Wordless),
            _ => Ok(Response::new(Silent(Traitor(false)))),
        },
    );
    let running = start(handler, plain()).await;
    let failed = running.get("/error").await;
    assert!(failed.ends_with("\r\n\r\nfunction failed\n"), "{failed}");
    let answer = running.get("/").await;
    assert!(answer.ends_with("first\r\n0\r\n\r\n"), "{answer}");
    running.stop().await;
}

/// A body of nothing, for ever.
struct Nothing;

impl http_body::Body for Nothing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
    }
}

/// On one thread, which all share.
#[tokio::test]
async fn a_body_of_empty_pieces_has_its_deadline_and_stops_nobody_else() {
    let handler = Handler::new(async |request: Request<Upload>| {
        Ok::<_, BoxError>(Response::new(match request.uri().path() {
            "/" => Body::from("hello"),
            _ => Body::new(Nothing),
        }))
    });
    let settings = plain().exec_timeout(Duration::from_millis(300));
    let running = start(handler, settings).await;
    let address = running.address;
    let nothing = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let limit = Duration::from_secs(10);
        stream.set_read_timeout(Some(limit)).unwrap();
        stream
            .write_all(b"GET /nothing HTTP/1.1\r\nHost: test\r\n\r\n")
            .unwrap();
        // Cut off, as what is late is.
        stream.read_to_end(&mut Vec::new()).unwrap_err().kind()
    });
    let other = running.get("/").await;
    assert!(other.ends_with("\r\n\r\nhello"), "{other}");
    assert_eq!(nothing.await.unwrap(), io::ErrorKind::ConnectionReset);
    running.stop().await;
}
