//! A client that sends exactly the bytes it is given, and reads HTTP/1.1 responses strictly.

use std::{
    fmt::Debug,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
};

use crate::wait::LIMIT;

/// One raw connection. Reads and writes time out after 30 seconds.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

/// A response as it came, with its body freed from the transfer coding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Status line and header lines, each with its line end, without the empty line.
    pub head: String,
    /// The body; empty where a response has none (RFC 9112, 6.3).
    pub body: Vec<u8>,
}

trait Stream: Read + Write + Debug + Send {}

impl<T: Read + Write + Debug + Send> Stream for T {}

impl Wire {
    /// Connects over TCP.
    ///
    /// # Panics
    ///
    /// When the connection to `addr` is refused.
    #[must_use]
    #[track_caller]
    pub fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&addr, LIMIT)
            .unwrap_or_else(|error| panic!("can't connect to {addr}: {error}"));
        // Pieces that a test sends apart shall arrive apart and at once.
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(LIMIT)))
            .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
            .expect("a connected socket takes these options");
        Self::over(stream)
    }

    /// Connects to a unix socket.
    ///
    /// # Panics
    ///
    /// When the connection to `path` is refused.
    #[must_use]
    #[track_caller]
    pub fn connect_unix(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let stream = UnixStream::connect(path)
            .unwrap_or_else(|error| panic!("can't connect to {}: {error}", path.display()));
        stream
            .set_read_timeout(Some(LIMIT))
            .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
            .expect("a connected socket takes these options");
        Self::over(stream)
    }

    /// Speaks over something that is connected already, such as a TLS session.
    #[must_use]
    pub fn over(stream: impl Read + Write + Debug + Send + 'static) -> Self {
        Self {
            stream: BufReader::new(Box::new(stream)),
        }
    }

    /// Sends `bytes`. A peer that has already closed is no failure: what it said before
    /// that can still be read.
    ///
    /// # Panics
    ///
    /// When the peer takes nothing for 30 seconds.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        match self.stream.get_mut().write_all(bytes.as_ref()) {
            Err(error) if !is_close(error.kind()) => panic!("can't send: {error}"),
            _ => {}
        }
    }

    /// Reads the response to a request of any method but HEAD or CONNECT. An interim response
    /// (1xx) is returned like any other.
    ///
    /// # Panics
    ///
    /// When the peer closes before the end of the response, pauses for 30 seconds, or sends what
    /// RFC 9112 does not allow.
    #[track_caller]
    pub fn response(&mut self) -> Reply {
        self.response_to("GET")
    }

    /// Reads the response to a request of the given method: a response to HEAD has no body, even with
    /// a Content-Length.
    ///
    /// # Panics
    ///
    /// As [`response`](Self::response).
    #[track_caller]
    pub fn response_to(&mut self, method: &str) -> Reply {
        let mut reply = self.head();
        if method != "HEAD" && !matches!(reply.status, 100..=199 | 204 | 304) {
            reply.body = self.body(&reply);
        }
        reply
    }

    /// Asserts that the peer closes, or resets, the connection without sending another byte.
    ///
    /// # Panics
    ///
    /// When it sends something, or leaves the connection open for 30 seconds.
    #[track_caller]
    pub fn closed(&mut self) {
        let mut sent = [0; 1024];
        let length = loop {
            match self.stream.read(&mut sent) {
                Ok(length) => break length,
                Err(error) if is_close(error.kind()) => break 0,
                // SIGCONT interrupts the read of a socket that has a timeout (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("the connection is still open: {error}"),
            }
        };
        assert!(
            length == 0,
            "the peer sent this instead of closing: {:?}",
            String::from_utf8_lossy(&sent[..length])
        );
    }

    /// Reads until the peer closes, or resets, the connection.
    ///
    /// # Panics
    ///
    /// When the peer pauses for 30 seconds.
    #[track_caller]
    pub fn read_all(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        match self.stream.read_to_end(&mut all) {
            Err(error) if !is_close(error.kind()) => panic!(
                "the connection is still open after {:?}: {error}",
                String::from_utf8_lossy(&all)
            ),
            _ => all,
        }
    }

    /// Reads this many bytes, of a protocol that is not HTTP.
    ///
    /// # Panics
    ///
    /// When the peer closes before, or pauses for 30 seconds.
    #[track_caller]
    pub fn read_exact(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        if let Err(error) = self.stream.read_exact(&mut bytes) {
            panic!("the peer did not send {len} bytes: {error}");
        }
        bytes
    }

    #[track_caller]
    fn head(&mut self) -> Reply {
        let mut head = String::new();
        loop {
            let line = self.line(&head);
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| head.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3))
            .and_then(|code| code.parse().ok())
            .unwrap_or_else(|| panic!("no HTTP/1 status line: {head:?}"));
        Reply {
            status,
            head,
            body: Vec::new(),
        }
    }

    #[track_caller]
    fn body(&mut self, reply: &Reply) -> Vec<u8> {
        match (
            reply.header("transfer-encoding"),
            reply.header("content-length"),
        ) {
            (Some("chunked"), None) => self.chunks(),
            (None, Some(length)) => match length.parse() {
                Ok(length) => self.exactly(length),
                Err(_) => panic!("bad content-length: {length:?}"),
            },
            (None, None) => self.read_all(),
            _ => panic!("framing that nobody should send: {:?}", reply.head),
        }
    }

    #[track_caller]
    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.line("a chunk's size");
            let size = line.split(';').next().unwrap_or(&line).trim_end();
            match usize::from_str_radix(size, 16) {
                Ok(0) => break,
                Ok(size) => body.extend(self.exactly(size)),
                Err(_) => panic!("bad chunk size: {line:?}"),
            }
            assert_eq!(self.exactly(2), b"\r\n", "the end of a chunk");
        }
        while self.line("trailers") != "\r\n" {}
        body
    }

    #[track_caller]
    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        match (&mut self.stream)
            .take(length as u64)
            .read_to_end(&mut bytes)
        {
            Ok(read) if read == length => bytes,
            end => panic!(
                "{} of {length} bytes, then {end:?}: {:?}",
                bytes.len(),
                String::from_utf8_lossy(&bytes)
            ),
        }
    }

    #[track_caller]
    fn line(&mut self, after: &str) -> String {
        let mut line = Vec::new();
        let end = self.stream.read_until(b'\n', &mut line);
        let line = String::from_utf8_lossy(&line).into_owned();
        assert!(
            line.ends_with("\r\n"),
            "no whole line after {after:?}, but {line:?}, then {end:?}"
        );
        line
    }
}

