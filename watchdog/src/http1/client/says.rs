//! How an answer's body is framed.
//!
//! Owns the decision for all that an answer may say of it (RFC 9112, 6.1 to 6.3), the wrong and the doubtful included. May know the status, the version and
//! what was asked. Refuses to guess: an answer that could end in two places is none, or the last of its connection.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version};

use crate::http1::fields;
use crate::http1::inbound::Framing;

/// What the fields say of the body.
#[derive(Debug, Default)]
pub(super) struct Says {
    coding: Coding,
    length: Length,
    /// A length stands in more than one place, or has zeros before it.
    unusual: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Coding {
    #[default]
    None,
    Chunked,
    /// We have not asked for it (RFC 9112, 7.4), and nobody can read it.
    Other,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Length {
    #[default]
    None,
    Of(u64),
    /// No number, or two of them.
    Wrong,
}

impl Says {
    pub(super) fn note_coding(&mut self, value: &[u8]) {
        let mut members = fields::members(value);
        let chunked = members
            .next()
            .is_some_and(|m| m.eq_ignore_ascii_case(b"chunked"));
        let alone = self.coding == Coding::None && members.next().is_none();
        self.coding = if chunked && alone {
            Coding::Chunked
        } else {
            Coding::Other
        };
    }

    pub(super) fn note_length(&mut self, value: &[u8]) {
        for member in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let first = self.length == Length::None;
            self.unusual |= !first || fields::is_padded(member);
            self.length = match fields::length(member).map(Length::Of) {
                Some(length) if first || length == self.length => length,
                _ => Length::Wrong,
            };
        }
    }

    /// The framing, and whether nothing may follow on the connection. The table is in DESIGN.md.
    pub(super) fn framing(
        &self,
        response: &Response<()>,
        asked: &Method,
    ) -> Result<(Framing, bool), String> {
        let status = response.status();
        // Whoever says this knows too little of framing to be relied on.
        let old = self.coding != Coding::None && response.version() != Version::HTTP_11;
        let both = self.coding != Coding::None && self.length != Length::None;
        if self.length == Length::Wrong && self.coding == Coding::None {
            return Err("the answer's Content-Length is not one number of bytes".to_owned());
        }
        if status.is_informational() || status == StatusCode::NO_CONTENT {
            // Neither field may be there, so something may follow.
            let some = !matches!(self.length, Length::None | Length::Of(0));
            return Ok((Framing::Length(0), some || self.coding != Coding::None));
        }
        if status == StatusCode::NOT_MODIFIED || *asked == Method::HEAD {
            return Ok((Framing::Length(0), old || both));
        }
        match (self.coding, self.length) {
            (Coding::Other, _) => {
                Err("the answer has a transfer coding other than chunked".to_owned())
            }
            (Coding::Chunked, _) => Ok((Framing::Chunked, old || both)),
            (Coding::None, Length::Of(length)) => Ok((Framing::Length(length), false)),
            (Coding::None, _) => Ok((Framing::Close, true)),
        }
    }

    /// Leaves one length where there are several, and none beside a coding: others on the way could believe it.
    pub(super) fn settle(&self, headers: &mut HeaderMap) {
        match (self.coding, self.length) {
            (Coding::None, Length::Of(length)) if self.unusual => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            }
            (Coding::Chunked | Coding::Other, Length::Of(_) | Length::Wrong) => {
                headers.remove(CONTENT_LENGTH);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::TRANSFER_ENCODING;

    use super::*;
    use Framing::{Chunked, Close, Length as Sized};

    /// What is decided of an answer to GET, or HEAD, with these fields.
    fn decided(line: &str, fields: &[(&str, &str)]) -> Option<(Framing, bool)> {
        let (method, line) = line.split_once(' ').unwrap();
        let (version, status) = line.split_once(' ').unwrap();
        let mut says = Says::default();
        for (name, value) in fields {
            match *name {
                "te" => says.note_coding(value.as_bytes()),
                _ => says.note_length(value.as_bytes()),
            }
        }
        let mut response = Response::new(());
        *response.status_mut() = status.parse().unwrap();
        if version == "1.0" {
            *response.version_mut() = Version::HTTP_10;
        }
        says.framing(&response, &method.parse().unwrap()).ok()
    }

    #[test]
    fn every_row_of_the_table() {
        for (line, fields, expected) in [
            ("GET 1.1 200", &[][..], Some((Close, true))),
            ("GET 1.1 200", &[("cl", "5")], Some((Sized(5), false))),
            (
                "GET 1.1 200",
                &[("cl", "5, 5"), ("cl", "5")],
                Some((Sized(5), false)),
            ),
            ("GET 1.1 200", &[("cl", "5"), ("cl", "6")], None),
            ("GET 1.1 200", &[("cl", "5,")], None),
            ("GET 1.1 200", &[("cl", "")], None),
            ("GET 1.1 200", &[("cl", "+5")], None),
            ("GET 1.1 200", &[("cl", "99999999999999999999")], None),
            ("GET 1.1 200", &[("te", "Chunked")], Some((Chunked, false))),
            (
                "GET 1.1 200",
                &[("te", "chunked"), ("cl", "5")],
                Some((Chunked, true)),
            ),
            (
                "GET 1.1 200",
                &[("cl", "x"), ("te", "chunked")],
                Some((Chunked, true)),
            ),
            ("GET 1.1 200", &[("te", "gzip, chunked")], None),
            ("GET 1.1 200", &[("te", "chunked, gzip")], None),
            ("GET 1.1 200", &[("te", "chunked, chunked")], None),
            ("GET 1.1 200", &[("te", "chunked"), ("te", "chunked")], None),
            ("GET 1.1 200", &[("te", "identity")], None),
            ("GET 1.1 200", &[("te", "")], None),
            ("GET 1.0 200", &[("te", "chunked")], Some((Chunked, true))),
            ("GET 1.0 200", &[("cl", "5")], Some((Sized(5), false))),
            ("GET 1.1 204", &[], Some((Sized(0), false))),
            ("GET 1.1 204", &[("cl", "0")], Some((Sized(0), false))),
            ("GET 1.1 204", &[("cl", "5")], Some((Sized(0), true))),
            ("GET 1.1 204", &[("te", "chunked")], Some((Sized(0), true))),
            ("GET 1.1 204", &[("cl", "x")], None),
            ("GET 1.1 304", &[("cl", "5")], Some((Sized(0), false))),
            ("GET 1.1 304", &[("te", "chunked")], Some((Sized(0), false))),
            ("GET 1.1 304", &[("cl", "5"), ("cl", "6")], None),
            ("HEAD 1.1 200", &[("cl", "5")], Some((Sized(0), false))),
            ("HEAD 1.1 200", &[("cl", "-5")], None),
            (
                "HEAD 1.1 200",
                &[("te", "gzip, chunked")],
                Some((Sized(0), false)),
            ),
            ("HEAD 1.0 200", &[("te", "chunked")], Some((Sized(0), true))),
            (
                "HEAD 1.1 200",
                &[("te", "chunked"), ("cl", "5")],
                Some((Sized(0), true)),
            ),
        ] {
            assert_eq!(decided(line, fields), expected, "{line} {fields:?}");
        }
    }

    #[test]
    fn one_length_is_left_at_most() {
        for (fields, left) in [
            (&[("content-length", "5")][..], vec!["5"]),
            (&[("content-length", "5, 5")], vec!["5"]),
            (&[("content-length", "05")], vec!["5"]),
            (
                &[("content-length", "5"), ("content-length", "05")],
                vec!["5"],
            ),
            (
                &[("content-length", "5"), ("transfer-encoding", "chunked")],
                vec![],
            ),
        ] {
            let (mut says, mut headers) = (Says::default(), HeaderMap::new());
            for (name, value) in fields {
                let value = HeaderValue::from_static(value);
                if *name == "transfer-encoding" {
                    says.note_coding(value.as_bytes());
                    headers.append(TRANSFER_ENCODING, value);
                } else {
                    says.note_length(value.as_bytes());
                    headers.append(CONTENT_LENGTH, value);
                }
            }
            says.settle(&mut headers);
            let lengths: Vec<_> = headers.get_all(CONTENT_LENGTH).iter().collect();
            assert_eq!(lengths, left);
        }
    }
}
