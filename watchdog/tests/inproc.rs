//! A Rust handler served as a library call: the same probes, limits, metrics and drain as any function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod library;

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use fwatchdog::{
    Body, BoxError, ClientAddress, ErrorKind, Handler, Request, Response, Server, Settings, Upload,
    UploadError,
};
use http_body_util::BodyExt as _;
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_blocking;

use self::library::{Heard, Port, plain, start};

async fn hello(request: Request<Upload>) -> Result<Response<Body>, BoxError> {
    let client = request.extensions().get::<ClientAddress>().copied();
    match request.uri().path() {
        "/fail" => Err("the password is tiger".into()),
        "/panic" => Err(request.headers()["absent"].to_str().unwrap_or("").into()),
        "/who" => Ok(Response::new(Body::from(client.unwrap().0.to_string()))),
        "/switch" => Ok(Response::builder().status(101).body(Body::empty()).unwrap()),
        "/hints" => Ok(Response::builder().status(103).body(Body::empty()).unwrap()),
        _ => {
            let body = request.into_body().collect().await?.to_bytes();
            let text = format!("hello, {} bytes", body.len());
            Ok(Response::new(Body::from(text)))
        }
    }
}

#[tokio::test]
async fn answers_probes_and_fails_one_request_at_a_time() {
    let running = start(Handler::new(hello), plain()).await;
    assert!(running.get("/").await.ends_with("hello, 0 bytes"));
    assert!(running.get("/_/health").await.starts_with("HTTP/1.1 200"));
    assert!(running.get("/_/ready").await.starts_with("HTTP/1.1 200"));
    assert!(running.get("/panic").await.starts_with("HTTP/1.1 500"));
    assert!(running.get("/switch").await.starts_with("HTTP/1.1 500"));
    assert!(running.get("/hints").await.starts_with("HTTP/1.1 500"));
    assert!(running.get("/").await.starts_with("HTTP/1.1 200"));
    running.stop().await;
}

#[tokio::test]
async fn an_error_is_for_the_log_alone() {
    let heard = Heard::default();
    heard.listen();
    let running = start(Handler::new(hello), plain()).await;
    let answer = running.get("/fail").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nfunction failed\n"), "{answer}");
    running.stop().await;
    assert!(heard.has("the password is tiger"));
}

#[tokio::test]
async fn an_upload_that_breaks_a_limit_says_so() {
    async fn whole(request: Request<Upload>) -> Result<Response<Body>, UploadError> {
        request.into_body().collect().await?;
        Ok(Response::new(Body::empty()))
    }
    let running = start(Handler::new(whole), plain().max_body_bytes(3)).await;
    let chunked = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\
        Connection: close\r\n\r\n4\r\nfour\r\n0\r\n\r\n";
    let answer = running.say(chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn the_clients_address_is_an_extension() {
    let running = start(Handler::new(hello), plain()).await;
    let answer = running.get("/who").await;
    assert!(answer.contains("\r\n\r\n127.0.0.1:"), "{answer}");
    running.stop().await;
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
            Ok::<_, BoxError>(Response::new(Body::from("late")))
        }
    });
    let running = start(handler, plain().max_inflight(1)).await;
    let first = running.get("/");
    let rest = async {
        entered.acquire().await.unwrap().forget();
        assert!(running.get("/").await.starts_with("HTTP/1.1 429"));
        running.tell();
        go_on.notify_one();
    };
    let (first, ()) = tokio::join!(first, rest);
    assert!(first.ends_with("late"), "{first}");
    running.stop().await;
}

#[tokio::test]
async fn the_deadline_holds() {
    let handler = Handler::new(|_| std::future::pending::<Result<Response<Body>, BoxError>>());
    let limit = Duration::from_millis(50);
    let running = start(handler, plain().exec_timeout(limit)).await;
    assert!(running.get("/").await.starts_with("HTTP/1.1 504"));
    running.stop().await;
}

