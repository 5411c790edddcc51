//! Removes what cases made: functions first, then the secrets they held, namespaces last.
//! It knows that a provider may remove in the background, and that a thing in use may be refused for a while.
//! It refuses to call a thing gone before the provider does.

use std::time::{Duration, Instant};

use super::api::Provider;
use super::journal::{Kind, Thing};
use super::name;
use crate::failure::Failure;

/// What could not be removed, and why.
#[derive(Clone, Debug)]
pub struct Left {
    pub thing: Thing,
    pub why: String,
}

/// Removes these things; `gone` hears of each that is gone for certain or on its way.
pub fn remove(
    provider: &Provider,
    things: &[Thing],
    limit: Duration,
    mut gone: impl FnMut(&Thing),
) -> Vec<Left> {
    let deadline = Instant::now() + limit;
    let of = |kind| things.iter().filter(move |thing| thing.kind == kind);
    let mut left = Vec::new();
    for thing in of(Kind::Function) {
        settle(&mut left, thing, once(provider, thing), &mut gone);
    }
    // What a function holds may be refused until it is gone.
    if things.iter().any(|thing| thing.kind != Kind::Function) {
        for thing in of(Kind::Function) {
            let _ = poll(deadline, || absent(provider, thing));
        }
    }
    for kind in [Kind::Secret, Kind::Namespace] {
        for thing in of(kind) {
            let outcome = poll(deadline, || once(provider, thing));
            settle(&mut left, thing, outcome, &mut gone);
        }
    }
    left
}

/// Removes whatever bears the name of the run, as often as there is something, and waits until it is gone.
pub fn all_of(provider: &Provider, run: &str, known: &[Thing], limit: Duration) -> Vec<Left> {
    let deadline = Instant::now() + limit;
    let mut things = known.to_vec();
    loop {
        let mut left = remove(provider, &things, limit, |_| {});
        for thing in things.iter().filter(|thing| thing.kind == Kind::Function) {
            let listed = left.iter().any(|one| one.thing == *thing);
            if let Err(why) = poll(deadline, || absent(provider, thing))
                && !listed
            {
                let thing = thing.clone();
                left.push(Left { thing, why });
            }
        }
        // What was asked for before the run ended may come to be only now.
        things = found(provider, run, known);
        if things.is_empty() || Instant::now() >= deadline {
            return left;
        }
    }
}

/// Functions of the run, in the default namespace and in those of the known things.
fn found(provider: &Provider, run: &str, known: &[Thing]) -> Vec<Thing> {
    let mut places: Vec<Option<&str>> = vec![None];
    for thing in known {
        if !places.contains(&thing.namespace.as_deref()) {
            places.push(thing.namespace.as_deref());
        }
    }
    let mut things = Vec::new();
    for place in places {
        let listed = provider.functions(place).unwrap_or_default();
        let ours = listed.iter().filter(|one| name::is_of(run, &one.name));
        things.extend(ours.map(|one| Thing::function(&one.name, place)));
    }
    things
}

fn settle(
    left: &mut Vec<Left>,
    thing: &Thing,
    outcome: Result<(), String>,
    gone: &mut impl FnMut(&Thing),
) {
    match outcome {
        Ok(()) => gone(thing),
        Err(why) => left.push(Left {
            thing: thing.clone(),
            why,
        }),
    }
}

/// One removal: accepted, or there was nothing.
fn once(provider: &Provider, thing: &Thing) -> Result<(), String> {
    let named = (thing.name.as_str(), thing.namespace.as_deref());
    let answer = match (thing.kind, named) {
        (Kind::Function, (name, Some(namespace))) => provider.delete((name, namespace)),
        (Kind::Function, (name, None)) => provider.delete(name),
        (Kind::Secret, (name, Some(namespace))) => provider.delete_secret((name, namespace)),
        (Kind::Secret, (name, None)) => provider.delete_secret(name),
        (Kind::Namespace, (name, _)) => provider.delete_namespace(name),
    };
    let answer = answer.map_err(|failure| failure.message)?;
    if (200..300).contains(&answer.status) || answer.status == 404 {
        return Ok(());
    }
    // A name that was never valid is refused here, too.
    absent(provider, thing).map_err(|_| format!("{}: {}", answer.call, answer.told()))
}

fn absent(provider: &Provider, thing: &Thing) -> Result<(), String> {
    let there = is_there(provider, thing).map_err(|failure| failure.message)?;
    if there {
        Err(format!("the {thing} is still there"))
    } else {
        Ok(())
    }
}

fn is_there(provider: &Provider, thing: &Thing) -> Result<bool, Failure> {
    let place = thing.namespace.as_deref();
    match thing.kind {
        Kind::Function => {
            let answer = match place {
                Some(namespace) => provider.list_in(namespace)?,
                None => provider.list()?,
            };
            // In a namespace that is not there is nothing.
            if place.is_some() && matches!(answer.status, 400 | 404) {
                return Ok(false);
            }
            let listed: Vec<super::Status> = answer.is(200)?.json()?;
            Ok(listed.iter().any(|one| one.name == thing.name))
        }
        Kind::Secret => {
            let answer = match place {
                Some(namespace) => provider.secrets_in(namespace)?,
                None => provider.secrets()?,
            };
            let listed: Vec<super::status::SecretEntry> = answer.is(200)?.json()?;
            Ok(listed.iter().any(|one| one.name == thing.name))
        }
        Kind::Namespace => Ok(provider.namespace_names()?.contains(&thing.name)),
    }
}

fn poll<T>(deadline: Instant, mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(why) if Instant::now() >= deadline => return Err(why),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
