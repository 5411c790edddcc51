//! Chapter 8: what others must not see.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what only an image has: users, a read-only root.

use crate::template::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: "secrets",
    title: "Secrets and ports",
    intro: "A function's secrets and its own port are its own.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-8.1",
        "A handler reads a secret by its name from `/var/openfaas/secrets`, or where `secret_mount_path` says, without the newline at its end.",
    ),
    Clause::must("TP-8.2", "A secret's name leads to no other file."),
    Clause::must(
        "TP-8.3",
        "Behind a watchdog a function listens on the loopback address alone.",
    ),
];

const CASES: &[Case] = &[
    Case::must("secrets/read", "TP-8.1", "a secret is read by its name")
        .why("A newline in a password is hard to see.")
        .run(read),
    Case::must(
        "secrets/elsewhere",
        "TP-8.2",
        "no name leads out of the folder",
    )
    .why("A name that a caller chose could read any file.")
    .run(elsewhere),
    Case::must(
        "secrets/loopback",
        "TP-8.3",
        "the inner port is not open to others",
    )
    .why("Whoever reaches it gets past tokens and limits.")
    .run(loopback),
];

fn read(rig: &mut Rig) -> Outcome {
    rig.write("secrets/api-key", "k3y \n")?;
    let folder = rig.file("secrets").display().to_string();
    let function = rig.ready(rig.function().env("secret_mount_path", &folder))?;
    check_eq!(
        function.get("/secret/api-key")?.text(),
        "k3y ",
        "the secret"
    );
    check_eq!(
        function.get("/secret/other")?.status,
        500,
        "one that is not there"
    );
    check!(!function.log().contains("k3y"), "the secret is in the log");
    Ok(())
}

fn elsewhere(rig: &mut Rig) -> Outcome {
    rig.write("secrets/api-key", "k3y")?;
    rig.write("secrets/.hidden", "k3y")?;
    let folder = rig.file("secrets").display().to_string();
    let function = rig.ready(rig.function().env("secret_mount_path", &folder))?;
    for name in ["..", ".hidden", "%2e%2e", ""] {
        let response = function.get(&format!("/secret/{name}"))?;
        check_eq!(response.status, 500, "the secret {name:?}");
    }
    Ok(())
}

fn loopback(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let url = format!("http://127.0.0.1:{port}");
    rig.ready(rig.function().env("upstream_url", &url))?;
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    let text = tables.into_iter().flatten().collect::<String>();
    let open = text.lines().filter_map(|line| listener(line, port));
    let open: Vec<&str> = open.filter(|address| *address != "0100007F").collect();
    check!(open.is_empty(), "it listens on {open:?} as well");
    Ok(())
}

/// The address of a line of /proc/net/tcp that is about a listener on that port.
fn listener(line: &str, port: u16) -> Option<&str> {
    let mut words = line.split_whitespace().skip(1);
    let (address, at) = words.next()?.split_once(':')?;
    let is_listening = words.nth(1)? == "0A";
    (is_listening && at == format!("{port:04X}")).then_some(address)
}
