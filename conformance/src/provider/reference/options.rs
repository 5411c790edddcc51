//! `conformance serve`: its words, its start and its end.
//! It knows the command line, the signals and the runtime.
//! It refuses other addresses than loopback, unless one is given.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::auth::Door;
use super::autoscale;
use super::image::Images;
use super::launch;
use super::metrics::Metrics;
use super::root::Root;
use super::without::{NAMES, Without};
use super::world::World;
use super::{Options, Provider, Shape, server};

/// How many queued calls are made at once.
const AT_ONCE: usize = 8;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

pub fn command() -> Command {
    let option = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name).long(name).default_value(default).help(help)
    };
    let time = |name, default, help| {
        option(name, default, help)
            .value_name("TIME")
            .value_parser(time)
    };
    let command = Command::new("serve")
        .about("Runs the reference provider: for tests and demos, not a product")
        .arg(option("listen", "127.0.0.1:8080", "Where to listen").value_parser(value_parser!(SocketAddr)))
        .arg(option("user", "admin", "The user").short('u'))
        .arg(option("password", "admin", "The password").short('p'))
        .arg(Arg::new("no-auth").long("no-auth").action(ArgAction::SetTrue).help("Lets everybody in"))
        .arg(option("shape", "gateway", "Whose place it takes").value_parser(["gateway", "provider"]))
        .arg(
            Arg::new("fwatchdog")
                .long("fwatchdog")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("The watchdog; by default the one beside this executable, or else on PATH"),
        )
        .arg(
            Arg::new("image")
                .long("image")
                .value_name("NAME=COMMAND")
                .action(ArgAction::Append)
                .help("One more image: [VARIABLE=VALUE ...] COMMAND. {socket}, {port} and {folder} stand for a place of its own, {user} for who runs it"),
        )
        .arg(time("read-timeout", "10s", "The longest that a request to the API may take to arrive"))
        .arg(time("timeout", "60s", "The longest that a call of a function may take"))
        .arg(time("hold", "10s", "How long a call waits for a replica that is ready"))
        .arg(time("grace", "30s", "From SIGTERM to SIGKILL"))
        .arg(Arg::new("autoscale").long("autoscale").action(ArgAction::SetTrue).help("Raises and lowers replicas by load, as alerts would"))
        .arg(Arg::new("own-label").long("own-label").action(ArgAction::SetTrue).help("Tells the label faas_function of each function, as providers on Kubernetes do"))
        .arg(
            Arg::new("without")
                .long("without")
                .value_name("PART,...")
                .value_delimiter(',')
                .value_parser(NAMES)
                .help("Stands for a provider that lacks these"),
        )
        .arg(option("max-replicas", "20", "The most replicas of a function").value_parser(value_parser!(u32)));
    #[cfg(feature = "mutants")]
    let command = command.arg(Arg::new("fault").long("fault").value_name("ID").help(
        "Does this wrong: an id that `mutate provider --list` tells; with .none behind it nothing",
    ));
    command
}

/// `500ms`, `10s` or `10`.
fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let number = number
        .parse::<f64>()
        .ok()
        .filter(|number| *number > 0.0 && *number < 1e9);
    let number = number.ok_or("expected a time such as 10s or 500ms")?;
    Ok(Duration::from_secs_f64(number * unit))
}

/// Serves until SIGTERM or SIGINT; the exit code.
pub fn run(args: &ArgMatches) -> u8 {
    let options = match options(args) {
        Ok(options) => options,
        Err(why) => return complain(&why, USAGE),
    };
    #[cfg(feature = "mutants")]
    if let Some(id) = args.get_one::<String>("fault")
        && let Err(why) = crate::provider::mutants::seed(id)
    {
        return complain(&why, USAGE);
    }
    let listen = args.get_one::<SocketAddr>("listen").copied();
    let listen = listen.unwrap_or_else(|| ([127, 0, 0, 1], 8080).into());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let served = runtime
        .and_then(|runtime| runtime.block_on(serve(options, listen, args.get_flag("autoscale"))));
    match served {
        Ok(()) => 0,
        Err(why) => complain(&format!("{listen}: {why}"), FAULT),
    }
}

fn complain(why: &str, code: u8) -> u8 {
    let _ = writeln!(io::stderr(), "conformance serve: {why}");
    code
}

fn options(args: &ArgMatches) -> Result<Options, String> {
    let text = |name: &str| args.get_one::<String>(name).map_or("", String::as_str);
    let span = |name: &str| args.get_one::<Duration>(name).copied().unwrap_or_default();
    let own = std::env::current_exe().map_err(|why| format!("own executable: {why}"))?;
    let mut images = Images::of_probe(&own);
    for image in args.get_many::<String>("image").into_iter().flatten() {
        images.add(image)?;
    }
    let door = if args.get_flag("no-auth") {
        Door::open()
    } else {
        Door::locked(text("user"), text("password"))
    };
    let shape = match text("shape") {
        "provider" => Shape::Provider,
        _ => Shape::Gateway,
    };
    Ok(Options {
        shape,
        door,
        images,
        fwatchdog: fwatchdog(args.get_one::<PathBuf>("fwatchdog"), &own)?,
        closes: launch::can_close(&own),
        own,
        read_timeout: span("read-timeout"),
        timeout: span("timeout"),
        hold: span("hold"),
        grace: span("grace"),
        labelled: args.get_flag("own-label"),
        max_replicas: args.get_one::<u32>("max-replicas").copied().unwrap_or(1),
        without: Without::named(
            args.get_many::<String>("without")
                .into_iter()
                .flatten()
                .map(String::as_str),
        ),
    })
}

/// The watchdog: the one named, the one beside this executable, or the first on PATH.
pub fn fwatchdog(named: Option<&PathBuf>, own: &Path) -> Result<PathBuf, String> {
    if let Some(path) = named {
        return path
            .canonicalize()
            .map_err(|why| format!("--fwatchdog {}: {why}", path.display()));
    }
    let beside = own.parent().map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = beside.into_iter().chain(std::env::split_paths(&path));
    let found = places
        .map(|dir| dir.join("fwatchdog"))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        "no fwatchdog beside this executable or on PATH: name one by --fwatchdog PATH".to_owned()
    })
}

async fn serve(options: Options, listen: SocketAddr, autoscale: bool) -> io::Result<()> {
    let (mut term, mut int) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let (stopper, stop) = watch::channel(false);
    let root = Root::new()?;
    let provider = Arc::new(Provider {
        world: World::new(root.path()),
        root,
        options,
        metrics: Metrics::default(),
        keepers: Mutex::new(JoinSet::new()),
        calls: Mutex::new(JoinSet::new()),
        turns: Arc::new(Semaphore::new(AT_ONCE)),
        stop: stop.clone(),
    });
    let _ = writeln!(
        io::stderr(),
        "conformance serve: a reference provider for tests and demos, not a product: functions are local processes, with no wall between them\n\
         conformance serve: listening on http://{address}"
    );
    if !address.ip().is_loopback() {
        let _ = writeln!(
            io::stderr(),
            "conformance serve: whoever reaches {address} can run programs here, with the password"
        );
    }
    if autoscale {
        tokio::spawn(autoscale::watch(Arc::clone(&provider), stop.clone()));
    }
    let server = tokio::spawn(server::serve(Arc::clone(&provider), listener, stop));
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    stopper.send_replace(true);
    let _ = server.await;
    provider.close().await;
    Ok(())
}
