//! Images with a watchdog: the classic way, a process for each call, and the newer one, a server behind a proxy.
//! It knows what a watchdog answers when its function is slow or has enough to do.
//! It refuses to judge watchdogs: they have a suite of their own.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "workload/classic",
        "WL-15.20",
        "a process for each call works for five methods; another method is what the watchdog says",
    )
    .rows(&["WRK-21"])
    .profiles(&[Profile::Workload])
    .why("Most functions of the first years are made so.")
    .source("classic-watchdog")
    .run(classic),
    Case::should(
        "workload/http-mode",
        "WL-15.20",
        "a server behind a watchdog works, chunked bodies too",
    )
    .rows(&["WRK-22"])
    .profiles(&[Profile::Workload])
    .why("All current templates are made so.")
    .source("of-watchdog")
    .run(http_mode),
    Case::should(
        "workload/max-inflight",
        "WL-15.20",
        "a 429 of a watchdog that has enough to do reaches the client",
    )
    .rows(&["WRK-23"])
    .profiles(&[Profile::Workload])
    .why("Clients that should wait take the function for broken.")
    .source("of-watchdog; documentation")
    .run(max_inflight),
    Case::should(
        "workload/exec-timeout",
        "WL-15.20",
        "the 504 or 408 of a watchdog whose function is too slow reaches the client",
    )
    .rows(&["WRK-24"])
    .profiles(&[Profile::Workload])
    .why("A slow function cannot be told from a broken platform.")
    .source("of-watchdog; classic-watchdog")
    .run(exec_timeout),
];

fn classic(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().env("mode", "classic");
    rig.provider().deploy(&deployment)?.is_accepted()?;
    let f = rig.handle(&deployment);
    let told = |request: &Request| -> Result<Value, Failure> { f.call(request)?.is(200)?.json() };
    rig.settles("an answer of a process for each call", || {
        told(&Request::get("/")).map(drop)
    })?;
    let mut processes = Vec::new();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let request = Request::new(method, "/a/b?c=d")
            .header("X-Asked", "yes")
            .body(method);
        let seen = told(&request)?;
        let of = |name: &str| seen.get(name).and_then(Value::as_str).unwrap_or_default();
        check_eq!(of("Http_Method"), method, "Http_Method");
        check_eq!(of("Http_Path"), "/a/b", "Http_Path");
        check_eq!(of("Http_Query"), "c=d", "Http_Query");
        check_eq!(of("Http_X_Asked"), "yes", "Http_X_Asked");
        check_eq!(of("stdin"), method, "the body on stdin");
        processes.push(of("instance").to_owned());
    }
    processes.sort();
    processes.dedup();
    check_eq!(processes.len(), 5, "processes for five calls");
    let head = f.call(&Request::new("HEAD", "/"))?;
    rig.note(&format!("HEAD is {}", head.status));
    head.is_one_of(&[200, 405])?;
    Ok(())
}

fn http_mode(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("mode", "http"))?;
    let long = Pattern::new(9, 200_000);
    let request = Request::post("/hash").pattern_chunked(long);
    let seen: Digested = f.call(&request)?.is(200)?.json()?;
    check_eq!(
        seen,
        Digested::of_pattern(long)?,
        "a chunked body behind a watchdog"
    );
    let seen = f.echo(&Request::post("/echo").chunks(&[b"in ", b"pieces"]))?;
    check_eq!(
        seen.body()?,
        b"in pieces".to_vec(),
        "the body that the server saw"
    );
    check_eq!(f.instance()?, seen.instance, "the process of the next call");
    Ok(())
}

fn max_inflight(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("max_inflight", "1"))?;
    // The first that is let in stays for seconds; the others are too many.
    let answers = all_at_once(4, |_| f.get("/sleep/2000"))?;
    let mut counts = (0, 0);
    for answer in answers {
        let answer = answer.is_one_of(&[200, 429])?;
        match answer.status {
            200 => counts.0 += 1,
            _ => counts.1 += 1,
        }
    }
    let (answered, refused) = counts;
    check!(
        answered >= 1 && refused >= 1,
        "of four calls at once {answered} were answered and {refused} refused with 429"
    );
    rig.settles("an answer once there is room", || {
        f.get("/instance")?.is(200)?;
        Ok(())
    })
}

fn exec_timeout(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("exec_timeout", "1s"))?;
    let start = Instant::now();
    let answer = f.get("/sleep/20000")?.is_one_of(&[504, 408])?;
    let took = start.elapsed();
    check!(
        took < rig.timeout(10.0),
        "the {} came after {took:?}",
        answer.status
    );
    f.get("/instance")?.is(200)?;
    Ok(())
}
