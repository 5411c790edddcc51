//! Connections that are used again, and what happens where they should not have been.

use super::*;

/// A rig whose upstream connection is idle after one exchange.
async fn warmed_up() -> (Rig, Line, Line) {
    let rig = Rig::new().await;
    let (_, mut client, upstream) = rig.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", OK).await;
    client.until("\r\n\r\nok").await;
    (rig, client, upstream)
}

/// The same, where the upstream has shown that it keeps connections.
async fn known() -> (Rig, Line, Line) {
    let (rig, client, upstream) = warmed_up().await;
    if let Transport::Http1(pool) = &rig.proxy.transport {
        pool.trust();
    }
    (rig, client, upstream)
}

const ORDER: &str = "POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";

#[tokio::test]
async fn what_cannot_be_repeated_goes_over_no_connection_that_may_be_closed() {
    let (rig, mut client, _first) = warmed_up().await;
    client.send(ORDER).await;
    let mut second = rig.accept().await;
    assert!(second.answer(OK).await.starts_with("POST /once "));
    client.until("\r\n\r\nok").await;
    assert_eq!(second.exactly(1).await, b"x");
    // For what can be repeated, the last is good enough.
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(second.answer(OK).await.starts_with("GET / "));
    client.until("\r\n\r\nok").await;
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let (rig, mut client, mut upstream) = known().await;
    for n in 0..3 {
        client
            .send(format!(
                "POST /{n} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
            ))
            .await;
        assert!(
            upstream
                .answer(OK)
                .await
                .starts_with(&format!("POST /{n} "))
        );
        assert_eq!(upstream.exactly(1).await, b"x");
        client.until("\r\n\r\nok").await;
    }
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn an_idle_connection_is_closed_before_long() {
    let started = Instant::now();
    let (_rig, _client, mut upstream) = warmed_up().await;
    assert_eq!(upstream.rest().await, "");
    assert!(started.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_nobody_a_request() {
    let (rig, mut client, upstream) = warmed_up().await;
    drop(upstream);
    client
        .send("POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        .await;
    let mut upstream = rig.accept().await;
    assert!(upstream.answer(OK).await.starts_with("POST /once "));
    assert!(client.head().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_safe_request_is_sent_again_once() {
    let (rig, mut client, mut upstream) = warmed_up().await;
    client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(upstream.head().await.starts_with("GET /again "));
    drop(upstream);
    let mut upstream = rig.accept().await;
    assert!(upstream.head().await.starts_with("GET /again "));
    drop(upstream);
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn what_may_have_had_an_effect_is_never_sent_again() {
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let (rig, mut client, mut upstream) = known().await;
        client.send(request).await;
        upstream.head().await;
        drop(upstream);
        assert!(
            client.head().await.starts_with("HTTP/1.1 502 "),
            "{request}"
        );
        assert!(!rig.is_dialled().await);
    }
}

#[tokio::test]
async fn half_an_answer_is_an_answer() {
    let (rig, mut client, mut upstream) = warmed_up().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    upstream.answer("HTTP/1.1 200 OK\r\n").await;
    drop(upstream);
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_a_failure() {
    let rig = Rig::new().await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (_, mut client, upstream) = rig.exchange(request, "").await;
    drop(upstream);
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn nobody_listening_is_a_failure_that_names_the_place() {
    let Rig {
        upstream,
        front,
        _front,
        ..
    } = Rig::new().await;
    let place = upstream.local_addr().unwrap();
    drop(upstream);
    let mut client = Line::new(TcpStream::connect(front).await.unwrap());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    assert!(head.contains(&format!("dial {place}: ")), "{head}");
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_upstreams_request_along() {
    let rig = Rig::new().await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (_, client, mut upstream) = rig.exchange(request, "").await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    let (_, mut client, mut upstream) = rig.exchange(request, endless).await;
    client.until("1\r\nx\r\n").await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
}
