//! The program `fwatchdog`, but for its allocator.
//!
//! Owns what comes of a command line: the words on stdout and stderr, the runtime, the exit code. May know the configuration and the server. Refuses to
//! be called by anything but `main`.

use std::env;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::config::{self, Action, Arguments, CommandLine, Config, Environment, Loaded, LogFormat};
use crate::exit_code::{SYSTEM, USAGE};
use crate::journal::{Journal, Sink, Writer};
use crate::server::{self, ChildSignals, Output, Server, StartError, Stopped};

const VERSION: &str = concat!("Version: ", env!("CARGO_PKG_VERSION"));
const SHA: &str = match option_env!("FWATCHDOG_SHA") {
    Some(sha) => sha,
    None => "unknown",
};

/// Does what the command line and the environment say.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse(env::args_os().skip(1));
    match arguments.action {
        Action::Help(text) => say(&text),
        Action::Version => say(&format!("{VERSION}\tSHA: {SHA}\n")),
        Action::Misuse(text) => complain(&text, USAGE),
        Action::Healthcheck => healthcheck(),
        Action::CheckConfig { command } => check(command),
        Action::PrintConfig { command } => match load(command) {
            Ok(loaded) => say(&loaded.print()),
            Err(problems) => complain(&problems, USAGE),
        },
        Action::Serve { command } => match load(command) {
            Ok(loaded) => serve(loaded, &arguments.warnings),
            Err(problems) => complain(&problems, USAGE),
        },
    }
}

fn load(command: Option<CommandLine>) -> Result<Loaded, String> {
    Config::load(&Environment::from_process(), command).map_err(|problems| problems.to_string())
}

fn healthcheck() -> ExitCode {
    match config::healthcheck(&Environment::from_process()).run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => complain(&why, 1),
    }
}

fn check(command: Option<CommandLine>) -> ExitCode {
    match load(command) {
        Ok(loaded) => {
            for warning in loaded.warnings {
                say(&format!("Warning: {warning}\n"));
            }
            say("configuration is valid\n")
        }
        Err(problems) => complain(&problems, USAGE),
    }
}

fn serve(loaded: Loaded, warnings: &[String]) -> ExitCode {
    let signals = match ChildSignals::block() {
        Ok(signals) => signals,
        Err(error) => return complain(&format!("cannot watch for SIGCHLD: {error}"), SYSTEM),
    };
    let (output, _writers) = match open_log(loaded.config.log.format) {
        Ok(opened) => opened,
        Err(error) => return complain(&format!("cannot start the log: {error}"), SYSTEM),
    };
    tracing::info!("{VERSION}\tSHA: {SHA}");
    for warning in warnings.iter().chain(&loaded.warnings) {
        tracing::warn!("{warning}");
    }
    match run(loaded.config, output, signals) {
        Ok(Stopped::Asked) => ExitCode::SUCCESS,
        Ok(Stopped::Child(exit)) => exit.supervisor_code().into(),
        Err(error) => {
            tracing::error!("{error}");
            error.exit_code().into()
        }
    }
}

/// The streams, the threads that write them, and `tracing` on its way to the first.
fn open_log(format: LogFormat) -> io::Result<(Output, [Writer; 2])> {
    let (stderr, errors) = Sink::new("stderr", io::stderr())?;
    let (stdout, lines) = Sink::new("stdout", io::stdout())?;
    // Set once, here; a second subscriber would be a defect of ours that shows at once.
    let _ = tracing::subscriber::set_global_default(Journal::new(stderr.clone(), format));
    Ok((Output { stdout, stderr }, [errors, lines]))
}

fn run(config: Config, output: Output, signals: ChildSignals) -> Result<Stopped, StartError> {
    let runtime = runtime(config.workers).map_err(StartError::System)?;
    let stopped = runtime.block_on(async {
        let stop = server::stop_signals().map_err(StartError::System)?;
        Ok(Server::start(config, output, signals)
            .await?
            .run(stop)
            .await)
    });
    // What still runs has been told to stop; nothing waits for it.
    runtime.shutdown_background();
    stopped
}

/// One thread needs no locks and wakes nobody; more come with the machine, which the function has to share.
fn runtime(workers: Option<NonZeroUsize>) -> io::Result<Runtime> {
    let granted = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = workers.map_or_else(|| (granted() / 2).max(1), NonZeroUsize::get);
    let mut builder = match workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(workers).enable_all().build()
}

fn say(text: &str) -> ExitCode {
    // A closed stdout is the reader's choice.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn complain(text: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
    code.into()
}
