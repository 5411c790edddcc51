//! The file that says what a function's watchdog has to be told.
//! It knows lines of NAME=VALUE.
//! It refuses what the rig decides itself: the mode, and where the function listens.

use std::fs;
use std::path::Path;

const OURS: [&str; 2] = ["mode", "upstream_url"];

pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    parse(&text).map_err(|line| format!("{}: {line:?}: NAME=VALUE is expected", path.display()))
}

fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let lines = text.lines().filter(|line| !line.is_empty());
    let pairs: Result<Vec<_>, _> = lines
        .map(|line| line.split_once('=').ok_or_else(|| line.to_owned()))
        .collect();
    let known = pairs?.into_iter().filter(|(name, _)| !OURS.contains(name));
    Ok(known
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_are_pairs_but_for_what_the_rig_decides() {
        let text = "mode=http\nfprocess=env a=b c\n\nupstream_url=x\nEMPTY=\n";
        let want = [("fprocess", "env a=b c"), ("EMPTY", "")];
        let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text), Ok(want.to_vec()));
        assert_eq!(parse("fprocess\n"), Err("fprocess".to_owned()));
    }
}
