//! `conformance diff`, `matrix` and `verify`: what can be told from reports that are there.
//! It knows files of reports and the contracts of this program.
//! It refuses to judge anything again.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{FAIL, PASS, USAGE, complain, print};
use crate::judge::report::diff::{Change, differences, text};
use crate::judge::report::{Document, matrix, read, verify, write};

/// A form of a matrix.
type Matrix = fn(&[Document]) -> String;

/// Each by the option that names a file for it.
const MATRICES: [(&str, Matrix); 3] = [
    ("html", matrix::html),
    ("markdown", matrix::markdown),
    ("svg", matrix::picture),
];

/// `conformance diff A.json B.json`
pub(super) fn diff_command() -> Command {
    Command::new("diff")
        .about("Tells what changed between two reports in JSON; 1, when something got worse")
        .arg(file("before", "A.json"))
        .arg(file("after", "B.json"))
}

pub(super) fn diff(args: &ArgMatches) -> u8 {
    let pair = one(args, "before").and_then(|before| Ok((before, one(args, "after")?)));
    let (before, after) = match pair {
        Ok(pair) => pair,
        Err(why) => return complain(&why, USAGE),
    };
    let differences = differences(&before, &after);
    let worse = differences
        .iter()
        .any(|one| one.change == Change::Regression);
    let printed = print(&text(&differences));
    if worse { FAIL } else { printed }
}

/// `conformance matrix *.json`
pub(super) fn matrix_command() -> Command {
    let to = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    Command::new("matrix")
        .about("Puts reports in JSON beside each other, as Markdown unless told otherwise")
        .arg(
            file("reports", "REPORT.json")
                .num_args(1..)
                .action(ArgAction::Append),
        )
        .arg(to("html", "Writes a page instead"))
        .arg(to("markdown", "Writes Markdown to a file instead"))
        .arg(to("svg", "Writes a picture of the MUSTs instead"))
}

pub(super) fn matrix(args: &ArgMatches) -> u8 {
    let paths = args.get_many::<PathBuf>("reports").into_iter().flatten();
    let documents: Vec<Document> = match paths.map(|path| read(path)).collect() {
        Ok(documents) => documents,
        Err(why) => return complain(&why, USAGE),
    };
    let mut asked = false;
    for (name, render) in MATRICES {
        if let Some(path) = args.get_one::<PathBuf>(name) {
            asked = true;
            if let Err(why) = write(path, &render(&documents)) {
                return complain(&why, USAGE);
            }
        }
    }
    if asked {
        PASS
    } else {
        print(&matrix::markdown(&documents))
    }
}

/// `conformance verify REPORT.json`
pub(super) fn verify_command() -> Command {
    Command::new("verify")
        .about("Checks that reports in JSON hold together; 1, when one does not")
        .arg(
            file("reports", "REPORT.json")
                .num_args(1..)
                .action(ArgAction::Append),
        )
}

pub(super) fn verify(args: &ArgMatches, contracts: &[&str]) -> u8 {
    let mut code = PASS;
    for path in args.get_many::<PathBuf>("reports").into_iter().flatten() {
        let name = path.display();
        match verify::faults(path, contracts) {
            Err(why) => return complain(&why, USAGE),
            Ok(faults) => {
                for fault in &faults {
                    code = FAIL;
                    let _ = complain(&format!("{name}: {fault}"), FAIL);
                }
                if faults.is_empty() {
                    let _ = print(&format!("{name}: holds together\n"));
                }
            }
        }
    }
    code
}

fn file(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name)
        .value_name(value)
        .required(true)
        .value_parser(value_parser!(PathBuf))
}

fn one(args: &ArgMatches, name: &str) -> Result<Document, String> {
    read(args.get_one::<PathBuf>(name).ok_or("no report")?)
}
