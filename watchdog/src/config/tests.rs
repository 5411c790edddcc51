//! What the environment is made into, rule by rule.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::report::{Problem, Source};
use super::setting::{Fallback, Kind, ModeName, Setting};
use super::*;

fn env(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .copied()
        .collect::<Environment>()
        .with_namespace_file("/nonexistent/namespace")
}

fn load_as(flavour: Flavour, pairs: &[(&str, &str)]) -> Result<Loaded, Problems> {
    Config::load_as(flavour, &env(pairs), None)
}

/// With a command, which nearly every mode needs.
fn load(flavour: Flavour, pairs: &[(&str, &str)]) -> Loaded {
    let pairs = [&[("fprocess", "cat")], pairs].concat();
    load_as(flavour, &pairs).unwrap_or_else(|problems| panic!("{problems}"))
}

fn of(pairs: &[(&str, &str)]) -> Config {
    load(Flavour::Of, pairs).config
}

fn classic(pairs: &[(&str, &str)]) -> Config {
    load(Flavour::Classic, pairs).config
}

fn problems(flavour: Flavour, pairs: &[(&str, &str)]) -> Vec<Problem> {
    load_as(flavour, pairs).unwrap_err().problems
}

/// The one problem there is, as the operator sees it.
fn problem(flavour: Flavour, pairs: &[(&str, &str)]) -> String {
    let pairs = [&[("fprocess", "cat")], pairs].concat();
    let problems = problems(flavour, &pairs);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

fn warnings(flavour: Flavour, pairs: &[(&str, &str)]) -> Vec<String> {
    load(flavour, pairs).warnings
}

fn fork(config: &Config) -> &Fork {
    match &config.mode {
        Mode::Fork(fork) => fork,
        other => panic!("{other:?}"),
    }
}

fn classic_style(config: &Config) -> ClassicStyle {
    match fork(config).style {
        Style::Classic(style) => style,
        ref other => panic!("{other:?}"),
    }
}

fn proxy(pairs: &[(&str, &str)]) -> Proxy {
    let http = [("mode", "http"), ("upstream_url", "http://127.0.0.1:3000")];
    match of(&[&http, pairs].concat()).mode {
        Mode::Proxy(proxy) => proxy,
        other => panic!("{other:?}"),
    }
}

fn files(pairs: &[(&str, &str)]) -> Files {
    match of(&[&[("mode", "static")], pairs].concat()).mode {
        Mode::Files(files) => files,
        other => panic!("{other:?}"),
    }
}

fn command(words: &[&str]) -> CommandLine {
    let args = words[1..].iter().map(ToString::to_string).collect();
    CommandLine {
        program: words[0].to_owned(),
        args,
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn defaults_of_both_flavours() {
    for flavour in [Flavour::Of, Flavour::Classic] {
        let config = load(flavour, &[]).config;
        let any = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        assert_eq!(config.listen, SocketAddr::new(any, 8080));
        assert_eq!(config.metrics, Some(SocketAddr::new(any, 8081)));
        assert_eq!(config.timeouts.read, Some(30 * SECOND));
        assert_eq!(config.timeouts.write, Some(30 * SECOND));
        assert_eq!(config.timeouts.kill_grace, 2 * SECOND);
        assert_eq!(
            config.stop,
            Stop {
                drain_delay: 3 * SECOND,
                shutdown_timeout: 20 * SECOND
            }
        );
        assert_eq!(
            config.limits,
            Limits {
                max_inflight: None,
                max_queue: 0,
                queue_timeout: 5 * SECOND,
                max_body_bytes: None,
                max_header_bytes: 1 << 20,
            }
        );
        assert_eq!(
            config.health,
            Health {
                lock: Some(PathBuf::from("/tmp/.lock")),
                ready_path: None
            }
        );
        let log = Log {
            format: LogFormat::Text,
            prefix: true,
            line_limit: Some(65_536),
            call_id: false,
        };
        assert_eq!(config.log, log);
        assert_eq!(config.auth, None);
        assert!(config.cancel_on_disconnect);
        assert_eq!(config.workers, None);
        assert_eq!(fork(&config).dialect, Dialect::OpenFaas);
        assert_eq!(fork(&config).spool_dir, PathBuf::from("/tmp"));
        assert_eq!(fork(&config).spool_threshold, 1 << 20);
        assert!(fork(&config).cgi_headers && !fork(&config).cgi_response);
    }
}

#[test]
fn workers_are_counted_or_left_to_the_machine() {
    assert_eq!(of(&[("workers", "3")]).workers, NonZeroUsize::new(3));
    assert_eq!(of(&[("workers", "auto")]).workers, None);
    for bad in ["0", "257", "AUTO", "half"] {
        let told = problem(Flavour::Of, &[("workers", bad)]);
        assert!(
            told.contains("`auto`, or a whole number from 1 to 256"),
            "{told}"
        );
    }
}

#[test]
fn defaults_that_differ() {
    let (of, classic) = (of(&[]), classic(&[]));
    assert_eq!(of.mode.name(), "streaming");
    assert_eq!(of.timeouts.exec, Some(30 * SECOND));
    assert_eq!(of.timeouts.stream_idle, Some(30 * SECOND));
    assert_eq!(
        fork(&of).content_type.as_deref(),
        Some("application/octet-stream")
    );
    assert_eq!(classic.mode.name(), "classic");
    assert_eq!(classic.timeouts.exec, None);
    assert_eq!(classic.timeouts.stream_idle, None);
    assert_eq!(fork(&classic).content_type, None);
    let style = ClassicStyle {
        combine_output: true,
        write_debug: false,
        debug_headers: false,
        marshal_request: false,
    };
    assert_eq!(classic_style(&classic), style);
}

#[test]
fn modes_of_both_flavours() {
    for flavour in [Flavour::Of, Flavour::Classic] {
        for (text, name) in [
            ("classic", "classic"),
            ("buffered", "classic"),
            ("streaming", "streaming"),
            ("serializing", "serializing"),
            ("http", "http"),
            ("static", "static"),
        ] {
            let upstream = ("upstream_url", "http://127.0.0.1:1");
            let config = load(flavour, &[("mode", text), upstream]).config;
            assert_eq!(config.mode.name(), name);
            assert_eq!(config.mode.command().is_none(), name == "static");
        }
    }
    assert_eq!(of(&[("mode", "")]).mode.name(), "streaming");
    assert_eq!(fork(&of(&[("mode", "classic")])).content_type, None);
    let streaming = classic(&[("mode", "streaming")]);
    assert_eq!(
        fork(&streaming).content_type.as_deref(),
        Some("application/octet-stream")
    );
}

#[test]
fn an_unknown_mode_is_the_functions_own_in_the_classic_flavour_only() {
    for (mode, why) in [
        ("production", "expected one of"),
        ("afterburn", "no more"),
        ("inproc", "embed"),
    ] {
        let text = problem(Flavour::Of, &[("mode", mode)]);
        assert!(
            text.starts_with(&format!("mode=\"{mode}\": ")) && text.contains(why),
            "{text}"
        );
        let loaded = load(Flavour::Classic, &[("mode", mode)]);
        assert_eq!(loaded.config.mode.name(), "classic");
        assert!(
            loaded.warnings[0].starts_with(&format!("mode=\"{mode}\": ")),
            "{mode}"
        );
    }
}

#[test]
fn the_command_may_go_by_either_name() {
    let both = [("fprocess", "node a.js"), ("function_process", "cat")];
    let loaded = load_as(Flavour::Of, &both).unwrap();
    assert_eq!(*loaded.config.mode.command().unwrap(), command(&["cat"]));
    assert_eq!(
        loaded.warnings,
        ["function_process and fprocess are both set; function_process is used"]
    );
    let loaded = load_as(Flavour::Classic, &both).unwrap();
    assert_eq!(
        *loaded.config.mode.command().unwrap(),
        command(&["node", "a.js"])
    );
    for flavour in [Flavour::Of, Flavour::Classic] {
        let loaded = load_as(flavour, &[("function_process", "cat"), ("fprocess", "")]).unwrap();
        assert_eq!(*loaded.config.mode.command().unwrap(), command(&["cat"]));
        let loaded = load_as(flavour, &[("function_process", ""), ("fprocess", "cat")]).unwrap();
        assert_eq!(*loaded.config.mode.command().unwrap(), command(&["cat"]));
    }
}

#[test]
fn a_command_on_the_command_line_goes_before_all() {
    let given = command(&["sh", "-c", "echo x"]);
    let loaded = Config::load(&env(&[("fprocess", "it's bad")]), Some(given.clone())).unwrap();
    assert_eq!(*loaded.config.mode.command().unwrap(), given);
    let shown = loaded
        .effective
        .iter()
        .find(|setting| setting.name == "fprocess")
        .unwrap();
    assert_eq!(
        (shown.value.as_str(), &shown.source),
        ("sh -c 'echo x'", &Source::Argument)
    );
}

#[test]
fn every_mode_but_static_needs_a_command() {
    for mode in ["classic", "streaming", "serializing"] {
        let problems = problems(Flavour::Of, &[("mode", mode)]);
        assert_eq!(problems.len(), 1);
        let text = problems[0].to_string();
        assert!(
            text.starts_with("fprocess: provide a valid process via"),
            "{text}"
        );
    }
    assert_eq!(problems(Flavour::Classic, &[("fprocess", "")]).len(), 1);
    assert_eq!(problems(Flavour::Of, &[("mode", "http")]).len(), 2);
    assert!(load_as(Flavour::Of, &[("mode", "static")]).is_ok());
}

#[test]
fn a_bad_command_is_one_problem_and_says_why() {
    let problems = problems(Flavour::Of, &[("fprocess", "echo it's")]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].value.as_deref(), Some("echo it's"));
    assert!(problems[0].message.contains("quote to be closed"));
}

#[test]
fn inproc_needs_no_command() {
    let env = env(&[("mode", "inproc"), ("fprocess", ""), ("port", "9000")]);
    let loaded = Config::for_inproc(&env).unwrap();
    assert!(matches!(loaded.config.mode, Mode::Inproc));
    assert_eq!(loaded.config.listen.port(), 9000);
}

#[test]
fn timeouts_override_one_by_one() {
    let timeouts = of(&[("read_timeout", "5s")]).timeouts;
    assert_eq!(
        (timeouts.read, timeouts.write),
        (Some(5 * SECOND), Some(30 * SECOND))
    );
    let timeouts = of(&[("write_timeout", "60")]).timeouts;
    assert_eq!(
        (timeouts.read, timeouts.write),
        (Some(30 * SECOND), Some(60 * SECOND))
    );
    let timeouts = classic(&[("exec_timeout", "3s")]).timeouts;
    assert_eq!(
        (timeouts.exec, timeouts.stream_idle),
        (Some(3 * SECOND), Some(3 * SECOND))
    );
    let timeouts = of(&[("exec_timeout", "1m30s"), ("stream_idle_timeout", "0")]).timeouts;
    assert_eq!(
        (timeouts.exec, timeouts.stream_idle),
        (Some(90 * SECOND), None)
    );
    assert_eq!(of(&[("read_timeout", "")]).timeouts.read, Some(30 * SECOND));
}

#[test]
fn zero_is_off() {
    for flavour in [Flavour::Of, Flavour::Classic] {
        let zeros = [
            ("read_timeout", "0"),
            ("write_timeout", "0s"),
            ("exec_timeout", "0"),
        ];
        let config = load(flavour, &zeros).config;
        let Timeouts {
            read,
            write,
            exec,
            stream_idle,
            ..
        } = config.timeouts;
        assert_eq!([read, write, exec, stream_idle], [None; 4]);
        assert_eq!(config.stop.shutdown_timeout, 20 * SECOND);
    }
}

#[test]
fn how_it_stops() {
    let stop = |pairs: &[(&str, &str)]| of(pairs).stop;
    assert_eq!(
        stop(&[("healthcheck_interval", "7s")]).drain_delay,
        7 * SECOND
    );
    assert_eq!(
        stop(&[("healthcheck_interval", "0")]).drain_delay,
        Duration::ZERO
    );
    let both = [("healthcheck_interval", "7s"), ("drain_delay", "1s")];
    assert_eq!(stop(&both).drain_delay, SECOND);
    assert_eq!(
        stop(&[("write_timeout", "45")]).shutdown_timeout,
        45 * SECOND
    );
    assert_eq!(
        stop(&[("shutdown_timeout", "9")]).shutdown_timeout,
        9 * SECOND
    );
    assert_eq!(
        of(&[("kill_grace", "0")]).timeouts.kill_grace,
        Duration::ZERO
    );
}

#[test]
fn ports_and_addresses() {
    assert_eq!(of(&[("port", "8090")]).listen.port(), 8090);
    assert_eq!(of(&[("port", "0")]).listen.port(), 0);
    let config = of(&[("bind_address", "127.0.0.1"), ("metrics_port", "9")]);
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    assert_eq!(config.listen, SocketAddr::new(local, 8080));
    assert_eq!(config.metrics, Some(SocketAddr::new(local, 9)));
    assert_eq!(config.listen.ip(), local);
    assert_eq!(of(&[("metrics_port", "0")]).metrics, None);
    assert_eq!(of(&[("metrics_port", "0"), ("port", "0")]).metrics, None);
    let text = problem(Flavour::Of, &[("port", "8081")]);
    assert!(
        text.starts_with("metrics_port=\"8081\": port is 8081 as well"),
        "{text}"
    );
    assert_eq!(
        classic(&[("port", "8081"), ("metrics_port", "8082")])
            .listen
            .port(),
        8081
    );
}

#[test]
fn limits_in_number_and_size() {
    let limits = |pairs: &[(&str, &str)]| of(pairs).limits;
    assert_eq!(
        limits(&[("max_inflight", "3")]).max_inflight,
        NonZeroUsize::new(3)
    );
    assert_eq!(limits(&[("max_inflight", "-1")]).max_inflight, None);
    assert_eq!(limits(&[("max_queue", "10")]).max_queue, 10);
    assert_eq!(
        limits(&[("queue_timeout", "250ms")]).queue_timeout,
        SECOND / 4
    );
    assert_eq!(
        limits(&[("max_body_bytes", "1Mi")]).max_body_bytes,
        Some(1 << 20)
    );
    assert_eq!(
        limits(&[("max_header_bytes", "64Ki")]).max_header_bytes,
        64 << 10
    );
    assert_eq!(fork(&of(&[("spool_threshold", "0")])).spool_threshold, 0);
}

#[test]
fn logs() {
    assert_eq!(
        of(&[("log_buffer_size", "1024")]).log.line_limit,
        Some(1024)
    );
    assert_eq!(of(&[("log_buffer_size", "-1")]).log.line_limit, None);
    assert!(!of(&[("prefix_logs", "false")]).log.prefix);
    assert_eq!(of(&[("log_format", "json")]).log.format, LogFormat::Json);
    for name in ["log_callid", "log_call_id"] {
        assert!(of(&[(name, "TRUE")]).log.call_id, "{name}");
    }
}

#[test]
fn either_name_turns_a_switch_on() {
    for pairs in [
        [("buffer_http", "true"), ("http_buffer_req_body", "false")],
        [("buffer_http", "false"), ("http_buffer_req_body", "true")],
        [("buffer_http", ""), ("http_buffer_req_body", "1")],
    ] {
        assert!(proxy(&pairs).buffer_body, "{pairs:?}");
    }
    assert!(!proxy(&[]).buffer_body);
}

#[test]
fn health() {
    assert_eq!(of(&[("suppress_lock", "1")]).health.lock, None);
    let config = of(&[("TMPDIR", "/run/x"), ("ready_path", "/ready?deep=1")]);
    assert_eq!(config.health.lock, Some(PathBuf::from("/run/x/.lock")));
    assert_eq!(config.health.ready_path.as_deref(), Some("/ready?deep=1"));
    assert_eq!(fork(&config).spool_dir, PathBuf::from("/run/x"));
}

#[test]
fn a_health_check_needs_no_valid_configuration() {
    let check = |pairs: &[_]| healthcheck(&env(pairs));
    let found = check(&[("TMPDIR", "/run/x"), ("port", "bad"), ("mode", "bad")]);
    assert_eq!(found.lock, Some(PathBuf::from("/run/x/.lock")));
    assert_eq!(found.address, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(check(&[]).lock, Some(PathBuf::from("/tmp/.lock")));
    let found = check(&[
        ("suppress_lock", "true"),
        ("bind_address", "::1"),
        ("port", "81"),
    ]);
    assert_eq!(found.lock, None);
    assert_eq!(found.address, "[::1]:81".parse().unwrap());
}

#[test]
fn forked_functions() {
    let config = classic(&[
        ("cgi_headers", "false"),
        ("combine_output", "false"),
        ("write_debug", "true"),
        ("debug_headers", "true"),
        ("marshal_request", "true"),
        ("content_type", "application/json"),
        ("cgi_env", "rfc3875"),
        ("cgi_response", "true"),
    ]);
    let style = ClassicStyle {
        combine_output: false,
        write_debug: true,
        debug_headers: true,
        marshal_request: true,
    };
    assert_eq!(classic_style(&config), style);
    let fork = fork(&config);
    assert!(!fork.cgi_headers && fork.cgi_response);
    assert_eq!(fork.dialect, Dialect::Rfc3875);
    assert_eq!(fork.content_type.as_deref(), Some("application/json"));
}

#[test]
fn cgi_headers_belong_to_the_classic_mode() {
    assert!(fork(&of(&[("cgi_headers", "false")])).cgi_headers);
    assert!(!fork(&of(&[("mode", "classic"), ("cgi_headers", "false")])).cgi_headers);
}

#[test]
fn processes_started_ahead_know_no_request() {
    for mode in ["classic", "streaming", "serializing"] {
        let told = [("mode", mode), ("prefork", "4")];
        let text = problem(Flavour::Of, &told);
        for word in ["prefork", "\"4\"", "cgi_headers=false"] {
            assert!(text.contains(word), "{mode}: {text}");
        }
        assert_eq!(text.contains("marshal_request"), mode == "classic");
        let config = of(&[told[0], told[1], ("cgi_headers", "false")]);
        assert_eq!(
            (fork(&config).prefork, fork(&config).cgi_headers),
            (4, false)
        );
    }
}

#[test]
fn the_envelope_tells_them_instead() {
    let told = [("prefork", "4"), ("marshal_request", "true")];
    let config = classic(&told);
    assert_eq!(
        (fork(&config).prefork, fork(&config).cgi_headers),
        (4, false)
    );
    let both = [told[0], told[1], ("cgi_headers", "true")];
    let text = problem(Flavour::Classic, &both);
    assert!(text.contains("cgi_headers=false"), "{text}");
    // Without a pool both may be had.
    assert!(fork(&classic(&both[1..])).cgi_headers);
}

#[test]
fn an_empty_content_type_means_none_in_the_of_flavour() {
    let empty = [("content_type", "")];
    assert_eq!(fork(&of(&empty)).content_type.as_deref(), Some(""));
    assert_eq!(fork(&classic(&empty)).content_type, None);
}

#[test]
fn proxied_functions() {
    let defaults = proxy(&[]);
    let endpoint = Endpoint::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 3000,
    };
    assert_eq!(
        defaults.upstream,
        Upstream {
            endpoint,
            base_path: String::new()
        }
    );
    assert_eq!(defaults.protocol, Protocol::Http1);
    assert_eq!(defaults.term_timing, TermTiming::AfterDrain);
    assert_eq!(defaults.startup_timeout, 30 * SECOND);
    let given = proxy(&[
        ("http_upstream_url", "unix:/run/app.sock"),
        ("upstream_protocol", "h2c"),
        ("term_signal_timing", "immediate"),
        ("startup_timeout", "0"),
    ]);
    assert_eq!(
        given.upstream.endpoint,
        Endpoint::Unix(PathBuf::from("/run/app.sock"))
    );
    assert_eq!(given.protocol, Protocol::H2c);
    assert_eq!(given.term_timing, TermTiming::Immediate);
    assert_eq!(given.startup_timeout, Duration::ZERO);
}

#[test]
fn h2c_is_not_for_tls() {
    let pairs = [
        ("mode", "http"),
        ("upstream_url", "https://a"),
        ("upstream_protocol", "h2c"),
    ];
    assert!(problem(Flavour::Of, &pairs).starts_with("upstream_protocol=\"h2c\": "));
}

#[test]
fn files_are_guarded() {
    let defaults = files(&[]);
    assert_eq!(defaults.root, PathBuf::from("/home/app/public"));
    assert_eq!(defaults.fallback, None);
    assert!(!defaults.listing && !defaults.dotfiles && !defaults.symlinks);
    let given = files(&[
        ("static_path", "public"),
        ("static_fallback", "index.html"),
        ("static_listing", "t"),
        ("static_dotfiles", "t"),
        ("static_symlinks", "t"),
    ]);
    assert_eq!(given.root, PathBuf::from("public"));
    assert_eq!(given.fallback.as_deref(), Some("index.html"));
    assert!(given.listing && given.dotfiles && given.symlinks);
    assert_eq!(files(&[("static_path", "")]).root, defaults.root);
}

#[test]
fn tokens() {
    let named = [
        ("jwt_auth", "true"),
        ("OPENFAAS_NAME", "fn"),
        ("OPENFAAS_NAMESPACE", "ns"),
    ];
    let auth = |pairs: &[(&str, &str)]| of(&[&named, pairs].concat()).auth.unwrap();
    let expected = Auth {
        discovery_url: "http://gateway.openfaas:8080/.well-known/openid-configuration".to_owned(),
        function: "ns:fn".to_owned(),
        debug: false,
        trust: Trust::default(),
    };
    assert_eq!(auth(&[]), expected);
    let local = auth(&[("jwt_auth_local", "1"), ("jwt_auth_debug", "true")]);
    assert_eq!(
        local.discovery_url,
        "http://127.0.0.1:8000/.well-known/openid-configuration"
    );
    assert!(local.debug);
    let own = ("jwt_discovery_url", "https://issuer/x");
    assert_eq!(
        auth(&[("jwt_auth_local", "1"), own]).discovery_url,
        "https://issuer/x"
    );
}

#[test]
fn tokens_need_a_name_and_a_namespace() {
    let problems = problems(Flavour::Of, &[("fprocess", "cat"), ("jwt_auth", "true")]);
    let settings: Vec<_> = problems.iter().map(|problem| problem.setting).collect();
    assert_eq!(settings, ["OPENFAAS_NAMESPACE", "OPENFAAS_NAME"]);
    assert!(problems[0].message.contains("/nonexistent/namespace"));
}

#[test]
fn the_namespace_may_come_from_the_service_account() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("namespace");
    std::fs::write(&file, "staging\n").unwrap();
    let env = env(&[
        ("fprocess", "cat"),
        ("jwt_auth", "true"),
        ("OPENFAAS_NAME", "fn"),
    ]);
    let loaded = Config::load(&env.with_namespace_file(&file), None).unwrap();
    assert_eq!(loaded.config.auth.as_ref().unwrap().function, "staging:fn");
    let line = format!("OPENFAAS_NAMESPACE=staging  # {}\n", file.display());
    assert!(loaded.print().contains(&line), "{}", loaded.print());
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = load_as(
        Flavour::Of,
        &[
            ("mode", "http"),
            ("upstream_url", "localhost:3000"),
            ("read_timeout", "5 s"),
            ("exec_timeout", "-5s"),
            ("port", "http"),
            ("prefix_logs", "yes"),
            ("ready_path", "ready"),
            ("log_buffer_size", "big"),
        ],
    )
    .unwrap_err();
    let text = problems.to_string();
    for line in [
        "fprocess: provide a valid process",
        "upstream_url=\"localhost:3000\": expected a scheme; did you mean `http://localhost:3000`?",
        "read_timeout=\"5 s\": expected a duration",
        "exec_timeout=\"-5s\": expected a duration",
        "port=\"http\": expected a whole number from 0 to 65535",
        "prefix_logs=\"yes\": expected `true` or `false`",
        "ready_path=\"ready\": expected a path that begins with `/`",
        "log_buffer_size=\"big\": expected a number of bytes",
    ] {
        assert!(text.contains(&format!("\n  {line}")), "{line}\n{text}");
    }
    assert_eq!(problems.problems.len(), 8);
}

/// A bad value for each grammar that has one.
const fn bad_value(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Command | Kind::Path | Kind::Text => None,
        Kind::HeaderValue => Some("a\nb"),
        Kind::PathBelow => Some("../x"),
        _ => Some("%nonsense"),
    }
}

