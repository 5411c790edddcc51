//! `conformance run`: a provider or a gateway that is running is judged.
//! It knows the arguments, what comes before the first case and what comes after the last.
//! It refuses to judge what cannot be reached, and to leave anything behind.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use sha2::{Digest as _, Sha256};

use super::{FAULT, USAGE, access, complain, interrupt, judging, print};
use crate::judge::report::Document;
use crate::judge::report::standing::Conformity;
use crate::judge::{Level, Options, Suite as _, Summary, Verdict};
use crate::provider::opening;
use crate::provider::rig::Credentials;
use crate::provider::rig::discovery::Findings;
use crate::provider::rig::ground::{PROBE_IMAGE, PROBE_IMAGE_2};
use crate::provider::rig::journal::Journal;
use crate::provider::rig::name::base36;
use crate::provider::rig::preflight::{self, Scout};
use crate::provider::rig::target::Url;
use crate::provider::{Ground, Profiles, Setting, Suite};

/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;
/// How many cases at a time where nothing is said: a provider is a shared thing.
const JOBS: usize = 4;

pub(super) fn command() -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let command = Command::new("run")
        .about("Judges a provider or a gateway that is running")
        .arg(
            text("profile", "NAME,...")
                .action(ArgAction::Append)
                .help("What to judge, instead of what is found; auth is added where there are credentials"),
        )
        .arg(text("probe-image", "REF").default_value(PROBE_IMAGE).help("An image of the probe that the provider can pull"))
        .arg(text("probe-image-2", "REF").default_value(PROBE_IMAGE_2).help("Another version of it, for updates"))
        .arg(text("namespace", "NAME").help("A namespace beside the default one that the run may use [default: one that it makes and removes]"))
        .arg(text("callback-address", "IP").value_parser(value_parser!(IpAddr)).help("Where the provider reaches us [default: loopback, if it is there]"))
        .arg(text("metrics-url", "URL").help("[default: the provider; for a gateway port 8082 beside it]"))
        .arg(text("faas-cli", "PATH").value_parser(value_parser!(PathBuf)).help("[default: the one in PATH]"))
        .arg(text("journal", "DIR").value_parser(value_parser!(PathBuf)).help("Where it is written down what is made [default: $XDG_STATE_HOME/conformance, then ~/.local/state/conformance]"))
        .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue).help("A SHOULD that fails makes the run fail, too"))
        .arg(Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue).help("Looks, says what would be judged, and makes nothing"));
    judging::arguments(access::arguments(command))
}

pub(super) fn run(args: &ArgMatches, words: &[String]) -> u8 {
    let asked = setting(args).and_then(|setting| {
        // Read again later; what cannot be read is told before anything is made.
        judging::deviations(args)?;
        Ok((setting, forced(args)?))
    });
    match asked {
        Ok((setting, forced)) => begin(args, setting, forced, words).unwrap_or_else(|code| code),
        Err(why) => complain(&why, USAGE),
    }
}

fn setting(args: &ArgMatches) -> Result<Setting, String> {
    let url = access::url(args)?;
    let credentials = access::credentials(args, &url)?;
    let word = |name| args.get_one::<String>(name).cloned().unwrap_or_default();
    let metrics = match args.get_one::<String>("metrics-url") {
        Some(text) => Some(Url::parse(text)?),
        None => None,
    };
    let named = args.get_one::<PathBuf>("faas-cli").cloned();
    Ok(Setting {
        url,
        credentials,
        probe_image: word("probe-image"),
        probe_image_2: word("probe-image-2"),
        namespace: args.get_one::<String>("namespace").cloned(),
        callback: args.get_one::<IpAddr>("callback-address").copied(),
        metrics,
        faas_cli: named.or_else(|| in_path("faas-cli")),
        timeout_scale: judging::timeout_scale(args),
    })
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|dir| dir.join(name));
    found.into_iter().find(|file| file.is_file())
}

fn forced(args: &ArgMatches) -> Result<Option<Profiles>, String> {
    let words = judging::texts(args, "profile");
    if words.is_empty() {
        return Ok(None);
    }
    Profiles::parse(&words.join(",")).map(Some)
}

/// Greets the provider, lays the ground and judges; the exit code.
fn begin(
    args: &ArgMatches,
    mut setting: Setting,
    forced: Option<Profiles>,
    words: &[String],
) -> Result<u8, u8> {
    let fault = |why: String| complain(&why, FAULT);
    let info = preflight::greet(&setting).map_err(fault)?;
    if setting.metrics.is_none() {
        setting.metrics = preflight::metrics(&setting, &info);
    }
    let run = id();
    let journal = journal(args, &run, &setting).map_err(fault)?;
    let stop = journal.stop();
    let scout = Scout::new(setting, &run, Arc::new(journal));
    if args.get_flag("dry-run") {
        let (ground, findings) = opening::look(scout, info, forced);
        return Ok(dry_run(args, ground, &findings));
    }
    interrupt::watch(Arc::clone(&stop), &run).map_err(fault)?;
    tell(&format!(
        "run {run}: {} at {}",
        info.provider, scout.setting.url
    ));
    tell(&format!(
        "deploying the probe {}",
        scout.setting.probe_image
    ));
    let opened = opening::open(scout, info, forced);
    if stop.load(Ordering::SeqCst) {
        return Err(INTERRUPTED);
    }
    let (ground, findings) = opened.map_err(fault)?;
    tell_profiles(&ground, &findings);
    let mut options = judging::options(args, ground).map_err(|why| complain(&why, USAGE))?;
    options.stop = stop;
    options.fails_on = if args.get_flag("strict") {
        Level::Should
    } else {
        Level::Must
    };
    options.jobs = args.get_one::<usize>("jobs").copied().unwrap_or(JOBS);
    Ok(judge(&options, args, words))
}

