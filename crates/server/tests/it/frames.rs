//! A client that speaks HTTP/2 frame by frame, and may misbehave in every one of them.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113, section 6, and the flags that are used here.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header section (RFC 7541) for `http://a{path}`, without Huffman coding and dynamic table.
pub(crate) fn head(method: u8, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    let authority = [0x01, 1, b'a'];
    let path = [&[0x04, length], path.as_bytes()].concat();
    [&[method, 0x86], &authority[..], &path].concat()
}

pub(crate) const GET: u8 = 0x82;
pub(crate) const POST: u8 = 0x83;

pub(crate) fn get_frame(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(GET, path))
}

pub(crate) struct Client<S>(pub(crate) S);

impl Client<TcpStream> {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self::begin(stream)
    }
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn begin(stream: S) -> Self {
        let mut client = Self(stream);
        client.send(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat());
        client
    }

    /// A server that has closed is no failure: its output can still be read.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    pub(crate) fn get(&mut self, stream: u32, path: &str) {
        self.send(&get_frame(stream, path));
    }

    /// The next frame, or nothing once the server has closed.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        Some(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        })
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let next = self.next().expect("the connection is still open");
            if wanted(&next) {
                return next;
            }
        }
    }

    /// The status and body of the response on that stream. Nothing is acknowledged meanwhile.
    #[track_caller]
    pub(crate) fn response(&mut self, stream: u32) -> (u16, String) {
        let head = self.wait(|frame| frame.kind == HEADERS && frame.stream == stream);
        // The indexed statuses of RFC 7541's appendix A, and those with a literal value.
        let status = match head.payload[0] {
            index @ 0x88..=0x8e => [200, 204, 206, 304, 400, 404, 500][usize::from(index - 0x88)],
            _ => 0,
        };
        let mut body = Vec::new();
        let mut ended = head.flags & END_STREAM != 0;
        while !ended {
            let next = self.wait(|frame| frame.stream == stream);
            assert_eq!(next.kind, DATA, "stream {stream}");
            ended = next.flags & END_STREAM != 0;
            body.extend(next.payload);
        }
        (status, String::from_utf8(body).unwrap())
    }

    /// Reads to the end; returns the kinds of frames.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.next().map(|frame| frame.kind)).collect()
    }
}
