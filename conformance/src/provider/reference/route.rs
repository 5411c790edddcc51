//! Which route a request takes: method and path in, a decision out.
//! It knows the table of routes of a provider and of a gateway.
//! It refuses to touch anything: no credentials, no body, no state.

use hyper::Method;

use super::Shape;
use super::names::is_routable;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Health,
    Metrics,
    Info,
    Functions,
    Function(String),
    Scale(String),
    Secrets,
    Logs,
    Namespaces,
    Namespace(String),
    Alert,
    /// A function's full name, and the path that it is to see, as it came.
    Invoke(String, String),
    Queue(String, String),
}

/// What the table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routed {
    To(Route),
    /// The path has to be asked for in its clean form.
    Moved(String),
    Missing,
    /// The methods that the path has.
    WrongMethod(&'static str),
}

impl Route {
    /// Whether only those who know the password may come here.
    pub fn is_guarded(&self) -> bool {
        !matches!(
            self,
            Self::Health | Self::Metrics | Self::Invoke(..) | Self::Queue(..)
        )
    }

    /// The path in metrics: without the names of functions.
    pub fn pattern(&self) -> &'static str {
        match self {
            Self::Health => "/healthz",
            Self::Metrics => "/metrics",
            Self::Info => "/system/info",
            Self::Functions => "/system/functions",
            Self::Function(_) => "/system/function",
            Self::Scale(_) => "/system/scale-function",
            Self::Secrets => "/system/secrets",
            Self::Logs => "/system/logs",
            Self::Namespaces => "/system/namespaces",
            Self::Namespace(_) => "/system/namespace",
            Self::Alert => "/system/alert",
            Self::Invoke(..) => "/function",
            Self::Queue(..) => "/async-function",
        }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Health | Self::Metrics => "GET, HEAD",
            Self::Info | Self::Function(_) | Self::Logs | Self::Namespaces => "GET",
            Self::Functions | Self::Secrets | Self::Namespace(_) => "GET, POST, PUT, DELETE",
            Self::Scale(_) | Self::Alert | Self::Queue(..) => "POST",
            Self::Invoke(..) => "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD",
        }
    }
}

pub fn route(shape: Shape, method: &Method, path: &str) -> Routed {
    if let Some(clean) = cleaned(path) {
        return Routed::Moved(clean);
    }
    let Some(route) = find(shape, path) else {
        return Routed::Missing;
    };
    let methods = route.methods();
    if methods.split(", ").any(|known| known == method.as_str()) {
        Routed::To(route)
    } else {
        Routed::WrongMethod(methods)
    }
}

