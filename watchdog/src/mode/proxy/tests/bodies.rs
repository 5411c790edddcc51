//! Bodies both ways: framing, order, and ends that are none.

use super::*;

const CHUNKED: &str = "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn a_known_length_stays_known() {
    let rig = Rig::new().await;
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let (seen, _client, mut upstream) = rig.exchange(request, OK).await;
    assert!(
        seen.contains("Content-Length: 5\r\n") && !seen.contains("Encoding"),
        "{seen}"
    );
    assert_eq!(upstream.exactly(5).await, b"hello");
}

#[tokio::test]
async fn an_unknown_length_stays_unknown_with_its_trailers() {
    let rig = Rig::new().await;
    for method in ["GET", "POST"] {
        let request = format!(
            "{method} / HTTP/1.1\r\nTrailer: x-sum\r\n{CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
        );
        let (seen, _client, mut upstream) = rig.exchange(&request, "").await;
        assert!(seen.contains("Transfer-Encoding: chunked\r\n"), "{seen}");
        assert!(seen.contains("Trailer: x-sum\r\n"), "{seen}");
        assert_eq!(upstream.head().await, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
    }
}

#[tokio::test]
async fn no_body_is_said_where_one_is_usual() {
    let rig = Rig::new().await;
    for (method, said) in [
        ("POST", true),
        ("PUT", true),
        ("GET", false),
        ("DELETE", false),
    ] {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        let (seen, ..) = rig.exchange(&request, OK).await;
        assert_eq!(seen.contains("Content-Length: 0\r\n"), said, "{seen}");
        assert!(!seen.contains("Transfer-Encoding"), "{seen}");
    }
}

#[tokio::test]
async fn a_collected_body_gets_a_length() {
    for threshold in [0, 1 << 20] {
        let rig = Rig::with(|p| (p.buffer_body, p.spool_threshold) = (true, threshold)).await;
        let request = format!("POST / HTTP/1.1\r\n{CHUNKED}3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
        let (seen, _client, mut upstream) = rig.exchange(&request, OK).await;
        assert!(
            seen.contains("Content-Length: 6\r\n") && !seen.contains("Encoding"),
            "{seen}"
        );
        assert_eq!(upstream.exactly(6).await, b"abcdef");
        drop(upstream);
        let request = format!("POST / HTTP/1.1\r\n{CHUNKED}0\r\n\r\n");
        let (seen, ..) = rig.exchange(&request, OK).await;
        assert!(
            seen.contains("Content-Length: 0\r\n") && !seen.contains("Encoding"),
            "{seen}"
        );
    }
}

#[tokio::test]
async fn answers_without_a_body_keep_their_fields() {
    let rig = Rig::new().await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n";
    let (_, mut client, mut up) = rig
        .exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", answer)
        .await;
    assert!(client.head().await.contains("Content-Length: 1234\r\n"));
    for (answer, status) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 "),
        (
            "HTTP/1.1 304 Not Modified\r\nEtag: x\r\n\r\n",
            "HTTP/1.1 304 ",
        ),
    ] {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        up.answer(answer).await;
        let head = client.head().await;
        assert!(
            head.starts_with(status) && !head.contains("length"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn interim_answers_pass_as_they_come() {
    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const HINT: &str = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let rig = Rig::new().await;
    let (_, mut client, mut up) = rig.exchange(GET, HINT).await;
    assert_eq!(client.head().await, HINT);
    // Neither of these is for the client, nor is a length where there is no body.
    up.send("HTTP/1.1 100 Continue\r\n\r\n").await;
    up.send("HTTP/1.1 102 Still\r\nConnection: x-a\r\nX-A: 1\r\nContent-Length: 3\r\n\r\n")
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 102 Still\r\n\r\n");
    up.send(OK).await;
    assert!(
        client
            .until("\r\n\r\nok")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    // What said that it had a body was the last of its connection.
    let mut up = rig.accept().await;
    up.answer(&[HINT, OK].concat()).await;
    assert!(client.rest().await.starts_with("HTTP/1.0 200 "));
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_whole_hints_and_the_answer() {
    let hint = format!(
        "HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n",
        "x".repeat(9000)
    );
    let rig = Rig::new().await;
    let (_, mut client, mut up) = rig
        .exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &hint)
        .await;
    // More than sockets hold: all of it is taken, though nobody reads on the other side.
    for _ in 0..2000 {
        up.send(&hint).await;
    }
    up.send(OK).await;
    let mut seen = 0;
    let answer = loop {
        let head = client.head().await;
        if head != hint {
            break head;
        }
        seen += 1;
    };
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!((1..2000).contains(&seen), "{seen} hints");
}

#[tokio::test]
async fn pieces_and_trailers_come_as_they_are_sent() {
    let rig = Rig::new().await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (_, mut client, mut upstream) = rig.exchange(request, answer).await;
    client.head().await;
    for piece in ["1\r\na\r\n", "2\r\nbc\r\n"] {
        upstream.send(piece).await;
        assert_eq!(
            client.until("\r\n").await + &client.until("\r\n").await,
            piece
        );
    }
    upstream.send("0\r\nX-Sum: 1\r\n\r\n").await;
    assert_eq!(client.head().await, "0\r\nX-Sum: 1\r\n\r\n");
    client.send(request).await;
    upstream.answer(OK).await;
    client.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn of_two_lengths_the_chunks_count() {
    let rig = Rig::new().await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\n";
    let (_, mut client, _up) = rig
        .exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer)
        .await;
    let head = client.head().await;
    assert!(!head.contains("Content-Length"), "{head}");
    assert_eq!(client.head().await, "5\r\nhello\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_truncated_answer_does_not_look_whole() {
    let rig = Rig::new().await;
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (_, mut client, up) = rig
            .exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer)
            .await;
        client.until("half").await;
        drop(up);
        assert!(!client.rest().await.contains('0'), "{answer}");
    }
}

#[tokio::test]
async fn both_directions_flow_at_once() {
    let rig = Rig::new().await;
    let request = format!("POST / HTTP/1.1\r\n{CHUNKED}");
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (_, mut client, mut upstream) = rig.exchange(&request, answer).await;
    client.head().await;
    for piece in ["1\r\na\r\n", "2\r\nbc\r\n", "0\r\n\r\n"] {
        client.send(piece).await;
        assert_eq!(upstream.exactly(piece.len()).await, piece.as_bytes());
        upstream.send(piece).await;
        assert_eq!(client.exactly(piece.len()).await, piece.as_bytes());
    }
}

#[tokio::test]
async fn a_large_answer_does_not_hold_up_the_upload() {
    let rig = Rig::new().await;
    let size = 16 << 20;
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
    let (_, mut client, upstream) = rig.exchange(&request, &answer).await;
    let (mut from_proxy, mut to_proxy) = upstream.stream.into_split();
    let bytes = vec![b'x'; size];
    // The client reads nothing before it has sent everything; the upstream reads and writes as it likes.
    let sent = async {
        client.send(&bytes).await;
        client.head().await;
        assert_eq!(client.exactly(size).await.len(), size);
    };
    let received = async {
        let mut received = vec![0; size];
        from_proxy.read_exact(&mut received).await.unwrap();
    };
    let answered = async { to_proxy.write_all(&bytes).await.unwrap() };
    within(async { tokio::join!(sent, received, answered) }).await;
}

#[tokio::test]
async fn a_broken_upload_is_the_callers_fault_before_the_head() {
    let rig = Rig::new().await;
    let request = format!("POST / HTTP/1.1\r\n{CHUNKED}1\r\na\r\n");
    let (_, mut client, mut upstream) = rig.exchange(&request, "").await;
    upstream.until("1\r\na\r\n").await;
    client.send("nonsense\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 400 "));
    assert_eq!(upstream.rest().await, "");
}

#[tokio::test]
async fn a_broken_upload_cuts_the_answer_after_it() {
    let rig = Rig::new().await;
    let request = format!("POST / HTTP/1.1\r\n{CHUNKED}1\r\na\r\n");
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n";
    let (_, mut client, mut upstream) = rig.exchange(&request, answer).await;
    client.until("1\r\nb\r\n").await;
    client.send("nonsense\r\n").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(upstream.rest().await, "1\r\na\r\n");
}

#[tokio::test]
async fn an_upstream_may_answer_and_close_without_reading() {
    let rig = Rig::new().await;
    let size = 8 << 20;
    for _ in 0..10 {
        let mut client = rig.client().await;
        client
            .send(format!(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
            ))
            .await;
        let bytes = vec![b'x'; size];
        let (mut from_front, mut to_front) = client.stream.into_split();
        let upstream = async {
            let mut upstream = rig.accept().await;
            upstream
                .answer("HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig")
                .await;
        };
        let upload = async { drop(to_front.write_all(&bytes).await) };
        let answer = async {
            let mut answer = Vec::new();
            while !answer.ends_with(b"big") {
                assert_ne!(from_front.read_buf(&mut answer).await.unwrap(), 0);
            }
        };
        within(async { tokio::join!(upstream, upload, answer) }).await;
    }
}

#[tokio::test]
async fn an_upload_may_outlast_its_answer() {
    let rig = Rig::new().await;
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc";
    let (_, mut client, mut upstream) = rig.exchange(request, OK).await;
    client.until("\r\n\r\nok").await;
    client.send("def").await;
    assert_eq!(upstream.exactly(6).await, b"abcdef");
    // Then the connection is free again.
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(upstream.answer(OK).await.starts_with("GET /next "));
    client.until("\r\n\r\nok").await;
}
