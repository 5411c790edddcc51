//! The function's command: words, quotes, and where it comes from.
//! It knows `fprocess`, its rivals, and what mode http needs beside it.
//! It refuses what the command does once it runs.

use std::os::unix::fs::PermissionsExt;

use super::refused;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "config/fprocess-words",
        "WD-1.1",
        "words of fprocess arrive as arguments",
    )
    .modes(FORK)
    .run(words),
    Case::must(
        "config/fprocess-no-shell",
        "WD-1.1",
        "what a shell would expand arrives as it stands",
    )
    .run(no_shell),
    Case::must("config/fprocess-tab", "WD-1.1", "a tab is part of its word").run(tab),
    Case::must(
        "config/fprocess-path-lookup",
        "WD-1.1",
        "a name without a slash is looked up in PATH",
    )
    .modes(FORK)
    .run(path_lookup),
    Case::must(
        "config/fprocess-relative",
        "WD-1.1",
        "a relative name with a slash is relative to the working directory",
    )
    .modes(FORK)
    .run(relative),
    Case::must(
        "config/no-command",
        "WD-1.2",
        "no command: a message and a non-zero exit",
    )
    .modes(FUNCTION)
    .run(no_command),
    Case::must(
        "config/empty-command",
        "WD-1.2",
        "an empty command is no command",
    )
    .run(empty_command),
    Case::must(
        "config/static-needs-no-command",
        "WD-1.28",
        "mode static starts without a command",
    )
    .modes(&[Static])
    .run(static_needs_none),
    Case::must(
        "config/function-process-wins",
        "WD-1.4",
        "function_process wins over fprocess",
    )
    .only(Flavour::Of)
    .modes(&[Serializing])
    .run(function_process_wins),
    Case::must(
        "config/function-process-alone",
        "WD-1.4",
        "function_process alone is enough",
    )
    .only(Flavour::Of)
    .run(function_process_alone),
    Case::must(
        "config/fprocess-wins-in-classic",
        "WD-1.4",
        "fprocess wins over function_process in the classic flavour",
    )
    .only(Flavour::Classic)
    .run(fprocess_wins),
    Case::should(
        "config/fprocess-quotes",
        "WD-1.20",
        "quotes and backslashes keep blanks inside a word",
    )
    .feature("fprocess-quotes")
    .bugs(&["BUG-44"])
    .run(quotes),
    Case::should(
        "config/fprocess-quotes-expand-nothing",
        "WD-1.20",
        "quoting is not a shell: nothing is expanded",
    )
    .feature("fprocess-quotes")
    .run(quotes_expand_nothing),
    Case::should(
        "config/fprocess-open-quote",
        "WD-1.20",
        "a quote that is not closed is a bad value",
    )
    .feature("fprocess-quotes")
    .run(open_quote),
    Case::should(
        "config/fprocess-blanks",
        "WD-1.20",
        "runs of blanks make no empty argument",
    )
    .feature("fprocess-quotes")
    .run(blanks),
    Case::should(
        "config/fprocess-json",
        "WD-1.20",
        "a JSON array of strings is the words",
    )
    .feature("fprocess-json")
    .bugs(&["BUG-44"])
    .run(json),
    Case::should(
        "config/fprocess-json-http",
        "WD-1.20",
        "a JSON array starts the server of mode http as well",
    )
    .modes(&[Http])
    .feature("fprocess-json")
    .run(json_http),
    Case::should(
        "config/command-argument",
        "WD-1.21",
        "a command after -- runs, its blanks kept",
    )
    .feature("cli-command")
    .run(command_argument),
    Case::should(
        "config/command-argument-wins",
        "WD-1.21",
        "a command after -- goes before fprocess",
    )
    .feature("cli-command")
    .run(command_argument_wins),
    Case::must(
        "config/http-command-missing",
        "WD-1.28",
        "mode http: a command that is not there ends the start, named",
    )
    .modes(&[Http])
    .run(http_command_missing),
    Case::should(
        "config/http-command-missing-127",
        "WD-1.23",
        "mode http: a command that cannot be started is exit code 127",
    )
    .modes(&[Http])
    .feature("exit-codes")
    .run(http_command_127),
    Case::must(
        "config/upstream-missing",
        "WD-1.28",
        "mode http without an upstream URL ends the start, the name told",
    )
    .modes(&[Http])
    .run(upstream_missing),
    Case::must(
        "config/upstream-unusable",
        "WD-1.28",
        "mode http: a URL without a usable scheme ends the start",
    )
    .modes(&[Http])
    .bugs(&["BUG-40"])
    .run(upstream_unusable),
];

