//! A directory as a page of links.
//!
//! Owns the page, which looks as Go's file server made it. May know one open directory. Refuses to let a name become markup.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use cap_std::fs::Dir;

const HEAD: &str =
    "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n";

pub(super) fn page(directory: File, dotfiles: bool) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in Dir::from_std_file(directory).entries()? {
        let entry = entry?;
        let name = entry.file_name();
        if dotfiles || !name.as_bytes().starts_with(b".") {
            names.push((name, entry.file_type().is_ok_and(|kind| kind.is_dir())));
        }
    }
    names.sort();
    Ok(render(&names))
}

fn render(names: &[(OsString, bool)]) -> String {
    let mut page = HEAD.to_owned();
    for (name, directory) in names {
        let slash = if *directory { "/" } else { "" };
        page.push_str("<a href=\"");
        encode(name.as_bytes(), &mut page);
        page.push_str(slash);
        page.push_str("\">");
        escape(&name.to_string_lossy(), &mut page);
        page.push_str(slash);
        page.push_str("</a>\n");
    }
    page.push_str("</pre>\n");
    page
}

/// Everything but the unreserved, so that no name reads as a scheme, a query or a quote.
fn encode(name: &[u8], page: &mut String) {
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            page.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(page, "%{byte:02X}");
        }
    }
}

fn escape(name: &str, page: &mut String) {
    for letter in name.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&#34;"),
            '\'' => page.push_str("&#39;"),
            _ => page.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_markup() {
        let names = [("a:b", false), ("<i>&\"'?#%", false), ("sub", true)]
            .map(|(name, directory)| (OsString::from(name), directory));
        let links = "<a href=\"a%3Ab\">a:b</a>\n\
            <a href=\"%3Ci%3E%26%22%27%3F%23%25\">&lt;i&gt;&amp;&#34;&#39;?#%</a>\n\
            <a href=\"sub/\">sub/</a>\n";
        assert_eq!(render(&names), format!("{HEAD}{links}</pre>\n"));
    }
}
