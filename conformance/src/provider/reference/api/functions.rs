//! Deploy, update, delete, list, describe and scale.
//! It knows what each asks for and which status it is answered.
//! It refuses changes that name nothing, or two things.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{self, Answer, Handled, bad, error};
use super::super::deployment::Deployment;
use super::super::faults::seeded;
use super::super::function::Function;
use super::super::image::Image;
use super::super::json::Fields;
use super::super::without::Part;
use super::super::world::Refusal;
use super::{Call, accepted, refused};

pub(super) fn functions(call: &Call, method: &Method) -> Handled {
    match *method {
        Method::GET => list(call),
        Method::POST => deploy(call),
        Method::PUT => update(call),
        _ => remove(call),
    }
}

fn list(call: &Call) -> Handled {
    let world = &call.provider.world;
    let mut functions = if seeded!(ListsEverything) && call.parameter("namespace").is_none() {
        world.all()
    } else {
        let functions = world.list(&call.asked_namespace());
        functions.map_err(|why| refused(&why))?
    };
    if seeded!(ListsAll) {
        functions = world.all();
    }
    let all: Vec<Value> = functions.iter().map(|function| function.status()).collect();
    Ok(answer::json(&json!(all)))
}

pub(super) fn describe(call: &Call, name: &str) -> Handled {
    match find(call, name) {
        Ok(function) => Ok(answer::json(&function.status())),
        Err(Refusal::NoNamespace(_)) => Err(refused(&Refusal::Missing(name.to_owned()))),
        Err(why) => Err(refused(&why)),
    }
}

/// The function of that name, in the namespace that the query names.
fn find(call: &Call, name: &str) -> Result<Arc<Function>, Refusal> {
    let (world, namespace) = (&call.provider.world, call.asked_namespace());
    let any = |like: &dyn Fn(&Function) -> bool| world.all().into_iter().find(|one| like(one));
    let found = world.find(&namespace, name);
    if seeded!(FindsByPrefix) {
        return found.or_else(|why| any(&|one| one.name.starts_with(name)).ok_or(why));
    }
    if seeded!(FindsAnywhere) {
        return found.or_else(|why| any(&|one| one.name == name).ok_or(why));
    }
    found
}

fn deploy(call: &Call) -> Handled {
    let (namespace, deployment, image) = asked(call)?;
    let deployed = call.provider.world.deploy(&namespace, deployment, image);
    let function = deployed.map_err(|why| refused(&why))?;
    call.provider.keep(Arc::clone(&function));
    Ok(accepted())
}

fn update(call: &Call) -> Handled {
    let fields = call.fields()?;
    // A client that finds nothing to update goes on to deploy: whether it is there is said first.
    let name = fields.text("service").map_err(|why| bad(&why))?;
    let namespace = call.namespace(&fields)?;
    if !name.is_empty() {
        call.provider
            .world
            .find(&namespace, &name)
            .map_err(|why| refused(&why))?;
    }
    let (namespace, deployment, image) = asked(call)?;
    let updated = call.provider.world.update(&namespace, deployment, image);
    updated.map_err(|why| refused(&why))?;
    Ok(accepted())
}

/// The deployment of a request, checked as far as it can be by itself.
fn asked(call: &Call) -> Result<(String, Deployment, Image), Answer> {
    let fields = call.fields()?;
    let namespace = call.namespace(&fields)?;
    let options = &call.provider.options;
    let mut deployment = Deployment::read(&fields).map_err(|why| bad(&why))?;
    deployment.labelled = options.labelled;
    if deployment.least() > options.max_replicas {
        return Err(too_many(
            u64::from(deployment.least()),
            options.max_replicas,
        ));
    }
    if deployment.read_only && !options.closes {
        return Err(bad(
            "readOnlyRootFilesystem: this reference provider may not make mounts of its own here",
        ));
    }
    let image = options
        .images
        .find(&deployment.image)
        .map_err(|why| bad(&why))?;
    if !has_command(&deployment, image) {
        let why = format!(
            "image {:?} has no command of its own: envProcess has to give one",
            deployment.image
        );
        return Err(bad(&why));
    }
    let image = image.clone();
    Ok((namespace, deployment, image))
}

fn has_command(deployment: &Deployment, image: &Image) -> bool {
    let named = image.env.contains_key("fprocess") || deployment.env.contains_key("fprocess");
    named || !image.command.is_empty() || !deployment.env_process.is_empty()
}

fn remove(call: &Call) -> Handled {
    let fields = call.fields()?;
    let name = fields.text("functionName").map_err(|why| bad(&why))?;
    if name.is_empty() {
        return Err(bad("functionName: expected the name of the function"));
    }
    let namespace = call.namespace(&fields)?;
    let removed = call.provider.world.remove(&namespace, &name);
    removed.map_err(|why| refused(&why))?;
    Ok(accepted())
}

pub(super) fn scale(call: &Call, name: &str) -> Handled {
    let fields = call.fields()?;
    let replicas = wanted_replicas(&fields, name)?;
    let namespace = call.namespace(&fields)?;
    let found = call.provider.world.find(&namespace, name);
    let function = found.map_err(|why| refused(&why))?;
    if replicas == 0 && call.provider.options.without.lacks(Part::Zero) {
        return Err(bad("replicas: expected at least 1 here"));
    }
    let most = call.provider.options.max_replicas;
    match u32::try_from(replicas) {
        Ok(replicas) if replicas <= most => function.scale(replicas),
        _ => return Err(too_many(replicas, most)),
    }
    Ok(accepted())
}

fn wanted_replicas(fields: &Fields, name: &str) -> Result<u64, Answer> {
    let told = fields.text("serviceName").map_err(|why| bad(&why))?;
    if !told.is_empty() && told != name {
        return Err(bad(&format!(
            "serviceName: the body says {told:?}, the path {name:?}"
        )));
    }
    let replicas = fields.number("replicas").map_err(|why| bad(&why))?;
    replicas.ok_or_else(|| bad("replicas: expected a whole number from 0"))
}

fn too_many(replicas: u64, most: u32) -> Answer {
    let why =
        format!("replicas {replicas}: this reference provider runs at most {most} of a function");
    error(StatusCode::BAD_REQUEST, &why)
}
