//! A function that is a web server itself: one long-lived child, or somebody else's process.
//!
//! Owns the way of a request to the upstream and of its answer back. May know where the upstream is and whether it has come up. Refuses to start, stop or
//! supervise it, and to change what passes beyond what HTTP asks of a proxy.
//!
//! Interim answers (1xx) pass where both sides speak HTTP/1.1. `100 Continue` does not: our server says it itself.

mod h2c;
mod headers;
mod lingering;
mod pool;
mod reach;
mod reply;
mod site;
mod target;
#[cfg(test)]
mod tests;
pub(in crate::mode) mod tunnel;
pub(in crate::mode) mod watched;

use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, UPGRADE, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::body::Body;
use crate::config::{self, Protocol};
use crate::conn::Peer;
use crate::failure::Failure;
use crate::http1::client::{Link, Outgoing};
use crate::http1::server::{self, Switch};
use crate::mode::Answer;
use crate::spool::{Place, Spooled};
use crate::target::Raw;
use crate::upload::Upload;

use self::headers::Length;
use self::pool::Pool;
use self::reach::{Reach, Upstream};
use self::site::Site;

/// How long the function may take to say that it is ready, and how long to take a connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const KNOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// Interim answers wait in memory for a client that reads slowly. With so many bytes waiting, those that follow are left out.
const MOST_EARLY: usize = 64 << 10;

/// The way to the upstream.
#[derive(Debug)]
pub struct Proxy {
    site: Arc<Site>,
    transport: Transport,
    /// Where bodies of unknown length are collected, if they are.
    collect: Option<Place>,
    stream_idle: Option<Duration>,
    reach: Reach,
}

#[derive(Debug)]
enum Transport {
    Http1(Arc<Pool>),
    H2c(h2c::Shared),
}

impl Proxy {
    pub fn new(proxy: &config::Proxy, timeouts: &config::Timeouts) -> Self {
        let site = Arc::new(Site::new(proxy));
        let place = Place {
            threshold: proxy.spool_threshold,
            dir: proxy.spool_dir.clone(),
        };
        Self {
            transport: match proxy.protocol {
                Protocol::Http1 => {
                    Transport::Http1(Arc::new(Pool::new(Arc::clone(&site), timeouts.read)))
                }
                Protocol::H2c => Transport::H2c(h2c::Shared::new(Arc::clone(&site), timeouts.read)),
            },
            site,
            collect: proxy.buffer_body.then_some(place),
            stream_idle: timeouts.stream_idle,
            reach: Reach::new(proxy.startup_timeout),
        }
    }

    /// Whether the upstream has accepted the last connection that was tried for its own sake.
    pub fn is_up(&self) -> bool {
        self.reach.upstream() == Upstream::Up
    }

    /// It is neither starting nor gone for good.
    pub fn has_come_up(&self) -> bool {
        matches!(self.reach.upstream(), Upstream::Up | Upstream::Lost)
    }

    /// Why the upstream cannot be reached, where it cannot.
    pub fn trouble(&self) -> Option<String> {
        self.reach.trouble()
    }

    /// The upstream's process has ended. Requests that wait for it need not.
    pub fn gone(&self) {
        self.reach.gone();
    }

    /// Connects until the upstream accepts. To be run once, beside the requests that wait for it.
    pub async fn wait_until_up(&self) {
        self.reach.wait_until_up(&self.site).await;
    }

    /// Whether the upstream takes connections at this moment. The caller may keep the answer.
    pub async fn knock(&self) -> bool {
        if self.has_come_up() {
            let tried = timeout(KNOCK_TIMEOUT, self.try_connection()).await;
            let late = || format!("no connection within {KNOCK_TIMEOUT:?}");
            self.reach.tried(tried.unwrap_or_else(|_| Err(late())));
        }
        self.is_up()
    }

    async fn try_connection(&self) -> Result<(), String> {
        match &self.transport {
            Transport::Http1(_) => {
                let dialled = self.site.try_dial().await;
                dialled.map(drop).map_err(|e| reach::worded(&e))
            }
            Transport::H2c(shared) => match shared.connect().await {
                Err(Failure::Upstream(why)) => Err(why),
                _ => Ok(()),
            },
        }
    }

