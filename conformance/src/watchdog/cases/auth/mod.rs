//! Chapter 14: tokens, issuers and permissions.
//! It knows the clauses of its chapter and what its parts share.
//! It refuses who may have which token.

mod access;
mod issuer;
mod keys;
mod permissions;
mod refresh;
mod tokens;

use issuer::Issuer;
use keys::Signer;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 14,
    name: "auth",
    title: "Function tokens",
    intro: "With `jwt_auth` a watchdog serves only callers with a valid token.",
    clauses: CLAUSES,
    cases: &[
        access::CASES,
        tokens::CASES,
        permissions::CASES,
        refresh::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-14.1",
        "Without `OPENFAAS_NAME` and a namespace a watchdog with `jwt_auth` does not start.",
    ),
    Clause::must(
        "WD-14.2",
        "A start without a reachable issuer never leads to unauthenticated answers.",
    ),
    Clause::must(
        "WD-14.3",
        "A token of the issuer that is signed by one of its keys and permits the function is accepted.",
    ),
    Clause::must(
        "WD-14.4",
        "A request without a bearer token is 401 with the realm `IAM function invoke`.",
    ),
    Clause::must(
        "WD-14.5",
        "A token is refused when it is expired, not valid yet, of another issuer, for another audience, or has no end.",
    ),
    Clause::must(
        "WD-14.6",
        "A token is refused when its signature is wrong or its key is not known.",
    ),
    Clause::must(
        "WD-14.7",
        "Only asymmetric algorithms that fit the key are accepted, Ed25519 among them.",
    ),
    Clause::must(
        "WD-14.8",
        "A permission matches `<namespace>:<name>` as a whole, `*` standing for any text; so does the claim `function.audience`, where it is there.",
    ),
    Clause::must(
        "WD-14.9",
        "A valid token without permission is 403 `insufficient permissions`.",
    ),
    Clause::must(
        "WD-14.10",
        "New keys of the issuer are known without a restart.",
    ),
    Clause::must(
        "WD-14.11",
        "An issuer that is down or slow delays no start, and is asked again until it answers.",
    ),
    Clause::must(
        "WD-14.12",
        "One key that cannot be used does not spoil the others.",
    ),
    Clause::must(
        "WD-14.13",
        "A refused request runs no function and takes no slot.",
    ),
    Clause::must(
        "WD-14.14",
        "The function is told by `X-Auth-Seconds` how long the check took, whatever the caller says.",
    ),
    Clause::must("WD-14.15", "Probes need no token."),
    Clause::must(
        "WD-14.16",
        "No part of a token that could be used is logged or repeated.",
    ),
    Clause::must(
        "WD-14.17",
        "With `jwt_auth_local` the issuer is looked for on this machine, at port 8000.",
    ),
];

/// A function that wants tokens of this issuer.
fn guard(setup: Setup, rig: &Rig, issuer: &Issuer) -> Setup {
    let setup = setup
        .env("jwt_auth", "true")
        .env("OPENFAAS_NAME", "env")
        .env("OPENFAAS_NAMESPACE", "openfaas-fn");
    if rig.profile().claims("jwt-discovery") {
        let url = format!("{}/.well-known/openid-configuration", issuer.url());
        return setup.env("jwt_discovery_url", &url);
    }
    setup.env("jwt_auth_local", "true")
}

/// A guarded echo, its issuer, and a key that the issuer knows.
struct Scene {
    w: Watchdog,
    issuer: Issuer,
    key: Signer,
    target: &'static str,
}

impl Scene {
    fn new(rig: &Rig, alg: &'static str) -> Result<Self, Failure> {
        Self::with(rig, alg, |setup| setup)
    }

    fn with(
        rig: &Rig,
        alg: &'static str,
        change: impl FnOnce(Setup) -> Setup,
    ) -> Result<Self, Failure> {
        let key = Signer::new(alg, "first")?;
        let issuer = Issuer::start(rig, &[&key])?;
        let setup = rig.function(&rig.fixture("echo", &[]));
        let w = guard(change(setup), rig, &issuer).start()?;
        let target = if rig.mode() == Http { "/echo" } else { "/" };
        let scene = Self {
            w,
            issuer,
            key,
            target,
        };
        scene.wait_keys(rig)?;
        Ok(scene)
    }

    /// Until the keys are there, whoever comes is told to come again.
    fn wait_keys(&self, rig: &Rig) -> Outcome {
        rig.poll(15.0, "the issuer's keys", || {
            self.w
                .probe(self.target)
                .is_some_and(|status| status != 503)
                .then_some(())
        })
    }

    fn valid(&self) -> Result<String, Failure> {
        self.key.sign(&self.issuer.claims())
    }

    fn ask(&self, token: &str) -> Result<Response, Failure> {
        self.ask_as(&format!("Bearer {token}"))
    }

    fn ask_as(&self, authorization: &str) -> Result<Response, Failure> {
        let request = Request::post(self.target).header("Authorization", authorization);
        self.w.request(request.body("x"))
    }

    fn expect_in(&self, token: &str) -> Outcome {
        let r = self.ask(token)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "x"),
            "answer to a good token"
        );
        Ok(())
    }

    /// A good token is good, this one is not.
    fn expect_out(&self, token: &str) -> Outcome {
        self.expect_in(&self.valid()?)?;
        let r = self.ask(token)?;
        check_eq!(r.status, 401, "status");
        Ok(())
    }
}
