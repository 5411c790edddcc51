//! Configurations that cannot be, and those in which `prefork` is nobody's.
//! It knows exit codes and messages.
//! It refuses to start a function.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "prefork/needs-no-variables",
        "WD-16.4",
        "without cgi_headers=false it is an error that says what to set, together with all others",
    )
    .modes(FORK)
    .feature("prefork")
    .run(needs_no_variables),
    Case::must(
        "prefork/bad-values",
        "WD-16.4",
        "what is no number from 0 to 1024 is an error",
    )
    .modes(FORK)
    .feature("prefork")
    .run(bad_values),
    Case::must(
        "prefork/not-read-elsewhere",
        "WD-16.4",
        "modes http and static do not read it",
    )
    .modes(&[Http, Static])
    .feature("prefork")
    .run(not_read_elsewhere),
    Case::must(
        "prefork/off",
        "WD-16.1",
        "unset and 0 start no process, and the variables are there",
    )
    .modes(FORK)
    .feature("prefork")
    .run(off),
];

fn refused(exit: &Exit, parts: &[&str]) -> Outcome {
    check_eq!(exit.code, Some(64), "exit code");
    for part in parts {
        check!(
            exit.stderr.contains(part),
            "{part:?} is not in {:?}",
            exit.stderr
        );
    }
    Ok(())
}

fn needs_no_variables(rig: &mut Rig) -> Outcome {
    let setup = || {
        rig.watchdog()
            .fprocess(&rig.fixture("echo", &[]))
            .env("prefork", "4")
    };
    let mut parts = vec!["prefork=\"4\"", "cgi_headers=false"];
    if rig.mode() == Classic {
        parts.push("marshal_request=true");
    }
    refused(&setup().run_to_exit(10.0)?, &parts)?;
    refused(
        &setup().env("cgi_headers", "true").run_to_exit(10.0)?,
        &parts,
    )?;
    let exit = setup().env("read_timeout", "soon").run_to_exit(10.0)?;
    refused(&exit, &[&parts[..], &["read_timeout=\"soon\""]].concat())?;
    check_eq!(rig.evidence("started"), "", "a function was started");
    Ok(())
}

fn bad_values(rig: &mut Rig) -> Outcome {
    for value in ["-1", "1025", "many", "1.5"] {
        let exit = rig
            .watchdog()
            .fprocess(&rig.fixture("echo", &[]))
            .env("prefork", value)
            .env("cgi_headers", "false")
            .run_to_exit(10.0)?;
        refused(&exit, &[&format!("prefork=\"{value}\""), "from 0 to 1024"])?;
    }
    Ok(())
}

fn not_read_elsewhere(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .env("prefork", "many")
        .start()?;
    w.wait_status("/_/health", 200, 5.0)
}

fn off(rig: &mut Rig) -> Outcome {
    for value in ["", "0"] {
        let w = rig
            .watchdog()
            .fprocess(&rig.fixture("cgi-headers", &[]))
            .env("prefork", value)
            .start()?;
        check_eq!(
            w.children(),
            Vec::<i32>::new(),
            "processes before a request"
        );
        let text = w.get("/some")?.text();
        check!(text.contains("Http_Path=/some"), "no variables: {text:?}");
    }
    Ok(())
}
