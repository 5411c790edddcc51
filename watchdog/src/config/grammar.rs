//! The grammars of single values.
//!
//! Owns the step from text to a typed value, and the words for what a grammar accepts. May know one value at a time. Refuses to know which
//! setting it belongs to, whether it may be missing, and what else is set.

use std::fmt;
use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::uri::PathAndQuery;

use super::duration::{self, go_duration};
use super::setting::{Kind, ModeName};
use super::{CommandLine, Upstream, upstream};

/// A value, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Duration(Duration),
    Bool(bool),
    Integer(i64),
    Bytes(u64),
    /// In place of a number of bytes.
    Unlimited,
    /// In place of a number that is found out at start.
    Auto,
    Mode(ModeName),
    Choice(&'static str),
    /// With the text it was written as.
    Command(CommandLine, String),
    Address(IpAddr),
    Upstream(Upstream, String),
    Path(PathBuf),
    Text(String),
}

impl Kind {
    /// The value, or what is wrong with the text.
    pub(super) fn parse(self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Command => {
                return command(text).map(|line| Value::Command(line, text.to_owned()));
            }
            Self::Upstream => {
                return upstream::parse(text).map(|found| Value::Upstream(found, text.to_owned()));
            }
            Self::Url => return upstream::check_url(text).map(|()| Value::Text(text.to_owned())),
            Self::Mode => return mode(text).map(Value::Mode),
            Self::Duration => duration::parse(text).map(Value::Duration),
            Self::Bool => bool(text).map(Value::Bool),
            Self::Bytes { min, max } => bytes(text)
                .filter(|number| (min..=max).contains(number))
                .map(Value::Bytes),
            Self::LineLimit => line_limit(text),
            Self::Auto { .. } if text == "auto" => Some(Value::Auto),
            Self::Integer { min, max } | Self::Auto { min, max } => integer(text, min, max),
            Self::Choice(choices) => choices
                .iter()
                .find(|choice| **choice == text)
                .copied()
                .map(Value::Choice),
            Self::Address => text.parse().ok().map(Value::Address),
            Self::Target => target(text).map(Value::Text),
            Self::HeaderValue => HeaderValue::from_str(text)
                .ok()
                .map(|_| Value::Text(text.to_owned())),
            Self::Path => Some(Value::Path(text.into())),
            Self::PathBelow => path_below(text).map(Value::Text),
            Self::Text => Some(Value::Text(text.to_owned())),
        };
        value.ok_or_else(|| format!("expected {}", self.describe()))
    }

    /// What the grammar accepts, in Markdown that also reads well without it.
    pub fn describe(self) -> String {
        match self {
            Self::Duration => "a duration: seconds (`30`), or `500ms`, `1m30s`, `1h`".to_owned(),
            Self::Bool => "`true` or `false` (or `1`, `0`, `t`, `f`; any case)".to_owned(),
            Self::Integer { min, max: i64::MAX } => format!("a whole number, at least {min}"),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Bytes { min: 0, max: u64::MAX } => BYTES.to_owned(),
            Self::Bytes { min, max } => format!("{BYTES}; from {min} to {max}"),
            Self::LineLimit => format!("{BYTES}; at least 1, or `-1` for lines of any length"),
            Self::Auto { min, max } => format!("`auto`, or a whole number from {min} to {max}"),
            Self::Mode => one_of(ModeName::CHOICES.iter().map(|(name, _)| *name)),
            Self::Choice(choices) => one_of(choices.iter().copied()),
            Self::Command => "a command".to_owned(),
            Self::Address => "an IP address".to_owned(),
            Self::Upstream => {
                "`http://host:port`, `https://host:port`, either with a path, or `unix:/path/to/socket`".to_owned()
            }
            Self::Url => "an `http://` or `https://` URL".to_owned(),
            Self::Target => "a path that begins with `/`".to_owned(),
            Self::HeaderValue => "text that can stand in an HTTP header".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::PathBelow => "a relative path without `..`".to_owned(),
            Self::Text => "text".to_owned(),
        }
    }

    /// Whether quotes around the whole value can only be a mistake of whoever wrote the YAML.
    pub(super) const fn never_quoted(self) -> bool {
        !matches!(self, Self::Text | Self::Command | Self::HeaderValue)
    }
}

const BYTES: &str =
    "a number of bytes, with `k`, `M`, `G` (powers of 1000) or `Ki`, `Mi`, `Gi` (powers of 1024)";