#[tokio::test]
async fn who_has_connected_when_accepting_ends_is_answered() {
    let running = start(Handler::new(hello), plain()).await;
    let address = running.address;
    let (connected, clients) = mpsc::channel();
    // On the only thread, just before: nobody has noticed them when the end comes.
    let hook = Heard::then("No new connections", move || {
        for _ in 0..3 {
            let mut stream = TcpStream::connect(address).unwrap();
            let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
            stream.write_all(request).unwrap();
            connected.send(stream).unwrap();
        }
    });
    hook.listen();
    running.stop().await;
    for _ in 0..3 {
        let mut answer = String::new();
        let mut stream = clients.try_recv().unwrap();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("hello, 0 bytes"), "{answer:?}");
    }
}

#[tokio::test]
async fn the_same_ports_are_served_again() {
    let (port, metrics) = (Port::keep(), Port::keep());
    let settings = plain().port(port.number).metrics_port(Some(metrics.number));
    for _ in 0..20 {
        let server = Server::bind(settings.clone(), Handler::new(hello)).await;
        server.unwrap().run_until(std::future::ready(())).await;
    }
}

/// Takes its time to go.
struct Slow(Arc<AtomicBool>);

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_server_that_ended() {
    let (entered, gone) = (Arc::new(Semaphore::new(0)), Arc::default());
    let (entering, going) = (Arc::clone(&entered), Arc::clone(&gone));
    let handler = Handler::new(move |_| {
        let (entered, slow) = (Arc::clone(&entering), Slow(Arc::clone(&going)));
        async move {
            entered.add_permits(1);
            std::future::pending::<()>().await;
            drop(slow);
            Ok::<_, BoxError>(Response::new(Body::empty()))
        }
    });
    let metrics = Port::keep();
    let settings = plain()
        .metrics_port(Some(metrics.number))
        .shutdown_timeout(Duration::from_millis(50));
    let running = start(handler, settings).await;
    let _idle = TcpStream::connect(running.address).unwrap();
    let mut stream = TcpStream::connect(running.address).unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    stream.write_all(request).unwrap();
    entered.acquire().await.unwrap().forget();
    running.stop().await;
    assert!(gone.load(Ordering::Relaxed));
}

#[tokio::test]
async fn dropping_a_server_cuts_its_connections() {
    let port = Port::keep();
    let settings = plain().port(port.number);
    let running = start(Handler::new(hello), settings.clone()).await;
    let mut stream = TcpStream::connect(running.address).unwrap();
    let limit = Duration::from_secs(10);
    stream.set_read_timeout(Some(limit)).unwrap();
    // Accepted, as it is answered.
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        .unwrap();
    let answer = spawn_blocking(move || {
        let mut piece = [0; 8];
        stream.read_exact(&mut piece).unwrap();
        stream
    });
    let mut stream = answer.await.unwrap();
    running.cut().await;
    let rest = spawn_blocking(move || stream.read_to_end(&mut Vec::new()));
    if let Err(error) = rest.await.unwrap() {
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
    let again = start(Handler::new(hello), settings).await;
    again.stop().await;
}

#[tokio::test]
async fn what_code_says_wins_over_other_names() {
    let settings = Settings::new()
        .set("healthcheck_interval", "1h")
        .set("drain_delay", "0");
    let server = Server::bind(
        settings
            .bind_address([127, 0, 0, 1])
            .port(0)
            .metrics_port(None),
        Handler::new(hello),
    );
    let running = server.await.unwrap().run_until(std::future::ready(()));
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, running).await.unwrap();
}

#[tokio::test]
async fn settings_of_processes_are_none_of_a_program() {
    for name in ["fprocess", "mode", "workers", "maximum"] {
        let settings = plain().set(name, "cat");
        let error = Server::bind(settings, Handler::new(hello)).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert_eq!(error.exit_code(), 64);
        assert!(error.to_string().contains(name), "{error}");
    }
}
