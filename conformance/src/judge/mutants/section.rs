//! A part of a file that is made, between two comments.
//! It knows its marks.
//! It refuses a file without them, and touches nothing outside of them.

/// The text with another section of that name.
pub(super) fn replaced(text: &str, name: &str, section: &str) -> Result<String, String> {
    let begin = format!("<!-- mutants: {name} -->\n");
    let end = format!("<!-- end of mutants: {name} -->");
    let missing = || {
        format!(
            "expected a line {:?} and, below it, {end:?}",
            begin.trim_end()
        )
    };
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    let section = section.trim_end();
    Ok(format!("{before}{begin}{section}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes() {
        let text = "a\n<!-- mutants: x -->\nold\n<!-- end of mutants: x -->\nb\n";
        let made = replaced(text, "x", "new\n").unwrap();
        assert_eq!(made, text.replace("old", "new"));
        assert!(
            replaced(text, "y", "new")
                .unwrap_err()
                .contains("mutants: y")
        );
    }
}
