//! Chapter 12, the way to a function: methods, bodies, paths and queries.
//! It knows what proxies decode, cut and set right.
//! It refuses header fields and answers: they have files of their own.

use hyper::Method;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::super::calls::{below, both, calls, query, split};
use super::super::prelude::*;

/// The body goes on without what told its length.
fn reframed(asked: &mut Asked) {
    asked.headers.remove(CONTENT_LENGTH);
}

fn refused(asked: &mut Asked, method: &str, status: u16) {
    if calls(asked) && asked.method == method {
        asked.answer(status, "");
    }
}

fn length(asked: &Asked) -> u64 {
    let told = asked.header("content-length");
    told.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Every body is changed by this flow.
const fn uploaded(upload: Flow) -> Layer {
    Front(Front {
        asked: |asked, _| {
            if calls(asked) {
                reframed(asked);
            }
        },
        upload: Some(upload),
        ..Front::NOTHING
    })
}

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "invoke/head-as-get",
        &["PR-12.1"],
        "HEAD reaches the function as GET",
        when_asked(|asked, _| {
            if calls(asked) && asked.method == Method::HEAD {
                asked.method = Method::GET;
            }
        }),
    ),
    mutant(
        "invoke/head-refused",
        &["PR-12.1"],
        "HEAD is 405",
        when_asked(|asked, _| refused(asked, "HEAD", 405)),
    ),
    mutant(
        "invoke/options-answered",
        &["PR-12.1"],
        "OPTIONS is answered by the platform",
        when_asked(|asked, _| refused(asked, "OPTIONS", 204)),
    ),
    mutant(
        "invoke/patch-refused",
        &["PR-12.1"],
        "PATCH is 405",
        when_asked(|asked, _| refused(asked, "PATCH", 405)),
    ),
    mutant(
        "invoke/put-as-post",
        &["PR-12.1"],
        "PUT reaches the function as POST",
        when_asked(|asked, _| {
            if calls(asked) && asked.method == Method::PUT {
                asked.method = Method::POST;
            }
        }),
    ),
    mutant(
        "invoke/piece-of-upload-lost",
        &["PR-12.3"],
        "a byte is lost between two pieces of a body",
        uploaded(|data, offset| {
            if offset > 0 {
                data.pop();
            }
        }),
    ),
    mutant(
        "invoke/upload-is-text",
        &["PR-12.3"],
        "a body is read as UTF-8, and what is none is replaced",
        uploaded(|data, _| *data = String::from_utf8_lossy(data).into_owned().into_bytes()),
    ),
    mutant(
        "invoke/nul-ends-upload",
        &["PR-12.3"],
        "a body ends at its first zero byte",
        uploaded(|data, _| {
            let end = data.iter().position(|&byte| byte == 0);
            data.truncate(end.unwrap_or(data.len()));
        }),
    ),
    mutant(
        "invoke/get-has-no-body",
        &["PR-12.3"],
        "the body of a GET is dropped",
        when_asked(|asked, _| {
            if calls(asked) && asked.method == Method::GET {
                reframed(asked);
                asked.upload = Some(|data, _| data.clear());
            }
        }),
    ),
    mutant(
        "invoke/chunks-are-no-body",
        &["PR-12.3"],
        "a body without a length is taken for none",
        when_asked(|asked, _| {
            if calls(asked) && asked.headers.contains_key(TRANSFER_ENCODING) {
                asked.upload = Some(|data, _| data.clear());
            }
        }),
    ),
    mutant(
        "invoke/empty-post-refused",
        &["PR-12.3"],
        "a POST without a body is 411",
        when_asked(|asked, _| {
            let chunked = asked.headers.contains_key(TRANSFER_ENCODING);
            if calls(asked) && !chunked && length(asked) == 0 {
                refused(asked, "POST", 411);
            }
        }),
    ),
    mutant(
        "invoke/mebibyte-refused",
        &["PR-12.3", "PR-12.4"],
        "a body of more than 512 KiB is 413",
        when_asked(|asked, _| {
            if calls(asked) && length(asked) > 512 * 1024 {
                asked.answer(413, "");
            }
        }),
    ),
    mutant(
        "invoke/large-uploads-refused",
        &["PR-12.4"],
        "a body of more than 10 MiB is 413",
        when_asked(|asked, _| {
            if calls(asked) && length(asked) > 10 * 1024 * 1024 {
                asked.answer(413, "");
            }
        }),
    ),
    mutant(
        "invoke/path-lost",
        &["PR-12.5"],
        "a function sees the path / whatever was asked for",
        when_asked(|asked, _| below(asked, |_| "/".to_owned())),
    ),
    mutant(
        "invoke/path-whole",
        &["PR-12.5"],
        "a function sees /function/NAME before its path",
        when_asked(|asked, _| {
            if calls(asked) {
                let (route, rest) = split(asked);
                asked.set_path(&format!("{route}{route}{rest}"));
            }
        }),
    ),
    mutant(
        "invoke/bare-name-redirected",
        &["PR-12.5"],
        "the bare name is redirected to the name with a slash",
        both(
            |asked, _| {
                if calls(asked) && split(asked).1.is_empty() {
                    asked.answer(301, "");
                }
            },
            |told, asked, _| {
                if told.status == 301 && split(asked).1.is_empty() {
                    let place = format!("{}/", asked.path());
                    told.set_header("location", &place);
                }
            },
        ),
    ),
    mutant(
        "invoke/trailing-slash-lost",
        &["PR-12.5"],
        "a slash at the end of the path is cut off",
        when_asked(|asked, _| below(asked, |path| path.trim_end_matches('/').to_owned())),
    ),
    mutant(
        "invoke/path-decoded",
        &["PR-12.5"],
        "the path is decoded, so that an encoded question mark begins the query",
        when_asked(|asked, _| below(asked, |path| path.replace("%3F", "?"))),
    ),
    mutant(
        "invoke/path-plus-is-space",
        &["PR-12.5"],
        "a plus in the path becomes a space",
        when_asked(|asked, _| below(asked, |path| path.replace('+', "%20"))),
    ),
    mutant(
        "invoke/encoded-slash-cuts",
        &["PR-12.6"],
        "the path ends at an encoded slash",
        when_asked(|asked, _| {
            below(asked, |path| {
                path.split("%2F").next().unwrap_or_default().to_owned()
            });
        }),
    ),
    mutant(
        "invoke/query-lost",
        &["PR-12.7"],
        "the query does not reach the function",
        when_asked(|asked, _| query(asked, |_| String::new())),
    ),
    mutant(
        "invoke/query-sorted",
        &["PR-12.7"],
        "the parameters of a query are put in order",
        when_asked(|asked, _| {
            query(asked, |query| {
                let mut pairs: Vec<&str> = query.split('&').collect();
                pairs.sort_unstable();
                pairs.join("&")
            });
        }),
    ),
    mutant(
        "invoke/query-encoded-anew",
        &["PR-12.7"],
        "a plus in the query becomes %20",
        when_asked(|asked, _| query(asked, |query| query.replace('+', "%20"))),
    ),
    mutant(
        "invoke/query-semicolons-lost",
        &["PR-12.7"],
        "a parameter with a semicolon is dropped, as Go's parser does",
        when_asked(|asked, _| {
            query(asked, |query| {
                let kept: Vec<&str> = query.split('&').filter(|one| !one.contains(';')).collect();
                kept.join("&")
            });
        }),
    ),
    mutant(
        "invoke/query-empty-pairs-lost",
        &["PR-12.7"],
        "empty parameters of a query are dropped",
        when_asked(|asked, _| {
            query(asked, |query| {
                let kept: Vec<&str> = query.split('&').filter(|one| !one.is_empty()).collect();
                kept.join("&")
            });
        }),
    ),
    mutant(
        "invoke/dots-followed",
        &["PR-12.8"],
        "dot segments lead out of a function and into another",
        when_asked(|asked, _| {
            if !calls(asked) {
                return;
            }
            let path = asked.path().replace("%2e", ".").replace("%2f", "/");
            let mut kept: Vec<&str> = Vec::new();
            for part in path.split('/').filter(|part| !part.is_empty()) {
                match part {
                    "." => {}
                    ".." => {
                        kept.pop();
                    }
                    part => kept.push(part),
                }
            }
            let clean = format!("/{}", kept.join("/"));
            if clean.trim_end_matches('/') != path.trim_end_matches('/') {
                asked.set_path(&clean);
            }
        }),
    ),
    mutant(
        "invoke/name-in-any-case",
        &["PR-12.29"],
        "the name of a function is compared without its case",
        when_asked(|asked, _| {
            if calls(asked) {
                let (route, rest) = split(asked);
                asked.set_path(&format!("{}{rest}", route.to_ascii_lowercase()));
            }
        }),
    ),
];
