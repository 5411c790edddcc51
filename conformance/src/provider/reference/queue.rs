//! The queue: calls that are made later, and whose answer goes to a callback.
//! It knows what is kept of a request, and what a callback is told.
//! It refuses to make a call twice.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::answer::{self, Answer, Body, BoxError, bad, internal};
use super::faults::seeded;
use super::forward::{self, CallName};
use super::function::Function;
use super::relay::Owned;
use super::upload::{self, Upload};
use super::{Provider, invoke};
#[cfg(feature = "mutants")]
use crate::provider::mutants::behind;

/// The largest body that is queued, and the largest answer that is called back with.
const MOST: usize = 1024 * 1024;
const MOST_ANSWER: usize = 64 * 1024 * 1024;

const CALLBACK: HeaderName = HeaderName::from_static("x-callback-url");
const DURATION: HeaderName = HeaderName::from_static("x-duration-seconds");
const STATUS: HeaderName = HeaderName::from_static("x-function-status");
const NAME: HeaderName = HeaderName::from_static("x-function-name");

/// A call that waits for its turn.
struct Queued {
    function: Arc<Function>,
    full: String,
    below: String,
    head: Parts,
    body: Bytes,
    remote: SocketAddr,
    call: CallName,
    callback: Option<Uri>,
}

/// `/async-function/NAME/below`.
pub async fn take(
    provider: &Arc<Provider>,
    full: &str,
    below: &str,
    request: Request<Upload>,
    remote: SocketAddr,
) -> Answer {
    let call = CallName::of(request.headers());
    let mut answer = match queued(provider, full, below, request, remote, &call).await {
        Ok(queued) => {
            let mut calls = provider
                .calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            while calls.try_join_next().is_some() {}
            calls.spawn(make(Arc::clone(provider), queued));
            answer::empty(StatusCode::ACCEPTED)
        }
        Err(refused) => refused,
    };
    call.on_answer(answer.headers_mut());
    answer
}

async fn queued(
    provider: &Provider,
    full: &str,
    below: &str,
    request: Request<Upload>,
    remote: SocketAddr,
    call: &CallName,
) -> Result<Queued, Answer> {
    let function = invoke::find(provider, full).ok_or_else(|| {
        internal(
            StatusCode::NOT_FOUND,
            &format!("function {full} does not exist"),
        )
    })?;
    let callback = callback(request.headers())?;
    let (mut head, body) = request.into_parts();
    let body = upload::collect(body, MOST, provider.options.read_timeout).await?;
    head.headers.remove(CALLBACK);
    forward::strip(&mut head.headers);
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    call.on_request(&mut head.headers);
    Ok(Queued {
        function,
        full: full.to_owned(),
        below: below.to_owned(),
        head,
        body,
        remote,
        call: call.clone(),
        callback,
    })
}

fn callback(headers: &HeaderMap) -> Result<Option<Uri>, Answer> {
    let Some(value) = headers.get(CALLBACK) else {
        return Ok(None);
    };
    match value.to_str().ok().and_then(reachable) {
        Some(uri) => Ok(Some(uri)),
        None => Err(bad(&format!(
            "X-Callback-Url {value:?}: expected http://HOST[:PORT]/PATH"
        ))),
    }
}

/// A URL that a callback can go to.
fn reachable(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    let port = uri.authority()?.as_str().strip_prefix(host)?;
    let good = port.is_empty() || port.strip_prefix(':')?.parse::<u16>().is_ok();
    (good && uri.scheme_str() == Some("http")).then_some(uri)
}

/// Makes the call when it is its turn, once; then tells of it.
async fn make(provider: Arc<Provider>, queued: Queued) {
    let Ok(turn) = Arc::clone(&provider.turns).acquire_owned().await else {
        return;
    };
    let begun = Instant::now();
    let Queued {
        function,
        full,
        below,
        mut head,
        body,
        remote,
        call,
        callback,
    } = queued;
    head.method = if seeded!(QueuePuts) {
        Method::PUT
    } else {
        Method::POST
    };
    let request = Request::from_parts(head, answer::bytes(body));
    let done = invoke::call(&provider, &function, &below, request, remote, None).await;
    let (head, body) = done.into_parts();
    let body = gather(body).await;
    drop(turn);
    let (status, mut headers, body) = match body {
        Some(body) => (head.status, head.headers, body),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            HeaderMap::new(),
            Bytes::new(),
        ),
    };
    let untold = seeded!(FailuresUntold) && status.as_u16() >= 400;
    let Some(to) = callback.filter(|_| !untold) else {
        return;
    };
    headers.remove(CONTENT_LENGTH);
    headers.insert(forward::CALL_ID, call.id);
    headers.insert(STATUS, HeaderValue::from(status.as_u16()));
    let took = format!("{:.6}", begun.elapsed().as_secs_f64());
    for (name, text) in [(DURATION, took), (NAME, full)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
    let limit = provider.options.timeout;
    if seeded!(CallbackTwice) {
        let _ = timeout(limit, tell(&to, headers.clone(), body.clone())).await;
    }
    let told = timeout(limit, tell(&to, headers, body)).await;
    if seeded!(CallbackHolds) && !matches!(told, Ok(Ok(()))) {
        provider.turns.forget_permits(usize::MAX);
    }
}

/// The whole answer; `None` where it was cut, or is too large to be told.
async fn gather(mut body: Body) -> Option<Bytes> {
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.ok()?.into_data() {
            all.extend_from_slice(&data);
        }
        if all.len() > MOST_ANSWER {
            return None;
        }
    }
    Some(all.into())
}

/// POSTs to the callback. Nobody waits for how it takes it.
async fn tell(to: &Uri, mut headers: HeaderMap, body: Bytes) -> Result<(), BoxError> {
    let host = to.host().ok_or("no host")?;
    let authority = to.authority().ok_or("no host")?;
    let port = to.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _connection = Owned(tokio::spawn(async move {
        let _ = connection.await;
    }));
    headers.insert(HOST, HeaderValue::from_str(authority.as_str())?);
    let path = to.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path).body(body)?;
    *request.headers_mut() = headers;
    #[cfg(feature = "mutants")]
    let request = behind::callback(request);
    let request = request.map(answer::bytes);
    let response = sender.send_request(request).await?;
    response.into_body().collect().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_has_a_host_and_perhaps_a_port() {
        for good in [
            "http://a",
            "http://a:1/x?y",
            "http://[::1]:80/",
            "http://127.0.0.1:9/",
        ] {
            assert!(reachable(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "/x",
            "a:80",
            "https://a/",
            "http:///x",
            "http://a:port/",
            "http://u@a/",
            "http://a:70000/",
        ] {
            assert!(reachable(bad).is_none(), "{bad}");
        }
    }
}
