//! One file as an answer.
//!
//! Owns the choice between a file and its compressed siblings, and the headers that describe what was chosen. May know the request's headers. Refuses to
//! find files: it is given them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, LAST_MODIFIED, RANGE, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version};
use httpdate::HttpDate;

use super::body::{CHUNK, FileBody, Piece, read};
use super::coding::{self, Coding};
use super::condition::{self, Validators, Verdict};
use super::range::{self, Ranges, Span};
use super::root::{Found, Tree};
use super::{Asked, text};
use crate::body::Body;
use crate::conn::Peer;
use crate::failure::Failure;
use crate::sniff;
use crate::value::shown;

/// What is sent, and how it is described.
#[derive(Debug)]
pub(super) struct Representation {
    file: File,
    len: u64,
    kind: Cow<'static, str>,
    coding: Option<&'static Coding>,
    validators: Option<Validators>,
}

impl Representation {
    /// The file at `path`, or the sibling of it that suits the client best.
    pub(super) fn choose(
        tree: &Tree,
        path: &Path,
        (file, about): (File, Metadata),
        headers: &HeaderMap,
    ) -> Result<Self, Failure> {
        let kind = kind(path, &file, about.len())?;
        if coding::shrinks(&kind) {
            for coding in coding::accepted(headers) {
                let mut sibling = path.as_os_str().to_owned();
                sibling.push(coding.suffix);
                if let Ok(Found::File(file, about)) = tree.open(sibling.as_ref()) {
                    return Ok(Self::new(tree, file, &about, kind, Some(coding)));
                }
            }
        }
        Ok(Self::new(tree, file, &about, kind, None))
    }

    fn new(
        tree: &Tree,
        file: File,
        about: &Metadata,
        kind: Cow<'static, str>,
        coding: Option<&'static Coding>,
    ) -> Self {
        Self {
            file,
            len: about.len(),
            kind,
            coding,
            validators: validators(about, coding, tree.mark()),
        }
    }

    pub(super) fn answer(mut self, asked: &Asked<'_>) -> Result<Response<Body>, Failure> {
        match condition::evaluate(&asked.head.headers, self.validators.as_ref()) {
            Verdict::Send => self.send(asked),
            Verdict::NotModified => Ok(self.bare(StatusCode::NOT_MODIFIED)),
            Verdict::Failed => Ok(self.bare(StatusCode::PRECONDITION_FAILED)),
        }
    }

