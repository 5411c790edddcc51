//! Between the watchdog's outputs and whoever reads them.
//! It knows lines, and keeps what is no whole line until it is.
//! It refuses to know what they say: that is a fault's part.

use std::io::{self, BufRead, BufReader, Read, Write};

/// One line on its way, with its newline where it has one.
#[derive(Debug)]
pub struct Line {
    pub bytes: Vec<u8>,
    /// How many came before it.
    pub n: u64,
    /// Kept from line to line, for the fault.
    pub held: Vec<u8>,
}

impl Line {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    pub fn drop_it(&mut self) {
        self.bytes.clear();
    }

    pub fn replace(&mut self, from: &str, to: &str) {
        self.bytes = self.text().replace(from, to).into_bytes();
    }
}

/// Copies lines from `source` to `sink` until the end.
pub(super) fn pump(source: impl Read, mut sink: impl Write, edit: fn(&mut Line)) -> io::Result<()> {
    let mut source = BufReader::new(source);
    let mut line = Line {
        bytes: Vec::new(),
        n: 0,
        held: Vec::new(),
    };
    loop {
        line.bytes.clear();
        if source.read_until(b'\n', &mut line.bytes)? == 0 {
            return Ok(());
        }
        edit(&mut line);
        sink.write_all(&line.bytes)?;
        sink.flush()?;
        line.n += 1;
    }
}
