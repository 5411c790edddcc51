//! Connections that stop speaking HTTP.

use super::*;

const ASK: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, UPGRADE\r\n\
    Upgrade: Some-Thing/2\r\nSec-Key: k\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: some-thing/2\r\nSec-Accept: a\r\n\r\n";

#[tokio::test]
async fn any_protocol_both_ways_with_half_a_close() {
    let rig = Rig::new().await;
    // The upstream's first bytes come along with its head.
    let (seen, mut client, mut upstream) = rig.exchange(ASK, &format!("{SWITCH}hello")).await;
    for field in ["Connection: Upgrade", "Upgrade: Some-Thing/2", "Sec-Key: k"] {
        assert!(seen.contains(field), "{seen}");
    }
    let head = client.head().await;
    assert!(
        head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"),
        "{head}"
    );
    for field in [
        "Connection: Upgrade",
        "Upgrade: some-thing/2",
        "Sec-Accept: a",
    ] {
        assert!(head.contains(field), "{head}");
    }
    assert_eq!(client.exactly(5).await, b"hello");
    client.send("ping").await;
    assert_eq!(upstream.exactly(4).await, b"ping");
    client.stream.shutdown().await.unwrap();
    assert_eq!(upstream.rest().await, "");
    upstream.send("last words").await;
    drop(upstream);
    assert_eq!(client.rest().await, "last words");
}

#[tokio::test]
async fn silence_ends_it() {
    let started = Instant::now();
    let rig = Rig::new().await;
    let (_, mut client, mut upstream) = rig.exchange(ASK, SWITCH).await;
    client.head().await;
    assert_eq!(client.rest().await, "");
    assert_eq!(upstream.rest().await, "");
    assert!(Some(started.elapsed()) >= TIMEOUTS.stream_idle);
}

#[tokio::test]
async fn a_body_comes_before_it() {
    let rig = Rig::new().await;
    let ask = ASK
        .replace("GET", "POST")
        .replace("Sec-Key: k", "Content-Length: 10");
    let (seen, mut client, mut upstream) = rig.exchange(&format!("{ask}hello"), SWITCH).await;
    assert!(seen.starts_with("POST "), "{seen}");
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    upstream.rest().await;
    let mut client = rig.client().await;
    client.send(format!("{ask}helloworld")).await;
    let mut upstream = rig.accept().await;
    upstream.until("\r\n\r\nhelloworld").await;
    upstream.send(SWITCH).await;
    assert!(client.head().await.starts_with("HTTP/1.1 101 "));
    client.send("ping").await;
    assert_eq!(upstream.exactly(4).await, b"ping");
}

#[tokio::test]
async fn a_refusal_is_an_ordinary_answer() {
    let rig = Rig::new().await;
    let (_, mut client, mut upstream) = rig.exchange(ASK, OK).await;
    client.until("\r\n\r\nok").await;
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(upstream.answer(OK).await.starts_with("GET /next "));
    client.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn a_switch_nobody_asked_for_is_a_failure() {
    let rig = Rig::new().await;
    let (_, mut client, _up) = rig
        .exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", SWITCH)
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
}
