//! The one table of settings: every name, grammar, default and meaning.
//!
//! Owns what an operator may write and what is assumed where nothing is written. May know the flavours and the modes. Refuses to read or
//! judge a value: the grammars do that, and help and reference are printed from here.

use super::Flavour::{Classic, Of};
use super::setting::Fallback::{Derived, Nothing, PerFlavour, Value};
use super::setting::{Group, Kind, ModeName, Setting};

const ALL: &[ModeName] = &[
    ModeName::Classic,
    ModeName::Streaming,
    ModeName::Serializing,
    ModeName::Http,
    ModeName::Static,
    ModeName::Inproc,
];
const CHILD: &[ModeName] = &[
    ModeName::Classic,
    ModeName::Streaming,
    ModeName::Serializing,
    ModeName::Http,
];
const FORK: &[ModeName] = &[
    ModeName::Classic,
    ModeName::Streaming,
    ModeName::Serializing,
];
/// All but the one whose runtime is its program's own.
const BINARY: &[ModeName] = &[
    ModeName::Classic,
    ModeName::Streaming,
    ModeName::Serializing,
    ModeName::Http,
    ModeName::Static,
];
const CLASSIC: &[ModeName] = &[ModeName::Classic];
const HTTP: &[ModeName] = &[ModeName::Http];
const STATIC: &[ModeName] = &[ModeName::Static];

const PORT_RANGE: Kind = Kind::Integer {
    min: 0,
    max: 65_535,
};
const COUNT: Kind = Kind::Integer {
    min: 0,
    max: i64::MAX,
};
const ANY_SIZE: Kind = Kind::Bytes {
    min: 0,
    max: u64::MAX,
};

/// Every setting, in the order of the table.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    GROUPS
        .iter()
        .flat_map(|group| group.settings.iter().copied())
}

/// The table.
pub const GROUPS: &[Group] = &[
    Group {
        title: "The function",
        settings: &[&FPROCESS, &MODE, &EXEC_TIMEOUT],
    },
    Group {
        title: "Mode http: one server behind a proxy",
        settings: &[
            &UPSTREAM_URL,
            &UPSTREAM_PROTOCOL,
            &BUFFER_HTTP,
            &STARTUP_TIMEOUT,
            &TERM_SIGNAL_TIMING,
        ],
    },
    Group {
        title: "Modes classic, streaming and serializing: one process per request",
        settings: &[
            &CONTENT_TYPE,
            &CGI_HEADERS,
            &CGI_ENV,
            &CGI_RESPONSE,
            &COMBINE_OUTPUT,
            &MARSHAL_REQUEST,
            &WRITE_DEBUG,
            &DEBUG_HEADERS,
            &PREFORK,
        ],
    },
    Group {
        title: "Mode static: files",
        settings: &[
            &STATIC_PATH,
            &STATIC_FALLBACK,
            &STATIC_LISTING,
            &STATIC_DOTFILES,
            &STATIC_SYMLINKS,
        ],
    },
    Group {
        title: "Server",
        settings: &[
            &PORT,
            &BIND_ADDRESS,
            &METRICS_PORT,
            &READ_TIMEOUT,
            &WRITE_TIMEOUT,
            &STREAM_IDLE_TIMEOUT,
            &CANCEL_ON_DISCONNECT,
            &WORKERS,
        ],
    },
    Group {
        title: "Limits",
        settings: &[
            &MAX_INFLIGHT,
            &MAX_QUEUE,
            &QUEUE_TIMEOUT,
            &MAX_BODY_BYTES,
            &MAX_HEADER_BYTES,
            &SPOOL_THRESHOLD,
        ],
    },
    Group {
        title: "Stopping",
        settings: &[&DRAIN_DELAY, &SHUTDOWN_TIMEOUT, &KILL_GRACE],
    },
    Group {
        title: "Health",
        settings: &[&SUPPRESS_LOCK, &READY_PATH, &TMPDIR],
    },
    Group {
        title: "Logs",
        settings: &[&LOG_FORMAT, &PREFIX_LOGS, &LOG_BUFFER_SIZE, &LOG_CALLID],
    },
    Group {
        title: "Function tokens",
        settings: &[
            &JWT_AUTH,
            &JWT_AUTH_DEBUG,
            &JWT_AUTH_LOCAL,
            &JWT_DISCOVERY_URL,
            &OPENFAAS_NAME,
            &OPENFAAS_NAMESPACE,
        ],
    },
    Group {
        title: "TLS towards upstreams and issuers",
        settings: &[&SSL_CERT_FILE, &SSL_CERT_DIR],
    },
    Group {
        title: "Configuration itself",
        settings: &[&STRICT_CONFIG],
    },
];

