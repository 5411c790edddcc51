//! The library's sources, and where a name in them leads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{
    Attribute, GenericArgument, Item, ItemImpl, ItemUse, PathArguments, Type, UseTree, Visibility,
};

/// Every module of the crate.
pub struct Sources(BTreeMap<Vec<String>, Vec<Item>>);

/// An item of a module.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    pub module: Vec<String>,
    pub name: String,
}

impl Place {
    pub fn path(&self) -> String {
        format!("{}::{}", self.module.join("::"), self.name)
    }

    /// The place as a module.
    pub fn inside(&self) -> Vec<String> {
        [&self.module[..], std::slice::from_ref(&self.name)].concat()
    }
}

impl Sources {
    pub fn read(root: &Path) -> Self {
        let mut sources = Self(BTreeMap::new());
        sources.enter(vec!["crate".to_owned()], root);
        sources
    }

    fn enter(&mut self, module: Vec<String>, path: &Path) {
        let text = fs::read_to_string(path).unwrap();
        let items = syn::parse_file(&text).unwrap().items;
        let folder = match path.file_name().and_then(|name| name.to_str()) {
            Some("lib.rs" | "mod.rs") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        for item in &items {
            let Item::Mod(it) = item else { continue };
            let name = it.ident.to_string();
            if it.content.is_none() && !it.attrs.iter().any(|a| a.path().is_ident("cfg")) {
                let inside = [&module[..], std::slice::from_ref(&name)].concat();
                self.enter(inside, &file(&folder, &name));
            }
        }
        self.0.insert(module, items);
    }

    /// The item itself, which has the name that it was declared with.
    pub fn item(&self, place: &Place) -> Option<&Item> {
        let items = self.0.get(&place.module)?;
        items
            .iter()
            .find(|item| declared(item).as_ref() == Some(&place.name))
    }

    /// What a module shows to others, in the order of names: its public items, and what it exports of others.
    pub fn exports(&self, module: &[String]) -> Vec<(String, Place)> {
        let mut found = Vec::new();
        for item in self.0.get(module).unwrap() {
            match item {
                Item::Use(it) if is_shown(&it.vis, &it.attrs) => {
                    let named = uses(it).into_iter();
                    found.extend(named.map(|(name, path)| (name, self.resolve(module, &path))));
                }
                _ => {
                    if let Some((vis, attributes)) = visible(item)
                        && is_shown(vis, attributes)
                        && let Some(name) = declared(item)
                    {
                        let place = Place {
                            module: module.to_owned(),
                            name: name.clone(),
                        };
                        found.push((name, place));
                    }
                }
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// The blocks that implement something for a type, or make something of it that is not ours, wherever they are.
    pub fn impls(&self, place: &Place) -> Vec<&ItemImpl> {
        let all = self.0.iter().flat_map(|(module, items)| {
            items.iter().filter_map(move |item| match item {
                Item::Impl(it) => Some((module, it)),
                _ => None,
            })
        });
        all.filter(|(module, it)| {
            let of = self.place(module, &it.self_ty);
            let made = made_of(it).and_then(|from| self.place(module, from));
            let foreign = of.as_ref().is_none_or(|of| self.item(of).is_none());
            of.as_ref() == Some(place) || (foreign && made.as_ref() == Some(place))
        })
        .map(|(_, it)| it)
        .collect()
    }

    fn place(&self, module: &[String], of: &Type) -> Option<Place> {
        let Type::Path(of) = of else { return None };
        let segments = of.path.segments.iter();
        let path: Vec<_> = segments.map(|segment| segment.ident.to_string()).collect();
        Some(self.resolve(module, &path))
    }

    /// Where a path leads, seen from a module.
    fn resolve(&self, module: &[String], path: &[String]) -> Place {
        let (first, rest) = path.split_first().unwrap();
        match first.as_str() {
            "crate" => self.walk(&["crate".to_owned()], rest),
            "self" => self.walk(module, rest),
            "super" => match module.split_last() {
                Some((_, above)) if rest.first().is_some_and(|next| next == "super") => {
                    self.resolve(above, rest)
                }
                Some((_, above)) => self.walk(above, rest),
                None => panic!("nothing is above {}", module.join("::")),
            },
            _ => self.walk(module, path),
        }
    }

    fn walk(&self, module: &[String], path: &[String]) -> Place {
        let (first, rest) = path.split_first().unwrap();
        let inside = [module, std::slice::from_ref(first)].concat();
        if !rest.is_empty() && self.0.contains_key(&inside) {
            return self.walk(&inside, rest);
        }
        let here = Place {
            module: module.to_owned(),
            name: first.clone(),
        };
        if self.item(&here).is_some() {
            return here;
        }
        let items = self.0.get(module).into_iter().flatten();
        let imported = items
            .filter_map(|item| match item {
                Item::Use(it) => Some(uses(it)),
                _ => None,
            })
            .flatten()
            .find(|(name, _)| name == first);
        match imported {
            Some((_, to)) if to != path => self.resolve(module, &[&to[..], rest].concat()),
            // Of another crate.
            _ => {
                let (name, module) = path.split_last().unwrap();
                Place {
                    module: module.to_owned(),
                    name: name.clone(),
                }
            }
        }
    }
}

/// What a `From<It>` is made of.
fn made_of(it: &ItemImpl) -> Option<&Type> {
    let (path, _) = it.trait_.as_ref()?;
    let last = path.segments.last().filter(|last| last.ident == "From")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(of) => Some(of),
        _ => None,
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    let flat = folder.join(format!("{name}.rs"));
    if flat.exists() {
        flat
    } else {
        folder.join(name).join("mod.rs")
    }
}

fn is_shown(vis: &Visibility, attributes: &[Attribute]) -> bool {
    let hidden = |a: &Attribute| {
        a.path().is_ident("doc")
            && a.parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "hidden")
    };
    matches!(vis, Visibility::Public(_)) && !attributes.iter().any(hidden)
}

fn visible(item: &Item) -> Option<(&Visibility, &[Attribute])> {
    Some(match item {
        Item::Struct(it) => (&it.vis, &it.attrs),
        Item::Enum(it) => (&it.vis, &it.attrs),
        Item::Fn(it) => (&it.vis, &it.attrs),
        Item::Type(it) => (&it.vis, &it.attrs),
        Item::Mod(it) => (&it.vis, &it.attrs),
        Item::Const(it) => (&it.vis, &it.attrs),
        Item::Static(it) => (&it.vis, &it.attrs),
        Item::Trait(it) => (&it.vis, &it.attrs),
        _ => return None,
    })
}

fn declared(item: &Item) -> Option<String> {
    Some(
        match item {
            Item::Struct(it) => &it.ident,
            Item::Enum(it) => &it.ident,
            Item::Fn(it) => &it.sig.ident,
            Item::Type(it) => &it.ident,
            Item::Mod(it) => &it.ident,
            Item::Const(it) => &it.ident,
            Item::Static(it) => &it.ident,
            Item::Trait(it) => &it.ident,
            _ => return None,
        }
        .to_string(),
    )
}

/// The names that a `use` brings in, each with its path.
fn uses(it: &ItemUse) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    spread(&it.tree, &mut Vec::new(), &mut found);
    found
}

fn spread(tree: &UseTree, path: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            spread(&it.tree, path, found);
            path.pop();
        }
        UseTree::Name(it) if it.ident == "self" => {
            found.push((path.last().unwrap().clone(), path.clone()));
        }
        UseTree::Name(it) => {
            let name = it.ident.to_string();
            found.push((name.clone(), [&path[..], &[name]].concat()));
        }
        UseTree::Rename(it) => {
            let full = [&path[..], &[it.ident.to_string()]].concat();
            found.push((it.rename.to_string(), full));
        }
        UseTree::Group(it) => it.items.iter().for_each(|tree| spread(tree, path, found)),
        UseTree::Glob(_) => {}
    }
}
