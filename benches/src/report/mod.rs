//! Results for people: a Markdown report, plots, and what of them is in the README.
//! It knows how figures are written.
//! It refuses to leave a void or missing figure out in silence.

mod markdown;
mod plot;

use std::fs;
use std::path::Path;

use crate::fault::{During as _, Fault};
use crate::results::Results;
use crate::scenario::Family;

const BEGIN: &str = "<!-- benches -->";
const END: &str = "<!-- /benches -->";

/// Writes everything but the README.
pub fn write(results: &Results, folder: &Path) -> Result<(), Fault> {
    fs::write(folder.join("results.md"), markdown::full(results))?;
    for family in Family::ALL {
        let path = folder.join(format!("{}.svg", family.name()));
        if let Some(plot) = plot::family(results, family) {
            fs::write(&path, plot).during(path.display())?;
        }
    }
    Ok(())
}

/// The README with the table and the plots of these results between its markers.
pub fn readme(results: &Results, text: &str) -> Result<String, Fault> {
    let plots = markdown::plots(results, "benches/results/");
    between(text, &(markdown::table(results) + &plots))
}

fn between(text: &str, table: &str) -> Result<String, Fault> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) =
        parts.ok_or_else(|| Fault::new(format!("the README has no {BEGIN} and {END}")))?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = "# A\n<!-- benches -->\nold\n<!-- /benches -->\nrest\n";
        let new = between(text, "new\n").unwrap();
        assert_eq!(new, "# A\n<!-- benches -->\nnew\n<!-- /benches -->\nrest\n");
        assert_eq!(between(&new, "new\n").unwrap(), new);
    }

    #[test]
    fn without_markers_nothing_is_written() {
        assert!(between("# A\n", "new").is_err());
        assert!(between("# A\n<!-- benches -->\n", "new").is_err());
    }
}
