//! An upstream that speaks HTTP/2 with limits of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::sync::Barrier;

use super::*;

type Server = Connection<TcpStream, Bytes>;

async fn rig() -> Rig {
    Rig::with(|proxy| proxy.protocol = Protocol::H2c).await
}

async fn accept(rig: &Rig, builder: &Builder) -> Server {
    let (stream, _) = within(rig.upstream.accept()).await.unwrap();
    within(builder.handshake(stream)).await.unwrap()
}

async fn next(server: &mut Server) -> (Request<RecvStream>, SendResponse<Bytes>) {
    within(server.accept()).await.unwrap().unwrap()
}

/// Serves a connection beside the test.
fn drive(mut server: Server) -> Owned<()> {
    task::spawn(async move { while server.accept().await.is_some() {} })
}

#[tokio::test]
async fn a_stream_refused_late_is_opened_again_with_all_of_its_body() {
    let rig = rig().await;
    let mut client = rig.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst \r\n")
        .await;
    let mut builder = Builder::new();
    let mut server = accept(&rig, builder.initial_window_size(2)).await;
    let (mut request, mut refused) = next(&mut server).await;
    let _server = drive(server);
    // What follows comes while the first piece waits.
    within(request.body_mut().data()).await.unwrap().unwrap();
    client.send("7\r\nsecond \r\n5\r\nthird\r\n0\r\n\r\n").await;
    refused.send_reset(Reason::REFUSED_STREAM);
    let mut server = accept(&rig, &Builder::new()).await;
    let (mut request, mut answer) = next(&mut server).await;
    let _second = drive(server);
    let mut whole = Vec::new();
    while let Some(piece) = within(request.body_mut().data()).await {
        whole.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(String::from_utf8_lossy(&whole), "first second third");
    answer.send_response(Response::new(()), true).unwrap();
    client.head().await;
}

const MANY: usize = 12;

#[tokio::test]
async fn requests_at_once_to_who_takes_one_at_a_time_are_all_answered() {
    let rig = Arc::new(rig().await);
    let seen = Arc::new(AtomicUsize::new(0));
    let (upstream, all, count) = (
        Arc::clone(&rig),
        Arc::new(Barrier::new(MANY)),
        Arc::clone(&seen),
    );
    let _upstream = task::spawn(async move {
        let mut builder = Builder::new();
        builder.max_concurrent_streams(1);
        let mut servers = Vec::new();
        loop {
            let server = accept(&upstream, &builder).await;
            servers.push(answer_all(server, Arc::clone(&all), Arc::clone(&count)));
        }
    });
    let mut clients = Vec::new();
    for _ in 0..MANY {
        let mut client = rig.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        clients.push(client);
    }
    for client in &mut clients {
        let head = client.head().await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
    assert_eq!(seen.load(Ordering::Relaxed), MANY);
}

/// Answers everything on a connection once all requests are there.
fn answer_all(mut server: Server, all: Arc<Barrier>, seen: Arc<AtomicUsize>) -> Owned<()> {
    task::spawn(async move {
        let mut answers = Vec::new();
        while let Some(Ok((_, mut answer))) = server.accept().await {
            seen.fetch_add(1, Ordering::Relaxed);
            let all = Arc::clone(&all);
            answers.push(task::spawn(async move {
                all.wait().await;
                answer.send_response(Response::new(()), true).unwrap();
            }));
        }
    })
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_waited_for_once() {
    let rig = rig().await;
    let begun = Instant::now();
    let Transport::H2c(shared) = &rig.proxy.transport else {
        panic!("HTTP/2 was asked for");
    };
    let (a, b, c) = tokio::join!(shared.connect(), shared.connect(), shared.connect());
    assert!(a.is_err() && b.is_err() && c.is_err());
    assert!(begun.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn who_speaks_something_else_is_not_reachable() {
    let rig = rig().await;
    let server = async {
        let mut line = rig.accept().await;
        line.until("SM\r\n\r\n").await;
        line.send("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    };
    let ((), up) = tokio::join!(server, within(rig.proxy.knock()));
    assert!(!up);
    let why = rig.proxy.trouble().unwrap();
    assert!(why.contains("no connection of HTTP/2"), "{why}");
}

#[tokio::test]
async fn an_answer_that_breaks_before_its_first_byte_is_a_502() {
    let rig = rig().await;
    let mut client = rig.client().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut server = accept(&rig, &Builder::new()).await;
    let (_, mut answer) = next(&mut server).await;
    let head = Response::builder().header("content-length", "5").body(());
    let mut stream = answer.send_response(head.unwrap(), false).unwrap();
    stream
        .send_data(Bytes::from_static(b"six..."), true)
        .unwrap();
    let _server = drive(server);
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
}
