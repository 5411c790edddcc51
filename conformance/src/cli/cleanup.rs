//! `conformance cleanup`: removes what a run left behind when it was killed.
//! It knows the journals on disk.
//! It refuses to remove what no journal names.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::provider::journals;
use super::{FAULT, PASS, USAGE, access, complain, print};
use crate::provider::rig::journal::Leftover;
use crate::provider::rig::record::Record;
use crate::provider::rig::target::Url;
use crate::provider::rig::{Credentials, Provider, sweep};

/// How long the provider may take to be rid of everything.
const LIMIT: Duration = Duration::from_mins(2);
/// How long one request may take.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn command() -> Command {
    let command = Command::new("cleanup")
        .about("Removes what a run left behind when it was killed")
        .arg(
            Arg::new("run")
                .long("run")
                .value_name("ID")
                .required_unless_present("list"),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .help("Lists the runs that left something behind"),
        )
        .arg(
            Arg::new("journal")
                .long("journal")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf)),
        );
    access::arguments(command)
}

pub(super) fn run(args: &ArgMatches) -> u8 {
    let dir = match journals(args) {
        Ok(dir) => dir,
        Err(why) => return complain(&why, USAGE),
    };
    let all = Leftover::all(&dir);
    if args.get_flag("list") {
        return print(&table(&all));
    }
    let id = args.get_one::<String>("run").map_or("", String::as_str);
    let Some(leftover) = all.into_iter().find(|one| one.id == id) else {
        let dir = dir.display();
        return complain(
            &format!("no run {id:?} in {dir}; see `conformance cleanup --list`"),
            USAGE,
        );
    };
    match provider(args, &leftover) {
        Ok(provider) => clean(&provider, &leftover),
        Err(why) => complain(&why, USAGE),
    }
}

fn table(all: &[Leftover]) -> String {
    let mut out = String::new();
    for one in all {
        let (id, started, gateway) = (&one.id, &one.started, &one.gateway);
        let count = one.things.len();
        let _ = writeln!(out, "{id}  {started}  {gateway}  {count} left");
    }
    out
}

/// The provider of that run, unless another is named.
fn provider(args: &ArgMatches, leftover: &Leftover) -> Result<Provider, String> {
    let url = match args.get_one::<String>("gateway") {
        Some(_) => access::url(args)?,
        None => Url::parse(&leftover.gateway)?,
    };
    let credentials = match access::credentials(args, &url)? {
        // The journal knows the user; only the password was not written down.
        Credentials::Basic { password, .. }
            if args.get_one::<String>("user").is_none() && !leftover.user.is_empty() =>
        {
            Credentials::basic(&leftover.user, &password)
        }
        other => other,
    };
    Ok(Provider::new(
        url,
        credentials,
        &leftover.id,
        Record::default(),
        PATIENCE,
    ))
}

fn clean(provider: &Provider, leftover: &Leftover) -> u8 {
    match provider.list() {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => {
            let told = answer.told();
            return complain(&format!("{}: {told}", provider.url()), FAULT);
        }
        Err(failure) => return complain(&failure.message, FAULT),
    }
    let left = sweep::all_of(provider, &leftover.id, &leftover.things, LIMIT);
    for one in &left {
        let _ = writeln!(io::stderr(), "left behind: {}: {}", one.thing, one.why);
    }
    if !left.is_empty() {
        return FAULT;
    }
    let count = leftover.things.len();
    let _ = writeln!(
        io::stderr(),
        "nothing of run {} is left ({count} were)",
        leftover.id
    );
    match std::fs::remove_file(&leftover.path) {
        Ok(()) => PASS,
        Err(e) => complain(&format!("{}: {e}", leftover.path.display()), FAULT),
    }
}
