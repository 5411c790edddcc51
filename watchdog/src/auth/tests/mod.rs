//! Verdicts on tokens and keys as an issuer makes them.

mod issuer;
mod keys;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use self::issuer::*;
use super::*;

fn authorization(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

async fn check(auth: &Auth, token: &str) -> Result<(), Failure> {
    auth.check(&authorization(&format!("Bearer {token}"))).await
}

/// The words of a 401, without the ones that always lead.
async fn denial(auth: &Auth, token: &str) -> String {
    match check(auth, token).await {
        Err(Failure::Token(why)) => why
            .strip_prefix("failed to parse JWT token: ")
            .unwrap_or(&why)
            .to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_allowed_algorithm() {
    let keys = json!([rsa("rsa"), p256("p256"), p384("p384"), ed("ed")]);
    let issuer = Issuer::new(Some(keys)).await;
    let auth = issuer.auth().await;
    for (algorithm, kid) in [
        (Algorithm::RS256, "rsa"),
        (Algorithm::RS384, "rsa"),
        (Algorithm::RS512, "rsa"),
        (Algorithm::PS256, "rsa"),
        (Algorithm::PS384, "rsa"),
        (Algorithm::PS512, "rsa"),
        (Algorithm::ES256, "p256"),
        (Algorithm::ES384, "p384"),
        (Algorithm::EdDSA, "ed"),
    ] {
        let token = sign(algorithm, kid, &issuer.claims());
        assert!(check(&auth, &token).await.is_ok(), "{algorithm:?}");
    }
    assert!(issuer.now(|now| now.agents.iter().all(|agent| agent == "openfaas-watchdog")));
}

#[tokio::test]
async fn claims_decide() {
    let issuer = Issuer::new(Some(json!([p256("k")]))).await;
    let auth = issuer.auth().await;
    let missing = |name| format!("token is missing required claim: {name} claim is required");
    for (changes, why) in [
        (json!({ "aud": ["x", issuer.url] }), None),
        (json!({ "exp": now() as f64 + 60.5, "nbf": now() }), None),
        (
            json!({ "exp": now() - 10 }),
            Some("token is expired".to_owned()),
        ),
        (json!({ "exp": null }), Some(missing("exp"))),
        (
            json!({ "nbf": now() + 60 }),
            Some("token is not valid yet".to_owned()),
        ),
        (
            json!({ "iss": "http://other" }),
            Some("token has invalid issuer".to_owned()),
        ),
        (json!({ "iss": null }), Some(missing("iss"))),
        (
            json!({ "aud": "http://other" }),
            Some("token has invalid audience".to_owned()),
        ),
        (
            json!({ "aud": ["http://other"] }),
            Some("token has invalid audience".to_owned()),
        ),
        (json!({ "aud": null }), Some(missing("aud"))),
    ] {
        let token = sign(Algorithm::ES256, "k", &issuer.claims_with(&changes));
        match why {
            None => assert!(check(&auth, &token).await.is_ok(), "{changes}"),
            Some(why) => {
                let why = format!("token has invalid claims: {why}");
                assert_eq!(denial(&auth, &token).await, why, "{changes}");
            }
        }
    }
    for changes in [
        json!({ "exp": "soon" }),
        json!({ "nbf": "0" }),
        json!({ "iss": [issuer.url] }),
    ] {
        let token = sign(Algorithm::ES256, "k", &issuer.claims_with(&changes));
        assert!(
            denial(&auth, &token)
                .await
                .starts_with("token is malformed")
        );
    }
}

#[tokio::test]
async fn a_token_for_something_else_is_forbidden() {
    let issuer = Issuer::new(Some(json!([p256("k")]))).await;
    let auth = issuer.auth().await;
    for function in [
        json!({ "permissions": ["n:e"] }),
        json!({ "permissions": ["openfaas-fn:en"] }),
        json!({ "permissions": ["*"], "audience": ["openfaas-fn:other"] }),
        json!({}),
        Value::Null,
    ] {
        let claims = issuer.claims_with(&json!({ "function": function }));
        let verdict = check(&auth, &sign(Algorithm::ES256, "k", &claims)).await;
        assert!(
            matches!(verdict, Err(Failure::Permission)),
            "{function}: {verdict:?}"
        );
    }
}

#[tokio::test]
async fn forged_tokens() {
    let issuer = Issuer::new(Some(json!([rsa("rsa"), p256("p256")]))).await;
    let auth = issuer.auth().await;
    let claims = issuer.claims();

    // The public key as a shared secret.
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(keys::RSA_N).unwrap();
    let secret = EncodingKey::from_secret(&modulus);
    let confused = sign_with(&secret, Algorithm::HS256, "rsa", &claims);
    assert_eq!(
        denial(&auth, &confused).await,
        "token signature is invalid: signing method HS256 is invalid"
    );

    let unsigned = |alg: &str| {
        let head = json!({ "alg": alg, "kid": "rsa" }).to_string();
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(head), part(claims.to_string()))
    };
    for alg in ["none", "None", "", "ES512"] {
        let why = format!("token signature is invalid: signing method {alg} is invalid");
        assert_eq!(denial(&auth, &unsigned(alg)).await, why);
    }
    assert!(
        denial(&auth, &unsigned("RS256"))
            .await
            .starts_with("token signature is invalid")
    );

    // The key of another type, and another key of the same type.
    let crossed = sign(Algorithm::ES256, "rsa", &claims);
    assert_eq!(
        denial(&auth, &crossed).await,
        "token signature is invalid: signing method ES256 is invalid"
    );
    let other = EncodingKey::from_ec_der(&der(keys::P256_NEW));
    let stolen = sign_with(&other, Algorithm::ES256, "p256", &claims);
    assert_eq!(
        denial(&auth, &stolen).await,
        "token signature is invalid: verification error"
    );

    // Claims changed after signing.
    let token = sign(Algorithm::ES256, "p256", &claims);
    let mut parts: Vec<_> = token.split('.').collect();
    let changed = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string() + " ");
    parts[1] = &changed;
    let token = parts.join(".");
    assert_eq!(
        denial(&auth, &token).await,
        "token signature is invalid: verification error"
    );
}

#[tokio::test]
async fn malformed_tokens() {
    let issuer = Issuer::new(Some(json!([p256("k")]))).await;
    let auth = issuer.auth().await;
    let segments = "token is malformed: token contains an invalid number of segments";
    let header = "token is malformed: could not decode its header";
    for (token, why) in [
        ("x", segments),
        ("a.b", segments),
        ("a.b.c.d", segments),
        ("a.b.c", header),
        ("..", header),
    ] {
        assert_eq!(denial(&auth, token).await, why, "{token}");
    }
    let head = |head: Value| format!("{}.e30.", BASE64_URL_SAFE_NO_PAD.encode(head.to_string()));
    let keyfunc = "token is unverifiable: error while executing keyfunc: invalid kid:";
    for (token, why) in [
        (head(json!({ "alg": "ES256" })), format!("{keyfunc} <nil>")),
        (
            head(json!({ "alg": "ES256", "kid": 1 })),
            format!("{keyfunc} <nil>"),
        ),
        (
            head(json!({ "alg": "ES256", "kid": "zz" })),
            format!("{keyfunc} zz"),
        ),
        (
            head(json!({ "alg": "ES256", "kid": "a\nb" })),
            format!("{keyfunc} a\\nb"),
        ),
        (
            head(json!({ "alg": "ES256", "kid": "k", "crit": ["b64"] })),
            "token is unverifiable: its header names critical extensions".to_owned(),
        ),
    ] {
        assert_eq!(denial(&auth, &token).await, why);
    }
}

#[tokio::test]
async fn the_scheme_is_needed() {
    let issuer = Issuer::new(Some(json!([p256("k")]))).await;
    let auth = issuer.auth().await;
    let token = sign(Algorithm::ES256, "k", &issuer.claims());
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert!(
            auth.check(&authorization(&format!("{scheme} {token}")))
                .await
                .is_ok()
        );
    }
    let mut twice = authorization(&format!("Bearer {token}"));
    twice.append(
        AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {token}")).unwrap(),
    );
    for headers in [
        HeaderMap::new(),
        authorization(&token),
        authorization(&format!("Basic {token}")),
        authorization("Bearer"),
        authorization("Bearer "),
        twice,
    ] {
        let verdict = auth.check(&headers).await;
        let Err(Failure::Token(why)) = &verdict else {
            panic!("{verdict:?}")
        };
        assert_eq!(why, "Bearer must be present in Authorization header");
    }
}

