//! `/_/health` and `/_/ready`.
//!
//! Owns the lock file and the last answer of the function about itself. May know the phase, the gate and the mode. Refuses to run the function more than
//! once a second for a probe.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::config;

/// How long an answer of the function is good for, and how long it may take.
const FRESH: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Health {
    config: config::Health,
    /// The lock file was written, so its absence means something.
    locked: AtomicBool,
    last: Mutex<Option<(Instant, StatusCode)>>,
}

impl Health {
    pub fn new(config: config::Health) -> Self {
        Self {
            config,
            locked: AtomicBool::new(false),
            last: Mutex::default(),
        }
    }

    /// Writes the lock file. Without one, HTTP probes still tell the truth.
    pub fn lock(&self) {
        let Some(path) = &self.config.lock else {
            tracing::info!(
                "Warning: \"suppress_lock\" is enabled. No automated health-checks by lock-file will be in place for your function."
            );
            return;
        };
        tracing::info!("Writing lock-file to: {}", path.display());
        match write(path) {
            Ok(()) => self.locked.store(true, Ordering::Release),
            Err(error) => tracing::warn!(
                "cannot write the lock-file {}: {error}. Probes over HTTP work; probes that look for the file will fail. \
                 To disable the lock-file set suppress_lock=true.",
                path.display()
            ),
        }
    }

    pub fn unlock(&self) {
        if let Some(path) = self
            .config
            .lock
            .as_ref()
            .filter(|_| self.locked.load(Ordering::Acquire))
        {
            tracing::info!("Removing lock-file : {}", path.display());
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!("cannot remove the lock-file {}: {error}", path.display());
                }
                _ => {}
            }
        }
    }

    /// The lock file is where it was put, if it was.
    pub fn is_locked(&self) -> bool {
        match &self.config.lock {
            Some(path) if self.locked.load(Ordering::Acquire) => path.exists(),
            _ => true,
        }
    }

    pub fn ready_path(&self) -> Option<&str> {
        self.config.ready_path.as_deref()
    }

    /// The function's own word, asked for by `ask` at most once a second.
    pub async fn ask(&self, ask: impl Future<Output = StatusCode>) -> StatusCode {
        let mut last = self.last.lock().await;
        if let Some((at, status)) = *last
            && at.elapsed() < FRESH
        {
            return status;
        }
        let status = timeout(PATIENCE, ask)
            .await
            .unwrap_or(StatusCode::GATEWAY_TIMEOUT);
        *last = Some((Instant::now(), status));
        status
    }
}

fn write(path: &Path) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o660)
        .open(path)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(lock: Option<std::path::PathBuf>) -> Health {
        Health::new(config::Health {
            lock,
            ready_path: None,
        })
    }

    #[test]
    fn the_lock_file_counts_only_where_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub/.lock");
        let health_ = health(Some(path.clone()));
        assert!(health_.is_locked());
        health_.lock();
        assert!(path.exists() && health_.is_locked());
        fs::remove_file(&path).unwrap();
        assert!(!health_.is_locked());
        assert!(health(None).is_locked());
    }

    #[tokio::test(start_paused = true)]
    async fn the_function_is_asked_once_a_second() {
        let health = health(None);
        assert_eq!(health.ask(async { StatusCode::OK }).await, StatusCode::OK);
        assert_eq!(
            health.ask(async { StatusCode::CREATED }).await,
            StatusCode::OK
        );
        tokio::time::advance(FRESH).await;
        assert_eq!(
            health.ask(async { StatusCode::CREATED }).await,
            StatusCode::CREATED
        );
    }
}
