//! A function in Rust, served with the watchdog's probes, limits, metrics and drain.
//!
//! `cargo run --example hello`, then `curl -d world 127.0.0.1:8080`.

use fwatchdog::{Body, Handler, Request, Response, Upload};
use http_body_util::BodyExt as _;

async fn hello(request: Request<Upload>) -> Result<Response<Body>, fwatchdog::upload::UploadError> {
    let name = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Body::from(
        [b"hello, ", &name[..], b"\n"].concat(),
    )))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    fwatchdog::serve(Handler::new(hello)).await
}
