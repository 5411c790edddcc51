//! Looks settings up, one at a time, and keeps account.
//!
//! Owns precedence, defaults, and the lists of problems, warnings and origins that grow on the way. May know the environment and the table.
//! Refuses to know what a setting is for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use super::grammar::Value;
use super::report::{Effective, Problem, Problems, Source};
use super::setting::{ModeName, Setting};
use super::{CommandLine, Flavour, Upstream, near, settings, upstream};

/// An account of what was read so far.
pub(super) struct Reader<'a> {
    pub(super) env: &'a Environment,
    pub(super) flavour: Flavour,
    strict: bool,
    account: Problems,
    effective: Vec<Effective>,
}

/// A value as it was found.
struct Given {
    name: &'static str,
    text: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(env: &'a Environment, flavour: Flavour) -> Self {
        let account = Problems::default();
        let mut reader = Self {
            env,
            flavour,
            strict: true,
            account,
            effective: Vec::new(),
        };
        reader.strict = reader.flag(&settings::STRICT_CONFIG);
        reader
    }

    pub(super) fn mode(&mut self) -> ModeName {
        let setting = &settings::MODE;
        // A function of the classic watchdog may have a `mode` of its own.
        let strict = self.strict;
        self.strict = strict && self.flavour == Flavour::Of;
        let mode = match self.value(setting) {
            Some(Value::Mode(mode)) => mode,
            _ => ModeName::Streaming,
        };
        self.strict = strict;
        mode
    }

    /// The library decides: whatever `mode` says is not read.
    pub(super) fn mode_inproc(&mut self) -> ModeName {
        self.note(
            &settings::MODE,
            ModeName::Inproc.as_str().to_owned(),
            Source::Argument,
        );
        ModeName::Inproc
    }

    /// A required command; the one on the command line goes before all.
    pub(super) fn command(&mut self, argument: Option<CommandLine>) -> Option<CommandLine> {
        let setting = &settings::FPROCESS;
        if let Some(line) = argument {
            self.note(setting, line.to_string(), Source::Argument);
            return Some(line);
        }
        if let Some(Value::Command(line, _)) = self.value(setting) {
            return Some(line);
        }
        self.missing(
            setting,
            "provide a valid process via the \"fprocess\" or \"function_process\" environmental variable for your function, or a command after \"--\"",
        );
        None
    }

    /// A required upstream.
    pub(super) fn upstream(&mut self) -> Option<Upstream> {
        let setting = &settings::UPSTREAM_URL;
        if let Some(Value::Upstream(upstream, _)) = self.value(setting) {
            return Some(upstream);
        }
        self.missing(setting, "mode http needs it, such as http://127.0.0.1:3000");
        None
    }

    pub(super) fn flag(&mut self, setting: &'static Setting) -> bool {
        matches!(self.value(setting), Some(Value::Bool(true)))
    }

    pub(super) fn duration(&mut self, setting: &'static Setting) -> Duration {
        match self.value(setting) {
            Some(Value::Duration(duration)) => duration,
            _ => Duration::ZERO,
        }
    }

    /// A duration whose default depends on other settings.
    pub(super) fn duration_or(&mut self, setting: &'static Setting, derived: Duration) -> Duration {
        if let Some(Value::Duration(duration)) = self.value(setting) {
            return duration;
        }
        self.note(
            setting,
            Value::Duration(derived).to_string(),
            Source::Default,
        );
        derived
    }

    /// Whether what was read of a setting is its owner's choice.
    pub(super) fn is_given(&self, setting: &'static Setting) -> bool {
        let mut known = self.effective.iter();
        known.any(|known| known.name == setting.name && known.source != Source::Default)
    }

    /// A limit in time, of which zero means none.
    pub(super) fn timeout(&mut self, setting: &'static Setting) -> Option<Duration> {
        Some(self.duration(setting)).filter(|duration| !duration.is_zero())
    }

    pub(super) fn port(&mut self, setting: &'static Setting) -> u16 {
        match self.value(setting) {
            Some(Value::Integer(number)) => u16::try_from(number).unwrap_or_default(),
            _ => 0,
        }
    }

