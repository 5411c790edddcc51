//! The first lines of requests and responses.
//! It knows the grammar of the start line and of the blank line that ends a head.
//! It refuses bare line feeds and unknown versions.

use super::Headers;

/// `HTTP/1.1 200 OK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusLine {
    pub minor: u8,
    pub status: u16,
    pub reason: String,
}

/// What a fixture server sees of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    pub method: String,
    pub target: String,
    pub minor: u8,
    pub headers: Headers,
}

impl RequestHead {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// One value of the query, undecoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Takes a whole head off the front of `buf`; `None` while it is not all there.
pub fn take_head(buf: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buf.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    Some(buf.drain(..end).collect())
}

/// Splits a head into its start line and its fields.
fn split(head: &[u8]) -> Result<(String, Headers), String> {
    let text = head.strip_suffix(b"\r\n\r\n").unwrap_or(head);
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let count = lines.len();
    let mut start = None;
    let mut headers = Headers::new();
    for (index, line) in lines.into_iter().enumerate() {
        let last = index + 1 == count;
        let line = match line.strip_suffix(b"\r") {
            Some(line) => line,
            None if last => line,
            None => return Err("a line of the head ends without a carriage return".to_owned()),
        };
        if start.is_none() {
            start = Some(String::from_utf8_lossy(line).into_owned());
        } else {
            headers.parse_line(line)?;
        }
    }
    Ok((start.unwrap_or_default(), headers))
}

fn minor(version: &str) -> Result<u8, String> {
    match version {
        "HTTP/1.0" => Ok(0),
        "HTTP/1.1" => Ok(1),
        other => Err(format!("unknown version {other:?}")),
    }
}

pub fn parse_response(head: &[u8]) -> Result<(StatusLine, Headers), String> {
    let (start, headers) = split(head)?;
    let bad = || format!("bad status line {start:?}");
    let (version, rest) = start.split_once(' ').ok_or_else(bad)?;
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    if code.len() != 3 {
        return Err(bad());
    }
    let status = code.parse().map_err(|_| bad())?;
    Ok((
        StatusLine {
            minor: minor(version)?,
            status,
            reason: reason.to_owned(),
        },
        headers,
    ))
}

pub fn parse_request(head: &[u8]) -> Result<RequestHead, String> {
    let (start, headers) = split(head)?;
    let mut words = start.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some(version), None) => Ok(RequestHead {
            method: method.to_owned(),
            target: target.to_owned(),
            minor: minor(version)?,
            headers,
        }),
        _ => Err(format!("bad request line {start:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_head_is_taken_apart() {
        let mut buf = b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nrest".to_vec();
        let head = take_head(&mut buf).unwrap();
        assert_eq!(buf, b"rest");
        let (line, headers) = parse_response(&head).unwrap();
        assert_eq!(
            (line.status, line.reason.as_str(), line.minor),
            (404, "Not Found", 1)
        );
        assert_eq!(headers.get("a"), Some("b"));
    }

    #[test]
    fn a_bare_line_feed_is_refused() {
        assert!(parse_response(b"HTTP/1.1 200 OK\nA: b\r\n\r\n").is_err());
        assert!(parse_response(b"HTTP/2 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_query_value_is_found() {
        let head = parse_request(b"GET /slow?ms=20&x=1 HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!(head.path(), "/slow");
        assert_eq!(head.query("ms"), Some("20"));
        assert_eq!(head.query("m"), None);
    }
}
