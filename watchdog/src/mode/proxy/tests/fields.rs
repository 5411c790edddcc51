//! Targets and header fields, as the other side sees them.

use super::*;

#[tokio::test]
async fn a_request_passes_with_nothing_added() {
    let rig = Rig::with(|p| p.upstream.base_path = "/base".to_owned()).await;
    let request = "GET http://fn.test:81//a/%2F?q=%20 HTTP/1.1\r\nHost: other\r\nX-Timeout: 1s\r\n\
        Connection: keep-alive, x-own\r\nX-Own: 1\r\nTE: trailers, gzip\r\nExpect: 100-continue\r\n\
        X-Forwarded-For: 192.0.2.1\r\nAccept: a\r\nAccept: b\r\nUpgrade: h2c\r\n\r\n";
    let (seen, ..) = rig.exchange(request, OK).await;
    let mut lines: Vec<_> = seen.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.remove(0), "GET /base//a/%2F?q=%20 HTTP/1.1");
    lines.sort_unstable();
    let fields = [
        "Accept: a",
        "Accept: b",
        "Host: fn.test:81",
        "Te: trailers",
        "X-Forwarded-For: 192.0.2.1",
        "X-Timeout: 1s",
    ];
    assert_eq!(lines, fields);
}

#[tokio::test]
async fn an_answer_passes_without_its_connections_fields() {
    let rig = Rig::new().await;
    let answer = "HTTP/1.0 418 Short And Stout\r\nConnection: close, x-own\r\nX-Own: 1\r\n\
        Keep-Alive: timeout=1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: then\r\n\
        Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok";
    let (_, mut client, _up) = rig
        .exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer)
        .await;
    let seen = client.until("\r\n\r\nok").await;
    let (status, fields) = seen.split_once("\r\n").unwrap();
    assert_eq!(status, "HTTP/1.1 418 Short And Stout");
    // Their order among each other means nothing, but that of the same field does.
    assert!(
        fields.contains("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"),
        "{fields}"
    );
    let mut fields: Vec<_> = fields.lines().filter(|line| !line.is_empty()).collect();
    fields.sort_unstable();
    let passed = [
        "Content-Encoding: gzip",
        "Content-Length: 2",
        "Date: then",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "ok",
    ];
    assert_eq!(fields, passed);
}

#[tokio::test]
async fn an_old_client_without_host_gets_the_upstreams() {
    let rig = Rig::new().await;
    let (seen, mut client, _up) = rig.exchange("GET / HTTP/1.0\r\n\r\n", OK).await;
    let place = rig.upstream.local_addr().unwrap();
    assert_eq!(seen, format!("GET / HTTP/1.1\r\nHost: {place}\r\n\r\n"));
    assert!(client.rest().await.ends_with("\r\n\r\nok"));
}

#[tokio::test]
async fn targets_that_name_no_path() {
    let rig = Rig::new().await;
    let (seen, ..) = rig
        .exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", OK)
        .await;
    assert!(seen.starts_with("OPTIONS * HTTP/1.1\r\n"), "{seen}");
    let mut client = rig.client().await;
    client
        .send("CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n")
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 400 "));
    assert!(!rig.is_dialled().await);
}

#[tokio::test]
async fn a_unix_socket_is_as_good() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fn.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let rig = Rig::with(|p| p.upstream.endpoint = Endpoint::Unix(path)).await;
    let mut client = rig.client().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    let (mut upstream, _) = within(listener.accept()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        assert_ne!(within(upstream.read_buf(&mut seen)).await.unwrap(), 0);
    }
    assert_eq!(seen, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    upstream.write_all(OK.as_bytes()).await.unwrap();
    assert!(client.rest().await.ends_with("\r\n\r\nok"));
}

#[tokio::test]
async fn a_probe_is_our_own_request() {
    let rig = Rig::with(|p| p.upstream.base_path = "/base".to_owned()).await;
    let place = rig.upstream.local_addr().unwrap();
    let upstream = async {
        let mut upstream = rig.accept().await;
        upstream
            .answer("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
            .await
    };
    let (seen, status) = tokio::join!(upstream, rig.proxy.ready("/ready?x"));
    assert_eq!(status.unwrap(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        seen,
        format!(
            "GET /base/ready?x HTTP/1.1\r\nUser-Agent: fwatchdog-probe\r\nHost: {place}\r\n\r\n"
        )
    );
}
