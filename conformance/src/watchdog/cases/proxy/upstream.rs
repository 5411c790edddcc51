//! What is waited for at the child's port, and what is kept open to it.
//! It knows a child that the case itself plays, connection by connection.
//! It refuses a child that cannot be reached from the start: `health`.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use nix::sys::socket::{Backlog, listen};

use super::own_answer;
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/dial-unanswered",
        "WD-6.28",
        "a connection that the child's port does not answer is given up long before `exec_timeout`",
    )
    .modes(&[Http])
    .seconds(60)
    .run(unanswered),
    Case::should(
        "proxy/idle-link-closed",
        "WD-6.29",
        "a connection that waits for another request is closed by the watchdog, before a common child would",
    )
    .modes(&[Http])
    .run(idle_link),
];

/// A port of which the queue of connections is short: with one that nobody accepts it is full, and further ones get no answer.
pub(crate) struct Port {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Port {
    pub(crate) fn open(rig: &Rig) -> Result<Self, Failure> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, rig.free_port()?));
        let listener = TcpListener::bind(addr)?;
        let shortest = Backlog::new(0).and_then(|none| listen(&listener, none));
        shortest.map_err(|e| Failure::fault(format!("cannot shorten a queue: {e}")))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, addr })
    }

    /// A watchdog whose child is to be found here.
    pub(crate) fn watchdog(&self, rig: &Rig) -> Setup {
        rig.watchdog()
            .fprocess(&rig.fixture("script", &["until:go"]))
            .env("upstream_url", &format!("http://{}", self.addr))
            .await_upstream(false)
    }

    /// Takes up what room there is, for as long as what is returned is held or nobody accepts.
    pub(crate) fn fill(&self) -> Vec<TcpStream> {
        let another = || TcpStream::connect_timeout(&self.addr, Duration::from_millis(300)).ok();
        std::iter::from_fn(another).take(16).collect()
    }

    /// Whoever comes next.
    pub(crate) fn accept(&self) -> Option<TcpStream> {
        let (stream, _) = self.listener.accept().ok()?;
        stream.set_nonblocking(false).ok()?;
        Some(stream)
    }

    /// The next connection that a request comes on, answered; others are closed.
    fn answer(&self, rig: &Rig) -> Result<TcpStream, Failure> {
        let limit = rig.timeout(5.0);
        rig.poll(10.0, "a request at the child", || {
            let mut stream = self.accept()?;
            stream.set_read_timeout(Some(limit)).ok()?;
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).ok()? == 0 {
                    return None;
                }
                seen.extend(byte);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .ok()?;
            Some(stream)
        })
    }
}

/// One request that is answered, and the connection that it came on.
fn served(rig: &Rig, w: &Watchdog, port: &Port) -> Result<TcpStream, Failure> {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let link = port.answer(rig)?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "ok"), "answer");
    Ok(link)
}

fn unanswered(rig: &mut Rig) -> Outcome {
    let port = Port::open(rig)?;
    let w = port.watchdog(rig).env("exec_timeout", "40s").start()?;
    drop(served(rig, &w, &port)?);
    let full = port.fill();
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/order").body(""))?;
    own_answer(&wire.read_response()?, 502, "a child that does not accept")?;
    drop(full);
    served(rig, &w, &port).map(drop)
}

fn idle_link(rig: &mut Rig) -> Outcome {
    let port = Port::open(rig)?;
    let w = port.watchdog(rig).start()?;
    let mut link = served(rig, &w, &port)?;
    let end = link.read(&mut [0]);
    check!(
        matches!(end, Ok(0)),
        "of a connection without a request came {end:?}"
    );
    Ok(())
}
