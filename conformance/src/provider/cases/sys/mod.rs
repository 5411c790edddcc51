//! The provider itself: health, what it says of itself, and its routes.
//! It knows the routes that every provider has, and what is none of them.
//! It refuses to judge what the routes do: each has a chapter.

mod http;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 1,
    name: "sys",
    title: "The provider itself",
    intro: "A provider says that it is well and who it is, and answers on its routes and on no others.",
    clauses: CLAUSES,
    cases: &[CASES, http::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must("PR-1.1", "GET of `/healthz` is 200 for everybody."),
    Clause::should(
        "PR-1.2",
        "At a provider HEAD of `/healthz` is 200 without a body.",
    ),
    Clause::may("PR-1.3", "POST of `/healthz` is 405."),
    Clause::must(
        "PR-1.4",
        "`/system/info` is JSON in the shape of a provider (`provider` is its name) or of a gateway (`provider` is an object).",
    ),
    Clause::must(
        "PR-1.5",
        "`/system/info` names the provider and its orchestration.",
    ),
    Clause::should(
        "PR-1.6",
        "`/system/info` names the release and the commit of the provider.",
    ),
    Clause::must(
        "PR-1.7",
        "A gateway's `/system/info` names its own release and its architecture.",
    ),
    Clause::should("PR-1.8", "A path below `/system/` that is no route is 404."),
    Clause::should(
        "PR-1.9",
        "A route answers 405 to a method that it does not have, and does nothing.",
    ),
    Clause::may(
        "PR-1.10",
        "A slash behind a route makes it another path, or none; never is something deployed by it.",
    ),
    Clause::should(
        "PR-1.11",
        "A path with empty segments is redirected to the clean one, or is 404.",
    ),
    Clause::must(
        "PR-1.12",
        "What is answered as JSON is one JSON value in UTF-8, and nothing else.",
    ),
    Clause::should(
        "PR-1.13",
        "A connection serves one request after the other.",
    ),
    Clause::may(
        "PR-1.14",
        "64 KiB of headers are taken; over 1 MiB is refused, and the provider goes on.",
    ),
    Clause::must(
        "PR-1.15",
        "What is JSON is JSON whatever a client says that it accepts.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "sys/healthz",
        "PR-1.1",
        "the health is told without credentials",
    )
    .rows(&["SYS-01"])
    .why("A probe that needs credentials takes a healthy provider out of service.")
    .source("OAS; certifier health_test")
    .run(healthz),
    Case::should(
        "sys/healthz-head",
        "PR-1.2",
        "HEAD of the health is 200 without a body",
    )
    .rows(&["SYS-02"])
    .profiles(&[Profile::Provider])
    .why("Load balancers that probe with HEAD take the provider for dead.")
    .source("SDK serve.go, since 0.25.12")
    .run(healthz_head),
    Case::may("sys/healthz-post", "PR-1.3", "POST of the health is 405")
        .rows(&["SYS-03"])
        .why("Whoever posts to the health has mistaken the route, and should hear of it.")
        .source("SDK serve.go")
        .run(healthz_post),
    Case::must(
        "sys/info",
        "PR-1.4",
        "the info is JSON in one of the two shapes",
    )
    .rows(&["SYS-04"])
    .why("Clients tell a provider from a gateway by this shape.")
    .source("SDK types/requests.go; OAS")
    .run(info),
    Case::must(
        "sys/info-names",
        "PR-1.5",
        "the provider and its orchestration are named",
    )
    .rows(&["SYS-05"])
    .why("Nobody can report a fault of a provider without a name.")
    .source("certifier info_test; OAS")
    .run(info_names),
    Case::should(
        "sys/info-version",
        "PR-1.6",
        "release and commit of the provider are named",
    )
    .rows(&["SYS-06"])
    .why("An operator cannot tell what is running, nor whether a fix is in.")
    .source("certifier info_test")
    .run(info_version),
    Case::must(
        "sys/info-gateway",
        "PR-1.7",
        "a gateway names its release and its architecture",
    )
    .rows(&["SYS-07"])
    .profiles(&[Profile::Gateway])
    .why("faas-cli chooses images and templates by the architecture.")
    .source("OAS; certifier info_test")
    .run(info_gateway),
    Case::should(
        "sys/unknown-path",
        "PR-1.8",
        "paths below /system/ that are no route are 404",
    )
    .rows(&["SYS-08"])
    .why("A client that asks for a feature must see that it is not there.")
    .source("SDK serve.go")
    .run(unknown_path),
    Case::should(
        "sys/patch-functions",
        "PR-1.9",
        "PATCH of the functions is 405 and changes nothing",
    )
    .rows(&["SYS-09"])
    .why("A method that nobody promised must not change what runs.")
    .source("SDK serve.go")
    .run(patch_functions),
    Case::should("sys/post-info", "PR-1.9", "POST of the info is 405")
        .rows(&["SYS-12"])
        .why("A client that posts where nothing is taken must not believe that it was.")
        .source("SDK serve.go")
        .run(post_info),
    Case::may(
        "sys/trailing-slash",
        "PR-1.10",
        "a slash behind the functions is 404 or the same list, and deploys nothing",
    )
    .rows(&["SYS-10"])
    .why("Proxies add slashes; a deployment by mistake is worse than a 404.")
    .source("SDK serve.go")
    .run(trailing_slash),
    Case::should(
        "sys/unclean-path",
        "PR-1.11",
        "an empty segment is redirected or 404",
    )
    .rows(&["SYS-11"])
    .why("A path that two programs read differently passes by the rules of one of them.")
    .source("SDK serve.go, the router")
    .run(unclean_path),
];