    /// Passes a request on and its answer back. Dropping the future, or the answer's body, closes the upstream's side too.
    ///
    /// # Errors
    /// Whatever prevents an answer's head; what happens later ends the body with an error.
    pub async fn answer(
        &self,
        request: Request<Upload>,
        upgrade: Option<Switch>,
        client: &Peer,
    ) -> Result<Answer, Failure> {
        if self.reach.upstream() != Upstream::Up {
            Box::pin(self.reach.startup()).await?;
        }
        let token = headers::upgrade_token(request.headers());
        let http1 = matches!(self.transport, Transport::Http1(_));
        let modern = request.version() == Version::HTTP_11;
        let upgrade = upgrade.filter(|_| http1 && modern);
        let switch = token.zip(upgrade);
        let token = switch.as_ref().map(|(token, _)| token.clone());
        let request = self.translate(request, token).await?;
        match &self.transport {
            Transport::Http1(pool) => {
                let pass = |interim| {
                    if modern {
                        pass_early(client, interim);
                    }
                };
                let (response, link) = pool.exchange(request, &pass).await?;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    return self.switch(response, link, switch);
                }
                let response = reply::from_link(response, link, pool).await?;
                Ok(to_caller(response).into())
            }
            Transport::H2c(shared) => {
                let response = Box::pin(shared.exchange(request)).await?;
                Ok(to_caller(response).into())
            }
        }
    }

    /// What the function itself answers to a GET of our own. The caller may keep the answer.
    ///
    /// # Errors
    /// [`Failure::Upstream`] where it does not answer.
    pub async fn ready(&self, target: &str) -> Result<StatusCode, Failure> {
        let late = |_| {
            Err(Failure::Upstream(format!(
                "no answer to {target} within {PROBE_TIMEOUT:?}"
            )))
        };
        let answered = timeout(PROBE_TIMEOUT, self.probe(target)).await;
        answered.unwrap_or_else(late)
    }

    async fn probe(&self, target: &str) -> Result<StatusCode, Failure> {
        let (target, _) = crate::target::joined(&self.site.base_path, target.as_bytes());
        let mut request = Request::new(());
        *request.uri_mut() = target;
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static("fwatchdog-probe"));
        request.headers_mut().insert(HOST, self.site.host.clone());
        match &self.transport {
            Transport::Http1(_) => {
                let dialled = self.site.try_dial().await.map_err(|e| reach::worded(&e));
                self.reach
                    .tried(dialled.as_ref().map(drop).map_err(Clone::clone));
                let link = Link::new(dialled.map_err(Failure::Upstream)?);
                let answered = link
                    .exchange(request.map(|()| Outgoing::Empty), &drop)
                    .await;
                let (response, _) = answered.map_err(|lost| lost.failure)?;
                Ok(response.status())
            }
            Transport::H2c(shared) => {
                let response = shared.exchange(request.map(|()| Outgoing::Empty)).await?;
                Ok(response.status())
            }
        }
    }

    /// The request as the upstream gets it.
    async fn translate(
        &self,
        request: Request<Upload>,
        upgrade: Option<HeaderValue>,
    ) -> Result<Request<Outgoing>, Failure> {
        let (mut head, upload) = request.into_parts();
        let mut fields = head.headers;
        headers::set_host(&mut fields, &head.uri, &self.site.host)?;
        headers::to_upstream(&mut fields, head.version, upgrade);
        let sent = (head.uri, Raw::take(&mut head.extensions));
        let (target, raw) = target::join(&self.site.base_path, &head.method, sent)?;
        let body = self.outgoing(upload).await?;
        let length = body
            .size_hint()
            .exact()
            .map_or(Length::Unknown, Length::Known);
        headers::set_framing(&mut fields, &head.method, length);
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = target;
        *request.headers_mut() = fields;
        if let Some(raw) = raw {
            request.extensions_mut().insert(raw);
        }
        Ok(request)
    }

    /// The upload as it comes, or whole where its length is wanted and it does not say.
    async fn outgoing(&self, upload: Upload) -> Result<Outgoing, Failure> {
        match (upload.exact_len(), &self.collect) {
            (Some(0), _) => Ok(Outgoing::Empty),
            (None, Some(place)) => Ok(Box::pin(collect(upload, place)).await?.into()),
            _ => Ok(upload.into()),
        }
    }

    /// Confirms a switch of protocols that the caller has asked for.
    fn switch(
        &self,
        response: Response<()>,
        link: Box<Link>,
        asked: Option<(HeaderValue, Switch)>,
    ) -> Result<Answer, Failure> {
        let Some((token, client)) = asked else {
            return Err(Failure::Upstream(
                "101 without a matching request to upgrade".to_owned(),
            ));
        };
        if link.is_uploading() {
            // What is left of the body would be taken for the other protocol.
            return Err(Failure::Upstream(
                "101 before the end of the request".to_owned(),
            ));
        }
        let (upstream, first) = link.into_stream();
        let token = response.headers().get(UPGRADE).cloned().unwrap_or(token);
        let mut response = to_caller(response.map(|()| Body::Empty));
        headers::switch(response.headers_mut(), token);
        let tunnel = tunnel::join(client, upstream, first, self.stream_idle);
        Ok(Answer {
            response,
            tunnel: Some(tunnel),
        })
    }
}

/// The answer as the caller gets it.
fn to_caller(mut response: Response<Body>) -> Response<Body> {
    let status = response.status();
    headers::to_caller(response.headers_mut(), status);
    // Our server speaks the version of its own client.
    *response.version_mut() = Version::HTTP_11;
    response
}

fn pass_early(client: &Peer, interim: Response<()>) {
    let (mut head, ()) = interim.into_parts();
    if head.status != StatusCode::CONTINUE && client.backlog() < MOST_EARLY {
        headers::to_caller(&mut head.headers, head.status);
        client.say_early(&server::interim(&head));
    }
}

async fn collect(mut upload: Upload, place: &Place) -> Result<Spooled, Failure> {
    let mut spool = place.open();
    while let Some(frame) = upload.frame().await {
        if let Some(bytes) = frame?.data_ref() {
            spool.push(bytes).map_err(|e| Failure::unkept(&e))?;
        }
    }
    Ok(spool.finish())
}
