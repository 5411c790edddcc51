//! The names that a program can use: listed in `PUBLIC-API.txt`, each with an example.
//!
//! The listing is read off the sources, as rustdoc's own takes an unstable compiler. `UPDATE=1 cargo test -p fwatchdog --test public_api` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod sources;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, Meta, Visibility};

use self::sources::{Place, Sources};

/// What is shown, in the order of its names, and what lacks an example.
#[derive(Default)]
struct Listing {
    text: String,
    bare: Vec<String>,
}

impl Listing {
    /// An exported item under its public name.
    fn add(&mut self, sources: &Sources, name: &str, place: &Place) {
        match sources.item(place) {
            None if place.module.first().is_none_or(|root| root != "crate") => {
                self.line(&format!("{name} = {}", place.path()));
            }
            None => panic!("{name}: nothing at {}", place.path()),
            Some(Item::Mod(_)) => self.module(sources, name, &place.inside()),
            Some(item) => self.item(sources, name, place, item),
        }
    }

    fn module(&mut self, sources: &Sources, name: &str, module: &[String]) {
        self.line(&format!("mod {name}"));
        for (item, place) in sources.exports(module) {
            self.add(sources, &format!("{name}::{item}"), &place);
        }
    }

    fn item(&mut self, sources: &Sources, name: &str, place: &Place, item: &Item) {
        let (attributes, head) = match item {
            Item::Struct(it) => (&it.attrs, format!("struct {name}{}", fields(&it.fields))),
            Item::Enum(it) => (&it.attrs, format!("enum {name}")),
            Item::Type(it) => (&it.attrs, format!("type {name} = {}", shown(&it.ty))),
            Item::Fn(it) => {
                let named = format!("fn {}", it.sig.ident);
                let full = format!("fn {name}");
                (&it.attrs, shown(&it.sig).replacen(&named, &full, 1))
            }
            _ => panic!("{name}: the listing does not know this kind of item"),
        };
        self.line(&format!("{}{head}", marks(attributes)));
        self.example(name, attributes);
        if let Item::Enum(it) = item {
            for variant in &it.variants {
                let (name, fields) = (&variant.ident, all_fields(&variant.fields));
                self.line(&format!("    {name}{fields}"));
            }
        }
        for it in sources.impls(place) {
            self.implementation(name, it);
        }
    }

    fn implementation(&mut self, name: &str, it: &ItemImpl) {
        let generics = shown(&it.generics);
        if let Some((of, _)) = &it.trait_ {
            let (of, own) = (shown(of), shown(&it.self_ty));
            self.line(&format!("    impl{generics} {of} for {own}"));
            return;
        }
        for item in &it.items {
            let ImplItem::Fn(it) = item else { continue };
            if matches!(it.vis, Visibility::Public(_)) {
                self.line(&format!("    {}{}", marks(&it.attrs), shown(&it.sig)));
                self.example(&format!("{name}::{}", it.sig.ident), &it.attrs);
            }
        }
    }

    /// They hold for a whole program, so what is on by default is part of the interface.
    fn features(&mut self, manifest: &str) {
        let table = manifest.split("[features]").nth(1).unwrap();
        for line in table.lines().skip(1).take_while(|line| !line.is_empty()) {
            if !line.starts_with('#') {
                self.line(&format!("feature {line}"));
            }
        }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{}", line.trim_end()).unwrap();
    }

    /// Has one, or says where there is one.
    fn example(&mut self, name: &str, attributes: &[Attribute]) {
        let doc: Vec<String> = attributes.iter().filter_map(doc).collect();
        let doc = doc.join("\n");
        if !doc.contains("```") && !doc.contains("example") {
            self.bare.push(name.to_owned());
        }
    }
}

fn doc(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(shown(&pair.value)),
        _ => None,
    }
}

/// The attributes that are part of an interface.
fn marks(attributes: &[Attribute]) -> String {
    let names = ["derive", "non_exhaustive"];
    let of_interface = |a: &&Attribute| names.iter().any(|name| a.path().is_ident(name));
    let marks = attributes.iter().filter(of_interface);
    marks.fold(String::new(), |all, mark| all + &shown(mark) + " ")
}

/// What is public of a struct.
fn fields(fields: &Fields) -> String {
    let all = fields.iter();
    let shown: Vec<_> = all
        .filter(|field| matches!(field.vis, Visibility::Public(_)))
        .map(|field| match &field.ident {
            Some(name) => format!("{name}: {}", shown(&field.ty)),
            None => shown(&field.ty),
        })
        .collect();
    if shown.is_empty() {
        return String::new();
    }
    format!(" {{ {} }}", shown.join(", "))
}

/// All of a variant is.
fn all_fields(fields: &Fields) -> String {
    let shown = fields.iter().map(|field| match &field.ident {
        Some(name) => format!("{name}: {}", shown(&field.ty)),
        None => shown(&field.ty),
    });
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        return String::new();
    }
    format!("({})", shown.join(", "))
}

/// Source text, as it is usually spaced.
fn shown(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    let tight = [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" > ", "> "),
        (" >", ">"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" ;", ";"),
        (" : ", ": "),
        ("# ", "#"),
        ("[ ", "["),
        (" ]", "]"),
        ("- >", "->"),
        ("->", " ->"),
        ("  ", " "),
        (",)", ")"),
        (", >", ">"),
        (",>", ">"),
        (" <", "<"),
        (" :", ":"),
        ("' ", "'"),
        ("< ", "<"),
        ("=(", "= ("),
        ("->", " ->"),
        ("  ", " "),
    ];
    for (loose, close) in tight {
        text = text.replace(loose, close);
    }
    text.trim_end_matches(',').to_owned()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test's own switch, no setting of the watchdog"
)]
fn the_listing_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = Sources::read(&root.join("src/lib.rs"));
    let mut listing = Listing::default();
    listing.features(&fs::read_to_string(root.join("Cargo.toml")).unwrap());
    for (name, place) in sources.exports(&["crate".to_owned()]) {
        listing.add(&sources, &name, &place);
    }
    let path = root.join("PUBLIC-API.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &listing.text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == listing.text,
        "PUBLIC-API.txt is out of date: run `UPDATE=1 cargo test -p fwatchdog --test public_api`"
    );
    assert_eq!(listing.bare, Vec::<String>::new(), "these have no example");
}
