//! An upstream that speaks HTTP/2.

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;

use super::*;
use bytes::Bytes;
use http_body::Frame;
use hyper::body::Incoming;

fn h2c(proxy: &mut config::Proxy) {
    proxy.protocol = Protocol::H2c;
}

/// Serves one connection: answers with what it saw, and echoes the body.
async fn serve_one(rig: &Rig) -> Owned<()> {
    let (stream, _) = within(rig.upstream.accept()).await.unwrap();
    task::spawn(async move {
        let service = service_fn(|request: Request<Incoming>| async {
            let seen = format!(
                "{} {} {:?}",
                request.method(),
                request.uri(),
                request.headers()
            );
            let response = Response::builder().header("x-seen", seen);
            Ok::<_, Infallible>(response.body(request.into_body()).unwrap())
        });
        let server = http2::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    })
}

#[tokio::test]
async fn one_connection_for_all_and_a_new_one_when_it_is_gone() {
    let rig = Rig::with(h2c).await;
    let mut client = rig.client().await;
    let request = "POST //a?b HTTP/1.1\r\nHost: fn.test\r\nContent-Length: 5\r\n\r\nhello";
    for _ in 0..2 {
        client.send(request).await;
        let server = serve_one(&rig).await;
        let head = client.until("\r\n\r\nhello").await;
        assert!(head.contains("X-Seen: POST http://fn.test//a?b "), "{head}");
        assert!(head.contains("\"content-length\": \"5\""), "{head}");
        client.send(request).await;
        client.until("\r\n\r\nhello").await;
        assert!(!rig.is_dialled().await);
        server.abort();
        let _ = server.await;
    }
}

#[tokio::test]
async fn both_directions_flow_at_once() {
    let rig = Rig::with(h2c).await;
    let mut client = rig.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    let _server = serve_one(&rig).await;
    client.head().await;
    for piece in ["1\r\na\r\n", "2\r\nbc\r\n", "0\r\n\r\n"] {
        client.send(piece).await;
        assert_eq!(client.exactly(piece.len()).await, piece.as_bytes());
    }
}

#[tokio::test]
async fn a_broken_upload_cuts_the_answer() {
    let rig = Rig::with(h2c).await;
    let mut client = rig.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        .await;
    let _server = serve_one(&rig).await;
    client.until("1\r\na\r\n").await;
    client.send("nonsense\r\n").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn trailers_pass_from_end_to_end() {
    let rig = Rig::with(h2c).await;
    let stream = TokioIo::new(TcpStream::connect(rig.front).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
            .await
            .unwrap();
    let _connection = task::spawn(connection);
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [
        Frame::data(Bytes::from_static(b"hello")),
        Frame::trailers(trailers.clone()),
    ];
    let frames = Frames(frames.into_iter().collect());
    let request = Request::post("http://fn.test/svc/Call")
        .header("te", "trailers")
        .body(frames);
    let _server = tokio::join!(serve_one(&rig), async {
        let answer = within(sender.send_request(request.unwrap())).await.unwrap();
        let seen = answer.headers()["x-seen"].to_str().unwrap().to_owned();
        assert!(
            seen.contains("http://fn.test/svc/Call") && seen.contains("trailers"),
            "{seen}"
        );
        let whole = within(answer.into_body().collect()).await.unwrap();
        assert_eq!(whole.trailers(), Some(&trailers));
        assert_eq!(whole.to_bytes(), "hello");
    });
}

#[tokio::test]
async fn an_upload_that_nobody_takes_ends_some_time_after_its_answer() {
    let read = Some(Duration::from_millis(100));
    let rig = Rig::within(Timeouts { read, ..TIMEOUTS }, h2c).await;
    let mut client = rig.client().await;
    let upload = "a".repeat(1 << 20);
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n";
    let sent = client.send(format!("{head}{upload}"));
    let upstream = async {
        let (stream, _) = within(rig.upstream.accept()).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = within(connection.accept()).await.unwrap().unwrap();
        respond.send_response(Response::new(()), true).unwrap();
        let mut body = request.into_body();
        let rest = async { while let Some(Ok(_)) = body.data().await {} };
        tokio::select! {
            () = within(rest) => {}
            _ = connection.accept() => panic!("it has closed"),
        }
    };
    tokio::select! {
        () = upstream => {}
        () = async { sent.await; std::future::pending().await } => {}
    }
}

/// A body of given frames.
struct Frames(std::collections::VecDeque<Frame<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(self.0.pop_front().map(Ok))
    }
}