pub(super) static FPROCESS: Setting = Setting::new(
    "fprocess",
    Kind::Command,
    Nothing,
    CHILD,
    "The function's command; required. Words are parted by spaces; with a quote or a backslash anywhere in it, it is read by the quoting rules of a POSIX shell (nothing is expanded, no shell runs); a JSON array of strings is taken as it stands. A command after `--` on the command line goes before it.",
)
.or(&["function_process"], &[Of]);

pub(super) static MODE: Setting = Setting::new(
    "mode",
    Kind::Mode,
    PerFlavour {
        classic: "classic",
        of: "streaming",
    },
    ALL,
    "How a request is answered. `classic` (or `buffered`), `streaming` and `serializing` start a process for each request, `http` passes it to one server kept running, `static` serves files. In the classic build any other value is taken for the function's own and ignored with a warning.",
);

pub(super) static EXEC_TIMEOUT: Setting = Setting::new(
    "exec_timeout",
    Kind::Duration,
    PerFlavour {
        classic: "0s",
        of: "30s",
    },
    ALL,
    "How long the function may take over an ordinary answer; for an event stream or an upgraded connection, how long until its head. `0` is no limit. In mode static it has no effect.",
);

pub(super) static UPSTREAM_URL: Setting = Setting::new(
    "upstream_url",
    Kind::Upstream,
    Nothing,
    HTTP,
    "Where the function's own server listens; required. A path in it is put before every request's.",
)
.or(&["http_upstream_url"], &[Classic, Of]);

pub(super) static UPSTREAM_PROTOCOL: Setting = Setting::new(
    "upstream_protocol",
    Kind::Choice(&["http1", "h2c"]),
    Value("http1"),
    HTTP,
    "What is spoken to that server: HTTP/1.1, or HTTP/2 without TLS (for gRPC).",
);

pub(super) static BUFFER_HTTP: Setting = Setting::new(
    "buffer_http",
    Kind::Bool,
    Value("false"),
    HTTP,
    "Collect a request body of unknown length first, so that the server is told its length. Either name set to true turns it on.",
)
.or(&["http_buffer_req_body"], &[]);

pub(super) static STARTUP_TIMEOUT: Setting = Setting::new(
    "startup_timeout",
    Kind::Duration,
    Value("30s"),
    HTTP,
    "How long early requests wait for the server to listen before they are answered 503. `0` does not wait. Why it cannot be reached is in the log and in the body of `/_/ready`.",
);

pub(super) static TERM_SIGNAL_TIMING: Setting = Setting::new(
    "term_signal_timing",
    Kind::Choice(&["after_drain", "immediate"]),
    Value("after_drain"),
    HTTP,
    "When the server is sent SIGTERM: after the requests in flight are answered, or as soon as the watchdog is told to stop.",
);

pub(super) static CONTENT_TYPE: Setting = Setting::new(
    "content_type",
    Kind::HeaderValue,
    Derived("mode classic: the request's, or else guessed; otherwise `application/octet-stream`"),
    FORK,
    "`Content-Type` of answers. Set but empty in the of flavour, none is sent.",
);

pub(super) static CGI_HEADERS: Setting = Setting::new(
    "cgi_headers",
    Kind::Bool,
    Value("true"),
    CLASSIC,
    "Describe the request in environment variables (`Http_Method`, `Http_Path`, `Http_<Header>` ...). Modes streaming and serializing always do, unless `prefork` is set: they then read this, too.",
);

pub(super) static CGI_ENV: Setting = Setting::new(
    "cgi_env",
    Kind::Choice(&["openfaas", "rfc3875"]),
    Value("openfaas"),
    FORK,
    "The names of those variables: `openfaas` alone, or with `rfc3875` the meta-variables of CGI/1.1 as well (`REQUEST_METHOD`, `HTTP_<HEADER>` ...). A function that is told of a body in these is told its length, so with `rfc3875` mode streaming, too, collects a body that announces none.",
);

