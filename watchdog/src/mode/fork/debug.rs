//! What the classic mode shows of requests where it is asked to.
//!
//! Owns the words of `debug_headers` and `write_debug`. May know headers, and an output that is all there. Refuses to show anything unasked.

use std::fmt::Write as _;

use http::HeaderMap;

use super::env::canonical;
use super::{Fork, pipes};
use crate::failure::Failure;
use crate::process::Exit;
use crate::said;
use crate::spool::Spooled;

impl Fork {
    pub(super) async fn print_headers(&self, direction: &str, headers: &HeaderMap) {
        let mut lines = String::new();
        for name in headers.keys() {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|v| {
                    let mut text = String::new();
                    said::message(&mut text, &String::from_utf8_lossy(v.as_bytes()));
                    text
                })
                .collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                lines,
                "[{direction}] {}=[{}]",
                canonical(name, '-'),
                values.join(" ")
            );
        }
        self.outlets.stdout.write(lines.as_bytes()).await;
    }

    pub(super) async fn write_debug(
        &self,
        exit: Exit,
        output: &mut Spooled,
    ) -> Result<(), Failure> {
        if !exit.is_success() {
            tracing::info!("Success=false, Error={exit}");
            let first = output.peek().map_err(|e| pipes::disk(&e))?;
            tracing::info!("Out={}", String::from_utf8_lossy(&first));
            return Ok(());
        }
        let mut copy = output.again().map_err(|e| pipes::disk(&e))?;
        while let Some(piece) = copy.chunk().map_err(|e| pipes::disk(&e))? {
            self.outlets.stdout.write(&piece).await;
        }
        Ok(())
    }
}
