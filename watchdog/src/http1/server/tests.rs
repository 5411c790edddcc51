//! A server between a raw client and a handler, over real sockets.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::*;
use crate::body::BodyError;
use crate::seal::Limit;
use crate::task::{self, Owned};

/// Nothing here takes that long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

const MAX_HEAD: usize = 200;

type Whole = crate::body::Body;

fn plain(body: Whole) -> Sealed {
    Sealed::plain(body, Limit::None)
}

/// Answers by path.
struct Paths;

impl Service for Paths {
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        refusal.answer().map(plain)
    }

    fn answer(&self, request: Request<RequestBody>) -> Work {
        Box::pin(async { handle(request).await.map(|answer| answer.map(plain)) })
    }
}

async fn handle(request: Request<RequestBody>) -> Result<Response<Whole>, Cut> {
    let (head, mut body) = request.into_parts();
    let ok = |body| Ok(Response::new(body));
    match head.uri.path() {
        // All of the body, and its trailers.
        "/echo" => {
            let mut seen = Vec::new();
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => match frame.into_data() {
                        Ok(data) => seen.extend_from_slice(&data),
                        Err(frame) => seen.extend(format!("{:?}", frame.into_trailers()).bytes()),
                    },
                    Err(error) => seen.extend(format!("[{error}]").bytes()),
                }
            }
            ok(seen.into())
        }
        // The body as it comes.
        "/pass" => ok(Whole::new(body)),
        "/ignore" => ok("ignored".into()),
        "/cut" => Err(Cut),
        "/broken" => {
            let frames = ["one", "two"].map(|data| Ok(Frame::data(Bytes::from(data))));
            let broken = Err(BodyError::from("broken"));
            ok(Whole::new(Frames(
                frames.into_iter().chain([broken]).collect(),
            )))
        }
        "/trailers" => {
            let fields = HeaderMap::from_iter([
                (http::header::ETAG, "1".parse().unwrap()),
                (http::header::AGE, "2".parse().unwrap()),
            ]);
            let frames = [
                Ok(Frame::data(Bytes::from("data"))),
                Ok(Frame::trailers(fields)),
            ];
            let body = Whole::new(Frames(frames.into()));
            let response = Response::builder().header("trailer", "ETag");
            Ok(response.body(body).unwrap())
        }
        "/switch" => {
            let switch = body.take_switch();
            TALKS.lock().await.push(task::spawn(async move {
                let Some(mut io) = switch.unwrap().switched().await else {
                    return;
                };
                let mut said = [0; 2];
                io.read_exact(&mut said).await.unwrap();
                io.write_all(&said).await.unwrap();
            }));
            let response = Response::builder().status(101);
            Ok(response.body(Whole::Empty).unwrap())
        }
        path => ok(path.to_owned().into()),
    }
}

struct Frames(VecDeque<Result<Frame<Bytes>, BodyError>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop_front())
    }
}

static TALKS: tokio::sync::Mutex<Vec<Owned<()>>> = tokio::sync::Mutex::const_new(Vec::new());

struct Client {
    stream: TcpStream,
    peer: Weak<Peer>,
    _server: Owned<()>,
}

impl Client {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (accepted, _) = listener.accept().await.unwrap();
        let (io, peer) = Peer::split(accepted);
        Self {
            stream: stream.unwrap(),
            peer: Arc::downgrade(&peer),
            _server: task::spawn(serve(io, peer, Box::new(Paths), Heads::new(MAX_HEAD))),
        }
    }

    async fn say(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// What comes up to and with `end`, without dates.
    async fn hear(&mut self, end: &str) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(end.as_bytes()) {
            let byte = timeout(PATIENCE, self.stream.read_u8()).await;
            let byte = byte.unwrap_or_else(|_| panic!("{heard:?} and then nothing"));
            heard.push(byte.unwrap());
        }
        undated(&heard)
    }

    /// What comes until the other side closes, which may be a reset.
    async fn rest(&mut self) -> String {
        let mut heard = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut heard)).await;
        let _ = read.expect("a connection that goes on");
        undated(&heard)
    }
}

fn undated(heard: &[u8]) -> String {
    let text = String::from_utf8_lossy(heard);
    let lines = text.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("Date: ")).collect()
}

/// All that is heard after `said` and the client's end.
async fn heard(said: &str) -> String {
    let mut client = Client::new().await;
    client.say(said).await;
    client.stream.shutdown().await.unwrap();
    client.rest().await
}

const OK: &str = "HTTP/1.1 200 OK\r\n";

#[tokio::test]
async fn requests_follow_each_other() {
    let mut client = Client::new().await;
    for path in ["/a", "/bc"] {
        client.say(&format!("GET {path} HTTP/1.1\r\n\r\n")).await;
        let expected = format!("{OK}Content-Length: {}\r\n\r\n{path}", path.len());
        assert_eq!(client.hear(path).await, expected);
    }
    client
        .say("GET /d HTTP/1.1\r\nConnection: close\r\n\r\n")
        .await;
    let expected = format!("{OK}Content-Length: 2\r\nConnection: close\r\n\r\n/d");
    assert_eq!(client.rest().await, expected);
}