/// Starts `line` and checks what its `argv` fixture was given.
fn arguments(rig: &Rig, line: &str, want: &[&str]) -> Outcome {
    let w = rig.watchdog().fprocess(line).start()?;
    let got: Vec<String> = serde_json::from_slice(&w.get("/")?.body)
        .map_err(|e| Failure::failed(format!("the function did not answer with words: {e}")))?;
    check_eq!(got, want, "arguments made of {line:?}");
    Ok(())
}

fn words(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("argv", &["one", "--two=2", "three"]);
    arguments(rig, &line, &["one", "--two=2", "three"])
}

fn no_shell(rig: &mut Rig) -> Outcome {
    let literal = [
        "$HOME", "${PATH}", "*", "~", ";", "|", ">", "x", "&&", "`id`", "#", "a=b",
    ];
    let line = rig.fixture("argv", &literal);
    arguments(rig, &line, &literal)
}

fn tab(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("argv", &["one\ttwo", "three"]);
    arguments(rig, &line, &["one\ttwo", "three"])
}

fn path_lookup(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess("cat").start()?;
    check_eq!(w.post("/", "meow")?.text(), "meow", "answer of cat");
    Ok(())
}

fn relative(rig: &mut Rig) -> Outcome {
    let script = rig.write("bin/function", "#!/bin/sh\necho relative\n")?;
    std::fs::set_permissions(script, PermissionsExt::from_mode(0o755))?;
    let w = rig.watchdog().fprocess("./bin/function").start()?;
    check_eq!(w.get("/")?.text(), "relative\n", "answer");
    Ok(())
}

fn no_command(rig: &mut Rig) -> Outcome {
    let exit = rig.watchdog().run_to_exit(10.0)?;
    refused_without_command(&exit)
}

fn empty_command(rig: &mut Rig) -> Outcome {
    let exit = rig.watchdog().fprocess("").run_to_exit(10.0)?;
    refused_without_command(&exit)
}

/// The classic watchdog panics after the message: that is its way to say it.
fn refused_without_command(exit: &Exit) -> Outcome {
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("fprocess"),
        "the message does not name fprocess: {}",
        exit.stderr
    );
    Ok(())
}

fn static_needs_none(rig: &mut Rig) -> Outcome {
    rig.write("public/a.txt", "a")?;
    let w = rig.watchdog().start()?;
    check_eq!(w.get("/a.txt")?.text(), "a", "file");
    Ok(())
}

fn function_process_wins(rig: &mut Rig) -> Outcome {
    let right = rig.fixture("print", &["right"]);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print", &["wrong"]))
        .env("function_process", &right)
        .start()?;
    check_eq!(w.get("/")?.text(), "right", "body");
    Ok(())
}

fn function_process_alone(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("print", &["alone"]);
    let w = rig.watchdog().env("function_process", &line).start()?;
    check_eq!(w.get("/")?.text(), "alone", "body");
    Ok(())
}

fn fprocess_wins(rig: &mut Rig) -> Outcome {
    let wrong = rig.fixture("print", &["wrong"]);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print", &["right"]))
        .env("function_process", &wrong)
        .start()?;
    check_eq!(w.get("/")?.text(), "right", "body");
    Ok(())
}

