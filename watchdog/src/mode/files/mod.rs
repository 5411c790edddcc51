//! A directory of files, answered from directly.
//!
//! Owns what a target stands for: a file, an index, a redirect, the fallback, a list or nothing. May know its own settings and the request's head.
//! Refuses everything but reading, and everything that is not below its root.

mod body;
mod coding;
mod condition;
mod listing;
mod place;
mod range;
mod representation;
mod root;
#[cfg(test)]
mod tests;

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body as _;

use self::place::{Place, Refusal};
use self::representation::Representation;
use self::root::{Found, Lost, Root, Tree};
use super::Answer;
use crate::body::Body;
use crate::config;
use crate::conn::Peer;
use crate::failure::Failure;
use crate::target::{self, Target};
use crate::value::shown;

/// Served for the directory it is in.
const INDEX: &str = "index.html";

/// A directory that is served.
#[derive(Debug)]
pub struct Files {
    root: Root,
    /// Served in place of what is missing.
    fallback: Option<PathBuf>,
    listing: bool,
    dotfiles: bool,
}

/// A request for a file.
#[derive(Debug)]
struct Asked<'a> {
    head: &'a Parts,
    /// Where it came from.
    peer: Option<&'a Arc<Peer>>,
    /// One and the same for all that is opened for it.
    tree: &'a Tree,
}

impl Files {
    /// # Errors
    /// Where there is no such directory, or no such fallback in it.
    pub fn new(config: &config::Files) -> Result<Self, String> {
        let root = Root::new(&config.root, config.symlinks)
            .map_err(|error| format!("static_path {}: {error}", config.root.display()))?;
        let fallback = config
            .fallback
            .as_deref()
            .map(|name| fallback(&root, name))
            .transpose()?;
        Ok(Self {
            root,
            fallback,
            listing: config.listing,
            dotfiles: config.dotfiles,
        })
    }

    /// Everything up to the head happens here and now; files longer than one read are read on while they are sent.
    ///
    /// # Errors
    /// A malformed target, or a system that fails. What is missing is an answer.
    pub fn answer(&self, head: &Parts, peer: Option<&Arc<Peer>>) -> Result<Answer, Failure> {
        let mut response = match head.method {
            Method::GET | Method::HEAD => {
                let tree = &self.root.tree();
                self.look_up(&Asked { head, peer, tree })?
            }
            _ => method_not_allowed(),
        };
        if head.method == Method::HEAD {
            drop_body(&mut response);
        }
        Ok(response.into())
    }

    /// There is a directory to serve.
    pub fn is_up(&self) -> bool {
        self.root.is_there()
    }

    fn look_up(&self, asked: &Asked<'_>) -> Result<Response<Body>, Failure> {
        let path = target::escaped(Target::from(asked.head).path());
        let place = match Place::parse(&path, self.dotfiles) {
            Ok(place) => place,
            Err(Refusal::Hidden) => return Ok(missing()),
            Err(Refusal::Escape) => return Err(Failure::Request("invalid URL escape".to_owned())),
        };
        if place.leaf == INDEX && !place.slash {
            return Ok(redirect("./", asked));
        }
        match (asked.tree.open(&place.path), place.slash) {
            (Ok(Found::File(file, about)), false) => send(&place.path, (file, about), asked),
            (Ok(Found::File(..)), true) => Ok(redirect(&place.without_slash(), asked)),
            (Ok(Found::Directory(_)), false) => Ok(redirect(&place.with_slash(), asked)),
            (Ok(Found::Directory(directory)), true) => self.index(&place, directory, asked),
            (Err(lost), _) => self.lost(lost, &place, asked),
        }
    }

    fn index(
        &self,
        place: &Place,
        directory: File,
        asked: &Asked<'_>,
    ) -> Result<Response<Body>, Failure> {
        let index = place.path.join(INDEX);
        match asked.tree.open(&index) {
            Ok(Found::File(file, about)) => send(&index, (file, about), asked),
            Err(Lost::Missing) | Ok(Found::Directory(_)) if self.listing => {
                listing::page(directory, self.dotfiles)
                    .map(html)
                    .map_err(|error| broken(&error))
            }
            Ok(Found::Directory(_)) => self.lost(Lost::Missing, place, asked),
            Err(lost) => self.lost(lost, place, asked),
        }
    }

    fn lost(
        &self,
        lost: Lost,
        place: &Place,
        asked: &Asked<'_>,
    ) -> Result<Response<Body>, Failure> {
        match (lost, &self.fallback) {
            (Lost::Broken(error), _) => Err(broken(&error)),
            (Lost::Forbidden, _) => Ok(text(StatusCode::FORBIDDEN, "403 Forbidden\n")),
            (Lost::Missing, Some(fallback)) if wants_page(&place.path, &asked.head.headers) => {
                match asked.tree.open(fallback) {
                    Ok(Found::File(file, about)) => send(fallback, (file, about), asked),
                    _ => Ok(missing()),
                }
            }
            (Lost::Missing, _) => Ok(missing()),
        }
    }
}

fn send(
    path: &Path,
    found: (File, Metadata),
    asked: &Asked<'_>,
) -> Result<Response<Body>, Failure> {
    Representation::choose(asked.tree, path, found, &asked.head.headers)?.answer(asked)
}

/// Wrong settings are told at start, not to the first visitor.
fn fallback(root: &Root, name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name.trim_start_matches('/'));
    match root.tree().open(&path) {
        Ok(Found::File(..)) => Ok(path),
        _ => Err(format!(
            "static_fallback {name}: no such file below static_path"
        )),
    }
}

/// A page's own routes have no ending; a script or an image that is missing should not turn out to be a page.
fn wants_page(path: &Path, headers: &HeaderMap) -> bool {
    let takes_html = |accept: &HeaderValue| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.to_ascii_lowercase().contains("text/html"))
    };
    path.extension().is_none() || headers.get_all(ACCEPT).iter().any(takes_html)
}

/// Relative, since nobody here knows under which prefix the world sees this server.
fn redirect(to: &str, asked: &Asked<'_>) -> Response<Body> {
    let query = Target::from(asked.head).query();
    let query = query.map(|query| format!("?{}", target::escaped(query)));
    let query = query.unwrap_or_default();
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response
        .headers_mut()
        .insert(LOCATION, shown(format_args!("{to}{query}")));
    response
}

fn missing() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn method_not_allowed() -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed\n");
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn text(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn html(page: String) -> Response<Body> {
    let mut response = Response::new(Body::from(page));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::Internal(format!("cannot open a file: {error}"))
}

/// The length stays.
fn drop_body(response: &mut Response<Body>) {
    let len = response.body().size_hint().exact().unwrap_or(0);
    if len > 0 {
        response.headers_mut().insert(CONTENT_LENGTH, len.into());
        *response.body_mut() = Body::Empty;
    }
}