fn find(shape: Shape, path: &str) -> Option<Route> {
    let gateway = shape == Shape::Gateway;
    match path {
        "/healthz" => return Some(Route::Health),
        "/metrics" => return Some(Route::Metrics),
        "/system/info" => return Some(Route::Info),
        "/system/functions" => return Some(Route::Functions),
        "/system/secrets" => return Some(Route::Secrets),
        "/system/logs" => return Some(Route::Logs),
        "/system/namespaces" => return Some(Route::Namespaces),
        "/system/namespace/" => return Some(Route::Namespace(String::new())),
        "/system/alert" if gateway => return Some(Route::Alert),
        _ => {}
    }
    let (_, rest) = path.split_once('/')?;
    let (first, rest) = rest.split_once('/')?;
    match first {
        "system" => {
            let (kind, name) = rest.split_once('/')?;
            let name = named(name)?;
            match kind {
                "function" => Some(Route::Function(name)),
                "scale-function" => Some(Route::Scale(name)),
                "namespace" => Some(Route::Namespace(name)),
                _ => None,
            }
        }
        "function" | "async-function" => {
            let (name, below) = match rest.find('/') {
                Some(at) => rest.split_at(at),
                None => (rest, "/"),
            };
            let (name, below) = (named(name)?, below.to_owned());
            match first {
                "function" => Some(Route::Invoke(name, below)),
                _ if gateway => Some(Route::Queue(name, below)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// One part of a path that is a name, decoded.
fn named(part: &str) -> Option<String> {
    let name = decode(part)?;
    is_routable(&name).then_some(name)
}

/// Percent-decoded text; `None` where that is none.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = digit().zip(digit())?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// The path without empty parts, `.` and `..`; `None` where it has none of them.
fn cleaned(path: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    let mut unclean = !path.starts_with('/');
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    unclean |= path.starts_with("//");
    let count = parts.len();
    let mut open = false;
    for (index, part) in parts.into_iter().enumerate() {
        let last = index + 1 == count;
        match dots(part) {
            0 if part.is_empty() => {
                unclean |= !last;
                open = last;
            }
            0 => kept.push(part),
            count => {
                unclean = true;
                open = last;
                if count == 2 {
                    kept.pop();
                }
            }
        }
    }
    let slash = if open && !kept.is_empty() { "/" } else { "" };
    unclean.then(|| format!("/{}{slash}", kept.join("/")))
}

/// 1 or 2 where the part is that many dots, however they are written; 0 otherwise.
fn dots(part: &str) -> usize {
    match part.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(path: &str) -> Option<Route> {
        find(Shape::Gateway, path)
    }

    #[test]
    fn paths_lead_to_routes() {
        let invoke = |name: &str, below: &str| Some(Route::Invoke(name.into(), below.into()));
        assert_eq!(to("/function/f"), invoke("f", "/"));
        assert_eq!(to("/function/f/"), invoke("f", "/"));
        assert_eq!(to("/function/f.ns/a%20b/c/"), invoke("f.ns", "/a%20b/c/"));
        assert_eq!(to("/function/%66/x"), invoke("f", "/x"));
        assert_eq!(to("/system/function/f"), Some(Route::Function("f".into())));
        assert_eq!(
            to("/system/namespace/"),
            Some(Route::Namespace(String::new()))
        );
        assert_eq!(
            to("/async-function/f"),
            Some(Route::Queue("f".into(), "/".into()))
        );
        assert_eq!(find(Shape::Provider, "/async-function/f"), None);
        assert_eq!(find(Shape::Provider, "/system/alert"), None);
    }

    #[test]
    fn what_is_not_in_the_table_is_missing() {
        for path in [
            "/",
            "/function",
            "/function/",
            "/function/a b",
            "/function/a%2Fb",
            "/function/x:9",
            "/function/x@host",
            "/system/functions/",
            "/system/info/",
            "/system/namespaces/",
            "/system/namespaces/x",
            "/system/namespace",
            "/system/namespace/x/",
            "/system/function/",
            "/system/function/a/b",
            "/system/telemetry",
            "/ui/",
        ] {
            assert_eq!(to(path), None, "{path}");
        }
    }

    #[test]
    fn unclean_paths_are_moved() {
        for (path, clean) in [
            ("/system//functions", "/system/functions"),
            ("/function/f/../../system/functions", "/system/functions"),
            ("/function/f/./a/", "/function/f/a/"),
            ("/function/f/%2e%2E/g", "/function/g"),
            ("//x", "/x"),
            ("/function/f//", "/function/f/"),
            ("/../..", "/"),
        ] {
            assert_eq!(cleaned(path).as_deref(), Some(clean), "{path}");
        }
        for path in ["/", "/function/f/", "/function/f/...", "/a/b.c/.d"] {
            assert_eq!(cleaned(path), None, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let asked = |method: &Method, path| route(Shape::Provider, method, path);
        let all = "GET, POST, PUT, DELETE";
        assert_eq!(
            asked(&Method::PATCH, "/system/functions"),
            Routed::WrongMethod(all)
        );
        assert_eq!(asked(&Method::HEAD, "/healthz"), Routed::To(Route::Health));
        assert!(matches!(
            asked(&Method::TRACE, "/function/f"),
            Routed::WrongMethod(_)
        ));
    }
}
