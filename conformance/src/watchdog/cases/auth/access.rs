//! Who gets in, and what the others are told.
//! It knows the headers on both sides.
//! It refuses what is wrong with a token, which is next door.

use super::issuer::Issuer;
use super::keys::Signer;
use super::{Scene, guard};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must("auth/name-required", "WD-14.1", "no name, no start").run(name_required),
    Case::must(
        "auth/namespace-required",
        "WD-14.1",
        "no namespace, no start",
    )
    .run(namespace_required),
    Case::must(
        "auth/valid",
        "WD-14.3",
        "a good token gets in, in every mode",
    )
    .modes(FUNCTION)
    .run(valid),
    Case::must("auth/valid-files", "WD-14.3", "files are guarded, too")
        .modes(&[Static])
        .run(valid_files),
    Case::must(
        "auth/missing",
        "WD-14.4",
        "no token, no answer, in every mode",
    )
    .modes(FUNCTION)
    .run(missing),
    Case::must(
        "auth/missing-headers",
        "WD-14.4",
        "the 401 has the realm, the component and the words that callers know",
    )
    .run(missing_headers),
    Case::must(
        "auth/no-scheme",
        "WD-14.4",
        "a bare token without the scheme is refused",
    )
    .bugs(&["BUG-24"])
    .run(no_scheme),
    Case::must("auth/other-scheme", "WD-14.4", "Basic is no bearer token").run(other_scheme),
    Case::must(
        "auth/each-request",
        "WD-14.4",
        "a token counts for its request, not for the connection",
    )
    .modes(FUNCTION)
    .run(each_request),
    Case::must(
        "auth/large-upload",
        "WD-14.4",
        "an upload of 2 MB without a token is told 401",
    )
    .modes(FUNCTION)
    .run(large_upload),
    Case::must("auth/websocket", "WD-14.4", "no upgrade without a token")
        .modes(&[Http])
        .run(websocket),
    Case::must(
        "auth/no-function-run",
        "WD-14.13",
        "refused requests start no process",
    )
    .modes(FORK)
    .run(no_function_run),
    Case::must(
        "auth/no-slot-taken",
        "WD-14.13",
        "with all slots taken a refused request is 401, not 429",
    )
    .modes(FUNCTION)
    .run(no_slot_taken),
    Case::must(
        "auth/seconds",
        "WD-14.14",
        "X-Auth-Seconds is there and is ours",
    )
    .modes(FUNCTION)
    .run(seconds),
    Case::must("auth/health-open", "WD-14.15", "health needs no token")
        .modes(&Mode::ALL)
        .run(health_open),
    Case::must("auth/ready-open", "WD-14.15", "readiness needs no token")
        .modes(&Mode::ALL)
        .feature("ready")
        .run(ready_open),
    Case::must(
        "auth/ready-path-open",
        "WD-14.15",
        "nor does a readiness that asks the function, and it tells nothing but the status",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-25"])
    .run(ready_path_open),
    Case::must(
        "auth/nothing-logged",
        "WD-14.16",
        "no token is in the log, accepted or refused, nor in an answer",
    )
    .bugs(&["BUG-24"])
    .run(nothing_logged),
    Case::must(
        "auth/nothing-logged-debug",
        "WD-14.16",
        "nor with `jwt_auth_debug`",
    )
    .run(nothing_logged_debug),
    Case::must("auth/local", "WD-14.17", "the issuer at port 8000 is found")
        .exclusive()
        .run(local),
];

fn unnamed(rig: &Rig) -> Setup {
    let setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    setup.env("jwt_auth", "true").env("jwt_auth_local", "true")
}

fn refused(exit: &Exit, name: &str) -> Outcome {
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    let told = exit.stderr.to_lowercase().contains(name);
    check!(told, "the message does not name it: {}", exit.stderr);
    Ok(())
}

fn name_required(rig: &mut Rig) -> Outcome {
    let setup = unnamed(rig).env("OPENFAAS_NAMESPACE", "fn");
    refused(&setup.run_to_exit(15.0)?, "openfaas_name")
}

