//! Reports: one document in many forms, and what can be told from several.
//! It knows which form is asked for and where it goes.
//! It refuses to judge: verdicts come from the runner.

mod badge;
pub mod diff;
pub mod document;
mod html;
mod json;
mod junit;
mod markdown;
pub mod matrix;
mod outcomes;
pub mod standing;
mod tap;
pub mod verify;

use std::path::{Path, PathBuf};

pub use document::Document;

/// A report that was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub form: Form,
    pub path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Junit,
    Markdown,
    Html,
    Tap,
    Badge,
    /// The short form, to be kept beside the source.
    Outcomes,
}

impl Form {
    pub const ALL: [(&'static str, Self); 7] = [
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("md", Self::Markdown),
        ("html", Self::Html),
        ("tap", Self::Tap),
        ("badge", Self::Badge),
        ("outcomes", Self::Outcomes),
    ];

    pub fn render(self, document: &Document) -> Result<String, String> {
        match self {
            Self::Json => json::render(document),
            Self::Junit => junit::render(document),
            Self::Markdown => Ok(markdown::render(document)),
            Self::Html => Ok(html::render(document)),
            Self::Tap => Ok(tap::render(document)),
            Self::Badge => Ok(badge::render(document)),
            Self::Outcomes => outcomes::render(document),
        }
    }
}

impl Wanted {
    /// `FORM=FILE`, the form being one of [`Form::ALL`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, path) = text.split_once('=').ok_or("expected FORM=FILE")?;
        let forms = Form::ALL;
        let form = forms.iter().find(|(form, _)| *form == name);
        let Some(&(_, form)) = form else {
            let names: Vec<&str> = forms.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return Err(format!("unknown report {name:?}: one of {names}"));
        };
        Ok(Self {
            form,
            path: PathBuf::from(path),
        })
    }

    pub fn write(&self, document: &Document) -> Result<(), String> {
        write(&self.path, &self.form.render(document)?)
    }
}

pub fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads a report in JSON, whole or short.
pub fn read(path: &Path) -> Result<Document, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: no report: {e}", path.display()))
}
