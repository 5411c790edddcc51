//! The proxy between a raw client and a hand-written upstream, over real sockets.

mod bodies;
mod fields;
mod retry;
mod shared;
mod start;
mod streams;
mod upgrade;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::config::{CommandLine, Endpoint, TermTiming, Timeouts, Upstream};
use crate::conn::Peer;
use crate::failure::Voice;
use crate::http1::server::{self, Cut, Heads, Refusal, RequestBody, Service, Work};
use crate::http2;
use crate::seal::{Limit, Sealed};
use crate::task::{self, Owned};
use crate::upload::Incoming;

/// Nothing here takes that long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("a hang")
}

/// One side of a connection, spoken by hand.
struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything up to and with `mark`.
    async fn until(&mut self, mark: &str) -> String {
        within(async {
            loop {
                let found = self
                    .read
                    .windows(mark.len())
                    .position(|w| w == mark.as_bytes());
                if let Some(at) = found {
                    let taken = self.read.drain(..at + mark.len()).collect();
                    return String::from_utf8(taken).unwrap();
                }
                let got = self.stream.read_buf(&mut self.read).await.unwrap();
                assert_ne!(
                    got,
                    0,
                    "closed after {:?}",
                    String::from_utf8_lossy(&self.read)
                );
            }
        })
        .await
    }

    async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    async fn exactly(&mut self, count: usize) -> Vec<u8> {
        within(async {
            while self.read.len() < count {
                assert_ne!(self.stream.read_buf(&mut self.read).await.unwrap(), 0);
            }
            self.read.drain(..count).collect()
        })
        .await
    }

    /// Whatever comes before the other side closes, in whichever way.
    async fn rest(&mut self) -> String {
        within(async {
            while self
                .stream
                .read_buf(&mut self.read)
                .await
                .is_ok_and(|got| got > 0)
            {}
            String::from_utf8(std::mem::take(&mut self.read)).unwrap()
        })
        .await
    }

    /// Reads a request's head and answers it.
    async fn answer(&mut self, answer: &str) -> String {
        let head = self.head().await;
        self.send(answer).await;
        head
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Where the functions of these tests live.
struct Rig {
    upstream: TcpListener,
    proxy: Arc<Proxy>,
    front: SocketAddr,
    _front: Owned<()>,
}

impl Rig {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// An upstream that is up, behind a proxy that serves.
    async fn with(adjust: impl FnOnce(&mut config::Proxy)) -> Self {
        Self::within(TIMEOUTS, adjust).await
    }

    async fn within(timeouts: Timeouts, adjust: impl FnOnce(&mut config::Proxy)) -> Self {
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = settings(upstream.local_addr().unwrap().port());
        adjust(&mut settings);
        let proxy = Arc::new(Proxy::new(&settings, &timeouts));
        proxy.reach.set(reach::Upstream::Up);
        let (front, task) = serve(Arc::clone(&proxy)).await;
        Self {
            upstream,
            proxy,
            front,
            _front: task,
        }
    }

    async fn client(&self) -> Line {
        Line::new(TcpStream::connect(self.front).await.unwrap())
    }

    async fn accept(&self) -> Line {
        Line::new(within(self.upstream.accept()).await.unwrap().0)
    }

    /// Whether the proxy has opened a connection that nobody has accepted.
    async fn is_dialled(&self) -> bool {
        timeout(Duration::ZERO, self.upstream.accept())
            .await
            .is_ok()
    }

    /// One request and its answer over connections that begin here; returns what the upstream saw.
    async fn exchange(&self, request: &str, answer: &str) -> (String, Line, Line) {
        let mut client = self.client().await;
        client.send(request).await;
        let mut upstream = self.accept().await;
        let seen = upstream.answer(answer).await;
        (seen, client, upstream)
    }
}

const TIMEOUTS: Timeouts = Timeouts {
    read: None,
    write: None,
    exec: None,
    stream_idle: Some(Duration::from_millis(200)),
    kill_grace: Duration::ZERO,
};

fn settings(port: u16) -> config::Proxy {
    config::Proxy {
        command: CommandLine {
            program: String::new(),
            args: Vec::new(),
        },
        upstream: Upstream {
            endpoint: Endpoint::Tcp {
                host: "127.0.0.1".into(),
                port,
            },
            base_path: String::new(),
        },
        protocol: Protocol::Http1,
        buffer_body: false,
        spool_threshold: 1 << 20,
        spool_dir: std::env::temp_dir(),
        term_timing: TermTiming::AfterDrain,
        startup_timeout: PATIENCE,
        trust: config::Trust::default(),
    }
}

/// A server in front of the proxy, as small as can be.
async fn serve(proxy: Arc<Proxy>) -> (SocketAddr, Owned<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = task::spawn(async move {
        let mut connections = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections.push(task::spawn(connection(stream, Arc::clone(&proxy))));
        }
    });
    (address, task)
}

async fn connection(stream: TcpStream, proxy: Arc<Proxy>) {
    let (mut io, peer) = Peer::split(stream);
    let front = Front {
        proxy,
        peer: Arc::clone(&peer),
        tunnels: Arc::default(),
    };
    let tunnels = Arc::clone(&front.tunnels);
    if io.speaks_http2().await.unwrap() {
        let answer = move |request| -> Work { Box::pin(front.clone().handle(request)) };
        http2::serve(io, peer, answer, 1 << 20).await;
    } else {
        tokio::select! {
            () = server::serve(io, Arc::clone(&peer), Box::new(front), Heads::new(1 << 20)) => {}
            () = peer.gone() => {}
        }
        drop(peer);
    }
    // The tunnels of a connection outlive its HTTP.
    let tunnels = std::mem::take(&mut *tunnels.lock().unwrap());
    for tunnel in tunnels {
        let _ = tunnel.await;
    }
}

#[derive(Clone)]
struct Front {
    proxy: Arc<Proxy>,
    peer: Arc<Peer>,
    tunnels: Arc<Mutex<Vec<Owned<()>>>>,
}

impl Front {
    async fn handle(self, request: Request<Incoming>) -> Result<Response<Sealed>, Cut> {
        let mut request = request.map(|body| Upload::new(body, Some(64 << 20), None));
        let switch = request.body_mut().take_switch();
        let response = match self.proxy.answer(request, switch, &self.peer).await {
            Ok(Answer { response, tunnel }) => {
                let mut tunnels = self.tunnels.lock().unwrap();
                tunnels.extend(tunnel.map(|tunnel| task::spawn(tunnel.0)));
                response
            }
            Err(failure) => {
                let line = failure.log_line().unwrap_or_default();
                let mut response = failure.into_response(Voice::Of, "test");
                if let Ok(line) = HeaderValue::from_str(&line) {
                    response.headers_mut().insert("x-why", line);
                }
                response
            }
        };
        Ok(response.map(|body| Sealed::plain(body, Limit::None)))
    }
}

impl Service for Front {
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        refusal
            .answer()
            .map(|body| Sealed::plain(body, Limit::None))
    }

    fn answer(&self, request: Request<RequestBody>) -> Work {
        Box::pin(self.clone().handle(request.map(Incoming::Http1)))
    }
}