/// A mode that reads the setting, and what that mode needs.
fn surroundings(setting: &Setting) -> [(&'static str, &'static str); 3] {
    let mode = match setting.modes[0] {
        ModeName::Inproc => "streaming",
        mode => mode.as_str(),
    };
    [
        ("mode", mode),
        ("fprocess", "cat"),
        ("http_upstream_url", "http://127.0.0.1:3000"),
    ]
}

#[test]
fn a_bad_value_is_a_problem_for_every_setting_and_name() {
    for setting in settings::all() {
        let Some(bad) = bad_value(setting.kind) else {
            continue;
        };
        for name in std::iter::once(&setting.name).chain(setting.aliases) {
            let mut pairs = surroundings(setting).to_vec();
            pairs.retain(|(other, _)| !setting.aliases.contains(other) && *other != setting.name);
            pairs.push((name, bad));
            let problems = problems(Flavour::Of, &pairs);
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            assert_eq!(
                (problems[0].setting, problems[0].value.as_deref()),
                (*name, Some(bad))
            );
        }
    }
}

#[test]
fn a_lenient_configuration_falls_back_with_a_warning() {
    for setting in settings::all() {
        let Some(bad) = bad_value(setting.kind) else {
            continue;
        };
        if ["upstream_url", "strict_config"].contains(&setting.name) {
            continue;
        }
        let mut pairs = surroundings(setting).to_vec();
        pairs.retain(|(other, _)| *other != setting.name);
        let without = load_as(Flavour::Of, &pairs).unwrap().config;
        pairs.extend([("strict_config", "false"), (setting.name, bad)]);
        let loaded = load_as(Flavour::Of, &pairs).unwrap();
        assert_eq!(
            format!("{:?}", loaded.config),
            format!("{without:?}"),
            "{}",
            setting.name
        );
        assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
        assert!(loaded.warnings[0].ends_with("; ignored, the default is used"));
    }
}

