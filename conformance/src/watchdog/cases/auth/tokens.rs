//! What makes a token good or bad: algorithms, signatures and claims.
//! It knows the classic attacks on JWS.
//! It refuses permissions, which are next door.

use serde_json::json;

use super::Scene;
use super::issuer::now;
use super::keys::Signer;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must("auth/es384", "WD-14.7", "ES384 is accepted").run(|rig| accepted(rig, "ES384")),
    Case::must("auth/rs256", "WD-14.7", "RS256 is accepted").run(|rig| accepted(rig, "RS256")),
    Case::must("auth/ps256", "WD-14.7", "PS256 is accepted").run(|rig| accepted(rig, "PS256")),
    Case::must("auth/eddsa", "WD-14.7", "EdDSA is accepted")
        .bugs(&["BUG-24"])
        .run(|rig| accepted(rig, "EdDSA")),
    Case::must(
        "auth/hs256-key",
        "WD-14.7",
        "a symmetric key in the set is not used: who can read it could make tokens",
    )
    .bugs(&["BUG-24"])
    .run(hs256_key),
    Case::must(
        "auth/hs256-confusion",
        "WD-14.7",
        "HS256 with a public key for a secret is refused",
    )
    .run(hs256_confusion),
    Case::must("auth/alg-none", "WD-14.7", "`none` is no signature").run(alg_none),
    Case::must(
        "auth/alg-mismatch",
        "WD-14.7",
        "an algorithm that does not fit the key is refused",
    )
    .run(alg_mismatch),
    Case::must(
        "auth/encryption-key",
        "WD-14.7",
        "a key that is for encryption verifies nothing",
    )
    .bugs(&["BUG-24"])
    .run(encryption_key),
    Case::must(
        "auth/bad-signature",
        "WD-14.6",
        "another key's signature is refused",
    )
    .run(bad_signature),
    Case::must(
        "auth/changed-claims",
        "WD-14.6",
        "claims that were changed are refused",
    )
    .run(changed_claims),
    Case::must(
        "auth/unknown-kid",
        "WD-14.6",
        "a key that is not in the set is refused",
    )
    .run(unknown_kid),
    Case::must(
        "auth/no-kid",
        "WD-14.6",
        "a token that names no key is refused",
    )
    .run(no_kid),
    Case::must(
        "auth/malformed",
        "WD-14.6",
        "what is no token at all is refused",
    )
    .run(malformed),
    Case::must("auth/expired", "WD-14.5", "a minute too late is too late").run(expired),
    Case::must("auth/not-yet", "WD-14.5", "a minute too early is too early").run(not_yet),
    Case::must(
        "auth/no-exp",
        "WD-14.5",
        "a token without an end is refused",
    )
    .bugs(&["BUG-24"])
    .run(no_exp),
    Case::must("auth/wrong-issuer", "WD-14.5", "another issuer is refused").run(wrong_issuer),
    Case::must(
        "auth/no-issuer",
        "WD-14.5",
        "a token without an issuer is refused",
    )
    .run(no_issuer),
    Case::must(
        "auth/wrong-audience",
        "WD-14.5",
        "another audience is refused",
    )
    .run(wrong_audience),
    Case::must(
        "auth/no-audience",
        "WD-14.5",
        "a token without an audience is refused",
    )
    .run(no_audience),
    Case::must(
        "auth/audience-list",
        "WD-14.3",
        "one of several audiences is enough",
    )
    .run(audience_list),
];

fn accepted(rig: &mut Rig, alg: &'static str) -> Outcome {
    let scene = Scene::new(rig, alg)?;
    scene.expect_in(&scene.valid()?)?;
    let stranger = Signer::new("ES256", "first")?;
    scene.expect_out(&stranger.sign(&scene.issuer.claims())?)
}

/// Publishes a second key besides the good one, before the subject starts.
fn beside(rig: &Rig, second: &Signer) -> Result<Scene, Failure> {
    let key = Signer::new("ES256", "good")?;
    let issuer = super::Issuer::start(rig, &[&key, second])?;
    let setup = rig.function(&rig.fixture("echo", &[]));
    let w = super::guard(setup, rig, &issuer).start()?;
    let scene = Scene {
        w,
        issuer,
        key,
        target: "/",
    };
    scene.wait_keys(rig)?;
    Ok(scene)
}

fn hs256_key(rig: &mut Rig) -> Outcome {
    let shared = Signer::new("HS256", "shared")?;
    let scene = beside(rig, &shared)?;
    scene.expect_out(&shared.sign(&scene.issuer.claims())?)
}

fn hs256_confusion(rig: &mut Rig) -> Outcome {
    for alg in ["RS256", "ES256"] {
        let scene = Scene::new(rig, alg)?;
        scene.expect_out(&Signer::confused(&scene.key).sign(&scene.issuer.claims())?)?;
    }
    Ok(())
}

