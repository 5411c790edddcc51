//! Services of others: an axum router is served as it is, upgrades and all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod library;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path};
use axum::response::Response;
use axum::routing::{any, get, post};
use fwatchdog::{Body, BoxError, ClientAddress, Handler, Upgrade, Upgraded, Upload};
use http::{HeaderValue, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::spawn_blocking;

use self::library::{plain, start};

fn router() -> Router {
    Router::new()
        .route(
            "/hello/{name}",
            get(async |Path(name): Path<String>| format!("hello, {name}")),
        )
        .route("/size", post(async |body: Bytes| body.len().to_string()))
        .route("/ws", any(async |ws: WebSocketUpgrade| ws.on_upgrade(echo)))
        .layer(DefaultBodyLimit::disable())
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(_) | Message::Binary(_) = &message
            && socket.send(message).await.is_err()
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_router_is_served_as_it_is() {
    let running = start(Handler::from_service(router()), plain()).await;
    let answer = running.get("/hello/you").await;
    assert!(answer.ends_with("\r\n\r\nhello, you"), "{answer}");
    assert!(running.get("/none").await.starts_with("HTTP/1.1 404"));
    assert!(running.get("/_/health").await.starts_with("HTTP/1.1 200"));
    let chunked = "POST /size HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\
        Connection: close\r\n\r\n4\r\nfour\r\n0\r\n\r\n";
    let answer = running.say(chunked).await;
    assert!(answer.ends_with("\r\n\r\n4"), "{answer}");
    // Without a request to upgrade there is nothing to take.
    let answer = running.get("/ws").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn the_clients_address_is_what_axum_calls_it() {
    let router = Router::new().route(
        "/",
        get(async |ConnectInfo(client): ConnectInfo<std::net::SocketAddr>| client.ip().to_string()),
    );
    let router = router.layer(axum::middleware::map_request(
        async |mut request: axum::extract::Request| {
            if let Some(ClientAddress(address)) = request.extensions().get().copied() {
                request.extensions_mut().insert(ConnectInfo(address));
            }
            request
        },
    ));
    let running = start(Handler::from_service(router), plain()).await;
    let answer = running.get("/").await;
    assert!(answer.ends_with("\r\n\r\n127.0.0.1"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn axums_websockets_work() {
    let running = start(Handler::from_service(router()), plain()).await;
    let address = running.address;
    let talk = spawn_blocking(move || {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let url = format!("ws://{address}/ws");
        let (mut socket, answer) = tungstenite::client(url, stream).unwrap();
        assert_eq!(answer.status(), 101);
        for size in [0, 5, 200_000] {
            let text = "x".repeat(size);
            socket.send(text.as_str().into()).unwrap();
            assert_eq!(socket.read().unwrap().into_text().unwrap().as_str(), text);
        }
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
    });
    talk.await.unwrap();
    running.stop().await;
}

async fn shout(mut client: Upgraded) {
    let mut byte = [0];
    while let Ok(1) = client.read(&mut byte).await {
        if client
            .write_all(&byte.map(|b| b.to_ascii_uppercase()))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// Talks `shout` with a server that takes the upgrade by hand.
async fn shouts(handler: Handler, settings: fwatchdog::Settings) {
    let running = start(handler, settings).await;
    let address = running.address;
    let ask =
        b"GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nfirst ";
    let talk = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(ask).unwrap();
        stream.write_all(b"second").unwrap();
        let mut answer = String::new();
        while !answer.ends_with("FIRST SECOND") {
            let mut byte = [0];
            assert_eq!(stream.read(&mut byte).unwrap(), 1, "{answer}");
            answer.push(byte[0].into());
        }
        assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
        assert!(
            answer.to_lowercase().contains("\r\nupgrade: shout\r\n"),
            "{answer}"
        );
        stream
    });
    let mut stream = talk.await.unwrap();
    // It is in flight as long as it lasts, and a drain waits for it.
    running.tell();
    let rest = spawn_blocking(move || {
        stream.write_all(b"!").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        rest
    });
    assert_eq!(rest.await.unwrap(), "!");
    running.stop().await;
}

#[tokio::test]
async fn an_upgrade_is_taken_by_hand() {
    let handler = Handler::new(async |mut request: Request<Upload>| {
        let upgrade = Upgrade::take(&mut request).ok_or("no upgrade")?;
        Ok::<_, BoxError>(upgrade.accept(HeaderValue::from_static("shout"), shout))
    });
    shouts(handler, plain()).await;
}

#[tokio::test]
async fn a_request_with_a_body_makes_no_offer() {
    let handler = Handler::new(async |mut request: Request<Upload>| {
        let offered = Upgrade::take(&mut request).is_some();
        Ok::<_, BoxError>(http::Response::new(offered.to_string()))
    });
    let running = start(handler, plain()).await;
    let ask = |fields: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, close\r\nUpgrade: shout\r\n{fields}\r\n"
        )
    };
    let answer = running.say(&ask("Content-Length: 0\r\n")).await;
    assert!(answer.ends_with("\r\n\r\ntrue"), "{answer}");
    let answer = running.say(&(ask("Content-Length: 4\r\n") + "GET ")).await;
    assert!(answer.ends_with("\r\n\r\nfalse"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn an_upgrade_is_taken_within_a_router() {
    let take = async |mut request: axum::extract::Request| -> Response {
        let upgrade = Upgrade::take(&mut request).unwrap();
        let response = upgrade.accept(HeaderValue::from_static("shout"), shout);
        response.map(axum::body::Body::new)
    };
    shouts(
        Handler::from_service(Router::new().route("/", get(take))),
        plain(),
    )
    .await;
}

#[tokio::test]
async fn an_upgraded_connection_that_says_nothing_ends() {
    let handler = Handler::new(async |mut request: Request<Upload>| {
        let upgrade = Upgrade::take(&mut request).ok_or("no upgrade")?;
        let protocol = HeaderValue::from_static("silence");
        let hang = async |_: Upgraded| std::future::pending().await;
        Ok::<http::Response<Body>, BoxError>(upgrade.accept(protocol, hang))
    });
    let running = start(handler, plain().set("stream_idle_timeout", "50ms")).await;
    let ask = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: silence\r\n\r\n";
    let answer = running.say(ask).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    running.stop().await;
}
