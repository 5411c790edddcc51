//! One replica: a watchdog with its function, as local processes.
//! It knows how to start it, where it listens, whether it is ready and how to end it.
//! It refuses to be restarted: another replica takes its place.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::faults::seeded;
use super::function::Function;
use super::launch::Launch;
use super::logs::LONGEST;
use super::{memory, sweep};

/// How often readiness is asked for, before it is there for the first time and after.
const EAGER: Duration = Duration::from_millis(15);
const CALM: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the last words of a function are waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Starting,
    Ready,
    Unready,
    Ended,
}

#[derive(Debug)]
pub struct Replica {
    pub instance: Arc<str>,
    pub generation: u64,
    pub address: SocketAddr,
    state: watch::Sender<State>,
    stop: watch::Sender<bool>,
    pub born: Instant,
}

impl Replica {
    pub fn new(instance: &str, generation: u64, address: SocketAddr) -> Self {
        Self {
            instance: instance.into(),
            generation,
            address,
            state: watch::Sender::new(State::Starting),
            stop: watch::Sender::new(false),
            born: Instant::now(),
        }
    }

    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    pub fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Asks it to end; it answers what it has taken.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// The life of a replica, from its start to its end. `changed` hears of each change of its state.
pub async fn live(
    replica: Arc<Replica>,
    function: Arc<Function>,
    launch: Launch,
    changed: Arc<Notify>,
) {
    if let Err(error) = run(&replica, &function, &launch, &changed).await {
        let why = format!("reference provider: cannot run the function: {error}");
        function.log.add(&replica.instance, why.as_bytes());
    }
    sweep::end(&replica.instance).await;
    launch.clean();
    replica.state.send_replace(State::Ended);
    changed.notify_one();
}

async fn run(
    replica: &Replica,
    function: &Arc<Function>,
    launch: &Launch,
    changed: &Notify,
) -> io::Result<()> {
    launch.prepare()?;
    let mut child = start(launch)?;
    let mut readers = JoinSet::new();
    if let Some(out) = child.stdout.take() {
        readers.spawn(record(
            out,
            Arc::clone(function),
            Arc::clone(&replica.instance),
        ));
    }
    if let Some(err) = child.stderr.take() {
        readers.spawn(record(
            err,
            Arc::clone(function),
            Arc::clone(&replica.instance),
        ));
    }
    let mut stop = replica.stop.subscribe();
    let pid = child.id();
    let mut greedy = false;
    tokio::select! {
        _ = child.wait() => {}
        _ = stop.wait_for(|&stop| stop) => {}
        () = watch_over(replica, changed) => {}
        () = memory::over(pid, launch.memory) => greedy = true,
    }
    replica.state.send_replace(State::Unready);
    if greedy {
        let why = "reference provider: killed, as it has more memory than its limit";
        function.log.add(&replica.instance, why.as_bytes());
        sweep::end(&replica.instance).await;
    }
    end(&mut child, launch.grace).await;
    let _ = timeout(LAST_WORDS, async {
        while readers.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

fn start(launch: &Launch) -> io::Result<Child> {
    let mut command = Command::new(&launch.own);
    command.args(["fixture", "held", &std::process::id().to_string()]);
    if launch.read_only {
        command.arg(&launch.own).args(["fixture", "closed"]);
        command.arg(&launch.root);
    }
    command.arg(&launch.fwatchdog);
    if !launch.command.is_empty() {
        command.arg("--").args(&launch.command);
    }
    command
        .env_clear()
        .envs(&launch.env)
        .current_dir(&launch.root);
    command
        .stdin(Stdio::null())
        .stdout(heard(seeded!(StdoutLost)))
        .stderr(heard(seeded!(StderrLost)));
    command.process_group(0).kill_on_drop(true).spawn()
}

/// Where a replica writes to.
fn heard(lost: bool) -> Stdio {
    if lost { Stdio::null() } else { Stdio::piped() }
}

/// Asks for readiness again and again.
async fn watch_over(replica: &Replica, changed: &Notify) {
    loop {
        let state = match (is_ready(replica.address).await, replica.state()) {
            (true, _) => State::Ready,
            (false, State::Ready) if seeded!(AskedOnce) => State::Ready,
            (false, State::Starting) => State::Starting,
            (false, _) => State::Unready,
        };
        if replica
            .state
            .send_if_modified(|old| std::mem::replace(old, state) != state)
        {
            changed.notify_one();
        }
        sleep(if state == State::Starting {
            EAGER
        } else {
            CALM
        })
        .await;
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    seeded!(ReadyAtOnce) || matches!(timeout(PATIENCE, ask(address)).await, Ok(Ok(200 | 429)))
}

/// The status of `/_/ready`. One that is busy (429) is there all the same.
async fn ask(address: SocketAddr) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /_/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    let code = std::str::from_utf8(&start)
        .ok()
        .and_then(|text| text.get(9..));
    code.and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::other("no status"))
}

/// SIGTERM, the time that is granted, SIGKILL.
async fn end(child: &mut Child, grace: Duration) {
    let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) else {
        return;
    };
    let grace = if seeded!(NoTerm) {
        Duration::ZERO
    } else {
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGTERM);
        grace
    };
    if timeout(grace, child.wait()).await.is_err() {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        let _ = child.wait().await;
    }
}

/// Every line of a stream goes to the log, the last one also without its newline.
async fn record(stream: impl AsyncRead + Unpin, function: Arc<Function>, instance: Arc<str>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        let room = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        line.clear();
        match (&mut reader).take(room).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(length) if seeded!(LongLineEnds) && length > 64 * 1024 => {
                let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
                return;
            }
            Ok(_) => {
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                function
                    .log
                    .add(&instance, text.strip_suffix(b"\r").unwrap_or(text));
            }
        }
    }
}

/// Where a replica's things are.
pub fn place(root: &std::path::Path, id: &str) -> PathBuf {
    root.join("r").join(id)
}