fn alg_none(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let nobody = Signer::new("none", "first")?;
    let claims = scene.issuer.claims();
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "kid": "first" });
        scene.expect_out(&nobody.sign_as(&header, &claims)?)?;
    }
    Ok(())
}

fn alg_mismatch(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims();
    for alg in ["RS256", "ES384", "HS256", "EdDSA", "made-up"] {
        let header = json!({ "alg": alg, "kid": "first" });
        scene.expect_out(&scene.key.sign_as(&header, &claims)?)?;
    }
    Ok(())
}

fn encryption_key(rig: &mut Rig) -> Outcome {
    let key = Signer::new("ES256", "good")?;
    let other = Signer::new("ES256", "sealing")?;
    let issuer = super::Issuer::start(rig, &[&key])?;
    let mut jwk = other.jwk();
    if let Some(map) = jwk.as_object_mut() {
        map.insert("use".to_owned(), json!("enc"));
    }
    issuer.publish_also(jwk);
    let setup = rig.function(&rig.fixture("echo", &[]));
    let w = super::guard(setup, rig, &issuer).start()?;
    let scene = Scene {
        w,
        issuer,
        key,
        target: "/",
    };
    scene.wait_keys(rig)?;
    scene.expect_out(&other.sign(&scene.issuer.claims())?)
}

fn bad_signature(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let stranger = Signer::new("ES256", "first")?;
    scene.expect_out(&stranger.sign(&scene.issuer.claims())?)?;
    let token = scene.valid()?;
    let unsigned = token.rsplit_once('.').map_or("", |(rest, _)| rest);
    scene.expect_out(&format!("{unsigned}."))
}

fn changed_claims(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let good = scene.valid()?;
    let more = scene
        .issuer
        .claims_with("function", json!({ "permissions": ["*"] }));
    let other = Signer::new("ES256", "first")?.sign(&more)?;
    let (good, other): (Vec<_>, Vec<_>) = (good.split('.').collect(), other.split('.').collect());
    let (Some(head), Some(claims), Some(signature)) = (good.first(), other.get(1), good.get(2))
    else {
        return Err(Failure::fault("a token without three parts"));
    };
    scene.expect_out(&format!("{head}.{claims}.{signature}"))
}

fn unknown_kid(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let other = Signer::new("ES256", "other")?;
    scene.expect_out(&other.sign(&scene.issuer.claims())?)?;
    let header = json!({ "alg": "ES256", "kid": "other" });
    scene.expect_out(&scene.key.sign_as(&header, &scene.issuer.claims())?)
}

fn no_kid(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for header in [
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": 7 }),
    ] {
        scene.expect_out(&scene.key.sign_as(&header, &scene.issuer.claims())?)?;
    }
    Ok(())
}

fn malformed(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let long = "x".repeat(20_000);
    for token in [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "{}.{}.{}",
        "e30.e30.e30",
        &long,
    ] {
        scene.expect_out(token)?;
    }
    Ok(())
}

fn expired(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims_with("exp", json!(now() - 60));
    scene.expect_out(&scene.key.sign(&claims)?)
}

fn not_yet(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims_with("nbf", json!(now() + 60));
    scene.expect_out(&scene.key.sign(&claims)?)?;
    let claims = scene.issuer.claims_with("nbf", json!(now() - 60));
    scene.expect_in(&scene.key.sign(&claims)?)
}

fn no_exp(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims_with("exp", json!(null));
    scene.expect_out(&scene.key.sign(&claims)?)
}

fn wrong_issuer(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let similar = format!("{}/", scene.issuer.url());
    for issuer in ["http://issuer.test", "", &similar] {
        let claims = scene.issuer.claims_with("iss", json!(issuer));
        scene.expect_out(&scene.key.sign(&claims)?)?;
    }
    Ok(())
}

fn no_issuer(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims_with("iss", json!(null));
    scene.expect_out(&scene.key.sign(&claims)?)
}

fn wrong_audience(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for audience in [json!("http://other.test"), json!(["a", "b"]), json!([])] {
        let claims = scene.issuer.claims_with("aud", audience);
        scene.expect_out(&scene.key.sign(&claims)?)?;
    }
    Ok(())
}

fn no_audience(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let claims = scene.issuer.claims_with("aud", json!(null));
    scene.expect_out(&scene.key.sign(&claims)?)
}

fn audience_list(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let audiences = json!(["http://other.test", scene.issuer.url()]);
    let claims = scene.issuer.claims_with("aud", audiences);
    scene.expect_in(&scene.key.sign(&claims)?)
}
