//! Issuers that change, fail, hang, or publish nonsense.
//! It knows the issuer's side.
//! It refuses exact intervals: only that it happens, and how long it may take at most.

use serde_json::json;

use super::issuer::Issuer;
use super::keys::Signer;
use super::{Scene, guard};
use crate::watchdog::cases::logs::hostile::tidy;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "auth/issuer-down",
        "WD-14.2",
        "without an issuer nobody gets in",
    )
    .run(issuer_down),
    Case::must(
        "auth/issuer-comes-later",
        "WD-14.11",
        "an issuer that is broken at start is asked again, and readiness says so",
    )
    .bugs(&["BUG-23"])
    .run(comes_later),
    Case::must(
        "auth/issuer-slow",
        "WD-14.11",
        "an issuer that does not answer does not keep the watchdog from starting",
    )
    .bugs(&["BUG-23"])
    .run(slow),
    Case::must(
        "auth/rotation",
        "WD-14.10",
        "a token of a new key gets in, and one of a key that is gone does not",
    )
    .bugs(&["BUG-23"])
    .seconds(60)
    .run(rotation),
    Case::must(
        "auth/issuer-breaks",
        "WD-14.10",
        "an issuer that breaks later does not take the keys along",
    )
    .seconds(60)
    .run(breaks),
    Case::must(
        "auth/unknown-kid-pace",
        "WD-14.10",
        "callers with made-up keys do not make the watchdog ask all the time",
    )
    .run(pace),
    Case::must(
        "auth/bad-key",
        "WD-14.12",
        "keys of unknown kinds are left out",
    )
    .bugs(&["BUG-24"])
    .run(bad_key),
    Case::must(
        "auth/two-keys",
        "WD-14.12",
        "each of two keys of different kinds is good",
    )
    .run(two_keys),
    Case::must(
        "auth/hostile-issuer",
        "WD-11.17",
        "names of keys and claims end no line of the log, and a thousand bad keys are not as many lines",
    )
    .modes(&[Streaming])
    .feature("jwt-discovery")
    .run(hostile_issuer),
];

fn echo(rig: &Rig, issuer: &Issuer) -> Setup {
    guard(rig.function(&rig.fixture("echo", &[])), rig, issuer)
}

