//! Around the process of a function.
//! It knows its words, its environment, its pipes and how it ends.
//! It refuses to be seen where no fault is on: it becomes the function.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

/// What a pipe does to the bytes in it: from, to.
pub type Pump = fn(&mut dyn Read, &mut dyn Write) -> io::Result<()>;

/// A process that is to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    pub words: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Stdin is changed on its way.
    pub stdin: Option<Pump>,
    /// Stdout is changed on its way.
    pub stdout: Option<Pump>,
    /// Stderr is changed on its way.
    pub stderr: Option<Pump>,
    /// We stay as its parent, and this is our exit code for its own.
    pub exit: Option<fn(u8) -> u8>,
    /// In a process group of its own, where we stay.
    pub apart: bool,
    /// Its stderr is its stdout.
    pub merged: bool,
    /// Before it starts.
    pub first: Option<fn()>,
}

impl Launch {
    pub(super) fn new(words: &[String]) -> Self {
        Self {
            words: words.to_vec(),
            env: std::env::vars().collect(),
            stdin: None,
            stdout: None,
            stderr: None,
            exit: None,
            apart: false,
            merged: false,
            first: None,
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Runs it: becomes it where nothing has to stay.
    pub(super) fn run(self) -> u8 {
        self.attempt().unwrap_or(127)
    }

    fn attempt(self) -> io::Result<u8> {
        if let Some(first) = self.first {
            first();
        }
        let (program, args) = self
            .words
            .split_first()
            .ok_or_else(|| io::Error::other("no function"))?;
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(&self.env);
        if self.merged {
            command.stderr(io::stdout().as_fd().try_clone_to_owned()?);
        }
        if self.apart {
            command.process_group(0);
        }
        if self.exit.is_none()
            && self.stdout.is_none()
            && self.stderr.is_none()
            && self.stdin.is_none()
        {
            return Err(command.exec());
        }
        self.stay(command)
    }

    fn stay(self, mut command: Command) -> io::Result<u8> {
        let mut outputs = Vec::new();
        if let Some(pump) = self.stdin {
            let (reader, writer) = pipe()?;
            command.stdin(reader);
            std::thread::spawn(move || feed(pump, writer));
        }
        if let Some(pump) = self.stdout {
            let (reader, writer) = pipe()?;
            command.stdout(writer);
            outputs.push(std::thread::spawn(move || {
                drain(pump, reader, io::stdout());
            }));
        }
        if let Some(pump) = self.stderr {
            let (reader, writer) = pipe()?;
            command.stderr(writer);
            outputs.push(std::thread::spawn(move || {
                drain(pump, reader, io::stderr());
            }));
        }
        let mut child = command.spawn()?;
        // Its ends of the pipes go with it.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let code = end(&mut child)?;
        for output in outputs {
            let _ = output.join();
        }
        Ok(self.exit.map_or(code, |exit| exit(code)))
    }
}

fn feed(pump: Pump, mut writer: PipeWriter) {
    let _ = pump(&mut io::stdin(), &mut writer);
}

fn drain(pump: Pump, mut reader: PipeReader, mut sink: impl Write) {
    let _ = pump(&mut reader, &mut sink);
    let _ = sink.flush();
}

fn end(child: &mut Child) -> io::Result<u8> {
    let status = child.wait()?;
    let signal = status.signal().map_or(1, |number| 128 + number);
    Ok(u8::try_from(status.code().unwrap_or(signal)).unwrap_or(1))
}

/// Copies as it comes, each piece through `edit`, which is told how many bytes came before it.
pub fn edit(
    from: &mut dyn Read,
    to: &mut dyn Write,
    edit: impl Fn(&mut Vec<u8>, u64),
) -> io::Result<()> {
    let mut chunk = vec![0; 64 * 1024];
    let mut at = 0;
    loop {
        let n = from.read(&mut chunk)?;
        if n == 0 {
            return Ok(());
        }
        let mut piece = chunk.get(..n).unwrap_or_default().to_vec();
        edit(&mut piece, at);
        at += n as u64;
        to.write_all(&piece)?;
        to.flush()?;
    }
}
