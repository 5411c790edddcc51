//! Upgrades as hyper has them, for services that know no other.
//!
//! Owns a connection of hyper's in memory, which is asked for an upgrade whenever a client asks us: nobody but hyper can make its `OnUpgrade`. May know the
//! offer it stands for. Refuses to do anything before the answer has switched protocols.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, copy_bidirectional, duplex};
use tokio::sync::oneshot;

use super::upgrade::{self, Upgrade, Upgraded};
use crate::upload::Upload;

/// How much is under way in memory, each way.
const ROOM: usize = 16 << 10;

const ASK: &[u8] =
    b"GET / HTTP/1.1\r\nHost: fwatchdog\r\nConnection: upgrade\r\nUpgrade: bridge\r\n\r\n";

/// The far end's connection. Nothing happens on it unless it is polled.
type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// An upgrade that hyper has offered for us.
pub(super) struct Bridge {
    upgrade: Upgrade,
    near: DuplexStream,
    far: Connection,
    /// Has hyper answer that it switches.
    switch: oneshot::Sender<()>,
}

impl Bridge {
    /// Makes hyper's offer of ours, if there is one.
    pub(super) async fn offer(request: &mut Request<Upload>) -> Option<Self> {
        let upgrade = request.extensions().get::<Upgrade>()?.clone();
        let (mut near, far) = duplex(ROOM);
        let (offer, offered) = oneshot::channel();
        let (switch, switched) = oneshot::channel();
        let mut far = serve(far, offer, switched);
        near.write_all(ASK).await.ok()?;
        let offered = tokio::select! {
            offered = offered => offered.ok()?,
            _ = &mut far => return None,
        };
        request.extensions_mut().insert(offered);
        Some(Self {
            upgrade,
            near,
            far,
            switch,
        })
    }

    /// Joins both ends where the service has taken hyper's offer.
    pub(super) fn settle<B>(bridge: Option<Self>, mut response: Response<B>) -> Response<B> {
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !switches || upgrade::is_settled(&response) {
            return response;
        }
        if let Some(bridge) = bridge {
            let upgrade = bridge.upgrade.clone();
            let work = |client| async {
                // Whatever ended it, both sides see their connection close.
                let _ = bridge.join(client).await;
            };
            if let Some(tunnel) = upgrade.go_on(work) {
                upgrade::put(&mut response, tunnel);
            }
        }
        response
    }

    async fn join(self, mut client: Upgraded) -> io::Result<()> {
        let Self {
            mut near,
            far,
            switch,
            ..
        } = self;
        // Hyper waits for it.
        let _ = switch.send(());
        far.await.map_err(io::Error::other)?;
        skip_head(&mut near).await?;
        copy_bidirectional(&mut client, &mut near).await?;
        Ok(())
    }
}

/// One connection of hyper's with one request, which is answered by `switched`.
fn serve(
    stream: DuplexStream,
    offer: oneshot::Sender<OnUpgrade>,
    switched: oneshot::Receiver<()>,
) -> Connection {
    let once = Mutex::new(Some((offer, switched)));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let once = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        let offered = hyper::upgrade::on(&mut request);
        async move {
            let (offer, switched) = once.ok_or(io::ErrorKind::InvalidData)?;
            // Nobody waits for it any more where the client has left.
            let _ = offer.send(offered);
            switched.await.map_err(io::Error::other)?;
            let mut response = Response::new(Empty::<bytes::Bytes>::new());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            Ok::<_, io::Error>(response)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Box::pin(connection.with_upgrades())
}

/// Reads hyper's answer, and not a byte more.
async fn skip_head(near: &mut DuplexStream) -> io::Result<()> {
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        last[3] = near.read_u8().await?;
    }
    Ok(())
}