    fn send(mut self, asked: &Asked<'_>) -> Result<Response<Body>, Failure> {
        if asked.head.method == Method::HEAD {
            let mut response = self.head(StatusCode::OK);
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, self.len.into());
            return Ok(response);
        }
        match self.ranges(&asked.head.headers) {
            Ranges::Whole => self.whole(asked),
            Ranges::Unsatisfiable => Ok(self.unsatisfiable()),
            Ranges::Parts(parts) => match *parts {
                [part] => self.part(part, asked),
                _ => Ok(self.parts(&parts, asked)),
            },
        }
    }

    fn ranges(&self, headers: &HeaderMap) -> Ranges {
        match headers.get(RANGE).map(HeaderValue::to_str) {
            None => Ranges::Whole,
            Some(_) if !condition::in_range(headers, self.validators.as_ref()) => Ranges::Whole,
            Some(Ok(asked)) => range::parse(asked, self.len),
            Some(Err(_)) => Ranges::Unsatisfiable,
        }
    }

    fn whole(mut self, asked: &Asked<'_>) -> Result<Response<Body>, Failure> {
        let mut response = self.head(StatusCode::OK);
        let span = Span {
            start: 0,
            end: self.len,
        };
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, self.len.into());
        *response.body_mut() = body(self.file, span, asked)?;
        Ok(response)
    }

    fn part(mut self, span: Span, asked: &Asked<'_>) -> Result<Response<Body>, Failure> {
        let mut response = self.head(StatusCode::PARTIAL_CONTENT);
        let headers = response.headers_mut();
        headers.insert(CONTENT_RANGE, shown(span.of(self.len)));
        headers.insert(CONTENT_LENGTH, span.len().into());
        *response.body_mut() = body(self.file, span, asked)?;
        Ok(response)
    }

    fn parts(mut self, spans: &[Span], asked: &Asked<'_>) -> Response<Body> {
        let mut response = self.head(StatusCode::PARTIAL_CONTENT);
        let boundary = boundary();
        let mut pieces = VecDeque::with_capacity(2 * spans.len() + 1);
        let mut gap = "";
        for span in spans {
            let (kind, range) = (&self.kind, span.of(self.len));
            pieces.push_back(Piece::Text(format!(
                "{gap}--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {range}\r\n\r\n"
            )));
            pieces.push_back(Piece::Span(*span));
            gap = "\r\n";
        }
        pieces.push_back(Piece::Text(format!("\r\n--{boundary}--\r\n")));
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_LENGTH,
            pieces.iter().map(Piece::len).sum::<u64>().into(),
        );
        headers.insert(
            CONTENT_TYPE,
            shown(format_args!("multipart/byteranges; boundary={boundary}")),
        );
        *response.body_mut() = Body::new(FileBody::new(self.file, pieces, sender(asked)));
        response
    }

    fn unsatisfiable(&self) -> Response<Body> {
        let mut response = text(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "invalid range: failed to overlap\n",
        );
        response
            .headers_mut()
            .insert(CONTENT_RANGE, shown(format_args!("bytes */{}", self.len)));
        response
    }

    /// The headers of an answer that carries content.
    fn head(&mut self, status: StatusCode) -> Response<Body> {
        let mut response = self.bare(status);
        let headers = response.headers_mut();
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(CONTENT_TYPE, header(self.kind.clone()));
        if let Some(coding) = self.coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name));
        }
        response
    }

    /// The headers that caches need, whatever the status. What they say is said once.
    fn bare(&mut self, status: StatusCode) -> Response<Body> {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        // All that any answer gets, so that its map never grows.
        headers.reserve(9);
        if let Some(own) = self.validators.take() {
            headers.insert(ETAG, own.tag);
            headers.insert(LAST_MODIFIED, shown(HttpDate::from(own.modified)));
        }
        // Pages name the versions of everything else, so that they are asked for each time.
        if self.kind.starts_with("text/html") {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        if coding::shrinks(&self.kind) {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }
}

/// By name where that says it, by content otherwise. The charset of all text is taken for UTF-8, as before.
fn kind(path: &Path, file: &File, len: u64) -> Result<Cow<'static, str>, Failure> {
    match mime_guess::from_path(path).first_raw() {
        Some("text/html") => Ok("text/html; charset=utf-8".into()),
        Some("text/css") => Ok("text/css; charset=utf-8".into()),
        Some("text/javascript") => Ok("text/javascript; charset=utf-8".into()),
        Some(kind) if kind.starts_with("text/") => Ok(format!("{kind}; charset=utf-8").into()),
        Some(kind) => Ok(kind.into()),
        None => {
            let window = Span {
                start: 0,
                end: len.min(sniff::WINDOW as u64),
            };
            let first = read(file, window).map_err(failed)?;
            Ok(sniff::content_type(&first).into())
        }
    }
}

/// A clock at its epoch is that of a reproducible image: it tells no version from the next, and nothing may be concluded from it.
fn validators(about: &Metadata, coding: Option<&Coding>, mark: &str) -> Option<Validators> {
    let age = about
        .modified()
        .ok()?
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    if age.as_secs() <= 1 {
        return None;
    }
    let suffix = coding.map_or("", |coding| coding.suffix);
    let tag = format_args!("\"{:x}-{:x}{mark}{suffix}\"", age.as_nanos(), about.len());
    Some(Validators {
        tag: shown(tag),
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(age.as_secs()),
    })
}

/// What fits into one read is read at once, before the status is settled.
fn body(file: File, span: Span, asked: &Asked<'_>) -> Result<Body, Failure> {
    if span.len() > CHUNK {
        let pieces = [Piece::Span(span)].into();
        return Ok(Body::new(FileBody::new(file, pieces, sender(asked))));
    }
    read(&file, span).map(Body::from).map_err(failed)
}

/// The connection, where it can send files itself.
fn sender(asked: &Asked<'_>) -> Option<Arc<Peer>> {
    asked
        .peer
        .filter(|_| asked.head.version < Version::HTTP_2)
        .cloned()
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Internal(format!("cannot read a file: {error}"))
}

/// Not to be guessed by who wrote the file.
fn boundary() -> String {
    let random = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", random(), random())
}

/// Types known in advance cost no copy.
fn header(kind: Cow<'static, str>) -> HeaderValue {
    match kind {
        Cow::Borrowed(kind) => HeaderValue::from_static(kind),
        Cow::Owned(kind) => shown(kind),
    }
}
