//! Requests that come before the upstream does.

use super::*;

/// A proxy to a port where nobody listens yet, and the port.
fn early(patience: Duration) -> (Arc<Proxy>, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    let mut settings = settings(address.port());
    settings.startup_timeout = patience;
    (Arc::new(Proxy::new(&settings, &TIMEOUTS)), address)
}

#[tokio::test]
async fn an_early_request_waits() {
    let (proxy, address) = early(PATIENCE);
    let (front, _front) = serve(Arc::clone(&proxy)).await;
    let mut client = Line::new(TcpStream::connect(front).await.unwrap());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let waiting = Arc::clone(&proxy);
    let _waiting = task::spawn(async move { waiting.wait_until_up().await });
    tokio::task::yield_now().await;
    assert!(!proxy.is_up());
    let listener = TcpListener::bind(address).await.unwrap();
    // The first to come is the one that looks whether anybody is there.
    let mut knock = Line::new(within(listener.accept()).await.unwrap().0);
    assert_eq!(knock.rest().await, "");
    let mut upstream = Line::new(within(listener.accept()).await.unwrap().0);
    upstream.answer(OK).await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 "));
    assert!(proxy.is_up());
}

#[tokio::test]
async fn but_not_for_ever() {
    let (proxy, address) = early(Duration::from_millis(30));
    let (front, _front) = serve(Arc::clone(&proxy)).await;
    let mut client = Line::new(TcpStream::connect(front).await.unwrap());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 503 "));
    assert!(!proxy.has_come_up());
    assert_eq!(proxy.trouble().unwrap(), "function is still starting");
    let waiting = Arc::clone(&proxy);
    let _waiting = task::spawn(async move { waiting.wait_until_up().await });
    let cause = format!("function is still starting: dial {address}: ");
    within(async {
        while !proxy.trouble().unwrap().starts_with(&cause) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_that_is_lost_is_found_again() {
    let rig = Rig::new().await;
    assert!(rig.proxy.knock().await);
    let address = rig.upstream.local_addr().unwrap();
    let Rig {
        proxy, upstream, ..
    } = rig;
    drop(upstream);
    assert!(!proxy.knock().await && proxy.has_come_up());
    let cause = format!("function is not reachable: dial {address}: ");
    assert!(proxy.trouble().unwrap().starts_with(&cause));
    let _upstream = TcpListener::bind(address).await.unwrap();
    assert!(proxy.knock().await);
    assert_eq!(proxy.trouble(), None);
}
