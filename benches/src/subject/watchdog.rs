//! The three watchdogs: ours and the two existing ones.
//! It knows the environment that each understands.
//! It refuses to give ours anything that the others are not given.

use std::env;
use std::process::Command;

use super::{Order, Place, TIMEOUT, function_server};
use crate::bench::Bench;
use crate::fault::Fault;
use crate::ports;
use crate::scenario::{Program, Service};

pub fn command(command: &mut Command, order: &Order, place: &Place<'_>) -> Result<(), Fault> {
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", place.folder)
        .env("port", place.port.to_string())
        .current_dir(place.folder);
    if order.subject.ours() {
        command.env("metrics_port", ports::free()?.to_string());
    } else {
        ports::await_fixed()?;
    }
    if !order.plain {
        for name in ["read_timeout", "write_timeout", "exec_timeout"] {
            command.env(name, TIMEOUT);
        }
    }
    service(command, order, place)?;
    for (name, value) in &order.settings {
        command.env(name, value);
    }
    Ok(())
}

fn service(command: &mut Command, order: &Order, place: &Place<'_>) -> Result<(), Fault> {
    match order.service {
        Service::Proxy(backend) => command
            .env("mode", "http")
            .env(
                "upstream_url",
                format!("http://127.0.0.1:{}", place.upstream),
            )
            .env("fprocess", words(&function_server(backend, place)?)),
        Service::Fork(mode, program) => command
            .env("mode", mode.name())
            .env("fprocess", function(place.bench, program)?),
        Service::Files => command
            .env("mode", "static")
            .env("static_path", place.bench.public()),
    };
    Ok(())
}

/// A command as the words of `fprocess`; none of ours has a space in it.
fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn function(bench: &Bench, program: Program) -> Result<String, Fault> {
    let file = bench.programs().join(program.file());
    let file = file.display();
    Ok(match program {
        Program::Cat => file.to_string(),
        Program::Sh => format!("/bin/sh {file}"),
        Program::Python => {
            let python = bench.python.as_ref();
            let python = python.ok_or_else(|| Fault::new("python3 is not here"))?;
            format!("{} {file}", python.display())
        }
    })
}