fn one_of(choices: impl Iterator<Item = &'static str>) -> String {
    choices
        .map(|choice| format!("`{choice}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What Go's `ParseBool` reads, in any case.
pub(super) fn bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

fn integer(text: &str, min: i64, max: i64) -> Option<Value> {
    let number = text.parse().ok()?;
    (min..=max)
        .contains(&number)
        .then_some(Value::Integer(number))
}

fn bytes(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit {
        "" => 1,
        "k" | "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn line_limit(text: &str) -> Option<Value> {
    if text.parse::<i64>().is_ok_and(i64::is_negative) {
        return Some(Value::Unlimited);
    }
    bytes(text).filter(|limit| *limit > 0).map(Value::Bytes)
}

fn mode(text: &str) -> Result<ModeName, String> {
    if let Some((_, mode)) = ModeName::CHOICES.iter().find(|(name, _)| *name == text) {
        return Ok(*mode);
    }
    let why = match text {
        "afterburn" => "mode afterburn is no more; ",
        "inproc" => "mode inproc is for programs that embed the watchdog as a library; ",
        _ => "",
    };
    Err(format!("{why}expected one of {}", Kind::Mode.describe()))
}

/// A request target in origin form; what follows a `#` would be lost silently.
fn target(text: &str) -> Option<String> {
    let fits = text.starts_with('/') && !text.contains('#') && text.parse::<PathAndQuery>().is_ok();
    fits.then(|| text.to_owned())
}

fn path_below(text: &str) -> Option<String> {
    let text = text.trim_start_matches('/');
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let names_file = Path::new(text).file_name().is_some();
    (names_file && Path::new(text).components().all(plain)).then(|| text.to_owned())
}

fn command(text: &str) -> Result<CommandLine, String> {
    if let Some(words) = json_words(text) {
        return command_line(words);
    }
    if text.contains(['"', '\'', '\\']) {
        let words = shlex::split(text).ok_or(
            "expected every quote to be closed and no backslash at the end; write `\\'` for an apostrophe",
        )?;
        return command_line(words);
    }
    command_line(
        text.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn json_words(text: &str) -> Option<Vec<String>> {
    text.trim_start()
        .starts_with('[')
        .then(|| serde_json::from_str(text).ok())?
}

/// A program and its arguments from words.
pub(super) fn command_line(words: Vec<String>) -> Result<CommandLine, String> {
    if words.iter().any(|word| word.contains('\0')) {
        return Err("expected a command without NUL characters".to_owned());
    }
    let mut words = words.into_iter();
    match words.next().filter(|program| !program.is_empty()) {
        Some(program) => Ok(CommandLine {
            program,
            args: words.collect(),
        }),
        None => Err("expected a command that names a program".to_owned()),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(duration) => f.write_str(&go_duration(*duration)),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bytes(number) => write!(f, "{number}"),
            Self::Unlimited => f.write_str("-1"),
            Self::Auto => f.write_str("auto"),
            Self::Mode(mode) => f.write_str(mode.as_str()),
            Self::Choice(choice) => f.write_str(choice),
            Self::Command(_, text) | Self::Upstream(_, text) | Self::Text(text) => {
                f.write_str(text)
            }
            Self::Address(address) => write!(f, "{address}"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: Kind = Kind::Bytes {
        min: 0,
        max: u64::MAX,
    };

    fn words(text: &str) -> Vec<String> {
        match Kind::Command.parse(text) {
            Ok(Value::Command(line, _)) => std::iter::once(line.program).chain(line.args).collect(),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn commands_without_quotes_are_split_at_spaces() {
        assert_eq!(words("node"), ["node"]);
        assert_eq!(words("node index.js"), ["node", "index.js"]);
        assert_eq!(
            words("node index.js --flag=1234"),
            ["node", "index.js", "--flag=1234"]
        );
        assert_eq!(words("node --flag"), ["node", "--flag"]);
        assert_eq!(words("  echo   a  b "), ["echo", "a", "b"]);
        assert_eq!(words("echo a\tb $HOME *"), ["echo", "a\tb", "$HOME", "*"]);
        assert_eq!(words("sh [a]"), ["sh", "[a]"]);
    }

    #[test]
    fn commands_with_quotes_are_split_as_a_shell_would() {
        assert_eq!(words("sh -c 'echo x'"), ["sh", "-c", "echo x"]);
        assert_eq!(words(r#"a "b c" d\ e ''"#), ["a", "b c", "d e", ""]);
        assert_eq!(words(r#"echo "$HOME""#), ["echo", "$HOME"]);
    }

    #[test]
    fn commands_as_json() {
        assert_eq!(words(r#"["a", "b c", ""]"#), ["a", "b c", ""]);
        assert_eq!(words(r#" ["a"] "#), ["a"]);
        assert_eq!(words("[ -f x ]"), ["[", "-f", "x", "]"]);
    }

    #[test]
    fn bad_commands_say_why() {
        for (text, why) in [
            ("echo it's", "quote"),
            ("echo \"a", "quote"),
            ("echo a\\", "backslash"),
            (" ", "names a program"),
            ("[]", "names a program"),
            ("[\"\"]", "names a program"),
            ("''", "names a program"),
            ("[\"a\\u0000\"]", "NUL"),
        ] {
            let error = Kind::Command.parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn booleans() {
        for text in ["true", "TRUE", "True", "tRuE", "t", "T", "1"] {
            assert_eq!(Kind::Bool.parse(text), Ok(Value::Bool(true)), "{text}");
        }
        for text in ["false", "FALSE", "f", "F", "0"] {
            assert_eq!(Kind::Bool.parse(text), Ok(Value::Bool(false)), "{text}");
        }
        for text in ["yes", "no", "on", "off", "2", " true", "01", ""] {
            assert!(
                Kind::Bool
                    .parse(text)
                    .unwrap_err()
                    .contains("`true` or `false`"),
                "{text}"
            );
        }
    }

    #[test]
    fn integers_stay_in_range() {
        let port = Kind::Integer {
            min: 0,
            max: 65_535,
        };
        assert_eq!(port.parse("8081"), Ok(Value::Integer(8081)));
        assert_eq!(port.parse("0"), Ok(Value::Integer(0)));
        for text in [
            "65536",
            "-1",
            " 8090",
            "8090.0",
            "0x1f90",
            "",
            "http",
            "99999999999999999999",
        ] {
            assert_eq!(
                port.parse(text),
                Err("expected a whole number from 0 to 65535".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn byte_counts_take_units() {
        for (text, number) in [
            ("0", 0),
            ("65536", 65_536),
            ("1k", 1_000),
            ("2K", 2_000),
            ("3M", 3_000_000),
            ("1G", 1_000_000_000),
            ("1Ki", 1_024),
            ("10Mi", 10 << 20),
            ("2Gi", 2 << 30),
        ] {
            assert_eq!(BYTES.parse(text), Ok(Value::Bytes(number)), "{text}");
        }
        for text in [
            "-1",
            "1.5M",
            "1 M",
            "1kB",
            "1m",
            "M",
            "",
            "99999999999G",
            "+1",
        ] {
            assert!(BYTES.parse(text).is_err(), "{text}");
        }
        let ranged = Kind::Bytes {
            min: 8_192,
            max: 16_384,
        };
        assert!(ranged.parse("8Ki").is_ok());
        assert!(
            ranged
                .parse("8k")
                .unwrap_err()
                .ends_with("from 8192 to 16384")
        );
    }

    #[test]
    fn line_limits() {
        assert_eq!(Kind::LineLimit.parse("1024"), Ok(Value::Bytes(1024)));
        assert_eq!(Kind::LineLimit.parse("-7"), Ok(Value::Unlimited));
        for text in ["0", "x", ""] {
            assert!(Kind::LineLimit.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn modes() {
        for (text, mode) in [
            ("classic", ModeName::Classic),
            ("buffered", ModeName::Classic),
            ("streaming", ModeName::Streaming),
            ("serializing", ModeName::Serializing),
            ("http", ModeName::Http),
            ("static", ModeName::Static),
        ] {
            assert_eq!(Kind::Mode.parse(text), Ok(Value::Mode(mode)), "{text}");
        }
        for (text, why) in [
            ("HTTP", "one of `classic`"),
            ("afterburn", "no more"),
            ("inproc", "embed"),
        ] {
            assert!(Kind::Mode.parse(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn addresses_targets_headers_and_paths() {
        assert!(Kind::Address.parse("127.0.0.1").is_ok());
        assert!(Kind::Address.parse("::1").is_ok());
        assert!(Kind::Address.parse("localhost").is_err());
        assert!(Kind::Address.parse("127.0.0.1:80").is_err());
        assert!(Kind::Target.parse("/custom/ready?a=b").is_ok());
        for text in ["ready", "http://x/", "/a b", "/a#b"] {
            assert!(Kind::Target.parse(text).is_err(), "{text}");
        }
        assert!(
            Kind::HeaderValue
                .parse("text/plain; charset=\"utf-8\"")
                .is_ok()
        );
        assert!(Kind::HeaderValue.parse("a\nb").is_err());
        assert_eq!(
            Kind::PathBelow.parse("/a/index.html"),
            Ok(Value::Text("a/index.html".to_owned()))
        );
        for text in ["../x", "a/../../b", "/", ".."] {
            assert!(Kind::PathBelow.parse(text).is_err(), "{text}");
        }
        assert!(
            Kind::Choice(&["text", "json"])
                .parse("JSON")
                .unwrap_err()
                .contains("`text`, `json`")
        );
    }
}