pub(super) static CGI_RESPONSE: Setting = Setting::new(
    "cgi_response",
    Kind::Bool,
    Value("false"),
    FORK,
    "The function's output begins with a CGI header block (RFC 3875, section 6.3): `Status:` and other fields, then an empty line. Anything else, or nothing, is answered 502. A `Location` without a status is a 302, also where it is a path.",
);

pub(super) static COMBINE_OUTPUT: Setting = Setting::new(
    "combine_output",
    Kind::Bool,
    Value("true"),
    CLASSIC,
    "stderr is part of the answer, in the order written. With `false` it goes to the log.",
);

pub(super) static MARSHAL_REQUEST: Setting = Setting::new(
    "marshal_request",
    Kind::Bool,
    Value("false"),
    CLASSIC,
    "Give the function a JSON envelope of headers and base64 body in place of the raw body.",
);

pub(super) static WRITE_DEBUG: Setting = Setting::new(
    "write_debug",
    Kind::Bool,
    Value("false"),
    CLASSIC,
    "Copy answers to stdout and log the details of each request: path and query as they came, secrets in them as well, and the output of a function that fails.",
);

pub(super) static DEBUG_HEADERS: Setting = Setting::new(
    "debug_headers",
    Kind::Bool,
    Value("false"),
    CLASSIC,
    "Print the headers of requests and answers, tokens and cookies among them. No other setting puts headers into the log.",
);

pub(super) static PREFORK: Setting = Setting::new(
    "prefork",
    Kind::Integer { min: 0, max: 1024 },
    Value("0"),
    FORK,
    "How many processes are started ahead of requests and wait on their stdin, each for one request. A process that is there before its request cannot be told of it in its environment: needs `cgi_headers=false`; in mode classic `marshal_request=true` does as well, and turns `cgi_headers` off. `0` starts none.",
);

pub(super) static STATIC_PATH: Setting = Setting::new(
    "static_path",
    Kind::Path,
    Value("/home/app/public"),
    STATIC,
    "The directory served, absolute or from the working directory. Where its name comes to stand for another one, as by the renaming of a link, that one is served from then on.",
);

pub(super) static STATIC_FALLBACK: Setting = Setting::new(
    "static_fallback",
    Kind::PathBelow,
    Nothing,
    STATIC,
    "A file below `static_path` that is served in place of what is missing, such as `index.html` for a single-page application.",
);

pub(super) static STATIC_LISTING: Setting = Setting::new(
    "static_listing",
    Kind::Bool,
    Value("false"),
    STATIC,
    "List a directory that has no `index.html`.",
);

pub(super) static STATIC_DOTFILES: Setting = Setting::new(
    "static_dotfiles",
    Kind::Bool,
    Value("false"),
    STATIC,
    "Serve files whose name begins with a dot. What is below `/.well-known/` is served in any case.",
);

pub(super) static STATIC_SYMLINKS: Setting = Setting::new(
    "static_symlinks",
    Kind::Bool,
    Value("false"),
    STATIC,
    "Follow symbolic links that lead out of the directory.",
);

pub(super) static PORT: Setting = Setting::new(
    "port",
    PORT_RANGE,
    Value("8080"),
    ALL,
    "TCP port. `0` takes any free one.",
);

pub(super) static BIND_ADDRESS: Setting = Setting::new(
    "bind_address",
    Kind::Address,
    Value("::"),
    ALL,
    "The address to listen on. `::` is every address of IPv6 and IPv4, or of IPv4 alone where there is no IPv6.",
);

pub(super) static METRICS_PORT: Setting = Setting::new(
    "metrics_port",
    PORT_RANGE,
    Value("8081"),
    ALL,
    "TCP port of `/metrics`; not the same as `port`. `0` turns it off.",
);

pub(super) static READ_TIMEOUT: Setting = Setting::new(
    "read_timeout",
    Kind::Duration,
    Value("30s"),
    ALL,
    "Three limits: for the head of a request, from its first byte; for its body, from the end of its head; for an idle connection, from the last answer. `0` is no limit.",
);

