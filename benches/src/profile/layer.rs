//! Which layer a piece of code belongs to.
//! It knows the files of the product and the crates below it.
//! It refuses to leave anything out: what no rule names is `other`.

use super::callgrind::Spot;

/// The first rule that fits; what is looked for, in the name of the file or else of the function.
const FILES: &[(&str, &str)] = &[
    ("watchdog/src/access", "log line"),
    ("watchdog/src/journal", "log line"),
    ("watchdog/src/said", "log line"),
    ("watchdog/src/metrics", "metrics"),
    ("prometheus-client", "metrics"),
    ("watchdog/src/gate", "gate"),
    ("watchdog/src/ticket", "gate"),
    ("watchdog/src/seal", "gate"),
    ("watchdog/src/lifecycle", "gate"),
    ("watchdog/src/mode/proxy", "proxy hop"),
    ("watchdog/src/dial", "proxy hop"),
    ("/src/http1/client/", "proxy hop"),
    ("/src/http1/", "parse and write HTTP"),
    ("/src/http2/", "parse and write HTTP"),
    ("watchdog/src/mode/fork", "fork"),
    ("watchdog/src/process", "fork"),
    ("std/src/sys/process", "fork"),
    ("watchdog/src/mode/files", "files"),
    ("watchdog/src/serve", "accept and serve"),
    ("watchdog/src/conn", "accept and serve"),
    ("watchdog/src/sniff", "accept and serve"),
    ("watchdog/src/", "request and answer"),
    ("httparse", "parse and write HTTP"),
    ("/http-", "parse and write HTTP"),
    ("/h2-", "parse and write HTTP"),
    ("/bytes-", "parse and write HTTP"),
    ("/tokio-", "runtime"),
    ("/mio-", "runtime"),
    ("/dlmalloc-", "memory"),
    ("library/alloc/", "memory"),
];
/// Where the file is not known: what the name of the function holds.
const FUNCTIONS: &[(&str, &str)] = &[
    ("fwatchdog::access", "log line"),
    ("fwatchdog::journal", "log line"),
    ("fwatchdog::said", "log line"),
    ("chrono::", "log line"),
    ("fwatchdog::metrics", "metrics"),
    ("prometheus_client::", "metrics"),
    ("fwatchdog::gate", "gate"),
    ("fwatchdog::ticket", "gate"),
    ("fwatchdog::seal", "gate"),
    ("fwatchdog::lifecycle", "gate"),
    ("fwatchdog::mode::proxy", "proxy hop"),
    ("fwatchdog::dial", "proxy hop"),
    ("fwatchdog::http1::client", "proxy hop"),
    ("fwatchdog::http1", "parse and write HTTP"),
    ("fwatchdog::http2", "parse and write HTTP"),
    ("fwatchdog::mode::fork", "fork"),
    ("fwatchdog::process", "fork"),
    ("fwatchdog::mode::files", "files"),
    ("fwatchdog::serve", "accept and serve"),
    ("fwatchdog::conn", "accept and serve"),
    ("fwatchdog::", "request and answer"),
    ("h2::", "parse and write HTTP"),
    ("httparse::", "parse and write HTTP"),
    ("http::", "parse and write HTTP"),
    ("bytes::", "parse and write HTTP"),
    ("tokio::", "runtime"),
    ("mio::", "runtime"),
    ("std::sys::process", "fork"),
    ("posix_spawn", "fork"),
    ("core::fmt", "formatting"),
    ("alloc::", "memory"),
    ("malloc", "memory"),
    ("realloc", "memory"),
    ("calloc", "memory"),
    ("free", "memory"),
    ("mem", "memory"),
    ("_int_", "memory"),
];

pub fn of(spot: &Spot) -> &'static str {
    let named = |rules: &[(&str, &'static str)], name: &str| {
        let rule = rules.iter().find(|(part, _)| name.contains(part));
        rule.map(|(_, layer)| *layer)
    };
    named(FILES, &spot.file)
        .or_else(|| named(FUNCTIONS, &spot.function))
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::{Spot, of};

    fn layer(file: &str, function: &str) -> &'static str {
        of(&Spot {
            file: file.to_owned(),
            function: function.to_owned(),
        })
    }

    #[test]
    fn files_come_before_functions() {
        assert_eq!(layer("/x/watchdog/src/gate.rs", "tokio::poll"), "gate");
        assert_eq!(
            layer("/c/h2-0.4.15/src/proto/streams/prioritize.rs", "f"),
            "parse and write HTTP"
        );
        assert_eq!(
            layer("/rustc/1/library/core/src/mem.rs", "tokio::poll"),
            "runtime"
        );
        assert_eq!(layer("???", "malloc"), "memory");
        assert_eq!(layer("???", "__memcpy_avx_unaligned"), "memory");
        assert_eq!(layer("???", "<fwatchdog::gate::Gate as X>::admit"), "gate");
        let link = "fwatchdog::http1::client::Link::exchange";
        assert_eq!(layer("???", link), "proxy hop");
        let server = "/x/watchdog/src/http1/server/mod.rs";
        assert_eq!(layer(server, "f"), "parse and write HTTP");
        assert_eq!(layer("???", "unknown"), "other");
    }
}
