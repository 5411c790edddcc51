//! What `--run-healthcheck` finds out, from a process of its own.
//!
//! Owns the question and its two ways: the lock file, and the server itself where there can be no lock file. May know the environment. Refuses to need a
//! valid configuration.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};
use rustix::io::Errno;

/// How long the server may take over each step of its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    /// The lock file; `None` where it is suppressed.
    pub lock: Option<PathBuf>,
    /// The server.
    pub address: SocketAddr,
}

impl Healthcheck {
    /// # Errors
    /// What speaks against the health of the watchdog that runs beside this process.
    pub fn run(&self) -> Result<(), String> {
        match &self.lock {
            Some(lock) if access(lock, Access::EXISTS).is_ok() => Ok(()),
            Some(lock) if can_be_written(lock) => Err("unable to find lock file.".to_owned()),
            _ => ask(self.address).map_err(|e| {
                format!(
                    "no lock file can be had, and http://{}/_/health: {e}",
                    self.address
                )
            }),
        }
    }
}

/// Whether the watchdog could have written the file, or will. Directories that are missing, it makes.
fn can_be_written(lock: &Path) -> bool {
    for directory in lock.ancestors().skip(1) {
        // Only a directory has a `.` in it.
        match access(directory.join("."), Access::WRITE_OK) {
            Err(Errno::NOENT) => {}
            answer => return answer.is_ok(),
        }
    }
    false
}

fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /_/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(4 << 10).read_to_end(&mut answer)?;
    let head = String::from_utf8_lossy(&answer);
    match head.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some(status) => Err(io::Error::other(format!("status {status}"))),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_decides_where_there_can_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        let check = |lock: PathBuf| Healthcheck {
            lock: Some(lock),
            address: nobody,
        };
        let lock = dir.path().join(".lock");
        assert_eq!(
            check(lock.clone()).run().unwrap_err(),
            "unable to find lock file."
        );
        std::fs::write(&lock, "").unwrap();
        assert_eq!(check(lock.clone()).run(), Ok(()));
        let absent = dir.path().join("made/at/start/.lock");
        assert_eq!(
            check(absent).run().unwrap_err(),
            "unable to find lock file."
        );
    }

    #[test]
    fn where_there_can_be_none_the_server_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            for answer in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 503 No\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut seen = [0; 1024];
                let read = stream.read(&mut seen).unwrap();
                assert!(seen[..read].starts_with(b"GET /_/health "));
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let below_a_file = Healthcheck {
            lock: Some(file.join(".lock")),
            address,
        };
        let suppressed = Healthcheck {
            lock: None,
            address,
        };
        assert_eq!(below_a_file.run(), Ok(()));
        assert!(suppressed.run().unwrap_err().ends_with("status 503"));
        server.join().unwrap();
    }
}
