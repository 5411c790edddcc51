//! Chapter 3: one process per request, buffered; and what every fork mode tells its function.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what the other fork modes do differently.

mod answers;
mod cgi;
mod disguise;
mod environment;
mod failures;
mod kinds;
mod leaving;
mod meta;
mod options;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: "classic",
    title: "Mode classic",
    intro: "Every request starts a process; the upload is read first and the output collected, then answered. \
            What a request is called in the environment holds for every mode that starts processes.",
    clauses: CLAUSES,
    cases: &[
        answers::CASES,
        environment::CASES,
        disguise::CASES,
        failures::CASES,
        kinds::CASES,
        options::CASES,
        leaving::CASES,
        cgi::CASES,
        meta::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-3.1",
        "The request's body is the function's stdin; what it prints is the answer, with `X-Duration-Seconds`.",
    ),
    Clause::must(
        "WD-3.2",
        "A non-zero exit is a 500 whose body is the exit status, a newline and the output.",
    ),
    Clause::must(
        "WD-3.3",
        "The function finds the request in `Http_` variables: method, path, query, headers, host, length.",
    ),
    Clause::must(
        "WD-3.4",
        "Methods other than GET, POST, PUT, PATCH and DELETE are answered with 405.",
    ),
    Clause::must(
        "WD-3.5",
        "After `exec_timeout` the answer is 408 and nothing of the function's group is left.",
    ),
    Clause::must(
        "WD-3.6",
        "Without `content_type` the answer has the request's type, or one sniffed from the output.",
    ),
    Clause::must(
        "WD-3.7",
        "All values of a repeated header reach the function, and no header can pose as a part of the request line.",
    ),
    Clause::must(
        "WD-3.8",
        "A request that does not fit into an environment is answered with an error and harms no other.",
    ),
    Clause::must(
        "WD-3.9",
        "A command that cannot be started is a 500 that says why.",
    ),
    Clause::must(
        "WD-3.10",
        "A broken or late upload is a 400, and the function is not started.",
    ),
    Clause::must(
        "WD-3.11",
        "A function that does not read its stdin is no error, and leaves no zombie.",
    ),
    Clause::must(
        "WD-3.12",
        "With `combine_output` stderr is part of the answer in the order written; without, it goes to the log.",
    ),
    Clause::must(
        "WD-3.13",
        "With `marshal_request` stdin is one JSON object of headers and base64 body.",
    ),
    Clause::must(
        "WD-3.14",
        "With `cgi_headers=false` the environment is the watchdog's own.",
    ),
    Clause::must(
        "WD-3.15",
        "`write_debug` and `debug_headers` tell of each request, and change no answer.",
    ),
    Clause::must(
        "WD-3.16",
        "A client that leaves stops the function and its group, unless `cancel_on_disconnect` is false.",
    ),
    Clause::must(
        "WD-3.17",
        "A function over its time gets SIGTERM, and SIGKILL after `kill_grace`.",
    ),
    Clause::must(
        "WD-3.18",
        "With `cgi_env=rfc3875` the meta-variables of CGI/1.1 are there as well.",
    ),
    Clause::must(
        "WD-3.19",
        "With `cgi_response` the output begins with a header block that makes status and headers.",
    ),
    Clause::must(
        "WD-3.20",
        "Those variables tell the length of what stdin holds, whatever the request announced, and no coding of the transfer.",
    ),
    Clause::must(
        "WD-3.21",
        "A field whose name has an underscore never poses as one with a hyphen.",
    ),
    Clause::must(
        "WD-3.22",
        "The variables of CGI/1.1 name the server and its port for every request, and a target with an authority goes before Host.",
    ),
    Clause::must(
        "WD-3.23",
        "The header block of `cgi_response` is read as RFC 3875, 6.3 has it; whatever else it is, or none, is a 502.",
    ),
];
