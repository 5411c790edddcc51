//! A server in the test's own process, and what it logs.

#![allow(dead_code, reason = "each test uses some of it")]

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use fwatchdog::{Handler, Server, Settings};
use tokio::net::TcpSocket;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};

/// Nothing of the environment, one port that the system chooses.
pub fn plain() -> Settings {
    Settings::new()
        .bind_address([127, 0, 0, 1])
        .port(0)
        .metrics_port(None)
        .drain_delay(Duration::ZERO)
        .set("suppress_lock", true)
}

/// A port that nobody else is given while it is kept, and that a server can have.
pub struct Port {
    pub number: u16,
    _kept: TcpSocket,
}

impl Port {
    pub fn keep() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Two that say so may be bound, as long as one of them listens.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self {
            number: socket.local_addr().unwrap().port(),
            _kept: socket,
        }
    }
}

pub struct Running {
    pub address: SocketAddr,
    stop: Arc<Notify>,
    server: JoinHandle<()>,
}

#[expect(clippy::disallowed_methods, reason = "the runtime ends with the test")]
pub async fn start(handler: Handler, settings: Settings) -> Running {
    let server = Server::bind(settings, handler).await.unwrap();
    let address = server.address();
    let stop = Arc::new(Notify::new());
    let told = Arc::clone(&stop);
    let server = tokio::spawn(server.run_until(async move { told.notified().await }));
    Running {
        address,
        stop,
        server,
    }
}

impl Running {
    pub async fn get(&self, target: &str) -> String {
        let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        self.say(&request).await
    }

    /// All that is answered to `words`.
    pub async fn say(&self, words: &str) -> String {
        let (address, words) = (self.address, words.to_owned());
        spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            let limit = Duration::from_secs(10);
            stream.set_read_timeout(Some(limit)).unwrap();
            stream.write_all(words.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
        .await
        .unwrap()
    }

    /// Tells it to stop.
    pub fn tell(&self) {
        self.stop.notify_one();
    }

    /// Drops it as it runs.
    pub async fn cut(self) {
        self.server.abort();
        assert!(self.server.await.unwrap_err().is_cancelled());
    }

    pub async fn stop(self) {
        self.tell();
        self.server.await.unwrap();
    }
}

/// Keeps what is logged on the thread of a test, and may do something when it is.
#[derive(Clone, Default)]
pub struct Heard {
    lines: Arc<Mutex<String>>,
    then: Option<Then>,
}

/// What a line begins with, and what is done then.
type Then = (&'static str, Arc<dyn Fn() + Send + Sync>);

thread_local! {
    static LISTENING: RefCell<Option<Heard>> = const { RefCell::new(None) };
}

impl Heard {
    pub fn then(start: &'static str, act: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            lines: Arc::default(),
            then: Some((start, Arc::new(act))),
        }
    }

    /// Begins to listen. A subscriber of the thread's own would not do: who asks first for an event asks for every thread.
    pub fn listen(&self) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| set_global_default(Ears).unwrap());
        LISTENING.set(Some(self.clone()));
    }

    pub fn has(&self, words: &str) -> bool {
        self.lines.lock().unwrap().contains(words)
    }

    fn hear(&self, said: &str) {
        if let Some((start, act)) = &self.then
            && said.starts_with(start)
        {
            act();
        }
        writeln!(self.lines.lock().unwrap(), "{said}").unwrap();
    }
}

/// The subscriber of all threads.
struct Ears;

impl Subscriber for Ears {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            if field.name() == "message" {
                said = format!("{value:?}");
            }
        });
        let heard = LISTENING.with_borrow(Clone::clone);
        if let Some(heard) = heard {
            heard.hear(&said);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