    /// A number; below zero counts as zero.
    pub(super) fn count(&mut self, setting: &'static Setting) -> usize {
        match self.value(setting) {
            Some(Value::Integer(number)) => usize::try_from(number.max(0)).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// A limit in number, of which zero means none.
    pub(super) fn limit(&mut self, setting: &'static Setting) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.count(setting))
    }

    pub(super) fn bytes(&mut self, setting: &'static Setting) -> u64 {
        match self.value(setting) {
            Some(Value::Bytes(number)) => number,
            _ => 0,
        }
    }

    pub(super) fn choice(&mut self, setting: &'static Setting) -> &'static str {
        match self.value(setting) {
            Some(Value::Choice(choice)) => choice,
            _ => "",
        }
    }

    pub(super) fn path(&mut self, setting: &'static Setting) -> PathBuf {
        match self.value(setting) {
            Some(Value::Path(path)) => path,
            _ => PathBuf::new(),
        }
    }

    pub(super) fn text(&mut self, setting: &'static Setting) -> Option<String> {
        match self.value(setting) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A setting's value: what is given if it is any good, or else its default.
    pub(super) fn value(&mut self, setting: &'static Setting) -> Option<Value> {
        if let Some(found) = self.given_value(setting) {
            return Some(found);
        }
        let default = setting
            .default(self.flavour)
            .and_then(|text| setting.kind.parse(text).ok());
        let shown = default.as_ref().map(Value::to_string).unwrap_or_default();
        self.note(setting, shown, Source::Default);
        default
    }

    fn given_value(&mut self, setting: &'static Setting) -> Option<Value> {
        let given = self.given(setting)?;
        let text = self.unquoted(setting, &given);
        match setting.kind.parse(text) {
            Ok(value) => {
                self.note(setting, value.to_string(), Source::Environment(given.name));
                Some(value)
            }
            Err(message) => {
                self.reject(given.name, &given.text, message);
                None
            }
        }
    }

    /// What is written, under whichever of the names goes before the others.
    fn given(&mut self, setting: &'static Setting) -> Option<Given> {
        let mut all = Vec::new();
        for name in setting.precedence(self.flavour) {
            let Some(value) = self.env.get(name) else {
                continue;
            };
            match value.to_str() {
                Some(text) => all.push(Given {
                    name,
                    text: text.to_owned(),
                }),
                None => self.reject(name, &value.to_string_lossy(), "expected UTF-8".to_owned()),
            }
        }
        let on = |given: &Given| setting.kind.parse(&given.text) == Ok(Value::Bool(true));
        let chosen = all.iter().position(on).unwrap_or(0);
        if chosen >= all.len() {
            return None;
        }
        let chosen = all.swap_remove(chosen);
        for other in all.iter().filter(|other| other.text != chosen.text) {
            self.warn(format!(
                "{} and {} are both set; {} is used",
                chosen.name, other.name, chosen.name
            ));
        }
        Some(chosen)
    }

    fn unquoted<'t>(&mut self, setting: &Setting, given: &'t Given) -> &'t str {
        let text = given.text.as_str();
        let inner = ['"', '\'']
            .into_iter()
            .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
            .filter(|_| setting.kind.never_quoted());
        if inner.is_some() {
            self.warn(format!(
                "{}={text}: the quotes around the value are ignored",
                given.name
            ));
        }
        inner.unwrap_or(text)
    }

    /// Notes a value that came from elsewhere, in place of what was noted before.
    pub(super) fn note(&mut self, setting: &'static Setting, value: String, source: Source) {
        self.effective.retain(|known| known.name != setting.name);
        self.effective.push(Effective {
            name: setting.name,
            value,
            source,
            used: true,
        });
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.account.warnings.push(warning);
    }

    /// A bad value; where the configuration is not strict, only a warning.
    pub(super) fn reject(&mut self, setting: &'static str, value: &str, message: String) {
        let problem = Problem {
            setting,
            value: Some(upstream::redact(value)),
            message,
        };
        if self.strict {
            self.account.problems.push(problem);
        } else {
            self.warn(format!("{problem}; ignored, the default is used"));
        }
    }

    /// A value that cannot stand beside another; no default would be what was meant.
    pub(super) fn refuse(&mut self, setting: &'static str, value: &str, message: String) {
        let problem = Problem {
            setting,
            value: Some(value.to_owned()),
            message,
        };
        self.account.problems.push(problem);
    }

    /// A setting that is needed and not there, or was no good and had no default to fall back on.
    pub(super) fn missing(&mut self, setting: &'static Setting, message: &str) {
        let names = setting.precedence(self.flavour);
        if self
            .account
            .problems
            .iter()
            .any(|problem| names.contains(&problem.setting))
        {
            return;
        }
        let message = message.to_owned();
        self.account.problems.push(Problem {
            setting: setting.name,
            value: None,
            message,
        });
    }

    /// The account: every setting's origin in the order of the table, or the problems.
    pub(super) fn finish(mut self) -> Result<(Vec<Effective>, Vec<String>), Problems> {
        self.warn_of_slips();
        if !self.account.problems.is_empty() {
            return Err(self.account);
        }
        let effective = settings::all()
            .map(|setting| self.effective_of(setting))
            .collect();
        Ok((effective, self.account.warnings))
    }

    fn warn_of_slips(&mut self) {
        for name in self.env.names() {
            if let Some(meant) = near::meant(name) {
                let warning =
                    format!("{name} is not a setting and is ignored; did you mean {meant}?");
                self.account.warnings.push(warning);
            }
        }
    }

    fn effective_of(&self, setting: &'static Setting) -> Effective {
        if let Some(read) = self
            .effective
            .iter()
            .find(|known| known.name == setting.name)
        {
            return read.clone();
        }
        let names = setting.precedence(self.flavour);
        let found = names
            .into_iter()
            .find_map(|name| Some((name, self.env.get(name)?)));
        let (value, source) = match found {
            Some((name, value)) => (
                upstream::redact(&value.to_string_lossy()),
                Source::Environment(name),
            ),
            None => (
                setting.default(self.flavour).unwrap_or_default().to_owned(),
                Source::Default,
            ),
        };
        Effective {
            name: setting.name,
            value,
            source,
            used: false,
        }
    }
}
