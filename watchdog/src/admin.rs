//! The metrics port.
//!
//! Owns its listener and its one path. May know the site's figures. Refuses anything but `/metrics`.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::body::Body;
use crate::conn::Peer;
use crate::http1::server::{self, Heads, Refusal, RequestBody, Service, Work};
use crate::metrics::Levels;
use crate::seal::Sealed;
use crate::serve::Site;

/// A scrape takes milliseconds; whoever holds a connection for longer can open another.
const PATIENCE: Duration = Duration::from_mins(1);

const MAX_HEAD: usize = 64 << 10;

/// Serves metrics until dropped.
pub async fn serve(site: Arc<Site>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let heads = Heads::new(MAX_HEAD);
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (scrapes, heads) = (Scrapes(Arc::clone(&site)), heads.clone());
        connections.spawn(async move {
            let (io, peer) = Peer::split(stream);
            // A scraper that breaks off has its own reasons.
            let _ = timeout(PATIENCE, server::serve(io, peer, Box::new(scrapes), heads)).await;
        });
    }
}

struct Scrapes(Arc<Site>);

impl Service for Scrapes {
    fn answer(&self, request: Request<RequestBody>) -> Work {
        let answer = answer(&self.0, &request);
        Box::pin(ready(Ok(answer.map(|body| self.0.own(body)))))
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        self.0.refuse(refusal)
    }
}

fn answer(site: &Site, request: &Request<RequestBody>) -> Response<Body> {
    if request.uri().path() != "/metrics" {
        let mut response = Response::new(Body::from("404 page not found\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let open_metrics = accept.contains("application/openmetrics-text");
    let mut response = Response::new(Body::from(
        site.desk.metrics.text(levels(site), open_metrics),
    ));
    let kind = if open_metrics {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn levels(site: &Site) -> Levels {
    let limits = &site.limits;
    Levels {
        in_flight: site.desk.gate.in_flight(),
        waiting: site.desk.gate.waiting(),
        max_inflight: limits.max_inflight.map_or(0, std::num::NonZeroUsize::get),
        max_queue: limits.max_queue,
        orphans: site.orphans(),
        pool: site.mode.pool(),
        ready: site.is_ready(),
    }
}
