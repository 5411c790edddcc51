//! Functions that speak `WebSocket`.
//! It knows the opening, messages of both kinds and the closing handshake.
//! It refuses frames of its own: they are the wire's.

use tungstenite::Message;

use crate::provider::prelude::*;
use crate::wire::websocket::opening;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "stream/websocket",
        "PR-13.9",
        "a WebSocket carries texts and bytes both ways, and closes",
    )
    .rows(&["STR-12"])
    .profiles(&[Profile::Websocket])
    .why("Pages that are kept up to date stand still.")
    .source("documentation workloads.md; SDK proxy/proxy.go since 0.25.6")
    .run(websocket),
    Case::should(
        "stream/websockets",
        "PR-13.10",
        "20 WebSockets at once keep apart",
    )
    .rows(&["STR-13"])
    .profiles(&[Profile::Websocket])
    .why("One client reads what was meant for another, or nothing.")
    .source("suite policy: connections keep apart")
    .run(many),
    Case::should(
        "stream/websocket-missing",
        "PR-13.11",
        "a WebSocket to a function that is not there is a 4xx or 5xx",
    )
    .rows(&["STR-14"])
    .profiles(&[Profile::Websocket])
    .why("The client believes that it is connected.")
    .source("suite policy: what is not there is an error")
    .run(missing),
];

fn websocket(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let mut socket = rig.provider().websocket(&f, "/ws")?;
    socket.set_timeout(rig.timeout(10.0))?;
    socket.echo("a text, ä and 日本")?;
    socket.echo("")?;
    for length in [0, 1, 125, 126, 70_000] {
        let bytes = Pattern::new(length, length).bytes();
        socket.send(Message::binary(bytes.clone()))?;
        let got = socket.read()?;
        check!(
            got == Message::binary(bytes),
            "{length} bytes came back as {} bytes, or changed",
            got.len()
        );
    }
    socket.echo("the last")?;
    socket.close()?;
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn many(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let opened: Result<Vec<WebSocket>, Failure> =
        (0..20).map(|_| provider.websocket(&f, "/ws")).collect();
    let mut sockets = opened?;
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.set_timeout(rig.timeout(10.0))?;
        socket.send(Message::text(format!("of {index}")))?;
    }
    for (index, socket) in sockets.iter_mut().enumerate().rev() {
        let got = socket.read()?;
        check_eq!(got, Message::text(format!("of {index}")), "socket {index}");
    }
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.echo(&format!("again {index}"))?;
    }
    sockets.into_iter().try_for_each(WebSocket::close)
}

fn missing(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().invoke(rig.name(), &opening("/ws"))?;
    answer.is_error()?;
    Ok(())
}
