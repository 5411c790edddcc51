//! A function in Rust, served with the watchdog's probes, limits, metrics and drain.
//!
//! `cargo run --example hello`, then `curl -d world 127.0.0.1:8080`.

use std::io::Write as _;
use std::process::ExitCode;

use fwatchdog::{Body, Error, Handler, Request, Response, Settings, Upload, UploadError, log};
use http_body_util::BodyExt as _;

async fn hello(request: Request<Upload>) -> Result<Response<Body>, UploadError> {
    let name = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Body::from(
        [b"hello, ", &name[..], b"\n"].concat(),
    )))
}

async fn serve() -> Result<(), Error> {
    let _log = log::install(Settings::from_env().log_format())?;
    fwatchdog::serve(Handler::new(hello)).await
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