fn namespace_required(rig: &mut Rig) -> Outcome {
    if std::path::Path::new("/var/run/secrets/kubernetes.io/serviceaccount/namespace").exists() {
        return rig.not_applicable("this is a pod with a namespace");
    }
    let setup = unnamed(rig).env("OPENFAAS_NAME", "env");
    refused(&setup.run_to_exit(15.0)?, "namespace")
}

fn valid(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    scene.expect_in(&scene.valid()?)
}

fn valid_files(rig: &mut Rig) -> Outcome {
    rig.write("public/secret.txt", "secret")?;
    let scene = Scene::new(rig, "ES256")?;
    let plain = scene.w.get("/secret.txt")?;
    check_eq!(plain.status, 401, "status without a token");
    check!(!plain.text().contains("secret"), "the file was sent");
    let authorization = format!("Bearer {}", scene.valid()?);
    let request = Request::get("/secret.txt").header("Authorization", &authorization);
    check_eq!(scene.w.request(request)?.text(), "secret", "file");
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for path in [scene.target, "/", "/any/path", "/_/other"] {
        check_eq!(scene.w.post(path, "x")?.status, 401, "status of {path}");
        check_eq!(scene.w.get(path)?.status, 401, "status of GET {path}");
    }
    Ok(())
}

fn missing_headers(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let r = scene.w.post("/", "x")?;
    check_eq!(r.status, 401, "status");
    let realm = r
        .header("www-authenticate")
        .unwrap_or_default()
        .replace('"', "");
    check_eq!(
        realm,
        "Bearer realm=IAM function invoke",
        "challenge, without its quotes"
    );
    check_eq!(
        r.header("x-openfaas-internal"),
        Some("faas-middleware"),
        "component"
    );
    check_eq!(
        r.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "content type"
    );
    check_eq!(
        r.text(),
        "Bearer must be present in Authorization header\n",
        "body"
    );
    Ok(())
}

fn no_scheme(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let token = scene.valid()?;
    scene.expect_in(&token)?;
    check_eq!(scene.ask_as(&token)?.status, 401, "status of a bare token");
    Ok(())
}

fn other_scheme(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for value in [
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer ",
        "Token abc",
        "Digest x",
    ] {
        check_eq!(scene.ask_as(value)?.status, 401, "status of {value:?}");
    }
    Ok(())
}

fn each_request(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let authorization = format!("Bearer {}", scene.valid()?);
    let mut wire = scene.w.connect()?;
    let with = Request::post(scene.target)
        .header("Authorization", &authorization)
        .body("x");
    check_eq!(wire.exchange(&with)?.status, 200, "status with a token");
    let without = Request::post(scene.target).body("x");
    check_eq!(
        wire.exchange(&without)?.status,
        401,
        "status without, on the same connection"
    );
    Ok(())
}

fn large_upload(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let request = Request::post(scene.target).pattern(Pattern::new(3, 2_000_000));
    check_eq!(scene.w.request(request)?.status, 401, "status");
    Ok(())
}

fn websocket(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    check!(
        scene.w.websocket("/ws", &[]).is_err(),
        "a WebSocket without a token"
    );
    check_eq!(
        rig.evidence("ws"),
        "",
        "WebSockets that reached the function"
    );
    let authorization = format!("Bearer {}", scene.valid()?);
    let mut socket = scene
        .w
        .websocket("/ws", &[("Authorization", &authorization)])?;
    socket.echo("with a token")
}