#[tokio::test]
async fn keys_say_what_they_are_for() {
    let keys = json!([
        with(rsa("enc"), "use", json!("enc")),
        with(rsa("sig"), "use", json!("sig")),
        with(rsa("wrap"), "key_ops", json!(["wrapKey"])),
        with(rsa("rs512"), "alg", json!("RS512")),
        with(rsa("hs256"), "alg", json!("HS256")),
        with(rsa("oaep"), "alg", json!("RSA-OAEP")),
        with(p256("mixed"), "alg", json!("ES384")),
        with(ed("x25519"), "crv", json!("P-256")),
        { "kty": "oct", "kid": "secret", "k": "c2VjcmV0" },
        { "kty": "quantum", "kid": "quantum" },
        { "kty": "RSA", "kid": "half", "n": keys::RSA_N },
        { "kty": "RSA", "n": keys::RSA_N, "e": "AQAB" },
        "nonsense",
        rsa("sig"),
    ]);
    let issuer = Issuer::new(Some(keys)).await;
    let auth = issuer.auth().await;
    let mut names: Vec<_> = auth
        .keys()
        .unwrap()
        .names()
        .map(ToOwned::to_owned)
        .collect();
    names.sort();
    assert_eq!(names, ["rs512", "sig"]);
    let claims = issuer.claims();
    assert!(
        check(&auth, &sign(Algorithm::RS256, "sig", &claims))
            .await
            .is_ok()
    );
    assert!(
        check(&auth, &sign(Algorithm::RS512, "rs512", &claims))
            .await
            .is_ok()
    );
    assert_eq!(
        denial(&auth, &sign(Algorithm::RS256, "rs512", &claims)).await,
        "token signature is invalid: signing method RS256 is invalid"
    );
}

