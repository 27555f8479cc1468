//! The client: it sends frames as bytes, and compares what comes with what has to.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use benches::Result;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    /// Opens a socket. Compression is offered; only one server takes it.
    pub(crate) fn connect(address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )?;
        // Byte by byte: frames may follow.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if !head.starts_with(b"HTTP/1.1 101 ") {
            return Err(String::from_utf8(head)?.into());
        }
        Ok(Self {
            stream,
            read: Vec::new(),
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    pub(crate) fn expect(&mut self, wanted: &[u8]) -> Result<()> {
        self.read.resize(wanted.len(), 0);
        self.stream.read_exact(&mut self.read)?;
        if self.read == wanted {
            Ok(())
        } else {
            Err("an answer differs from its message".into())
        }
    }

    /// Reads a frame of at most 125 bytes.
    pub(crate) fn skip_frame(&mut self) -> Result<()> {
        let mut header = [0; 2];
        self.stream.read_exact(&mut header)?;
        self.read.resize(usize::from(header[1]), 0);
        Ok(self.stream.read_exact(&mut self.read)?)
    }

    /// Asks a publisher for the number of its subscribers, with an empty message, until there are so many.
    pub(crate) fn wait_for_subscribers(&mut self, count: usize) -> Result<()> {
        loop {
            self.send(&frame(b""))?;
            self.skip_frame()?;
            if self.read == count.to_string().as_bytes() {
                return Ok(());
            }
        }
    }
}

/// A binary message as a client sends it.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = answer(payload);
    bytes[1] |= 0x80;
    let header = bytes.len() - payload.len();
    let masked = payload.iter().zip(MASK.iter().cycle());
    let masked = masked.map(|(byte, mask)| byte ^ mask);
    bytes.splice(header.., MASK.into_iter().chain(masked));
    bytes
}

/// The same as a server sends it.
pub(crate) fn answer(payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let mut bytes = vec![0x82];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => bytes.push(short),
        (_, Ok(medium)) => {
            bytes.push(126);
            bytes.extend(medium.to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}
