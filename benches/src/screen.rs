//! Progress for a person, on stderr.
//! It knows lines of text.
//! It refuses to fail when nobody reads them.

use std::io::{self, Write as _};

pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", line.as_ref());
}

/// The one line of stdout that a command was run for.
pub fn print(text: impl AsRef<str>) {
    let _ = writeln!(io::stdout().lock(), "{}", text.as_ref());
}