#[test]
fn what_is_missing_stays_a_problem_in_a_lenient_configuration() {
    let problems = problems(
        Flavour::Of,
        &[("strict_config", "false"), ("fprocess", "it's")],
    );
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].setting, &problems[0].value),
        ("fprocess", &None)
    );
    assert!(
        problem(Flavour::Of, &[("strict_config", "nope")]).starts_with("strict_config=\"nope\"")
    );
}

#[test]
fn quotes_around_a_value_are_tolerated() {
    let quoted = [
        ("read_timeout", "\"10s\""),
        ("write_debug", "'true'"),
        ("port", "'9'"),
    ];
    let loaded = load(Flavour::Classic, &quoted);
    assert_eq!(loaded.config.timeouts.read, Some(10 * SECOND));
    assert!(classic_style(&loaded.config).write_debug);
    assert_eq!(loaded.config.listen.port(), 9);
    assert_eq!(loaded.warnings.len(), 3);
    assert!(
        loaded
            .warnings
            .contains(&"port='9': the quotes around the value are ignored".to_owned())
    );
    assert!(problem(Flavour::Of, &[("read_timeout", "\"10s")]).starts_with("read_timeout="));
}

#[test]
fn near_misses_are_warned_of() {
    let found = warnings(
        Flavour::Of,
        &[
            ("readtimeout", "5"),
            ("log_callids", "1"),
            ("PATH", "/bin"),
            ("node_env", "x"),
        ],
    );
    assert_eq!(
        found,
        [
            "log_callids is not a setting and is ignored; did you mean log_callid?",
            "readtimeout is not a setting and is ignored; did you mean read_timeout?",
        ]
    );
}