fn healthz(rig: &mut Rig) -> Outcome {
    rig.provider().anonymous().healthz()?.is(200)?;
    Ok(())
}

fn healthz_head(rig: &mut Rig) -> Outcome {
    let provider = rig.provider().anonymous();
    let mut wire = provider.connect()?;
    let head = Request::new("HEAD", "/healthz").header("Connection", "close");
    let answer = provider.send_over(&mut wire, &head)?;
    check_eq!(answer.status, 200, "HEAD /healthz");
    let behind = wire.read_to_end()?;
    check!(behind.is_empty(), "{} bytes after the head", behind.len());
    Ok(())
}

fn healthz_post(rig: &mut Rig) -> Outcome {
    let post = Request::post("/healthz").body("x");
    rig.provider().anonymous().send(&post)?.is(405)?;
    Ok(())
}

/// The info, typed.
fn told(rig: &Rig) -> Result<Info, Failure> {
    let answer = rig.provider().info()?.is(200)?;
    Info::read(&answer.value()?).map_err(|why| answer.unlike(&format!("expected an info ({why})")))
}

fn info(rig: &mut Rig) -> Outcome {
    told(rig)?;
    let answer = rig.provider().info()?;
    let kind = answer.header("content-type").unwrap_or_default();
    check!(
        kind.to_ascii_lowercase().starts_with("application/json"),
        "the Content-Type of /system/info is {kind:?}, expected application/json"
    );
    Ok(())
}

fn info_names(rig: &mut Rig) -> Outcome {
    let info = told(rig)?;
    check!(!info.provider.is_empty(), "the provider has no name");
    check!(!info.orchestration.is_empty(), "no orchestration is named");
    Ok(())
}

fn info_version(rig: &mut Rig) -> Outcome {
    let info = told(rig)?;
    check!(!info.release.is_empty(), "version.release is empty");
    check!(!info.sha.is_empty(), "version.sha is empty");
    Ok(())
}

fn info_gateway(rig: &mut Rig) -> Outcome {
    let info = told(rig)?;
    check_eq!(info.shape, Shape::Gateway, "the shape of /system/info");
    check!(!info.arch.is_empty(), "arch is empty");
    check!(
        !info.gateway_release.is_empty(),
        "the gateway's version.release is empty"
    );
    Ok(())
}

fn unknown_path(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    for path in [
        "/system/nothing",
        "/system/functions/x",
        "/system/function/",
    ] {
        provider.get(path)?.is(404)?;
    }
    Ok(())
}

fn patch_functions(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    let provider = rig.provider();
    rig.may_make(&deployment)?;
    let answer = provider.call("PATCH", "/system/functions", &deployment.json())?;
    answer.is(405)?;
    let listed = provider.listed(&deployment)?;
    check!(listed.is_none(), "the PATCH deployed a function");
    Ok(())
}

fn post_info(rig: &mut Rig) -> Outcome {
    rig.provider()
        .call("POST", "/system/info", &json!({}))?
        .is(405)?;
    Ok(())
}

fn trailing_slash(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let answer = provider.get("/system/functions/")?;
    let answer = answer.is_one_of(&[200, 301, 307, 308, 404])?;
    if answer.status == 200 {
        answer.json::<Vec<Status>>()?;
    }
    let deployment = rig.function();
    rig.may_make(&deployment)?;
    let answer = provider.call("POST", "/system/functions/", &deployment.json())?;
    check!(answer.status >= 300, "{}: {}", answer.call, answer.told());
    let listed = provider.listed(&deployment)?;
    check!(listed.is_none(), "the slash deployed a function");
    Ok(())
}

fn unclean_path(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().get("/system//functions")?;
    let answer = answer.is_one_of(&[301, 302, 307, 308, 404])?;
    if let Some(place) = answer.header("location") {
        check!(
            place.ends_with("/system/functions"),
            "redirected to {place:?}, expected the clean path"
        );
    }
    Ok(())
}