/// While this lasts nobody may get in.
fn nobody_in(rig: &Rig, w: &Watchdog, authorization: &str) -> Outcome {
    let request = Request::post("/")
        .header("Authorization", authorization)
        .body("x");
    for _ in 0..5 {
        if let Ok(r) = w.request(&request) {
            check!(r.status >= 400, "answered {} without keys", r.status);
        }
    }
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn issuer_down(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let setup = echo(rig, &issuer);
    drop(issuer);
    let w = setup.spawn()?;
    rig.poll(10.0, "a start or an end", || {
        (!w.is_running() || w.probe("/_/health").is_some()).then_some(())
    })?;
    nobody_in(rig, &w, &authorization)
}

fn comes_later(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    issuer.set_broken(true);
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let w = echo(rig, &issuer).start()?;
    nobody_in(rig, &w, &authorization)?;
    if rig.profile().claims("ready") {
        check_eq!(w.get("/_/ready")?.status, 503, "readiness without keys");
    }
    issuer.set_broken(false);
    let request = Request::post("/")
        .header("Authorization", &authorization)
        .body("x");
    rig.poll(20.0, "an answer to a good token", || {
        w.request(&request)
            .ok()
            .filter(|r| r.status == 200)
            .map(drop)
    })?;
    if rig.profile().claims("ready") {
        w.wait_status("/_/ready", 200, 5.0)?;
    }
    Ok(())
}

fn slow(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    issuer.set_holding(true);
    let authorization = format!("Bearer {}", key.sign(&issuer.claims())?);
    let w = echo(rig, &issuer).spawn()?;
    w.wait_healthy(4.0)?;
    nobody_in(rig, &w, &authorization)?;
    issuer.set_holding(false);
    let request = Request::post("/")
        .header("Authorization", &authorization)
        .body("x");
    rig.poll(20.0, "an answer to a good token", || {
        w.request(&request)
            .ok()
            .filter(|r| r.status == 200)
            .map(drop)
    })
}

fn rotation(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let old = scene.valid()?;
    scene.expect_in(&old)?;
    let second = Signer::new("ES256", "second")?;
    scene.issuer.publish(&[&second]);
    let new = second.sign(&scene.issuer.claims())?;
    rig.poll(30.0, "an answer to a token of the new key", || {
        scene.ask(&new).ok().filter(|r| r.status == 200).map(drop)
    })?;
    check_eq!(
        scene.ask(&old)?.status,
        401,
        "status of a token of the old key"
    );
    Ok(())
}

fn breaks(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    scene.issuer.set_broken(true);
    let stranger = Signer::new("ES256", "stranger")?;
    for _ in 0..5 {
        // Makes the watchdog ask, where it does.
        let r = scene.ask(&stranger.sign(&scene.issuer.claims())?)?;
        check_eq!(r.status, 401, "status of a token of an unknown key");
        scene.expect_in(&scene.valid()?)?;
    }
    Ok(())
}

fn pace(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let before = scene.issuer.requests().len();
    let stranger = Signer::new("ES256", "stranger")?;
    let token = stranger.sign(&scene.issuer.claims())?;
    for _ in 0..30 {
        check_eq!(scene.ask(&token)?.status, 401, "status");
    }
    let asked = scene.issuer.requests().len() - before;
    check!(asked <= 6, "{asked} questions to the issuer");
    Ok(())
}

fn bad_key(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "good")?;
    let issuer = Issuer::start(rig, &[&key])?;
    issuer.publish_also(json!({ "kty": "LATTICE", "kid": "future", "x": "AAAA" }));
    issuer.publish_also(json!({ "kty": "EC", "kid": "broken", "crv": "P-256", "x": "!", "y": "" }));
    let w = echo(rig, &issuer).start()?;
    let scene = Scene {
        w,
        issuer,
        key,
        target: "/",
    };
    scene.wait_keys(rig)?;
    scene.expect_in(&scene.valid()?)
}

fn two_keys(rig: &mut Rig) -> Outcome {
    let (first, second) = (Signer::new("RS256", "rsa")?, Signer::new("ES256", "curve")?);
    let issuer = Issuer::start(rig, &[&first, &second])?;
    let w = echo(rig, &issuer).start()?;
    let scene = Scene {
        w,
        issuer,
        key: first,
        target: "/",
    };
    scene.wait_keys(rig)?;
    scene.expect_in(&scene.valid()?)?;
    scene.expect_in(&second.sign(&scene.issuer.claims())?)
}

fn hostile_issuer(rig: &mut Rig) -> Outcome {
    let fake = "\r\n2026/01/01 00:00:00 GET /fake - 200\u{1b}[2K\u{85}\u{2028}";
    let key = Signer::new("ES256", "first")?;
    let issuer = Issuer::start(rig, &[&key])?;
    for number in 0..1000 {
        let kid = format!("{number}{fake}");
        issuer.publish_also(json!({ "kty": format!("X{fake}"), "kid": kid, "x": "AAAA" }));
    }
    let long = format!("{fake}{}", "a".repeat(50_000));
    let claims = issuer.claims_with("aud", json!([fake, long]));
    let w = echo(rig, &issuer).env("jwt_auth_debug", "true").start()?;
    w.wait_status("/_/ready", 200, 10.0)?;
    for claims in [claims, issuer.claims_with("iss", json!(fake))] {
        let authorization = format!("Bearer {}", key.sign(&claims)?);
        let request = Request::post("/").header("Authorization", &authorization);
        let answer = w.request(request.body("x"))?;
        check!(answer.status >= 400, "status {}", answer.status);
    }
    w.wait_log("Token: audience", 5.0)?;
    let told = w.log().matches("left out").count();
    check!(told < 10, "{told} lines about bad keys");
    tidy(&w.log())
}
