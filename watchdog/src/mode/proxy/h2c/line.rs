//! One HTTP/2 connection, and whether it is of any use.
//!
//! Owns the task that runs it and the places of its streams. May know when it was last heard of. Refuses to choose between connections.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use h2::{Ping, PingPong};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::dial::Stream;
use crate::failure::{Failure, chain};
use crate::mode::proxy::watched::{Watched, Witness};
use crate::task::{self, Owned};

/// How many streams share a connection.
const MOST: u32 = 64;

/// What may come of an answer before it is read. A connection has room for all its streams: none that is not read stops another.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * MOST;

/// A request that was given up after so long, with not a byte from the other side for as long, casts doubt on the connection.
const DOUBT: Duration = Duration::from_secs(1);

/// What an answer's head may take, as over HTTP/1.1.
const MAX_HEAD: u32 = 1 << 20;

/// How long the first word of the other side may take: how many streams it allows.
const GREETING: Duration = Duration::from_secs(5);

/// How long the answer to a PING may take.
const PONG: Duration = Duration::from_secs(5);

/// Without a word for so long, an open stream is reason enough to ask. Servers of gRPC close on clients that ask more than every five minutes.
const SILENCE: Duration = Duration::from_mins(6);

/// How often an idle connection is looked at. The second time, it is closed.
const TURN: Duration = Duration::from_secs(10);

/// No frame is shorter.
const FRAME_HEAD: usize = 9;

/// Taken instead of a number of streams: the connection takes no more.
const CLOSED: usize = usize::MAX;

#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Bytes>,
    state: Arc<State>,
    _driver: Owned<()>,
}

#[derive(Debug)]
struct State {
    begun: Instant,

    /// How many streams are open, or [`CLOSED`].
    open: AtomicUsize,
    /// How many streams there have been.
    taken: AtomicU64,
    /// When anything was last read, in milliseconds from the beginning.
    heard: AtomicU64,
    /// How many uploads wait for the other side to take more.
    stuck: AtomicUsize,
    /// It may be dead: asked, and not answered yet.
    doubted: AtomicBool,
    doubt: Notify,
    /// Its settings are known, or it has ended before.
    greeted: Notify,
    /// Why it has ended, where something was wrong.
    cause: OnceLock<String>,
}

impl Line {
    /// A connection that knows how many streams the other side allows: more than those would be refused.
    pub(super) async fn new(stream: Stream) -> Result<Arc<Self>, Failure> {
        let state = Arc::new(State::new());
        let ear = Ear {
            state: Arc::clone(&state),
            read: 0,
        };
        let handshake = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEAD)
            .enable_push(false)
            .handshake(Watched::new(stream, ear))
            .await;
        let (sender, connection) = handshake.map_err(|e| Failure::Upstream(chain(&e)))?;
        let line = Arc::new(Self {
            sender,
            _driver: task::spawn(drive(connection, Arc::clone(&state))),
            state,
        });
        line.greeted().await.map_err(Failure::Upstream)?;
        Ok(line)
    }

    async fn greeted(&self) -> Result<(), String> {
        let state = &self.state;
        if timeout(GREETING, state.greeted.notified()).await.is_err() {
            return Err(format!("no word of HTTP/2 within {GREETING:?}"));
        }
        if !self.is_closed() {
            return Ok(());
        }
        let cause = state.cause.get().map_or("closed at once", String::as_str);
        Err(format!("no connection of HTTP/2: {cause}"))
    }

    /// It takes no more requests.
    pub(super) fn is_closed(&self) -> bool {
        self.state.open.load(Ordering::Acquire) == CLOSED
    }

    /// A place for one more stream, where it would neither wait nor meet silence. An upload does not go where others wait.
    pub(super) fn seat(self: &Arc<Self>, uploads: bool) -> Option<Seat> {
        let state = &self.state;
        let waits = uploads && state.stuck.load(Ordering::Relaxed) > 0;
        if waits || state.doubted.load(Ordering::Relaxed) {
            return None;
        }
        let mut idle = Context::from_waker(Waker::noop());
        if let Poll::Ready(Err(_)) = self.sender.clone().poll_ready(&mut idle) {
            // It was told to go away, or has ended.
            state.open.store(CLOSED, Ordering::Release);
            return None;
        }
        self.claim(self.sender.current_max_send_streams().min(MOST as usize))
    }

    /// A place, whether or not there is room.
    pub(super) fn any_seat(self: &Arc<Self>) -> Option<Seat> {
        self.claim(CLOSED)
    }

    fn claim(self: &Arc<Self>, most: usize) -> Option<Seat> {
        let more = |open: usize| (open < most).then(|| open + 1);
        let order = Ordering::AcqRel;
        let open = self.state.open.fetch_update(order, Ordering::Acquire, more);
        open.ok().map(|_| Seat {
            line: Arc::clone(self),
            reused: self.state.taken.fetch_add(1, Ordering::Relaxed) > 0,
            since: Instant::now(),
            answered: false,
        })
    }

    pub(super) fn open(&self) -> usize {
        self.state.open.load(Ordering::Relaxed)
    }
}