impl Reply {
    /// The value of the first header line of that name, in any case, without the blanks around it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("a body in UTF-8")
    }
}

fn is_close(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wire whose peer has sent `bytes` and closed.
    fn wire(bytes: &str) -> Wire {
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(bytes.as_bytes()).unwrap();
        Wire::over(near)
    }

    #[test]
    fn reads_responses_one_after_the_other() {
        let mut wire = wire(
            "HTTP/1.1 100 Continue\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length:  5 \r\n\r\nhello\
             HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n\
             HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n\
             HTTP/1.1 200 OK\r\n\r\nuntil the end",
        );
        let bodies = [
            (100, ""),
            (200, "hello"),
            (200, "hello!"),
            (304, ""),
            (200, "until the end"),
        ];
        for expected in bodies {
            let reply = wire.response();
            assert_eq!((reply.status, reply.text()), expected);
        }
        wire.closed();
    }

    #[test]
    fn a_response_to_head_has_no_body() {
        let mut wire = wire("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        let reply = wire.response_to("HEAD");
        assert_eq!(reply.header("CONTENT-LENGTH"), Some("5"));
        assert_eq!(reply.header("content"), None);
        assert_eq!(wire.read_all(), b"");
    }

    #[test]
    fn bad_responses_panic() {
        let table = [
            ("", "no whole line"),
            ("HTTP/1.1 200 OK\n\n", "no whole line"),
            ("HTTP/2 200\r\n\r\n", "no HTTP/1 status line"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
                "bad content-length",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
                "5 of 9 bytes",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
                "framing",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
                "bad chunk size",
            ),
        ];
        for (bytes, message) in table {
            let panic = std::panic::catch_unwind(|| wire(bytes).response()).unwrap_err();
            let said = panic.downcast_ref::<String>().unwrap();
            assert!(said.contains(message), "{bytes:?}: {said}");
        }
    }

    #[test]
    #[should_panic(expected = "instead of closing: \"more\"")]
    fn closed_means_without_another_byte() {
        wire("more").closed();
    }
}