#[tokio::test]
async fn rotation_is_noticed_by_the_first_token() {
    let issuer = Issuer::new(Some(json!([p256("old")]))).await;
    let auth = issuer.auth().await;
    let new = EncodingKey::from_ec_der(&der(keys::P256_NEW));
    let token = sign_with(&new, Algorithm::ES256, "new", &issuer.claims());
    issuer.publish(Some(json!([p256_new("new")])));
    assert!(check(&auth, &token).await.is_ok());
    let old = sign(Algorithm::ES256, "old", &issuer.claims());
    assert!(denial(&auth, &old).await.ends_with("invalid kid: old"));
}

#[tokio::test]
async fn unknown_keys_do_not_flood_the_issuer() {
    let issuer = Issuer::new(Some(json!([p256("k")]))).await;
    let pace = Pace {
        gap: Duration::from_mins(5),
        ..QUICK
    };
    let auth = Auth::at_pace(issuer.config(), pace);
    auth.state
        .clone()
        .wait_for(|state| state.keys.is_some())
        .await
        .unwrap();
    let before = issuer.now(|now| now.fetches);
    let token = sign(Algorithm::ES256, "unknown", &issuer.claims());
    for _ in 0..50 {
        assert!(
            denial(&auth, &token)
                .await
                .ends_with("invalid kid: unknown")
        );
    }
    assert_eq!(issuer.now(|now| now.fetches), before);
}

#[tokio::test]
async fn a_late_issuer_and_an_issuer_that_fails() {
    let issuer = Issuer::new(None).await;
    let auth = Auth::at_pace(issuer.config(), QUICK);
    let token = sign(Algorithm::ES256, "k", &issuer.claims());
    assert!(!auth.is_ready());
    assert!(matches!(
        check(&auth, &token).await,
        Err(Failure::Unavailable(_))
    ));

    issuer.publish(Some(json!([p256("k")])));
    auth.state
        .clone()
        .wait_for(|state| state.keys.is_some())
        .await
        .unwrap();
    assert!(auth.is_ready());
    assert!(check(&auth, &token).await.is_ok());

    // Known keys outlive a failing issuer, and a set without a usable key.
    for broken in [None, Some(json!([{ "kty": "quantum" }]))] {
        issuer.publish(broken);
        let unknown = sign(Algorithm::ES256, "unknown", &issuer.claims());
        assert!(
            denial(&auth, &unknown)
                .await
                .ends_with("invalid kid: unknown")
        );
        assert!(check(&auth, &token).await.is_ok());
    }
}

#[tokio::test]
async fn a_dropped_check_fetches_no_more() {
    let issuer = Issuer::new(Some(json!([]))).await;
    let mut state = issuer.auth().await.state.clone();
    let ended = async { while state.changed().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .unwrap();
}

#[test]
fn the_stamp_replaces_what_a_client_sent() {
    let mut headers = HeaderMap::from_iter([(AUTH_SECONDS, HeaderValue::from_static("0"))]);
    headers.append(AUTH_SECONDS, HeaderValue::from_static("1"));
    stamp(&mut headers, Duration::from_micros(1_234_567));
    let values: Vec<_> = headers.get_all(AUTH_SECONDS).iter().collect();
    assert_eq!(values, ["1.234567"]);
}
