//! The lines of functions.
//! It knows every odd way to write one.
//! It refuses the lines of the watchdog itself.

use super::{quiet, saying, undated};
use crate::watchdog::prelude::*;

const LOGGED: &[Mode] = FUNCTION;
/// Where the of-watchdog's log readers work.
const PIPED: &[Mode] = &[Streaming, Serializing, Http];

pub const CASES: &[Case] = &[
    Case::must(
        "logs/stderr-lines",
        "WD-11.1",
        "the last of many lines arrives, every time",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(stderr_lines),
    Case::must(
        "logs/ten-thousand",
        "WD-11.1",
        "10,000 quick lines arrive, each whole and in order",
    )
    .modes(LOGGED)
    .bugs(&["BUG-20"])
    .seconds(60)
    .run(ten_thousand),
    Case::must(
        "logs/concurrent",
        "WD-11.1",
        "the lines of functions that run at the same time do not run into each other",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(concurrent),
    Case::must(
        "logs/unread-answer",
        "WD-11.1",
        "lines are logged while the client leaves the answer unread",
    )
    .modes(&[Streaming])
    .run(unread_answer),
    Case::must(
        "logs/long-line",
        "WD-11.2",
        "a line of 300 kB does not block the function",
    )
    .modes(PIPED)
    .bugs(&["BUG-03"])
    .run(long_line),
    Case::must(
        "logs/line-65535",
        "WD-11.2",
        "a line of 64 KiB with its newline passes whole",
    )
    .modes(LOGGED)
    .bugs(&["BUG-20"])
    .run(line_65535),
    Case::must(
        "logs/line-65536",
        "WD-11.2",
        "a line of 64 KiB and a newline passes, every byte",
    )
    .modes(LOGGED)
    .bugs(&["BUG-03"])
    .run(line_65536),
    Case::must(
        "logs/line-65537",
        "WD-11.2",
        "a line of one byte more passes, every byte",
    )
    .modes(LOGGED)
    .bugs(&["BUG-03"])
    .run(line_65537),
    Case::must(
        "logs/line-5mb",
        "WD-11.2",
        "a line of 5 MB passes, every byte",
    )
    .modes(LOGGED)
    .bugs(&["BUG-03"])
    .seconds(90)
    .run(line_5mb),
    Case::must(
        "logs/after-long-line",
        "WD-11.2",
        "what comes after a long line arrives, too",
    )
    .modes(&[Http])
    .bugs(&["BUG-03"])
    .run(after_long_line),
    Case::must(
        "logs/http-streams",
        "WD-11.3",
        "stdout and stderr of the child keep apart",
    )
    .modes(&[Http])
    .run(http_streams),
    Case::must(
        "logs/http-first-lines",
        "WD-11.3",
        "what a child says before it listens arrives at once",
    )
    .modes(&[Http])
    .run(first_lines),
    Case::must("logs/prefix", "WD-11.4", "date, time and stream come first")
        .modes(PIPED)
        .bugs(&["BUG-20"])
        .run(prefix),
    Case::must(
        "logs/prefix-off",
        "WD-11.4",
        "without prefix a line is passed as it was written",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(prefix_off),
    Case::must(
        "logs/own-lines",
        "WD-11.15",
        "the watchdog's own lines are dated, with and without prefixes",
    )
    .modes(&Mode::ALL)
    .run(own_lines),
    Case::must(
        "logs/no-newline",
        "WD-11.5",
        "a last line without newline is not lost",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(no_newline),
    Case::must(
        "logs/no-newline-unlimited",
        "WD-11.5",
        "nor with `log_buffer_size=-1`",
    )
    .modes(&[Streaming, Serializing])
    .bugs(&["BUG-20"])
    .run(no_newline_unlimited),
    Case::must(
        "logs/empty-and-crlf",
        "WD-11.6",
        "empty lines stay and carriage returns go",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(empty_and_crlf),
    Case::must(
        "logs/binary",
        "WD-11.6",
        "bytes that are no text pass unchanged",
    )
    .modes(PIPED)
    .bugs(&["BUG-20"])
    .run(binary),
    Case::must(
        "logs/buffer-sizes",
        "WD-11.7",
        "lines of 5000 bytes pass, every byte, with a limit of 1, 10, 4096, 5001, 1048576 and none",
    )
    .modes(PIPED)
    .bugs(&["BUG-03"])
    .run(buffer_sizes),
    Case::must(
        "logs/buffer-zero",
        "WD-11.7",
        "`log_buffer_size=0` stops nothing, or is refused at start",
    )
    .modes(PIPED)
    .bugs(&["BUG-03"])
    .run(buffer_zero),
    Case::must(
        "logs/as-they-come",
        "WD-11.1",
        "a line is in the log before the function ends",
    )
    .modes(LOGGED)
    .run(as_they_come),
    Case::must(
        "logs/slow-reader",
        "WD-11.14",
        "requests are answered while nobody reads the log",
    )
    .modes(&Mode::ALL)
    .run(slow_reader),
];

fn stderr_lines(rig: &mut Rig) -> Outcome {
    let fork = rig.fixture("spew-stderr", &["60", "--lines", "1000"]);
    let w = quiet(rig, &fork).start()?;
    for round in 1..=20_usize {
        check_eq!(
            w.get("/spew?lines=1000&size=60")?.text(),
            "spewed",
            "answer"
        );
        let what = format!("line 999 of request {round}");
        rig.poll(5.0, &what, || {
            (w.log().matches("999:xx").count() == round).then_some(())
        })?;
    }
    Ok(())
}

fn ten_thousand(rig: &mut Rig) -> Outcome {
    let fork = rig.fixture("spew-stderr", &["40", "--lines", "10000"]);
    let w = quiet(rig, &fork).start()?;
    check_eq!(
        w.get("/spew?lines=10000&size=40")?.text(),
        "spewed",
        "answer"
    );
    w.wait_log("9999:xx", 20.0)?;
    let log = w.log();
    let mut next = 0;
    for line in log.lines().filter(|line| line.ends_with("xxxxxxxxxx")) {
        let number = line
            .split(":x")
            .next()
            .and_then(|head| head.rsplit(' ').next());
        check_eq!(
            number,
            Some(next.to_string().as_str()),
            "line {next} is {line:?}"
        );
        next += 1;
    }
    check_eq!(next, 10_000, "lines");
    Ok(())
}

fn concurrent(rig: &mut Rig) -> Outcome {
    let fork = rig.fixture("spew-stderr", &["900", "--lines", "100"]);
    let w = quiet(rig, &fork).start()?;
    let mut wires = Vec::new();
    for _ in 0..5 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/spew?lines=100&size=900"))?;
        wires.push(wire);
    }
    for wire in &mut wires {
        check_eq!(wire.read_response()?.text(), "spewed", "answer");
    }
    let whole = || {
        let log = w.log();
        let lines = log.lines().filter(|line| line.contains(":xxxx"));
        lines.map(str::len).collect::<Vec<_>>()
    };
    rig.poll(5.0, "500 lines", || (whole().len() >= 500).then_some(()))?;
    let odd = whole()
        .iter()
        .filter(|&&len| !(900..960).contains(&len))
        .count();
    check_eq!(
        odd,
        0,
        "lines of another length than they were written with"
    );
    Ok(())
}

/// Megabytes that nobody reads hold the function up; what it says beside them comes later.
fn unread_answer(rig: &mut Rig) -> Outcome {
    let script = "#!/bin/sh\n(sleep 0.3; echo beside >&2) &\nhead -c 50000000 /dev/zero\nwait\n";
    let script = rig.write("function.sh", script)?.display().to_string();
    let w = quiet(rig, &format!("/bin/sh {script}")).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    w.wait_log("beside", 10.0)
}

fn long_line(rig: &mut Rig) -> Outcome {
    let w = quiet(rig, &rig.fixture("spew-stderr", &["300000"]))
        .env("exec_timeout", "5s")
        .start()?;
    for _ in 0..2 {
        let r = w.get("/spew?lines=1&size=300000")?;
        check_eq!((r.status, r.text().as_str()), (200, "spewed"), "answer");
    }
    Ok(())
}

/// Every byte of a line of `size` bytes, without its newline, arrives; the function answers; no other line begins in its middle.
fn long(rig: &Rig, size: usize) -> Result<Watchdog, Failure> {
    let text = size.to_string();
    let setup = quiet(rig, &rig.fixture("spew-stderr", &[&text]));
    let w = setup.env("exec_timeout", "10s").start()?;
    w.wait_log("Writing lock-file", 5.0)?;
    let count = || w.log().matches('x').count();
    let before = count();
    let r = w.get(&format!("/spew?lines=1&size={size}"))?;
    check_eq!((r.status, r.text().as_str()), (200, "spewed"), "answer");
    rig.poll(12.0, "every byte of the line", || {
        (count() - before + 2 == size).then_some(())
    })?;
    let log = w.log();
    let glued = log
        .lines()
        .filter(|line| line.contains("xxxxxxxx") && line.contains("ContentLength"))
        .count();
    check_eq!(
        glued,
        0,
        "lines of the watchdog inside a line of the function"
    );
    Ok(w)
}

/// The same for a line within the default limit: it is one line.
fn whole_line(rig: &Rig, size: usize) -> Outcome {
    let w = long(rig, size)?;
    let log = w.log();
    let lines = log.lines().filter(|line| line.contains("xxxxxxxx"));
    check_eq!(lines.count(), 1, "lines");
    Ok(())
}

fn line_65535(rig: &mut Rig) -> Outcome {
    whole_line(rig, 65_535)
}

fn line_65536(rig: &mut Rig) -> Outcome {
    long(rig, 65_536).map(drop)
}

fn line_65537(rig: &mut Rig) -> Outcome {
    long(rig, 65_537).map(drop)
}

fn line_5mb(rig: &mut Rig) -> Outcome {
    long(rig, 5_000_000).map(drop)
}

fn after_long_line(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    check_eq!(w.get("/spew?lines=1&size=200000")?.status, 200, "status");
    check_eq!(w.get("/log?err=afterwards")?.status, 200, "status");
    w.wait_log("stderr: afterwards", 5.0)
}

fn http_streams(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    w.get("/log?out=to-stdout&err=to-stderr")?;
    w.wait_stdout("stdout: to-stdout", 5.0)?;
    w.wait_log("stderr: to-stderr", 5.0)?;
    check!(
        !w.stdout().contains("to-stderr"),
        "stderr of the child on stdout"
    );
    check!(
        !w.log().contains("stdout: "),
        "stdout of the child on stderr"
    );
    Ok(())
}

fn first_lines(rig: &mut Rig) -> Outcome {
    let args = [
        "--log-stdout",
        "hello-out",
        "--log-stderr",
        "hello-err",
        "--listen-after",
        "60",
    ];
    let fixture = rig.fixture("http-server", &args);
    let w = rig.watchdog().fprocess(&fixture).spawn()?;
    w.wait_stdout("stdout: hello-out", 10.0)?;
    w.wait_log("stderr: hello-err", 10.0)
}

fn prefix(rig: &mut Rig) -> Outcome {
    let (setup, target) = saying(rig, "a%20line%0A");
    let w = setup.start()?;
    check_eq!(w.get(&target)?.text(), "said", "answer");
    w.wait_log("a line\n", 5.0)?;
    let log = w.log();
    let line = log.lines().find(|line| line.ends_with("a line"));
    check_eq!(
        line.and_then(undated),
        Some("stderr: a line"),
        "the line {line:?} without date"
    );
    Ok(())
}

fn prefix_off(rig: &mut Rig) -> Outcome {
    let (setup, target) = saying(rig, "a%20line%0A%20%20indented%0A");
    let w = setup.env("prefix_logs", "false").start()?;
    check_eq!(w.get(&target)?.text(), "said", "answer");
    w.wait_log("\na line\n", 5.0)?;
    w.wait_log("\n  indented\n", 5.0)
}

fn own_lines(rig: &mut Rig) -> Outcome {
    for prefixes in ["true", "false"] {
        let setup = rig.function(&rig.fixture("echo", &[]));
        let w = setup.env("prefix_logs", prefixes).start()?;
        w.wait_log("Writing lock-file", 5.0)?;
        let log = w.log();
        let undated = log.lines().find(|line| undated(line).is_none());
        check_eq!(undated, None, "a line without date and time");
    }
    Ok(())
}

fn no_newline(rig: &mut Rig) -> Outcome {
    let script = rig.fixture("script", &["err:first%0Alast%20words", "out:said"]);
    let w = quiet(rig, &script).start()?;
    check_eq!(
        w.get("/say?err=first%0Alast%20words")?.text(),
        "said",
        "answer"
    );
    if rig.mode() == Http {
        // The line is open as long as the child may go on with it.
        let _ = w.get("/crash/1");
    }
    w.wait_log("stderr: last words\n", 5.0)
}

fn no_newline_unlimited(rig: &mut Rig) -> Outcome {
    let (setup, target) = saying(rig, "first%0Alast%20words");
    let w = setup.env("log_buffer_size", "-1").start()?;
    check_eq!(w.get(&target)?.text(), "said", "answer");
    w.wait_log("stderr: last words\n", 5.0)
}

fn empty_and_crlf(rig: &mut Rig) -> Outcome {
    let (setup, target) = saying(rig, "one%0D%0A%0Athree%0D%0A");
    let w = setup.env("prefix_logs", "false").start()?;
    check_eq!(w.get(&target)?.text(), "said", "answer");
    w.wait_log("one\n\nthree\n", 5.0)
}

fn binary(rig: &mut Rig) -> Outcome {
    let (setup, target) = saying(rig, "%FF%FE%01%1B[31m%C3%28end%0A");
    let w = setup.env("prefix_logs", "false").start()?;
    check_eq!(w.get(&target)?.text(), "said", "answer");
    let want = b"\xff\xfe\x01\x1b[31m\xc3\x28end\n";
    rig.poll(5.0, "the bytes in the log", || {
        let log = w.stderr_bytes();
        log.windows(want.len())
            .any(|window| window == want)
            .then_some(())
    })
}

fn buffered(rig: &Rig, size: &str) -> Outcome {
    let setup = quiet(rig, &rig.fixture("spew-stderr", &["5000", "--lines", "3"]));
    let setup = setup.env("exec_timeout", "5s").env("prefix_logs", "false");
    let w = setup.env("log_buffer_size", size).start()?;
    let r = w.get("/spew?lines=3&size=5000")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "spewed"),
        "answer with {size}"
    );
    rig.poll(
        3.0,
        &format!("every byte with log_buffer_size={size}"),
        || {
            // A line over the limit may come in pieces, however small.
            let log = w.log();
            let lines = log.lines().filter(|line| line.ends_with('x'));
            let total: usize = lines.map(|line| line.matches('x').count()).sum();
            (total == 3 * 4998).then_some(())
        },
    )
}

fn buffer_sizes(rig: &mut Rig) -> Outcome {
    for size in ["1", "10", "4096", "5001", "1048576", "-1"] {
        buffered(rig, size)?;
    }
    Ok(())
}

fn buffer_zero(rig: &mut Rig) -> Outcome {
    let setup = quiet(rig, &rig.fixture("echo", &[]));
    let w = setup.env("log_buffer_size", "0").spawn()?;
    let refused = rig.poll(10.0, "a start or a refusal", || {
        if w.is_running() {
            return w.probe("/_/health").map(|_| false);
        }
        Some(true)
    })?;
    if refused {
        let exit = w.wait_exit(1.0)?;
        check!(exit.code != Some(0), "refused with exit code 0");
        check!(
            exit.stderr.contains("log_buffer_size"),
            "refused without naming it"
        );
        return Ok(());
    }
    drop(w);
    buffered(rig, "0")
}

fn as_they_come(rig: &mut Rig) -> Outcome {
    let script = rig.fixture("script", &["err:early%20word%0A", "until:go", "out:done"]);
    let setup = quiet(rig, &script);
    let w = setup.start()?;
    let mut wire = w.connect()?;
    if rig.mode() == Http {
        check_eq!(w.get("/log?err=early%20word")?.status, 200, "status");
        return w.wait_log("early%20word", 5.0);
    }
    wire.send_request(&Request::get("/"))?;
    w.wait_log("early word", 5.0)?;
    rig.write("go", "")?;
    check_eq!(wire.read_response()?.text(), "done", "answer");
    Ok(())
}

/// Far more access lines than a pipe holds, and no reader.
fn slow_reader(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("stdin-ignore", &[])).start()?;
    rig.write("public/index.html", "x")?;
    w.hold_logs(true);
    let long = format!("/?{}", "x".repeat(4000));
    let mut wire = w.connect()?;
    for round in 0..60 {
        let r = wire.exchange(&Request::get(&long));
        check!(
            r.as_ref().is_ok_and(|r| r.status == 200),
            "request {round}: {r:?}"
        );
    }
    w.hold_logs(false);
    Ok(())
}
