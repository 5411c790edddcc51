//! A running subject: its requests, its logs, its signals and its end.
//! It knows the process it started and what `/proc` tells of it.
//! It refuses to leave anything behind: dropping it kills the whole tree.

use std::borrow::Borrow;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::proc::{self, Stat};
use super::setup::{RigParts, Told};
use super::{WebSocket, poll};
use crate::judge::Failure;
use crate::watchdog::traits::Mode;
use crate::wire::{Metrics, Pattern, Request, Response, Transcript, Wire};

type Result<T> = std::result::Result<T, Failure>;

/// One output of the subject, collected as it comes.
#[derive(Clone, Debug, Default)]
pub struct Stream(Arc<(Mutex<Collected>, Condvar)>);

#[derive(Debug, Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
    held: bool,
}

impl Stream {
    fn collect(&self, mut source: impl Read + Send + 'static) {
        let stream = self.clone();
        std::thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            while let Ok(n) = source.read(&mut chunk) {
                let collected = stream.lock();
                let waited = stream.0.1.wait_while(collected, |collected| collected.held);
                let mut collected = waited.unwrap_or_else(PoisonError::into_inner);
                if n == 0 {
                    break;
                }
                collected
                    .bytes
                    .extend_from_slice(chunk.get(..n).unwrap_or_default());
            }
            stream.lock().ended = true;
            stream.0.1.notify_all();
        });
    }

    fn hold(&self, held: bool) {
        self.lock().held = held;
        self.0.1.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Collected> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// The lines that are complete: what was read may end in the middle of one, which is a line once the stream has ended.
    fn lines(&self) -> String {
        let collected = self.lock();
        let newline = collected.bytes.iter().rposition(|b| *b == b'\n');
        let whole = if collected.ended {
            collected.bytes.len()
        } else {
            newline.map_or(0, |at| at + 1)
        };
        String::from_utf8_lossy(collected.bytes.get(..whole).unwrap_or_default()).into_owned()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Waits for the end of the stream, but not for long: a stray process may hold it open.
    fn wait_end(&self, limit: Duration) {
        let guard = self.lock();
        let waited = self
            .0
            .1
            .wait_timeout_while(guard, limit, |collected| !collected.ended);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// How a subject ended.
#[derive(Clone, Debug)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// How long the wait for the end took.
    pub took: Duration,
}

/// A running subject.
#[derive(Debug)]
pub struct Watchdog {
    rig: RigParts,
    child: Mutex<Child>,
    status: Mutex<Option<ExitStatus>>,
    pid: i32,
    main: u16,
    metrics: u16,
    fixture: u16,
    upstream_known: bool,
    /// The entry in the environment of everything it starts.
    mark: String,
    stdout: Stream,
    stderr: Stream,
}

impl Watchdog {
    pub(crate) fn new(
        rig: RigParts,
        mut child: Child,
        told: Told<'_>,
        namespaced: bool,
    ) -> Result<Self> {
        let Told { ports, env, mark } = told;
        let (stdout, stderr) = (Stream::default(), Stream::default());
        let outputs = child.stdout.take().zip(child.stderr.take());
        let (out, err) = outputs.ok_or_else(|| Failure::fault("the subject has no pipes"))?;
        stdout.collect(out);
        stderr.collect(err);
        if let Ok(mut logs) = rig.logs.lock() {
            logs.push(("stdout".to_owned(), stdout.clone()));
            logs.push(("stderr".to_owned(), stderr.clone()));
        }
        let asked = |name: &str, ours: u16| {
            env.get(name)
                .and_then(|value| value.parse().ok())
                .filter(|&p| p != 0)
                .unwrap_or(ours)
        };
        let own = i32::try_from(child.id()).unwrap_or(0);
        let ours = format!("http://127.0.0.1:{}", ports.fixture);
        let upstream_known = rig.mode == Mode::Http
            && env
                .get("upstream_url")
                .is_some_and(|url| url.starts_with(&ours));
        let mut watchdog = Self {
            child: Mutex::new(child),
            status: Mutex::new(None),
            pid: own,
            main: asked("port", ports.main),
            metrics: asked("metrics_port", ports.metrics),
            fixture: ports.fixture,
            upstream_known,
            mark,
            stdout,
            stderr,
            rig,
        };
        if namespaced {
            let what = "the subject in its namespace";
            watchdog.pid = poll(watchdog.limit(10.0), what, || {
                proc::children(own).first().map(|stat| stat.pid)
            })?;
        }
        Ok(watchdog)
    }

    fn limit(&self, secs: f64) -> Duration {
        Duration::from_secs_f64(secs * self.rig.ground.timeout_scale)
    }

    /// Where the subject listens.
    pub fn addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.main).into()
    }

    pub fn port(&self) -> u16 {
        self.main
    }

    pub fn metrics_port(&self) -> u16 {
        self.metrics
    }

    /// The port given to the fixture server in http mode.
    pub fn fixture_port(&self) -> u16 {
        self.fixture
    }

    /// A raw connection; every wait on it is limited to 15 seconds (scaled) unless it is told otherwise.
    pub fn connect(&self) -> Result<Wire> {
        Wire::connect(self.addr(), self.limit(15.0), &self.rig.transcript)
    }

    /// The same with next to no room on the way, for a client that does not read.
    pub fn connect_narrowly(&self) -> Result<Wire> {
        Wire::narrow(self.addr(), self.limit(15.0), &self.rig.transcript)
    }

    /// Sends the request on a connection of its own and reads the answer to its end.
    pub fn request(&self, request: impl Borrow<Request>) -> Result<Response> {
        self.connect()?.exchange(request.borrow())
    }

    pub fn get(&self, target: &str) -> Result<Response> {
        self.request(Request::get(target))
    }

    pub fn post(&self, target: &str, body: impl Into<Vec<u8>>) -> Result<Response> {
        self.request(Request::post(target).body(body))
    }

    /// Sends `request` and compares the answer's body, as it comes, with `want`.
    pub fn request_pattern(&self, request: &Request, want: Pattern) -> Result<Response> {
        self.connect()?.exchange_pattern(request, want)
    }

    /// A WebSocket through the subject.
    pub fn websocket(&self, target: &str, extra: &[(&str, &str)]) -> Result<WebSocket> {
        WebSocket::open(self.connect()?, target, extra)
    }

    /// Waits until `/_/health` says 200.
    pub fn wait_healthy(&self, secs: f64) -> Result<()> {
        let asked = poll(self.limit(secs), "a healthy subject", || {
            if let Some(status) = self.try_wait() {
                return Some(Err(Failure::failed(format!(
                    "the subject ended at start: {status}"
                ))));
            }
            self.probe("/_/health")
                .is_some_and(|status| status == 200)
                .then_some(Ok(()))
        });
        asked.and_then(|result| result)
    }

    /// Waits until the subject accepts connections, healthy or not.
    pub fn wait_listening(&self, secs: f64) -> Result<()> {
        poll(self.limit(secs), "a listening subject", || {
            std::net::TcpStream::connect(self.addr()).ok().map(drop)
        })
    }

    /// In http mode, waits until the fixture server accepts connections.
    pub fn wait_upstream(&self, secs: f64) -> Result<()> {
        if !self.upstream_known {
            return Ok(());
        }
        poll(self.limit(secs), "the fixture server", || {
            std::net::TcpStream::connect(("127.0.0.1", self.fixture))
                .ok()
                .map(drop)
        })
    }

    /// The status of a GET, off the record: for waiting.
    pub fn probe(&self, target: &str) -> Option<u16> {
        let silent = Transcript::default();
        let mut wire = Wire::connect(self.addr(), self.limit(2.0), &silent).ok()?;
        wire.exchange(&Request::get(target))
            .ok()
            .map(|response| response.status)
    }

    /// Polls `target` until it answers with `status`.
    pub fn wait_status(&self, target: &str, status: u16, secs: f64) -> Result<()> {
        poll(self.limit(secs), &format!("{status} from {target}"), || {
            (self.probe(target) == Some(status)).then_some(())
        })
    }

    /// What `/metrics` says.
    pub fn metrics_response(&self) -> Result<Response> {
        let addr = ([127, 0, 0, 1], self.metrics).into();
        let mut wire = Wire::connect(addr, self.limit(10.0), &Transcript::default())?;
        wire.exchange(&Request::get("/metrics"))
    }

    pub fn metrics_text(&self) -> Result<String> {
        let response = self.metrics_response()?;
        if response.status == 200 {
            return Ok(response.text());
        }
        Err(Failure::failed(format!(
            "/metrics answers {}",
            response.status
        )))
    }

    pub fn metrics(&self) -> Result<Metrics> {
        Metrics::parse(&self.metrics_text()?)
    }

    /// Polls the metrics until the sum of `name` with these labels is `want`.
    pub fn wait_metric(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        want: f64,
        secs: f64,
    ) -> Result<()> {
        poll(
            self.limit(secs),
            &format!("{name}{labels:?} = {want}"),
            || {
                let sum = self.metrics().ok()?.sum(name, labels);
                ((sum - want).abs() < 1e-9).then_some(())
            },
        )
    }

    /// The lines it wrote to stderr so far.
    pub fn log(&self) -> String {
        self.stderr.lines()
    }

    /// The lines it wrote to stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.lines()
    }

    pub fn stderr_bytes(&self) -> Vec<u8> {
        self.stderr.bytes()
    }

    pub fn stdout_bytes(&self) -> Vec<u8> {
        self.stdout.bytes()
    }

    /// Stops reading the subject's stdout and stderr, or reads on.
    pub fn hold_logs(&self, held: bool) {
        self.stdout.hold(held);
        self.stderr.hold(held);
    }

    /// Waits until `text` is in a line of stderr.
    pub fn wait_log(&self, text: &str, secs: f64) -> Result<()> {
        poll(self.limit(secs), &format!("{text:?} in the log"), || {
            self.log().contains(text).then_some(())
        })
    }

    /// Waits until `text` is in stdout, be it a whole line or not.
    pub fn wait_stdout(&self, text: &str, secs: f64) -> Result<()> {
        poll(self.limit(secs), &format!("{text:?} in stdout"), || {
            self.stdout.text().contains(text).then_some(())
        })
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(Pid::from_raw(self.pid), signal)
            .map_err(|e| Failure::failed(format!("cannot send {signal}: {e}")))
    }

    /// Waits for the end, and for all output before it.
    pub fn wait_exit(&self, secs: f64) -> Result<Exit> {
        let start = Instant::now();
        let status = poll(self.limit(secs), "the end of the subject", || {
            self.try_wait()
        })?;
        let took = start.elapsed();
        self.stdout.wait_end(self.limit(2.0));
        self.stderr.wait_end(self.limit(2.0));
        Ok(Exit {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout(),
            stderr: self.log(),
            took,
        })
    }

    pub fn is_running(&self) -> bool {
        self.try_wait().is_none()
    }

    fn try_wait(&self) -> Option<ExitStatus> {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if status.is_none() {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            *status = child.try_wait().ok().flatten();
        }
        *status
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The entry in the environment of everything it starts.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    pub fn open_fds(&self) -> usize {
        proc::open_fds(self.pid)
    }

    pub fn threads(&self) -> usize {
        proc::threads(self.pid)
    }

    /// The most memory it ever had resident, in bytes.
    pub fn peak_rss(&self) -> u64 {
        proc::memory(self.pid, "VmHWM").unwrap_or(0)
    }

    pub fn rss(&self) -> u64 {
        proc::memory(self.pid, "VmRSS").unwrap_or(0)
    }

    /// Its children that are not zombies.
    pub fn children(&self) -> Vec<i32> {
        self.family(|stat| stat.state != 'Z')
    }

    pub fn zombies(&self) -> Vec<i32> {
        self.family(|stat| stat.state == 'Z')
    }

    fn family(&self, wanted: impl Fn(&Stat) -> bool) -> Vec<i32> {
        proc::children(self.pid)
            .iter()
            .filter(|stat| wanted(stat))
            .map(|stat| stat.pid)
            .collect()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        for stat in proc::children(self.pid) {
            let _ = kill(Pid::from_raw(stat.pid), Signal::SIGKILL);
        }
        if self.is_running() {
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = child.kill();
            let _ = child.wait();
        }
        proc::kill_marked(&self.mark);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Write as _, pipe};

    use super::*;

    #[test]
    fn a_line_counts_once_it_has_arrived_whole() {
        let (source, mut end) = pipe().unwrap();
        let stream = Stream::default();
        stream.collect(source);
        let until = |count| {
            let arrived = || (stream.bytes().len() == count).then_some(());
            poll(Duration::from_secs(10), "bytes", arrived).unwrap();
        };
        end.write_all(b"one\ntw").unwrap();
        until(6);
        assert_eq!(stream.lines(), "one\n");
        end.write_all(b"o\nthree").unwrap();
        until(13);
        assert_eq!(stream.lines(), "one\ntwo\n");
        drop(end);
        stream.wait_end(Duration::from_secs(10));
        assert_eq!(stream.lines(), "one\ntwo\nthree");
    }
}