#[test]
fn what_the_mode_does_not_read_is_left_alone() {
    let loaded = load(
        Flavour::Classic,
        &[("upstream_url", "mine"), ("static_listing", "mine")],
    );
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert!(
        loaded
            .print()
            .contains("upstream_url=mine  # environment upstream_url, unused in mode classic\n")
    );
}

#[test]
fn a_value_that_is_not_text_is_a_problem() {
    let pairs = [
        (OsString::from("fprocess"), OsString::from("cat")),
        (OsString::from("port"), OsString::from_vec(vec![0xff])),
    ];
    let problems = Config::load(&pairs.into_iter().collect(), None).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "the configuration cannot be used:\n  port=\"\u{fffd}\": expected UTF-8"
    );
}

#[test]
fn a_password_is_not_repeated() {
    let text = problem(
        Flavour::Of,
        &[("mode", "http"), ("upstream_url", "http://u:secret@a")],
    );
    assert!(!text.contains("secret") && text.contains("***@a"), "{text}");
    let loaded = load(Flavour::Of, &[("upstream_url", "http://u:secret@a")]);
    assert!(!loaded.print().contains("secret"));
}

#[test]
fn every_setting_is_printed_with_its_source() {
    let text = load(
        Flavour::Of,
        &[("read_timeout", "10"), ("healthcheck_interval", "1m")],
    )
    .print();
    assert_eq!(text.lines().count(), settings::all().count());
    for line in [
        "fprocess=cat  # environment fprocess",
        "mode=streaming  # default",
        "read_timeout=10s  # environment read_timeout",
        "drain_delay=1m0s  # environment healthcheck_interval",
        "shutdown_timeout=20s  # default",
        "content_type=application/octet-stream  # default",
        "cgi_headers=true  # default, unused in mode streaming",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[test]
fn each_mode_reads_the_settings_that_the_table_says() {
    for (text, mode) in ModeName::CHOICES {
        let loaded = load(Flavour::Of, &[("mode", text), ("upstream_url", "http://a")]);
        for (setting, effective) in settings::all().zip(&loaded.effective) {
            assert_eq!(setting.name, effective.name);
            let reads = setting.modes.contains(mode);
            assert_eq!(effective.used, reads, "{} in mode {text}", setting.name);
        }
    }
}

#[test]
fn the_table_is_sound() {
    let mut names: Vec<_> = settings::all()
        .flat_map(|setting| std::iter::once(setting.name).chain(setting.aliases.iter().copied()))
        .collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "a name twice");
    for setting in settings::all() {
        for flavour in [Flavour::Of, Flavour::Classic] {
            let default = setting.default(flavour);
            assert!(
                default.is_none_or(|text| setting.kind.parse(text).is_ok()),
                "{}",
                setting.name
            );
            let has_value = matches!(
                setting.fallback,
                Fallback::Value(_) | Fallback::PerFlavour { .. }
            );
            assert_eq!(default.is_some(), has_value, "{}", setting.name);
        }
        assert!(setting.doc.ends_with('.'), "{}", setting.name);
    }
}

#[test]
fn certificate_authorities() {
    let file = ("SSL_CERT_FILE", "/etc/own.pem");
    let dirs = ("SSL_CERT_DIR", "/a::/b");
    assert_eq!(proxy(&[]).trust, Trust::default());
    let trust = proxy(&[file, dirs]).trust;
    assert_eq!(trust.file, Some(PathBuf::from("/etc/own.pem")));
    assert_eq!(trust.dirs, [PathBuf::from("/a"), PathBuf::from("/b")]);
}