pub(super) static WRITE_TIMEOUT: Setting = Setting::new(
    "write_timeout",
    Kind::Duration,
    Value("30s"),
    ALL,
    "From a request's head to the end of an ordinary answer, also where the client does not take it: it is cut off then. Answers of the watchdog's own, such as probes, have 10 s at most. `0` is no limit.",
);

pub(super) static STREAM_IDLE_TIMEOUT: Setting = Setting::new(
    "stream_idle_timeout",
    Kind::Duration,
    Derived("`exec_timeout`"),
    ALL,
    "The longest silence in an event stream or an upgraded connection, whoever is to blame for it. `0` is no limit.",
);

pub(super) static CANCEL_ON_DISCONNECT: Setting = Setting::new(
    "cancel_on_disconnect",
    Kind::Bool,
    Value("true"),
    ALL,
    "A client that leaves stops the work done for it. With `false` the work is finished all the same.",
);

pub(super) static WORKERS: Setting = Setting::new(
    "workers",
    Kind::Auto { min: 1, max: 256 },
    Value("auto"),
    BINARY,
    "Threads that serve requests. `auto` is half the CPUs that the machine or the cgroup (v1 or v2) grants, at least 1: the other half is the function's.",
);

pub(super) static MAX_INFLIGHT: Setting = Setting::new(
    "max_inflight",
    Kind::Integer {
        min: -1,
        max: i64::MAX,
    },
    Value("0"),
    ALL,
    "How many requests may run at once; more are answered 429. `0` or `-1` is no limit.",
);

pub(super) static MAX_QUEUE: Setting = Setting::new(
    "max_queue",
    COUNT,
    Value("0"),
    ALL,
    "How many requests above `max_inflight` may wait for their turn.",
);

pub(super) static QUEUE_TIMEOUT: Setting = Setting::new(
    "queue_timeout",
    Kind::Duration,
    Value("5s"),
    ALL,
    "How long they may wait.",
);

pub(super) static MAX_BODY_BYTES: Setting = Setting::new(
    "max_body_bytes",
    ANY_SIZE,
    Value("0"),
    ALL,
    "The largest request body; a larger one is answered 413. `0` is no limit.",
);

pub(super) static MAX_HEADER_BYTES: Setting = Setting::new(
    "max_header_bytes",
    Kind::Bytes {
        min: 8 << 10,
        max: 16 << 20,
    },
    Value("1Mi"),
    ALL,
    "The largest head of a request; a larger one, and one of more than 512 fields, is answered 431. An upstream's answer may have a head of 1 MiB and 4,096 fields, else the request is answered 502. Either way a body in chunks may have 16 KiB of chunk extensions, and 64 trailers of 16 KiB together.",
);

pub(super) static SPOOL_THRESHOLD: Setting = Setting::new(
    "spool_threshold",
    ANY_SIZE,
    Value("1Mi"),
    CHILD,
    "Where a body has to be collected, one larger than this is kept in an unnamed file below `TMPDIR` and not in memory. Where no file can be made or a file takes no more, what is left of it stays in memory, with a warning; 64 MiB of all such bodies together, beyond which a request is answered 503.",
);

pub(super) static DRAIN_DELAY: Setting = Setting::new(
    "drain_delay",
    Kind::Duration,
    Value("3s"),
    ALL,
    "When told to stop: how long to go on accepting while unready, so that load balancers notice.",
)
.or(&["healthcheck_interval"], &[]);

pub(super) static SHUTDOWN_TIMEOUT: Setting = Setting::new(
    "shutdown_timeout",
    Kind::Duration,
    Derived("`write_timeout` where that is set and not `0`, otherwise `20s`"),
    ALL,
    "How long the requests in flight may take after that. `0` does not wait for them. With every default, a stop takes 28 s at most: 3 s, 20 s, `kill_grace` twice, and a second for what is left to log.",
);

pub(super) static KILL_GRACE: Setting = Setting::new(
    "kill_grace",
    Kind::Duration,
    Value("2s"),
    ALL,
    "Between SIGTERM and SIGKILL to a process that has to end. `0` kills at once.",
);

pub(super) static SUPPRESS_LOCK: Setting = Setting::new(
    "suppress_lock",
    Kind::Bool,
    Value("false"),
    ALL,
    "Write no lock file; health is then judged without it.",
);

