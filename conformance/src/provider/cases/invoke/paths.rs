//! The path of a call.
//! It knows what is behind the name, and percent-encoding.
//! It refuses to follow redirects: where one leads is the client's business.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/root",
        "PR-12.5",
        "the bare name, and the name with a slash, are the path /",
    )
    .rows(&["INV-11"])
    .why("Most functions are called by their bare name.")
    .source("SDK proxy/proxy.go")
    .run(root),
    Case::must(
        "invoke/sub-path",
        "PR-12.5",
        "a path behind the name reaches the function",
    )
    .rows(&["INV-12"])
    .why("Functions with several routes answer the wrong one.")
    .source("documentation architecture; SDK proxy/proxy.go")
    .run(sub_path),
    Case::must(
        "invoke/trailing-slash",
        "PR-12.5",
        "a slash at the end of the path is kept",
    )
    .rows(&["INV-13"])
    .why("Servers of files answer a directory only with its slash.")
    .source("SDK proxy/proxy.go")
    .run(trailing_slash),
    Case::must(
        "invoke/encoded-path",
        "PR-12.5",
        "spaces and letters beyond ASCII in the path arrive as what they mean",
    )
    .rows(&["INV-14"])
    .why("Names of files and people have such letters.")
    .source("SDK proxy/proxy.go")
    .run(encoded),
    Case::may(
        "invoke/encoded-slash",
        "PR-12.6",
        "an encoded slash arrives encoded, or as a slash",
    )
    .rows(&["INV-15"])
    .why("Whoever puts keys into paths should know whether they stay one segment.")
    .source("seen at the SDK, which decodes")
    .run(encoded_slash),
    Case::should(
        "invoke/dot-segments",
        "PR-12.8",
        "empty and dot segments lead to no other function and no file",
    )
    .rows(&["INV-17"])
    .why("Whoever may call one function could call all of them, or read the host.")
    .source("seen at the SDK's router")
    .run(dot_segments),
    Case::must(
        "invoke/name-case",
        "PR-12.29",
        "a name in upper case is not the function of that name in lower case",
    )
    .rows(&["INV-55"])
    .why("Rules of a proxy in front that name a function are got around by another spelling.")
    .source("suite policy: names are compared whole")
    .run(name_case),
];

fn root(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for (target, query) in [
        ("", None),
        ("/", None),
        ("?a=b", Some("a=b")),
        ("/?a=b", Some("a=b")),
    ] {
        let seen = f.echo(&Request::get(target))?;
        check_eq!(seen.path, "/", "the path behind NAME{target}");
        let got = seen.query.as_deref().filter(|query| !query.is_empty());
        check_eq!(got, query, "the query behind NAME{target}");
    }
    Ok(())
}

fn sub_path(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let own = format!("/function/{}/x", f.name);
    for path in [
        "/a/b/c",
        "/a.b/c-d_e~f",
        "/system/functions",
        "/healthz",
        &own,
    ] {
        check_eq!(f.echo(&Request::get(path))?.path, path, "the path");
    }
    Ok(())
}

fn trailing_slash(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for path in ["/a/", "/a/b/"] {
        check_eq!(f.echo(&Request::get(path))?.path, path, "the path");
    }
    Ok(())
}

fn encoded(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for path in [
        "/with%20space/end",
        "/gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC",
        "/percent%25/plus+/a%3Db",
        "/question%3Fmark",
    ] {
        let seen = f.echo(&Request::get(path))?;
        check_eq!(
            decoded(&seen.path),
            decoded(path),
            "the decoded path behind {path}"
        );
        check_eq!(seen.query, None, "the query behind {path}");
    }
    Ok(())
}

/// Percent-decoded bytes.
fn decoded(path: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = pair.and_then(|two| u8::from_str_radix(two, 16).ok());
        let escaped = code.filter(|_| byte == b'%');
        out.push(escaped.unwrap_or(byte));
        let taken = if escaped.is_some() { 2 } else { 0 };
        rest = tail.get(taken..).unwrap_or_default();
    }
    out
}

fn encoded_slash(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = f.get("/a%2Fb")?;
    if answer.status != 200 {
        answer.is_refused()?;
        rig.note("an encoded slash is refused");
        return Ok(());
    }
    let seen: Echo = answer.json()?;
    rig.note(&format!("/a%2Fb arrives as {}", seen.path));
    check_eq!(decoded(&seen.path), b"/a/b".to_vec(), "the decoded path");
    Ok(())
}

fn dot_segments(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let other = rig.probe()?;
    let (own, theirs) = (f.instance()?, other.instance()?);
    let n = &other.name;
    for target in [
        "//double".to_owned(),
        "/a//b".to_owned(),
        "/./a".to_owned(),
        format!("/../{n}/instance"),
        format!("/%2e%2e/{n}/instance"),
        format!("/..%2f{n}/instance"),
        format!("/a/../../{n}/instance"),
        "/../../etc/passwd".to_owned(),
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd".to_owned(),
        "/..\\..\\etc\\passwd".to_owned(),
    ] {
        let answer = f.get(&target)?.is_no_crash()?;
        let text = answer.text();
        check!(
            !text.contains(&theirs),
            "{target} is answered by another function"
        );
        check!(!text.contains("root:"), "{target} is a file of the host");
        if answer.status == 200 {
            check!(
                text.contains(&own),
                "{target} is answered by somebody else: {}",
                answer.told()
            );
        }
    }
    Ok(())
}

fn name_case(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    provider
        .invoke(&f.name, &Request::get("/instance"))?
        .is(200)?;
    let upper = f.name.to_ascii_uppercase();
    let answer = provider.invoke(&upper, &Request::get("/instance"))?;
    // What no function can be called may be no route, either.
    answer.is_one_of(&[400, 404, 502, 503])?;
    Ok(())
}