/// Runs the cases, cleans up, shows and reports; the exit code.
fn judge(options: &Options<Suite>, args: &ArgMatches, words: &[String]) -> u8 {
    let mut summary = judging::run(options);
    let left = options.ground.sweep();
    summary.left_behind = left
        .iter()
        .map(|one| format!("{}: {}", one.thing, one.why))
        .collect();
    for line in &summary.left_behind {
        tell(&format!("left behind: {line}"));
    }
    if !left.is_empty() {
        let run = &options.ground.run;
        tell(&format!("`conformance cleanup --run {run}` tries again"));
    }
    if options.stop.load(Ordering::SeqCst) {
        return INTERRUPTED;
    }
    if summary.judged.is_empty() {
        return complain("no case matches", USAGE);
    }
    let document = match judging::report(options, &summary, args, &access::public(words)) {
        Ok(document) => document,
        Err(why) => return complain(&why, FAULT),
    };
    show_standings(&document);
    let should = failed(&summary, Level::Should);
    if should > 0 && options.fails_on < Level::Should {
        tell(&format!(
            "{should} SHOULD do not hold; with --strict the run fails by them"
        ));
    }
    document.exit
}

/// How many runs of that level failed.
fn failed(summary: &Summary<Suite>, level: Level) -> usize {
    let failed = summary
        .judged
        .iter()
        .filter(|judged| judged.verdict == Verdict::Fail && judged.run.case.level == level);
    failed.count()
}

fn show_standings(document: &Document) {
    for one in &document.conformance {
        if one.level == Level::Must && one.verdict != Conformity::NotApplicable {
            tell(&one.to_string());
        }
    }
}

fn tell_profiles(ground: &Ground, findings: &Findings) {
    tell(&format!("profiles: {}", ground.profiles));
    for finding in findings.absent() {
        tell(&format!("no {}: {}", finding.profile, finding.seen));
    }
}

/// What would be judged, one id a line on the standard output; the rest goes to the terminal.
fn dry_run(args: &ArgMatches, ground: Ground, findings: &Findings) -> u8 {
    tell_profiles(&ground, findings);
    if !findings.0.is_empty() {
        let tried: Vec<&str> = opening::TRIED.iter().map(|one| one.name()).collect();
        tell(&format!(
            "to be tried with a function: {}",
            tried.join(", ")
        ));
    }
    let options: Options<Suite> = match judging::options(args, ground) {
        Ok(options) => options,
        Err(why) => return complain(&why, USAGE),
    };
    let mut out = String::new();
    let mut count = 0_usize;
    for run in options.runs() {
        let fits = Suite::inapplicable(&options.ground, &run).is_none();
        if fits && !run.matches(&options.skip) {
            out.push_str(&run.id());
            out.push('\n');
            count += 1;
        }
    }
    tell(&format!("{count} cases would be judged"));
    print(&out)
}

fn journal(args: &ArgMatches, run: &str, setting: &Setting) -> Result<Journal, String> {
    let user = match &setting.credentials {
        Credentials::Basic { user, .. } => user.as_str(),
        _ => "",
    };
    Journal::begin(&journals(args)?, run, &setting.url.to_string(), user)
}

/// Where journals are kept.
pub(super) fn journals(args: &ArgMatches) -> Result<PathBuf, String> {
    if let Some(dir) = args.get_one::<PathBuf>("journal") {
        return Ok(dir.clone());
    }
    let set = |name| std::env::var_os(name).filter(|text| !text.is_empty());
    let state = match (set("XDG_STATE_HOME"), set("HOME")) {
        (Some(state), _) => PathBuf::from(state),
        (None, Some(home)) => PathBuf::from(home).join(".local/state"),
        (None, None) => {
            return Err(
                "there is no HOME for the journal; name a directory with --journal DIR".into(),
            );
        }
    };
    Ok(state.join("conformance"))
}

/// Six letters that no other run has.
fn id() -> String {
    let now = chrono::Utc::now().timestamp_nanos_opt().unwrap_or_default();
    let digest = Sha256::digest(format!("{} {now}", std::process::id()).as_bytes());
    let number = digest
        .iter()
        .take(8)
        .fold(0, |number: u64, byte| (number << 8) | u64::from(*byte));
    format!("{:0>6}", base36(number % 36_u64.pow(6)))
}

/// A line for whoever watches; results go to reports.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
