//! Where the bytes of one way go.
//! It knows a receiver that may be slow to take them.
//! It refuses to wait for one where a fault takes any amount.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Sender, channel};

#[derive(Debug)]
pub(super) enum Sink<'a> {
    /// As fast as they are taken.
    Direct(&'a TcpStream),
    /// Into memory, and from there as fast as they are taken.
    Queue(Sender<Vec<u8>>),
}

impl<'a> Sink<'a> {
    pub fn new(to: &'a TcpStream, greedy: bool) -> io::Result<Self> {
        if greedy {
            queue(to.try_clone()?)
        } else {
            Ok(Self::Direct(to))
        }
    }

    pub fn send(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Direct(to) => to.write_all(&bytes),
            Self::Queue(sender) => sender.send(bytes).map_err(io::Error::other),
        }
    }

    /// Nothing follows.
    pub fn end(self) {
        if let Self::Direct(to) = self {
            let _ = to.shutdown(Shutdown::Write);
        }
    }
}

fn queue(mut to: TcpStream) -> io::Result<Sink<'static>> {
    let (sender, receiver) = channel::<Vec<u8>>();
    std::thread::Builder::new().spawn(move || {
        for bytes in receiver {
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    })?;
    Ok(Sink::Queue(sender))
}