fn no_function_run(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for _ in 0..3 {
        check_eq!(scene.w.post("/", "x")?.status, 401, "status");
    }
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn no_slot_taken(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    let script = rig.fixture("script", &["mark:inflight", "until:go", "out:done"]);
    let setup = guard(rig.function(&script), rig, &issuer).env("max_inflight", "1");
    let w = setup.start()?;
    let target = if rig.mode() == Http { "/until/go" } else { "/" };
    rig.poll(15.0, "the issuer's keys", || {
        w.probe("/")
            .is_some_and(|status| status != 503)
            .then_some(())
    })?;
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let request = Request::get(target).header("Authorization", &authorization);
    let mut wire = w.connect()?;
    wire.send_request(&request)?;
    rig.wait_evidence("inflight", 10.0)?;
    check_eq!(w.get("/")?.status, 401, "status without a token");
    check_eq!(w.request(&request)?.status, 429, "status with a token");
    rig.write("go", "")?;
    check_eq!(wire.read_response()?.text(), "done", "the answer in flight");
    Ok(())
}

fn decimals(number: &str) -> usize {
    number
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

fn seconds(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    let setup = rig.function(&rig.fixture("cgi-headers", &[]));
    let w = guard(setup, rig, &issuer).start()?;
    rig.poll(15.0, "the issuer's keys", || {
        w.probe("/")
            .is_some_and(|status| status != 503)
            .then_some(())
    })?;
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let request = Request::get("/dump")
        .header("Authorization", &authorization)
        .header("X-Auth-Seconds", "what-the-caller-says");
    let text = w.request(request)?.text().to_lowercase().replace('-', "_");
    let told = text.split("x_auth_seconds").nth(1).unwrap_or_default();
    let told = told.trim_start_matches(['=', '"', ',']);
    let seconds: String = told
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    check!(
        seconds.parse().is_ok_and(|secs: f64| secs < 10.0) && decimals(&seconds) == 6,
        "the function was not told in seconds with six decimals: {text}"
    );
    check!(
        !text.contains("what_the_caller_says"),
        "the function was told what the caller says"
    );
    Ok(())
}

fn health_open(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    check_eq!(scene.w.get("/_/health")?.text(), "OK", "health");
    Ok(())
}

fn ready_open(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    scene.w.wait_status("/_/ready", 200, 10.0)
}

fn ready_path_open(rig: &mut Rig) -> Outcome {
    let scene = Scene::with(rig, "ES256", |setup| setup.env("ready_path", "/ready"))?;
    scene.w.wait_status("/_/ready", 200, 10.0)?;
    check_eq!(scene.w.get("/_/ready")?.text(), "", "what a prober is told");
    Ok(())
}

/// Sends good and bad tokens and looks for their parts.
fn look_for_tokens(rig: &Rig, debug: &str) -> Outcome {
    let scene = Scene::with(rig, "ES256", |setup| setup.env("jwt_auth_debug", debug))?;
    let stranger = Signer::new("ES256", "first")?;
    let good = scene.valid()?;
    scene.expect_in(&good)?;
    let expired = scene
        .issuer
        .claims_with("exp", (super::issuer::now() - 60).into());
    let tokens = [
        scene.key.sign(&expired)?,
        stranger.sign(&scene.issuer.claims())?,
        format!("{good}cafe"),
        good.replacen("ey", "%%", 1),
    ];
    let mut told = String::new();
    for token in &tokens {
        let r = scene.ask(token)?;
        check_eq!(r.status, 401, "status");
        told.push_str(&r.text());
        told.extend(r.headers.iter().map(|(_, value)| value));
    }
    scene.w.signal(Signal::SIGTERM)?;
    scene.w.wait_log("SIGTERM", 5.0)?;
    told.push_str(&scene.w.log());
    for token in tokens.iter().chain([&good]) {
        for part in token.split('.').skip(1) {
            check!(!told.contains(part), "a part of a token was told: {part}");
        }
    }
    Ok(())
}

fn nothing_logged(rig: &mut Rig) -> Outcome {
    look_for_tokens(rig, "false")
}

fn nothing_logged_debug(rig: &mut Rig) -> Outcome {
    look_for_tokens(rig, "true")
}

fn local(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::local(rig, &[&key])?;
    let setup = guard(rig.function(&rig.fixture("echo", &[])), rig, &issuer);
    let w = setup
        .unset("jwt_discovery_url")
        .env("jwt_auth_local", "true")
        .start()?;
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let request = Request::post("/")
        .header("Authorization", &authorization)
        .body("x");
    rig.poll(15.0, "an answer to a good token", || {
        w.request(&request)
            .ok()
            .filter(|r| r.status == 200)
            .map(drop)
    })?;
    let requests = issuer.requests();
    check!(
        requests.iter().any(|head| head.starts_with("GET /keys ")
            && head
                .to_lowercase()
                .contains("user-agent: openfaas-watchdog")),
        "the keys were asked for by {requests:?}"
    );
    Ok(())
}
