//! A directory as its visitors see it.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use http::Request;
use http_body_util::BodyExt as _;
use tempfile::TempDir;

use super::*;

struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

struct Site {
    directory: TempDir,
    config: config::Files,
}

impl Site {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("public");
        fs::create_dir_all(root.join("sub/deep")).unwrap();
        fs::write(root.join("index.html"), "<h1>home</h1>").unwrap();
        fs::write(root.join("a.txt"), "0123456789").unwrap();
        fs::write(root.join("a b.txt"), "blank").unwrap();
        fs::write(root.join("page"), "<!doctype html>").unwrap();
        fs::write(root.join("app.js"), "let plain;").unwrap();
        fs::write(root.join("app.js.gz"), "gzipped").unwrap();
        fs::write(root.join("app.js.br"), "brotli").unwrap();
        fs::write(root.join("sub/.env"), "secret").unwrap();
        fs::write(root.join("sub/<b>.txt"), "").unwrap();
        fs::write(directory.path().join("outside.txt"), "outside").unwrap();
        symlink("../outside.txt", root.join("out.txt")).unwrap();
        symlink("a.txt", root.join("in.txt")).unwrap();
        symlink(directory.path(), root.join("parent")).unwrap();
        let config = config::Files {
            root,
            fallback: None,
            listing: false,
            dotfiles: false,
            symlinks: false,
        };
        Self { directory, config }
    }

    fn with(change: impl FnOnce(&mut config::Files)) -> Self {
        let mut site = Self::new();
        change(&mut site.config);
        site
    }

    async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Seen {
        let files = Files::new(&self.config).unwrap();
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (head, body) = files.answer(&parts, None).unwrap().response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Seen {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    async fn get(&self, target: &str) -> Seen {
        self.ask("GET", target, &[]).await
    }
}

#[tokio::test]
async fn files_by_name() {
    let site = Site::new();
    for (target, kind, body) in [
        ("/a.txt", "text/plain; charset=utf-8", "0123456789"),
        ("/a.txt?x=y", "text/plain; charset=utf-8", "0123456789"),
        ("/a%20b.txt", "text/plain; charset=utf-8", "blank"),
        ("/in.txt", "text/plain; charset=utf-8", "0123456789"),
        ("/page", "text/html; charset=utf-8", "<!doctype html>"),
        ("/app.js", "text/javascript; charset=utf-8", "let plain;"),
        ("/app.js.gz", "application/gzip", "gzipped"),
        ("/", "text/html; charset=utf-8", "<h1>home</h1>"),
    ] {
        let seen = site.get(target).await;
        assert_eq!(
            (seen.status, seen.header("content-type")),
            (200, kind),
            "{target}"
        );
        assert_eq!(seen.body, body.as_bytes(), "{target}");
        assert_eq!(
            seen.header("content-length"),
            body.len().to_string(),
            "{target}"
        );
        assert_eq!(seen.header("accept-ranges"), "bytes", "{target}");
        let caching = if kind.starts_with("text/html") {
            "no-cache"
        } else {
            ""
        };
        assert_eq!(seen.header("cache-control"), caching, "{target}");
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let site = Site::new();
    for target in ["/a.txt", "/", "/nothing", "/sub"] {
        let (get, head) = (site.get(target).await, site.ask("HEAD", target, &[]).await);
        assert_eq!(get.status, head.status, "{target}");
        assert!(head.body.is_empty(), "{target}");
        if !get.body.is_empty() {
            assert_eq!(
                head.header("content-length"),
                get.body.len().to_string(),
                "{target}"
            );
        }
    }
    let seen = site.ask("HEAD", "/a.txt", &[("range", "bytes=0-0")]).await;
    assert_eq!((seen.status, seen.header("content-length")), (200, "10"));
}

#[tokio::test]
async fn only_reading() {
    let site = Site::new();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let seen = site.ask(method, "/a.txt", &[]).await;
        assert_eq!(
            (seen.status, seen.header("allow")),
            (405, "GET, HEAD"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn redirects_are_relative() {
    let site = Site::new();
    for (target, location) in [
        ("/sub", "sub/"),
        ("/sub/deep?a=b&c", "deep/?a=b&c"),
        ("/index.html", "./"),
        ("/sub/index.html?x", "./?x"),
        ("/a.txt/", "../a.txt"),
        ("//sub", "sub/"),
    ] {
        let seen = site.get(target).await;
        assert_eq!(
            (seen.status, seen.header("location")),
            (301, location),
            "{target}"
        );
    }
}

#[tokio::test]
async fn nothing_outside() {
    let site = Site::new();
    let seen = site.get("/nothing").await;
    assert_eq!(seen.body, b"404 page not found\n");
    assert_eq!(seen.header("x-content-type-options"), "nosniff");
    for target in [
        "/../outside.txt",
        "/sub/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/sub/..%5c..%5coutside.txt",
        "/out.txt",
        "/parent/outside.txt",
        "/parent",
        "/a.txt%00.html",
        "/sub/.env",
        "/sub/",
        "/a.txt/b",
    ] {
        assert_eq!(site.get(target).await.status, 404, "{target}");
    }
    let name = "n".repeat(5000);
    assert_eq!(site.get(&format!("/{name}")).await.status, 404);
}

#[tokio::test]
async fn permissions_are_given_one_by_one() {
    let site = Site::with(|config| config.symlinks = true);
    assert_eq!(site.get("/out.txt").await.body, b"outside");
    assert_eq!(site.get("/parent/outside.txt").await.body, b"outside");
    assert_eq!(site.get("/../outside.txt").await.status, 404);

    let site = Site::with(|config| config.dotfiles = true);
    assert_eq!(site.get("/sub/.env").await.body, b"secret");

    let site = Site::with(|config| config.listing = true);
    let seen = site.get("/sub/").await;
    let page = String::from_utf8(seen.body).unwrap();
    let links = "<a href=\"%3Cb%3E.txt\">&lt;b&gt;.txt</a>\n<a href=\"deep/\">deep/</a>\n</pre>\n";
    assert!(page.ends_with(links), "{page}");
    assert!(!page.contains(".env"), "{page}");
}

#[tokio::test]
async fn pipes_are_not_waited_for() {
    let site = Site::with(|config| config.symlinks = true);
    let fifo = site.config.root.join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    symlink("/dev/zero", site.config.root.join("zero")).unwrap();
    assert_eq!(site.get("/fifo").await.status, 404);
    assert_eq!(site.get("/zero").await.status, 404);
    let site = Site {
        config: config::Files {
            symlinks: false,
            ..site.config
        },
        ..site
    };
    assert_eq!(site.get("/fifo").await.status, 404);
}

#[tokio::test]
async fn the_fallback_is_for_pages() {
    let site = Site::with(|config| config.fallback = Some("index.html".to_owned()));
    let html = ("accept", "text/html,application/xhtml+xml");
    for (target, headers, status) in [
        ("/users/42", &[][..], 200),
        ("/users/42/", &[], 200),
        ("/sub/", &[], 200),
        ("/john.doe", &[html], 200),
        ("/missing.js", &[], 404),
        ("/missing.js", &[("accept", "*/*")], 404),
        ("/.git/config", &[html], 404),
        ("/../x", &[html], 404),
    ] {
        let seen = site.ask("GET", target, headers).await;
        assert_eq!(seen.status, status, "{target}");
        if status == 200 {
            assert_eq!(seen.body, b"<h1>home</h1>", "{target}");
            assert_eq!(seen.header("cache-control"), "no-cache", "{target}");
        }
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let site = Site::new();
    let first = site.get("/a.txt").await;
    let (tag, date) = (first.header("etag"), first.header("last-modified"));
    assert!(tag.starts_with('"') && !date.is_empty());
    for (headers, status) in [
        (&[("if-none-match", tag)][..], 304),
        (&[("if-modified-since", date)], 304),
        (&[("if-match", tag)], 200),
        (&[("if-match", "\"x\"")], 412),
        (&[("range", "bytes=0-1"), ("if-range", tag)], 206),
        (&[("range", "bytes=0-1"), ("if-range", "\"x\"")], 200),
        (&[("range", "bytes=0-1"), ("if-none-match", tag)], 304),
    ] {
        let seen = site.ask("GET", "/a.txt", headers).await;
        assert_eq!(seen.status, status, "{headers:?}");
        assert_eq!(seen.header("etag"), tag, "{headers:?}");
        assert!(status < 300 || seen.body.is_empty(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_clock_at_the_epoch_validates_nothing() {
    let site = Site::new();
    let file = File::options()
        .write(true)
        .open(site.config.root.join("a.txt"))
        .unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1))
        .unwrap();
    let seen = site
        .ask(
            "GET",
            "/a.txt",
            &[("if-modified-since", "Thu, 01 Jan 2099 00:00:00 GMT")],
        )
        .await;
    assert_eq!(
        (
            seen.status,
            seen.header("etag"),
            seen.header("last-modified")
        ),
        (200, "", "")
    );
}

#[tokio::test]
async fn parts_of_files() {
    let site = Site::new();
    let part = site.ask("GET", "/a.txt", &[("range", "bytes=2-4")]).await;
    assert_eq!(
        (part.status, part.header("content-range")),
        (206, "bytes 2-4/10")
    );
    assert_eq!(
        (&*part.body, part.header("content-length")),
        (&b"234"[..], "3")
    );

    let none = site.ask("GET", "/a.txt", &[("range", "bytes=10-")]).await;
    assert_eq!(
        (none.status, none.header("content-range")),
        (416, "bytes */10")
    );

    let parts = site
        .ask("GET", "/a.txt", &[("range", "bytes=0-1,-2")])
        .await;
    assert_eq!(parts.status, 206);
    let kind = parts.header("content-type");
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes";
    let expected = format!(
        "--{boundary}\r\n{head} 0-1/10\r\n\r\n01\r\n--{boundary}\r\n{head} 8-9/10\r\n\r\n89\r\n--{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8(parts.body.clone()).unwrap(), expected);
    assert_eq!(parts.header("content-length"), parts.body.len().to_string());
}

#[tokio::test]
async fn compressed_siblings() {
    let site = Site::new();
    let plain = site.get("/app.js").await;
    assert_eq!(
        (plain.header("vary"), plain.header("content-encoding")),
        ("accept-encoding", "")
    );
    for (accepts, coding, body) in [
        ("gzip, br", "br", "brotli"),
        ("gzip", "gzip", "gzipped"),
        ("br;q=0.1, gzip;q=0.2", "gzip", "gzipped"),
        ("zstd", "", "let plain;"),
    ] {
        let seen = site
            .ask("GET", "/app.js", &[("accept-encoding", accepts)])
            .await;
        assert_eq!(
            (seen.status, seen.header("content-encoding")),
            (200, coding),
            "{accepts}"
        );
        assert_eq!(seen.body, body.as_bytes(), "{accepts}");
        assert_eq!(
            seen.header("content-type"),
            "text/javascript; charset=utf-8",
            "{accepts}"
        );
        assert_eq!(seen.header("vary"), "accept-encoding", "{accepts}");
        assert_eq!(
            seen.header("etag") == plain.header("etag"),
            coding.is_empty(),
            "{accepts}"
        );
    }
    let seen = site
        .ask("GET", "/a.txt", &[("accept-encoding", "gzip, br")])
        .await;
    assert_eq!(
        (seen.header("content-encoding"), &*seen.body),
        ("", &b"0123456789"[..])
    );
}

#[tokio::test]
async fn large_files_are_sent_whole() {
    let site = Site::new();
    let content: Vec<u8> = (0..=u8::MAX).cycle().take(300_001).collect();
    fs::write(site.config.root.join("large.bin"), &content).unwrap();
    let seen = site.get("/large.bin").await;
    assert_eq!(
        (seen.header("content-length"), seen.body == content),
        ("300001", true)
    );
}

#[test]
fn wrong_settings_are_told() {
    let site = Site::with(|config| config.root = "/does/not/exist".into());
    assert!(
        Files::new(&site.config)
            .unwrap_err()
            .starts_with("static_path /does/not/exist: ")
    );
    let site = Site::with(|config| config.fallback = Some("../outside.txt".to_owned()));
    assert!(site.directory.path().join("outside.txt").exists());
    let told = Files::new(&site.config).unwrap_err();
    assert_eq!(
        told,
        "static_fallback ../outside.txt: no such file below static_path"
    );
}
