//! nginx: as a proxy, as a server of files, and as the function itself.
//! It knows its configuration.
//! It refuses to tune the peer down: what Debian's file sets is set, and connections are kept on both sides.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Order, Place};
use crate::fault::Fault;
use crate::scenario::{Service, Subject};

/// What is common to all; nothing is written outside the directory of the start.
fn frame(folder: &Path, name: &str, http: &str) -> String {
    let folder = folder.display();
    let mut text = format!(
        "daemon off;\nworker_processes 1;\npid {folder}/{name}.pid;\nerror_log stderr warn;\n\
         worker_rlimit_nofile 8192;\nevents {{ worker_connections 4096; }}\nhttp {{\n"
    );
    if nix::unistd::geteuid().is_root() {
        // The files of a scratch directory are its owner's.
        text.insert_str(0, "user root;\n");
    }
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "{kind}_temp_path {folder}/{name}-{kind};");
    }
    text + "sendfile on;\ntcp_nopush on;\nkeepalive_requests 1000000;\nclient_max_body_size 0;\n\
         default_type application/octet-stream;\n"
        + http
        + "}\n"
}

pub fn command(command: &mut Command, order: &Order, place: &Place<'_>) -> Result<(), Fault> {
    let port = place.port;
    let mut http = format!("access_log {}/access.log;\n", place.folder.display());
    match order.service {
        Service::Proxy(_) => {
            let _ = writeln!(
                http,
                "upstream function {{ server 127.0.0.1:{}; keepalive 64; keepalive_requests 1000000; }}",
                place.upstream
            );
            let buffers = if order.subject == Subject::NginxUnbuffered {
                "proxy_buffering off; proxy_request_buffering off; "
            } else {
                ""
            };
            let _ = writeln!(
                http,
                "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://function; \
                 proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_read_timeout 300s; {buffers}}} }}"
            );
        }
        Service::Files => {
            let root = place.bench.public();
            let _ = writeln!(
                http,
                "server {{ listen 127.0.0.1:{port}; root {}; }}",
                root.display()
            );
        }
        Service::Fork(..) => return Err(Fault::new("nginx starts no process for a request")),
    }
    configure(command, place, "nginx", &http)
}

/// nginx as the function's server.
pub fn function(place: &Place<'_>) -> Result<Command, Fault> {
    let path = place.bench.nginx.as_ref();
    let path = path.ok_or_else(|| Fault::new("nginx is not here"))?;
    let mut command = place.bench.command(path, place.cpus.rest());
    let http = format!(
        "access_log off;\nserver {{ listen 127.0.0.1:{}; root {}; \
         location = /hello {{ default_type text/plain; return 200 \"hello world\"; }} }}\n",
        place.upstream,
        place.bench.public().display()
    );
    configure(&mut command, place, "function", &http)?;
    Ok(command)
}

fn configure(
    command: &mut Command,
    place: &Place<'_>,
    name: &str,
    http: &str,
) -> Result<(), Fault> {
    let path = place.folder.join(format!("{name}.conf"));
    fs::write(&path, frame(place.folder, name, http))?;
    command.arg("-c").arg(path);
    Ok(())
}
