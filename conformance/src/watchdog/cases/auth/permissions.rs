//! What a valid token allows.
//! It knows the claim `function` and its patterns.
//! It refuses regular expressions.

use serde_json::{Value, json};

use super::Scene;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "auth/permissions-allow",
        "WD-14.8",
        "the name itself and patterns that cover all of it allow",
    )
    .run(allow),
    Case::must(
        "auth/permissions-deny",
        "WD-14.8",
        "other names, other cases and no permission at all do not",
    )
    .run(deny),
    Case::must(
        "auth/permissions-anchored",
        "WD-14.8",
        "a part of the name is not the name",
    )
    .bugs(&["BUG-22"])
    .run(anchored),
    Case::must(
        "auth/permissions-audience",
        "WD-14.8",
        "the audience of the claim narrows what is permitted",
    )
    .run(audience),
    Case::must(
        "auth/permissions-audience-anchored",
        "WD-14.8",
        "a part of the name is no audience",
    )
    .bugs(&["BUG-22"])
    .run(audience_anchored),
    Case::must(
        "auth/permissions-hostile",
        "WD-14.8",
        "patterns with many stars and the signs of regular expressions are text, and quick",
    )
    .run(hostile),
    Case::must(
        "auth/forbidden",
        "WD-14.9",
        "403 has its body and no challenge",
    )
    .run(forbidden),
];

fn status(scene: &Scene, function: Value) -> Result<u16, Failure> {
    let claims = scene.issuer.claims_with("function", function);
    Ok(scene.ask(&scene.key.sign(&claims)?)?.status)
}

fn permit(scene: &Scene, patterns: &[&str], want: u16) -> Outcome {
    for pattern in patterns {
        let got = status(scene, json!({ "permissions": [pattern] }))?;
        check_eq!(got, want, "status with permission {pattern:?}");
    }
    Ok(())
}

fn allow(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let patterns = [
        "openfaas-fn:env",
        "*",
        "openfaas-fn:*",
        "*:env",
        "openfaas-fn:e*v",
        "o*:*",
    ];
    permit(&scene, &patterns, 200)?;
    let several = json!({ "permissions": ["dev:*", "openfaas-fn:env"] });
    check_eq!(status(&scene, several)?, 200, "one of several");
    Ok(())
}

fn deny(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let patterns = [
        "openfaas-fn:other",
        "dev:env",
        "dev:*",
        "*:other",
        "OPENFAAS-FN:ENV",
        "",
    ];
    permit(&scene, &patterns, 403)?;
    for function in [json!({}), json!({ "permissions": [] }), json!(null)] {
        check_eq!(
            status(&scene, function.clone())?,
            403,
            "status with {function}"
        );
    }
    Ok(())
}

fn anchored(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let patterns = [
        "n:e",
        ":",
        "openfaas-fn:en",
        "penfaas-fn:env",
        "fn:env",
        "env",
        "openfaas-fn",
        "openfaas-fn:",
        "e",
        "fn:*",
        "*:en",
    ];
    permit(&scene, &patterns, 403)
}

fn audience(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for (audience, want) in [
        (json!(["openfaas-fn:env"]), 200),
        (json!(["openfaas-fn:*"]), 200),
        (json!([]), 200),
        (json!(["dev:other", "openfaas-fn:env"]), 200),
        (json!(["openfaas-fn:other"]), 403),
        (json!(["dev:*"]), 403),
    ] {
        let function = json!({ "permissions": ["*"], "audience": audience });
        check_eq!(
            status(&scene, function)?,
            want,
            "status with audience {audience}"
        );
    }
    Ok(())
}

fn audience_anchored(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    for audience in [":", "n:e", "env", "openfaas-fn:en"] {
        let function = json!({ "permissions": ["*"], "audience": [audience] });
        check_eq!(
            status(&scene, function)?,
            403,
            "status with audience {audience:?}"
        );
    }
    Ok(())
}

fn hostile(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let stars = format!("{}x", "*a".repeat(500));
    let patterns = [
        ".*",
        "openfaas-fn:(env)",
        "openfaas.fn:env",
        "[a-z:-]+",
        "\\",
        "(",
        &stars,
    ];
    permit(&scene, &patterns, 403)
}

fn forbidden(rig: &mut Rig) -> Outcome {
    let scene = Scene::new(rig, "ES256")?;
    let function = json!({ "permissions": ["dev:env"] });
    let claims = scene.issuer.claims_with("function", function);
    let r = scene.ask(&scene.key.sign(&claims)?)?;
    check_eq!(r.status, 403, "status");
    check_eq!(r.text(), "insufficient permissions\n", "body");
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
    check!(
        !r.headers.has("www-authenticate"),
        "a challenge where there is nothing to prove"
    );
    Ok(())
}
