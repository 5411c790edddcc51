//! Which provider is meant and who asks: the same arguments for every command that talks to one.
//! It knows the command line, the environment and what a logged-in faas-cli saved, in that order.
//! It refuses half a pair: a user without a password is a mistake.

use crate::shell::quoted;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Deserialize;

use crate::provider::rig::Credentials;
use crate::provider::rig::target::Url;

/// Where a provider is if nothing says so.
const USUAL: &str = "http://127.0.0.1:8080";

/// Adds the arguments.
pub(super) fn arguments(command: Command) -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    command
        .arg(
            text("gateway", "URL").short('g').help(
                "The provider or gateway [default: OPENFAAS_URL, then http://127.0.0.1:8080]",
            ),
        )
        .arg(
            text("user", "USER")
                .short('u')
                .help("[default: admin, where there is a password]"),
        )
        .arg(
            text("password", "PASSWORD")
                .short('p')
                .conflicts_with("token"),
        )
        .arg(
            Arg::new("password-stdin")
                .long("password-stdin")
                .short('s')
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["password", "token"])
                .help("The password is the first line of the standard input"),
        )
        .arg(
            text("token", "TOKEN")
                .conflicts_with("user")
                .help("A Bearer token"),
        )
}

/// The URL that is meant.
pub(super) fn url(args: &ArgMatches) -> Result<Url, String> {
    let named = args.get_one::<String>("gateway").cloned();
    let named = named.or_else(|| std::env::var("OPENFAAS_URL").ok());
    let text = named.filter(|text| !text.is_empty());
    Url::parse(text.as_deref().unwrap_or(USUAL))
}

/// Who asks: what was said, what the URL has, or what faas-cli saved for it.
pub(super) fn credentials(args: &ArgMatches, url: &Url) -> Result<Credentials, String> {
    if let Some(token) = args.get_one::<String>("token") {
        return Ok(Credentials::Token(token.clone()));
    }
    let user = args.get_one::<String>("user").map(String::as_str);
    let password = match args.get_one::<String>("password") {
        Some(password) => Some(password.clone()),
        None if args.get_flag("password-stdin") => Some(first_line()?),
        None => None,
    };
    match (user, password) {
        (user, Some(password)) => Ok(Credentials::basic(user.unwrap_or("admin"), &password)),
        (Some(user), None) => Err(format!(
            "a user {user:?} and no password; add -p PASSWORD or --password-stdin"
        )),
        (None, None) if url.credentials != Credentials::None => Ok(url.credentials.clone()),
        (None, None) => Ok(saved(url).unwrap_or(Credentials::None)),
    }
}

fn first_line() -> Result<String, String> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| format!("no password on the standard input: {e}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// What faas-cli keeps after a login.
#[derive(Debug, Deserialize)]
struct Saved {
    #[serde(default)]
    auths: Vec<Login>,
}

#[derive(Debug, Deserialize)]
struct Login {
    #[serde(default)]
    gateway: String,
    #[serde(default)]
    auth: String,
    #[serde(default)]
    token: String,
}

fn saved(url: &Url) -> Option<Credentials> {
    let text = std::fs::read_to_string(config()?).ok()?;
    login(&text, &url.to_string())
}

/// The file of faas-cli: `OPENFAAS_CONFIG`, in CI the working directory, else the home.
fn config() -> Option<PathBuf> {
    let set = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let dir = match set("OPENFAAS_CONFIG") {
        Some(path) => PathBuf::from(path),
        None if set("CI").as_deref() == Some("true") => Path::new(".openfaas").to_path_buf(),
        None => Path::new(&set("HOME")?).join(".openfaas"),
    };
    Some(if dir.is_file() {
        dir
    } else {
        dir.join("config.yml")
    })
}

fn login(text: &str, gateway: &str) -> Option<Credentials> {
    let saved: Saved = serde_saphyr::from_str(text).ok()?;
    let same = |login: &&Login| {
        let there = login.gateway.trim_end_matches('/');
        there.eq_ignore_ascii_case(gateway.trim_end_matches('/'))
    };
    let login = saved.auths.iter().find(same)?;
    if login.auth != "basic" {
        return Some(Credentials::Token(login.token.clone()));
    }
    let pair = STANDARD.decode(login.token.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some(Credentials::basic(user, password))
}

/// The command line without what is secret in it, for a report.
pub(super) fn public(words: &[String]) -> String {
    let mut out = vec!["conformance".to_owned()];
    let mut instead: Option<&str> = None;
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let secret = match name {
            "-p" | "--password" => Some("\"$PASSWORD\""),
            "--token" => Some("\"$TOKEN\""),
            _ => None,
        };
        match (instead.take(), secret) {
            (Some(shown), _) => out.push(shown.to_owned()),
            (None, Some(shown)) if !value.is_empty() => out.push(format!("{name}={shown}")),
            (None, Some(shown)) => {
                out.push(quoted(word));
                instead = Some(shown);
            }
            (None, None) if word.starts_with("-p") && !word.starts_with("-p=") => {
                out.push("-p\"$PASSWORD\"".to_owned());
            }
            (None, None) => out.push(quoted(&without_userinfo(word))),
        }
    }
    out.join(" ")
}

fn without_userinfo(word: &str) -> String {
    match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let (head, rest) = (word.get(..scheme + 3), word.get(at + 1..));
            format!("{}{}", head.unwrap_or_default(), rest.unwrap_or_default())
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_faas_cli_saved_is_found() {
        let text = "auths:\n- gateway: http://other\n  auth: basic\n  token: eA==\n\
                    - gateway: http://h:8080\n  auth: basic\n  token: am9lOmE6Yg==\n  options: []\n";
        let found = login(text, "http://H:8080/").unwrap();
        assert_eq!(found, Credentials::basic("joe", "a:b"));
        assert_eq!(login(text, "http://h:8081"), None);
        assert_eq!(login("nonsense: [", "http://h"), None);
    }

    #[test]
    fn a_command_line_is_shown_without_secrets() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let shown = public(&words("run -g http://a:b@h/x -u joe -p hunter2 --run x"));
        assert_eq!(
            shown,
            "conformance run -g http://h/x -u joe -p \"$PASSWORD\" --run x"
        );
        let shown = public(&words("run --run x/*"));
        assert_eq!(shown, "conformance run --run 'x/*'");
        let shown = public(&words("run --token=abc --profile core"));
        assert_eq!(shown, "conformance run --token=\"$TOKEN\" --profile core");
        assert!(!public(&words("run -phunter2")).contains("hunter2"));
    }
}