/// The place of one stream on its connection.
#[derive(Debug)]
pub(super) struct Seat {
    line: Arc<Line>,
    /// Others were there before.
    pub(super) reused: bool,
    since: Instant,
    answered: bool,
}

impl Seat {
    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.line.sender.clone()
    }

    /// The other side has said something about this stream.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }

    /// What the stream's upload says of itself.
    pub(super) fn stuck(&self) -> Stuck {
        Stuck {
            state: Arc::clone(&self.line.state),
            is: false,
        }
    }
}

/// Whether an upload waits for the other side to take more.
#[derive(Debug)]
pub(super) struct Stuck {
    state: Arc<State>,
    is: bool,
}

impl Stuck {
    pub(super) fn set(&mut self, is: bool) {
        if is != self.is {
            self.is = is;
            let count = &self.state.stuck;
            if is {
                count.fetch_add(1, Ordering::Relaxed);
            } else {
                count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        self.set(false);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let state = &self.line.state;
        let less = |open: usize| (open != CLOSED).then(|| open.saturating_sub(1));
        // One that is closed counts no more.
        let _ = state
            .open
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        if !self.answered && self.since.elapsed().min(state.silence()) >= DOUBT {
            state.doubted.store(true, Ordering::Relaxed);
            state.doubt.notify_one();
        }
    }
}

async fn drive(mut connection: Connection<Watched<Stream, Ear>, Bytes>, state: Arc<State>) {
    let pings = connection.ping_pong();
    tokio::select! {
        // Its error reaches every stream on it.
        over = connection => if let Err(error) = over {
            state.cause.get_or_init(|| chain(&error));
        },
        () = watch(pings, &state) => {}
    }
    state.open.store(CLOSED, Ordering::Release);
    state.greeted.notify_one();
}

/// Completes when the connection is of no more use: nobody has used it for long, or a PING was not answered.
async fn watch(pings: Option<PingPong>, state: &State) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    let mut last_taken = 0;
    loop {
        let doubted = timeout(TURN, state.doubt.notified()).await.is_ok();
        let taken = state.taken.load(Ordering::Relaxed);
        let unused = taken == last_taken;
        last_taken = taken;
        if unused && !doubted && state.close_idle() {
            return;
        }
        let silent = state.open.load(Ordering::Relaxed) > 0 && state.silence() >= SILENCE;
        if doubted || silent {
            if !matches!(timeout(PONG, pings.ping(Ping::opaque())).await, Ok(Ok(_))) {
                return;
            }
            state.doubted.store(false, Ordering::Relaxed);
        }
    }
}

impl State {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            open: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            stuck: AtomicUsize::new(0),
            doubted: AtomicBool::new(false),
            doubt: Notify::new(),
            greeted: Notify::new(),
            cause: OnceLock::new(),
        }
    }

    fn hear(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    /// How long nothing has been heard.
    fn silence(&self) -> Duration {
        let heard = Duration::from_millis(self.heard.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(heard)
    }

    /// Takes no more, if nothing is going on.
    fn close_idle(&self) -> bool {
        let order = Ordering::AcqRel;
        self.open
            .compare_exchange(0, CLOSED, order, Ordering::Acquire)
            .is_ok()
    }
}

/// Who is told what comes on the socket.
struct Ear {
    state: Arc<State>,
    /// So many bytes have come, as long as the settings may still be among those that come.
    read: usize,
}

impl Witness for Ear {
    /// Settings come first.
    fn reads(&mut self) {
        if (FRAME_HEAD..usize::MAX).contains(&self.read) {
            self.read = usize::MAX;
            self.state.greeted.notify_one();
        }
    }

    fn has_read(&mut self, bytes: usize) {
        self.read = self.read.saturating_add(bytes);
        self.state.hear();
    }
}
