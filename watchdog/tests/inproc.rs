//! A Rust handler served as a library call: the same probes, limits, metrics and drain as any function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use std::ffi::OsString;
use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use fwatchdog::config::{Config, Environment};
use fwatchdog::journal::Sink;
use fwatchdog::server::{Output, Server, Stopped};
use fwatchdog::{Body, Handler, Request, Response, Upload};
use http_body_util::BodyExt as _;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_default;
use tracing::{Event, Metadata, Subscriber};

struct Running {
    address: SocketAddr,
    stop: Arc<Notify>,
    server: JoinHandle<Stopped>,
    _dir: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the runtime ends with the test")]
async fn start(handler: Handler, settings: &[(&str, &str)]) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let own = [
        ("port", "0"),
        ("metrics_port", "0"),
        ("bind_address", "127.0.0.1"),
        ("drain_delay", "0"),
    ];
    let pairs = own
        .iter()
        .chain(settings)
        .map(|(n, v)| (OsString::from(n), OsString::from(v)));
    let place = (OsString::from("TMPDIR"), dir.path().into());
    let env: Environment = pairs.chain([place]).collect();
    let config = Config::for_inproc(&env).unwrap().config;
    let (stderr, _) = Sink::new("test", std::io::sink()).unwrap();
    let output = Output {
        stdout: stderr.clone(),
        stderr,
    };
    let server = Server::inproc(config, handler, output).await.unwrap();
    let address = server.address().unwrap();
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let stopped = move || {
        let stopping = Arc::clone(&stopping);
        async move { stopping.notified().await }
    };
    let server = tokio::spawn(server.run(stopped));
    Running {
        address,
        stop,
        server,
        _dir: dir,
    }
}

impl Running {
    async fn get(&self, target: &'static str) -> String {
        let address = self.address;
        spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let request =
                format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
        .await
        .unwrap()
    }
}

async fn hello(request: Request<Upload>) -> Result<Response<Body>, std::io::Error> {
    match request.uri().path() {
        "/fail" => Err(std::io::Error::other("no luck")),
        "/panic" => Err(std::io::Error::other(
            request.headers()["absent"].to_str().unwrap_or(""),
        )),
        _ => {
            let body = request
                .into_body()
                .collect()
                .await
                .map_err(std::io::Error::other)?;
            Ok(Response::new(Body::from(format!(
                "hello, {} bytes",
                body.to_bytes().len()
            ))))
        }
    }
}

#[tokio::test]
async fn answers_probes_and_fails_one_request_at_a_time() {
    let running = start(Handler::new(hello), &[]).await;
    assert!(running.get("/").await.ends_with("hello, 0 bytes"));
    assert!(running.get("/_/health").await.starts_with("HTTP/1.1 200"));
    assert!(running.get("/_/ready").await.starts_with("HTTP/1.1 200"));
    assert!(running.get("/fail").await.starts_with("HTTP/1.1 500"));
    assert!(running.get("/panic").await.starts_with("HTTP/1.1 500"));
    assert!(running.get("/").await.starts_with("HTTP/1.1 200"));
    running.stop.notify_one();
    assert_eq!(running.server.await.unwrap(), Stopped::Asked);
}

#[tokio::test]
async fn limits_hold_and_a_drain_waits() {
    let (entered, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let (entering, going) = (Arc::clone(&entered), Arc::clone(&go_on));
    let handler = Handler::new(move |_| {
        let (entered, go_on) = (Arc::clone(&entering), Arc::clone(&going));
        async move {
            entered.add_permits(1);
            go_on.notified().await;
            Ok::<_, std::io::Error>(Response::new(Body::from("late")))
        }
    });
    let running = start(handler, &[("max_inflight", "1")]).await;
    let first = running.get("/");
    let rest = async {
        entered.acquire().await.unwrap().forget();
        assert!(running.get("/").await.starts_with("HTTP/1.1 429"));
        running.stop.notify_one();
        go_on.notify_one();
    };
    let (first, ()) = tokio::join!(first, rest);
    assert!(first.ends_with("late"), "{first}");
    assert_eq!(running.server.await.unwrap(), Stopped::Asked);
}

#[tokio::test]
async fn the_deadline_holds() {
    let handler =
        Handler::new(|_| std::future::pending::<Result<Response<Body>, std::io::Error>>());
    let running = start(handler, &[("exec_timeout", "50ms")]).await;
    assert!(running.get("/").await.starts_with("HTTP/1.1 504"));
    running.stop.notify_one();
    running.server.await.unwrap();
}

/// Does something when a line is logged.
struct OnLine<F>(&'static str, F);

impl<F: Fn() + Send + Sync + 'static> Subscriber for OnLine<F> {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = String::new();
        event.record(&mut |_: &Field, value: &dyn Debug| said = format!("{value:?}"));
        if said.starts_with(self.0) {
            (self.1)();
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn who_has_connected_when_accepting_ends_is_answered() {
    let running = start(Handler::new(hello), &[]).await;
    let address = running.address;
    let (connected, clients) = mpsc::channel();
    // On the only thread, just before: nobody has noticed them when the end comes.
    let _hook = set_default(OnLine("No new connections", move || {
        for _ in 0..3 {
            let mut stream = TcpStream::connect(address).unwrap();
            let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
            stream.write_all(request).unwrap();
            connected.send(stream).unwrap();
        }
    }));
    running.stop.notify_one();
    assert_eq!(running.server.await.unwrap(), Stopped::Asked);
    for _ in 0..3 {
        let mut answer = String::new();
        let mut stream = clients.try_recv().unwrap();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("hello, 0 bytes"), "{answer:?}");
    }
}
