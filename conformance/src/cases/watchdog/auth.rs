//! Chapter 14: tokens, issuers and permissions.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses who may have which token.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 14,
    name: "auth",
    title: "Function tokens",
    intro: "With `jwt_auth` a watchdog serves only callers with a valid token.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-14.1",
        "Without `OPENFAAS_NAME` a watchdog with `jwt_auth` does not start.",
    ),
    Clause::must(
        "WD-14.2",
        "A start without a reachable issuer never leads to unauthenticated answers.",
    ),
];

const CASES: &[Case] = &[
    Case::must("auth/name-required", "WD-14.1", "no name, no start").run(name_required),
    Case::must(
        "auth/issuer-down",
        "WD-14.2",
        "without an issuer nobody gets in",
    )
    .exclusive()
    .run(issuer_down),
];

fn protected(rig: &Rig) -> Setup {
    let setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    setup
        .env("jwt_auth", "true")
        .env("jwt_auth_local", "true")
        .env("OPENFAAS_NAMESPACE", "fn")
}

fn name_required(rig: &mut Rig) -> Outcome {
    let exit = protected(rig).run_to_exit(15.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("OPENFAAS_NAME"),
        "the message does not name it: {}",
        exit.stderr
    );
    Ok(())
}

fn issuer_down(rig: &mut Rig) -> Outcome {
    let w = protected(rig).env("OPENFAAS_NAME", "env").spawn()?;
    let deadline = Instant::now() + rig.timeout(3.0);
    while w.is_running() && Instant::now() < deadline {
        let status = w.probe("/");
        check!(
            status.is_none_or(|status| status >= 400),
            "answered {status:?} without a token"
        );
        rig.pass_time(Duration::from_millis(100));
    }
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}