pub(super) static READY_PATH: Setting = Setting::new(
    "ready_path",
    Kind::Target,
    Nothing,
    ALL,
    "`/_/ready` also asks the function, by a GET of this path (and query). Without it, mode http asks for a connection alone.",
);

pub(super) static TMPDIR: Setting = Setting::new(
    "TMPDIR",
    Kind::Path,
    Value("/tmp"),
    ALL,
    "The directory of the lock file `.lock` and of spooled bodies.",
);

pub(super) static LOG_FORMAT: Setting = Setting::new(
    "log_format",
    Kind::Choice(&["text", "json"]),
    Value("text"),
    ALL,
    "The shape of log lines. Access lines show path and query; values of parameters whose names speak of secrets (`access_token`, `api_key`, `sig` ...), and JSON Web Tokens, are shown as `***`.",
);

pub(super) static PREFIX_LOGS: Setting = Setting::new(
    "prefix_logs",
    Kind::Bool,
    Value("true"),
    ALL,
    "Put date, time and the name of the stream before each line the function logs.",
);

pub(super) static LOG_BUFFER_SIZE: Setting = Setting::new(
    "log_buffer_size",
    Kind::LineLimit,
    Value("65536"),
    ALL,
    "The longest line of the function, with its newline, that is logged in one piece. Longer ones are logged in several.",
);

pub(super) static LOG_CALLID: Setting = Setting::new(
    "log_callid",
    Kind::Bool,
    Value("false"),
    ALL,
    "End access lines with the request's `X-Call-Id`. Either name set to true turns it on.",
)
.or(&["log_call_id"], &[]);

pub(super) static JWT_AUTH: Setting = Setting::new(
    "jwt_auth",
    Kind::Bool,
    Value("false"),
    ALL,
    "Demand a token that permits this function.",
);

pub(super) static JWT_AUTH_DEBUG: Setting = Setting::new(
    "jwt_auth_debug",
    Kind::Bool,
    Value("false"),
    ALL,
    "Log the issuer, the names of its keys and the issuer and audience that tokens claim. Tokens themselves are never logged.",
);

pub(super) static JWT_AUTH_LOCAL: Setting = Setting::new(
    "jwt_auth_local",
    Kind::Bool,
    Value("false"),
    ALL,
    "Ask an issuer on this machine, at port 8000.",
);

pub(super) static JWT_DISCOVERY_URL: Setting = Setting::new(
    "jwt_discovery_url",
    Kind::Url,
    Derived(
        "`http://gateway.openfaas:8080/.well-known/openid-configuration`; with `jwt_auth_local`, `http://127.0.0.1:8000/.well-known/openid-configuration`",
    ),
    ALL,
    "The OpenID configuration of the issuer.",
);

pub(super) static SSL_CERT_FILE: Setting = Setting::new(
    "SSL_CERT_FILE",
    Kind::Text,
    Derived(
        "with `SSL_CERT_DIR` unset too: the system's store; where there is none, Mozilla's list, which is built in",
    ),
    ALL,
    "A file of certificate authorities (PEM). Where this or `SSL_CERT_DIR` is set, no others are trusted. The log says at the first TLS connection which were taken.",
);

pub(super) static SSL_CERT_DIR: Setting = Setting::new(
    "SSL_CERT_DIR",
    Kind::Text,
    Nothing,
    ALL,
    "Directories of such files, parted by `:`.",
);

pub(super) static OPENFAAS_NAME: Setting = Setting::new(
    "OPENFAAS_NAME",
    Kind::Text,
    Nothing,
    ALL,
    "The function's name; required with `jwt_auth`.",
);

pub(super) static OPENFAAS_NAMESPACE: Setting = Setting::new(
    "OPENFAAS_NAMESPACE",
    Kind::Text,
    Derived("what `/var/run/secrets/kubernetes.io/serviceaccount/namespace` holds"),
    ALL,
    "The function's namespace; needed with `jwt_auth`.",
);

pub(super) static STRICT_CONFIG: Setting = Setting::new(
    "strict_config",
    Kind::Bool,
    Value("true"),
    ALL,
    "A bad value keeps the watchdog from starting. With `false` the default is taken in its place, with a warning.",
);
