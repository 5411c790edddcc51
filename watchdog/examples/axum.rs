//! An axum router, served with the watchdog's probes, limits, metrics and drain. A WebSocket works as with axum's own server.
//!
//! `cargo run --example axum`, then `curl 127.0.0.1:8080/hello/world`; `/shout` is a WebSocket.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, Request};
use axum::middleware::map_request;
use axum::routing::{any, get};
use fwatchdog::{ClientAddress, Error, Handler, Server, Settings, log};

async fn hello(Path(name): Path<String>, ConnectInfo(client): ConnectInfo<SocketAddr>) -> String {
    tracing::info!(%client, "hello, {name}");
    format!("hello, {name}\n")
}

async fn shout(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let loud = text.to_uppercase();
        if socket.send(Message::Text(loud.into())).await.is_err() {
            return;
        }
    }
}

/// The client's address, as axum's extractor looks for it.
async fn connect_info(mut request: Request) -> Request {
    if let Some(ClientAddress(address)) = request.extensions().get().copied() {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    request
}

async fn serve() -> Result<(), Error> {
    let settings = Settings::from_env();
    let _log = log::install(settings.log_format())?;
    let router = Router::new()
        .route("/hello/{name}", get(hello))
        .route(
            "/shout",
            any(async |socket: WebSocketUpgrade| socket.on_upgrade(shout)),
        )
        .layer(map_request(connect_info));
    let handler = Handler::from_service(router);
    Server::bind(settings, handler).await?.run().await
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell.
            let _ = writeln!(std::io::stderr(), "{error}");
            error.into()
        }
    }
}
