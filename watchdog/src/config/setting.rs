//! What a row of the table of settings says.
//!
//! Owns the kinds of grammar and of default, and the names of modes. May know the flavours. Refuses to hold any setting itself: the table does.

use super::Flavour;

/// One thing an operator can set.
#[derive(Debug)]
pub struct Setting {
    /// The name used in documentation.
    pub name: &'static str,
    /// Other names read as this one.
    pub aliases: &'static [&'static str],
    /// The flavours in which an alias goes before the name where both are set.
    pub alias_wins: &'static [Flavour],
    pub kind: Kind,
    pub fallback: Fallback,
    /// The modes that read it; in any other it is left alone, since it may belong to the function.
    pub modes: &'static [ModeName],
    pub doc: &'static str,
}

/// The grammar of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Duration,
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    Bytes {
        min: u64,
        max: u64,
    },
    LineLimit,
    /// A whole number, or the word `auto`.
    Auto {
        min: i64,
        max: i64,
    },
    Mode,
    Choice(&'static [&'static str]),
    Command,
    Address,
    Upstream,
    Url,
    Target,
    HeaderValue,
    Path,
    PathBelow,
    Text,
}

/// What holds where nothing is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// A value in the setting's own grammar.
    Value(&'static str),
    /// Such a value for each flavour.
    PerFlavour {
        classic: &'static str,
        of: &'static str,
    },
    /// Found from other settings, in the way described.
    Derived(&'static str),
    Nothing,
}

/// A mode as it is named in `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeName {
    Classic,
    Streaming,
    Serializing,
    Http,
    Static,
    Inproc,
}

impl ModeName {
    /// Every mode that an operator can choose, as it is written.
    pub const CHOICES: &'static [(&'static str, Self)] = &[
        ("classic", Self::Classic),
        ("buffered", Self::Classic),
        ("streaming", Self::Streaming),
        ("serializing", Self::Serializing),
        ("http", Self::Http),
        ("static", Self::Static),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Streaming => "streaming",
            Self::Serializing => "serializing",
            Self::Http => "http",
            Self::Static => "static",
            Self::Inproc => "inproc",
        }
    }
}

/// Settings that belong together.
#[derive(Debug)]
pub struct Group {
    pub title: &'static str,
    pub settings: &'static [&'static Setting],
}

impl Setting {
    pub(super) const fn new(
        name: &'static str,
        kind: Kind,
        fallback: Fallback,
        modes: &'static [ModeName],
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            alias_wins: &[],
            kind,
            fallback,
            modes,
            doc,
        }
    }

    pub(super) const fn or(
        self,
        aliases: &'static [&'static str],
        alias_wins: &'static [Flavour],
    ) -> Self {
        Self {
            aliases,
            alias_wins,
            ..self
        }
    }

    /// The names in the order in which they are looked for.
    pub fn precedence(&self, flavour: Flavour) -> Vec<&'static str> {
        let name = std::iter::once(self.name);
        let aliases = self.aliases.iter().copied();
        if self.alias_wins.contains(&flavour) {
            aliases.chain(name).collect()
        } else {
            name.chain(aliases).collect()
        }
    }

    /// The default as text in the setting's own grammar, where it has such a default.
    pub const fn default(&self, flavour: Flavour) -> Option<&'static str> {
        match (self.fallback, flavour) {
            (Fallback::Value(text), _)
            | (Fallback::PerFlavour { classic: text, .. }, Flavour::Classic)
            | (Fallback::PerFlavour { of: text, .. }, Flavour::Of) => Some(text),
            (Fallback::Derived(_) | Fallback::Nothing, _) => None,
        }
    }
}