fn quotes(rig: &mut Rig) -> Outcome {
    let raw = [
        "'a b'",
        "\"c  d\"",
        "e\\ f",
        "''",
        "g'h i'j",
        "\"k\\\"l\"",
        "'m\"n'",
    ];
    let line = rig.fixture("argv", &raw);
    arguments(
        rig,
        &line,
        &["a b", "c  d", "e f", "", "gh ij", "k\"l", "m\"n"],
    )
}

fn quotes_expand_nothing(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("argv", &["\"$HOME\"", "'$HOME'", "*", "\"`id`\""]);
    arguments(rig, &line, &["$HOME", "$HOME", "*", "`id`"])
}

fn open_quote(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("argv", &["'open"]);
    let exit = rig.watchdog().fprocess(&line).run_to_exit(10.0)?;
    refused(&exit, &["fprocess"])?;
    check_eq!(exit.code, Some(64), "exit code");
    Ok(())
}

fn blanks(rig: &mut Rig) -> Outcome {
    let line = format!("  {}  ", rig.fixture("argv", &["a", "", "b"]));
    arguments(rig, &line, &["a", "b"])
}

/// The command line of a fixture as a JSON array.
fn as_json(words: &[String]) -> Result<String, Failure> {
    serde_json::to_string(words).map_err(|e| Failure::fault(e.to_string()))
}

fn json(rig: &mut Rig) -> Outcome {
    let line = as_json(&rig.fixture_words("argv", &["a b", "", "'", "\\", "\u{fc}\n"]))?;
    arguments(rig, &line, &["a b", "", "'", "\\", "\u{fc}\n"])
}

fn json_http(rig: &mut Rig) -> Outcome {
    let line = as_json(&rig.fixture_words("http-server", &[]))?;
    let w = rig.watchdog().fprocess(&line).start()?;
    check_eq!(w.post("/echo", "x")?.text(), "x", "answer");
    Ok(())
}

fn command_argument(rig: &mut Rig) -> Outcome {
    let words = rig.fixture_words("argv", &["--version", "a b", "", "'"]);
    let mut args = vec!["--"];
    args.extend(words.iter().map(String::as_str));
    let w = rig.watchdog().args(&args).start()?;
    check_eq!(
        w.get("/")?.text(),
        r#"["--version","a b","","'"]"#,
        "arguments"
    );
    Ok(())
}

fn command_argument_wins(rig: &mut Rig) -> Outcome {
    let words = rig.fixture_words("print", &["argument"]);
    let mut args = vec!["--"];
    args.extend(words.iter().map(String::as_str));
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print", &["variable"]))
        .args(&args)
        .start()?;
    check_eq!(w.get("/")?.text(), "argument", "body");
    Ok(())
}

fn http_command_missing(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess("/no/such/program --flag");
    refused(&setup.run_to_exit(10.0)?, &["/no/such/program"])
}

fn http_command_127(rig: &mut Rig) -> Outcome {
    let plain = rig.write("not-a-program", "text")?;
    for line in ["/no/such/program", &plain.display().to_string()] {
        let exit = rig.watchdog().fprocess(line).run_to_exit(10.0)?;
        check_eq!(exit.code, Some(127), "exit code for {line}");
    }
    Ok(())
}

fn upstream_missing(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("http-server", &[]));
    let exit = setup.unset("upstream_url").run_to_exit(10.0)?;
    refused(&exit, &["upstream_url"])?;
    check_eq!(rig.evidence("started"), "", "processes started for nothing");
    Ok(())
}

fn upstream_unusable(rig: &mut Rig) -> Outcome {
    for url in ["127.0.0.1:3000", "localhost:3000", "ftp://127.0.0.1:3000"] {
        let setup = rig.watchdog().fprocess(&rig.fixture("http-server", &[]));
        let exit = setup.env("upstream_url", url).run_to_exit(5.0);
        let exit = exit.map_err(|_| Failure::failed(format!("it starts with {url}")))?;
        refused(&exit, &[])?;
    }
    Ok(())
}
