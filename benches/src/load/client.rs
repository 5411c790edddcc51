//! One connection, one request at a time, as cheap as a thread can.
//! It knows HTTP/1.1 answers: lengths, chunks and a close.
//! It refuses to keep a body: it counts it.

use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);
const BUFFER: usize = 64 << 10;

/// What came back.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// Bytes of the body, without framing.
    pub body: u64,
    /// Bytes on the wire, the head and framing included.
    pub wire: u64,
    close: bool,
}

pub struct Conn {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

/// How the end of a body is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunks,
    Close,
}

impl Conn {
    pub fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// Sends a request and reads its answer; connects where there is no connection.
    pub fn exchange(&mut self, wire: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.port)?,
        };
        stream.get_mut().write_all(wire)?;
        let answer = receive(&mut stream, &mut io::sink())?;
        if !answer.close {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

pub fn connect(port: u16) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(BufReader::with_capacity(BUFFER, stream))
}

/// Reads an answer; its body goes to the sink.
pub fn receive(stream: &mut impl BufRead, sink: &mut impl Write) -> io::Result<Answer> {
    let (mut answer, framing) = head(stream)?;
    answer.close |= framing == Framing::Close;
    answer.body = body(stream, &framing, sink, &mut answer.wire)?;
    Ok(answer)
}

/// Passes a body on; adds what it took on the wire to the count.
pub fn body(
    stream: &mut impl BufRead,
    framing: &Framing,
    sink: &mut impl Write,
    wire: &mut u64,
) -> io::Result<u64> {
    let body = match framing {
        Framing::None => 0,
        Framing::Length(length) => pass(stream, *length, sink)?,
        Framing::Chunks => chunks(stream, sink, wire)?,
        Framing::Close => io::copy(stream, sink)?,
    };
    *wire += body;
    Ok(body)
}

/// Reads the head of an answer.
pub fn head(stream: &mut impl BufRead) -> io::Result<(Answer, Framing)> {
    let mut answer = Answer::default();
    let mut line = String::new();
    answer.wire += read_line(stream, &mut line)?;
    answer.status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| bad("no status"))?;
    let mut framing = Framing::Close;
    loop {
        answer.wire += read_line(stream, &mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                framing = Framing::Length(value.parse().map_err(|_| bad("a bad length"))?);
            }
            "transfer-encoding" => framing = Framing::Chunks,
            "connection" => answer.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    if matches!(answer.status, 204 | 304) {
        framing = Framing::None;
    }
    Ok((answer, framing))
}

fn read_line(stream: &mut impl BufRead, line: &mut String) -> io::Result<u64> {
    line.clear();
    let got = stream.read_line(line)?;
    if !line.ends_with('\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(got as u64)
}

/// Passes exactly this many bytes on.
fn pass(stream: &mut impl BufRead, length: u64, sink: &mut impl Write) -> io::Result<u64> {
    let got = io::copy(&mut stream.take(length), sink)?;
    if got == length {
        Ok(got)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Passes a chunked body on; adds what the framing took to the count.
fn chunks(stream: &mut impl BufRead, sink: &mut impl Write, wire: &mut u64) -> io::Result<u64> {
    let mut body = 0;
    let mut line = String::new();
    loop {
        *wire += read_line(stream, &mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| bad("a bad chunk"))?;
        body += pass(stream, size, sink)?;
        *wire += read_line(stream, &mut line)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Framing, chunks, head, pass};
    use std::io::sink;

    fn read(text: &str) -> std::io::Result<(Answer, Framing)> {
        head(&mut text.as_bytes())
    }

    #[test]
    fn a_head_tells_where_the_body_ends() {
        let (answer, framing) = read("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.wire), (200, 39));
        assert_eq!(framing, Framing::Length(11));
        let (_, framing) = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        assert_eq!(framing, Framing::Chunks);
        let (answer, framing) =
            read("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n").unwrap();
        assert_eq!(framing, Framing::None);
        assert!(answer.close);
        assert_eq!(read("HTTP/1.0 200 OK\r\n\r\n").unwrap().1, Framing::Close);
    }

    #[test]
    fn a_broken_head_is_an_error() {
        assert!(read("HTTP/1.1 200 OK\r\nContent-Le").is_err());
        assert!(read("nonsense\r\n\r\n").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn a_short_body_is_an_error() {
        assert_eq!(pass(&mut &b"hello"[..], 5, &mut sink()).unwrap(), 5);
        assert!(pass(&mut &b"hell"[..], 5, &mut sink()).is_err());
    }

    #[test]
    fn chunks_add_up() {
        let mut wire = 0;
        let mut body = Vec::new();
        let mut text = &b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"[..];
        assert_eq!(chunks(&mut text, &mut body, &mut wire).unwrap(), 11);
        assert_eq!(body, b"hello world");
        assert_eq!(wire, 19);
        let mut short = &b"5\r\nhel"[..];
        assert!(chunks(&mut short, &mut body, &mut wire).is_err());
    }
}
