//! One request through the front: asked, perhaps answered by the provider, told.
//! It knows which bodies are gathered and which pass by.
//! It refuses to gather a stranger's upload: credentials come before the body.

use std::sync::OnceLock;

use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::http::{request, response};
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::{Duration, sleep};

use super::flow::Flowing;
use super::{Asked, Front, Memory, Told};
use crate::provider::reference::answer::{self, Answer, Body, Cut};
use crate::provider::reference::upload::{Upload, collect};

/// As the provider itself has them.
const MOST: usize = 8 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

static FRONT: OnceLock<Front> = OnceLock::new();
static MEMORY: Memory = Memory::new();

/// Puts it in front of the provider of this process.
pub(in crate::provider) fn stand(front: Front) {
    let _ = FRONT.set(front);
}

/// What stands in front of the provider of this process.
pub(in crate::provider) fn standing() -> Option<&'static Front> {
    FRONT.get()
}

/// Asks `provider`, with the fault of the front. The key is the right user and password.
pub(in crate::provider) async fn pass<F: Future<Output = Answer>>(
    front: &Front,
    request: Request<Upload>,
    key: &str,
    provider: impl Fn(Request<Upload>) -> F,
) -> Result<Answer, Cut> {
    let (head, upload) = request.into_parts();
    let (mut asked, upload) = match taken(front, &head, upload, key).await {
        Ok(taken) => taken,
        Err(refused) => return Ok(refused),
    };
    (front.asked)(&mut asked, &MEMORY);
    sleep(asked.delay).await;
    let answer = if let Some((status, body)) = &asked.instead {
        answer::with(*status, answer::bytes(body.clone()))
    } else {
        let head = changed(head, &asked)?;
        for _ in 1..asked.times {
            drop(provider(again(&head, asked.body())).await);
        }
        provider(Request::from_parts(head, sent(&asked, upload))).await
    };
    tell(front, answer, &asked).await
}

/// The request as the fault sees it, and the upload that passes by it.
async fn taken(
    front: &Front,
    head: &request::Parts,
    upload: Upload,
    key: &str,
) -> Result<(Asked, Option<Upload>), Answer> {
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut asked = Asked {
        method: head.method.clone(),
        target: target.to_owned(),
        headers: head.headers.clone(),
        upload: front.upload,
        delay: Duration::ZERO,
        times: 1,
        body: None,
        instead: None,
        key: key.to_owned(),
    };
    let changes = matches!(head.method, Method::POST | Method::PUT | Method::DELETE);
    let gathered = if asked.is_call() {
        front.whole
    } else {
        changes && !asked.is_strange()
    };
    if gathered {
        let body = collect(upload, MOST, PATIENCE).await?;
        asked.body = Some(body.to_vec());
        return Ok((asked, None));
    }
    Ok((asked, Some(upload)))
}

/// The head that the provider gets.
fn changed(mut head: request::Parts, asked: &Asked) -> Result<request::Parts, Cut> {
    head.method = asked.method.clone();
    head.uri = asked.target.parse().map_err(|_| Cut)?;
    head.headers = asked.headers.clone();
    if let Some(body) = &asked.body
        && (head.headers.contains_key(CONTENT_LENGTH)
            || head.headers.contains_key(TRANSFER_ENCODING))
    {
        head.headers.remove(TRANSFER_ENCODING);
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    Ok(head)
}

fn sent(asked: &Asked, upload: Option<Upload>) -> Upload {
    match (&asked.body, upload) {
        (None, Some(upload)) => match asked.upload.filter(|_| asked.is_call()) {
            Some(flow) => Upload::new(Flowing::new(upload.boxed_unsync(), flow)),
            None => upload,
        },
        _ => Upload::new(answer::bytes(asked.body().to_vec())),
    }
}

/// The same request once more.
fn again(head: &request::Parts, body: &[u8]) -> Request<Upload> {
    let mut request = Request::new(Upload::new(answer::bytes(body.to_vec())));
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = head.uri.clone();
    *request.headers_mut() = head.headers.clone();
    request
}

async fn tell(front: &Front, answer: Answer, asked: &Asked) -> Result<Answer, Cut> {
    let (head, body) = answer.into_parts();
    let upgraded = head.status == StatusCode::SWITCHING_PROTOCOLS;
    let follow = asked.query("follow").unwrap_or_default();
    let followed = asked.at("/system/logs") && !matches!(follow.as_str(), "" | "0" | "false");
    let flows = upgraded || followed || (asked.is_call() && !front.whole);
    let (known, rest) = if flows {
        (None, Some(body))
    } else {
        (
            Some(body.collect().await.map_err(|_| Cut)?.to_bytes().to_vec()),
            None,
        )
    };
    let mut told = Told::new(&head, known, front.flow);
    (front.told)(&mut told, asked, &MEMORY);
    sleep(told.delay).await;
    if told.cut {
        return Err(Cut);
    }
    let rest = match rest {
        Some(rest) if told.gather => {
            let whole = rest.collect().await.map_err(|_| Cut)?.to_bytes();
            Some(answer::bytes(whole))
        }
        rest => rest,
    };
    built(head, told, rest)
}

fn built(mut head: response::Parts, told: Told, rest: Option<Body>) -> Result<Answer, Cut> {
    head.status = StatusCode::from_u16(told.status).map_err(|_| Cut)?;
    head.headers = told.headers;
    let body = match (told.body, rest) {
        (Some(body), _) => answer::bytes(body),
        (None, Some(rest)) => match told.flow {
            Some(flow) => Flowing::new(rest, flow).boxed_unsync(),
            None => rest,
        },
        (None, None) => answer::nothing(),
    };
    Ok(Response::from_parts(head, body))
}