#[tokio::test]
async fn requests_may_come_all_at_once() {
    let said = "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\none\
        POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\nAge: 3\r\n\r\n\
        POST /ignore HTTP/1.1\r\nContent-Length: 5\r\n\r\nthree\
        HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
    let heard = heard(said).await;
    let bodies: Vec<_> = heard.split(OK).collect();
    assert_eq!(
        bodies,
        [
            "",
            "Content-Length: 3\r\n\r\none",
            "Content-Length: 19\r\n\r\ntwoOk({\"age\": \"3\"})",
            "Content-Length: 7\r\n\r\nignored",
            "Content-Length: 2\r\n\r\n",
            "Content-Length: 2\r\n\r\n/b",
        ]
    );
}

#[tokio::test]
async fn an_answer_goes_on_while_its_request_does() {
    let mut client = Client::new().await;
    client
        .say("POST /pass HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for piece in ["one", "two"] {
        client.say(&format!("3\r\n{piece}\r\n")).await;
        let heard = client.hear(&format!("3\r\n{piece}\r\n")).await;
        assert_eq!(heard.starts_with(OK), piece == "one", "{heard}");
    }
    client.say("0\r\n\r\nGET /next HTTP/1.1\r\n\r\n").await;
    assert!(
        client
            .hear("/next")
            .await
            .starts_with("0\r\n\r\nHTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_client_is_told_to_send_when_its_body_is_wanted() {
    const EXPECTS: &str = "HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    let mut client = Client::new().await;
    client.say(&format!("POST /echo {EXPECTS}")).await;
    let interim = client.hear("\r\n\r\n").await;
    assert_eq!(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("ab").await;
    assert!(client.hear("ab").await.starts_with(OK));
    // Whether the body will come cannot be told.
    client.say(&format!("POST /ignore {EXPECTS}")).await;
    let expected = format!("{OK}Content-Length: 7\r\nConnection: close\r\n\r\nignored");
    assert_eq!(client.hear("ignored").await, expected);
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_body_that_nobody_wants_ends_the_connection_with_its_answer() {
    let mut client = Client::new().await;
    client
        .say("POST /ignore HTTP/1.1\r\nContent-Length: 9\r\n\r\nsome")
        .await;
    let expected = format!("{OK}Content-Length: 7\r\nConnection: close\r\n\r\nignored");
    assert_eq!(client.hear("ignored").await, expected);
    // What still comes is read, so that the answer is not lost to a reset.
    client.say("more").await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn old_clients_are_answered_in_their_version() {
    let closed = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n/a";
    assert_eq!(heard("GET /a HTTP/1.0\r\n\r\n").await, closed);
    let kept = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let expected = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/a";
    assert_eq!(heard(&kept.repeat(2)).await, expected.repeat(2));
    let streamed = "GET /trailers HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    assert_eq!(heard(streamed).await, "HTTP/1.0 200 OK\r\n\r\ndata");
}

#[tokio::test]
async fn trailers_go_out_where_they_were_announced_and_are_wanted() {
    let head = format!("{OK}Trailer: ETag\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n");
    let plain = heard("GET /trailers HTTP/1.1\r\n\r\n").await;
    assert_eq!(plain, format!("{head}0\r\n\r\n"));
    let wanted = heard("GET /trailers HTTP/1.1\r\nTE: trailers\r\n\r\n").await;
    assert_eq!(wanted, format!("{head}0\r\nEtag: 1\r\n\r\n"));
}

#[tokio::test]
async fn what_breaks_does_not_look_whole() {
    let expected = format!("{OK}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n");
    assert_eq!(heard("GET /broken HTTP/1.1\r\n\r\n").await, expected);
    assert_eq!(heard("GET /cut HTTP/1.1\r\n\r\n").await, "");
    let short = heard("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab").await;
    assert!(short.ends_with("ab[unexpected EOF]"), "{short}");
    let chunk = "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
    let chunk = heard(chunk).await;
    assert!(chunk.contains("Connection: close"), "{chunk}");
    assert!(chunk.ends_with("[a chunk has no proper size]"), "{chunk}");
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let long = format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(MAX_HEAD));
    for (said, status) in [("nonsense\r\n\r\n", 400), (&long, 431)] {
        let mut client = Client::new().await;
        client.say(said).await;
        // The client is told so even while it goes on.
        let head = client.hear("\r\n\r\n").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("Connection: close"), "{head}");
    }
    assert_eq!(heard("GET / HT").await, "");
    assert_eq!(heard("").await, "");
}

#[tokio::test]
async fn a_connection_that_is_to_close_finishes_its_request_first() {
    let mut client = Client::new().await;
    client
        .say("POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\na")
        .await;
    // Its head has been read, or it will be: both are a request that has begun.
    client.peer.upgrade().unwrap().close();
    client.say("b").await;
    let heard = client.rest().await;
    assert!(heard.ends_with("Connection: close\r\n\r\nab"), "{heard}");
}

#[tokio::test]
async fn a_connection_can_become_something_else() {
    let mut client = Client::new().await;
    let said = "GET /switch HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: talk\r\n\r\nh";
    client.say(said).await;
    let head = client.hear("\r\n\r\n").await;
    assert_eq!(head, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    client.say("i").await;
    assert_eq!(client.rest().await, "hi");
}
