//! Credentials and invocations: a function sees the caller's, and no others.
//! It knows what the probe tells of the headers it got.
//! It refuses to judge the system routes.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "auth/invoke-open",
        "PR-2.7",
        "a function is called without credentials",
    )
    .rows(&["AUTH-18"])
    .why("Functions are for everybody; whoever wants a lock brings his own.")
    .source("SDK serve.go")
    .run(invoke_open),
    Case::must(
        "auth/invoke-header",
        "PR-2.8",
        "the caller's Authorization reaches the function unchanged",
    )
    .rows(&["AUTH-19"])
    .why("Functions that check tokens themselves see none.")
    .source("SDK proxy/proxy.go")
    .run(invoke_header),
    Case::must(
        "auth/invoke-no-credentials",
        "PR-2.9",
        "a function never sees the credentials of the platform",
    )
    .rows(&["AUTH-20"])
    .profiles(&[Profile::Gateway])
    .why("A function that sees them owns the platform.")
    .source("gateway main.go")
    .run(invoke_no_credentials),
];

fn invoke_open(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    f.post("/raw", "for everybody")?.is(200)?;
    Ok(())
}

fn invoke_header(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for value in [
        "Bearer a.b-c_d",
        "Basic am9lOnNlY3JldA==",
        "Custom \"x\", y=1",
    ] {
        let request = Request::get("/echo").header("Authorization", value);
        let seen = f.echo(&request)?;
        check_eq!(
            seen.all("authorization"),
            vec![value],
            "what the function saw"
        );
    }
    Ok(())
}

fn invoke_no_credentials(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo"))?;
    check!(
        seen.header("authorization").is_none(),
        "the function saw an Authorization that the caller did not send"
    );
    for secret in rig.ground().setting.credentials.secrets() {
        let shown = seen
            .headers
            .iter()
            .find(|(_, value)| value.contains(&secret.text));
        let name = shown.map(|(name, _)| name);
        check!(name.is_none(), "the header {name:?} has the credentials");
    }
    Ok(())
}
