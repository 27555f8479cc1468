//! Tests of sockets without HTTP, on a pipe and a paused clock.

mod closing;
mod handles;
mod limits;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
};

use super::*;
use crate::{Message, WebSocket, WebSocketSettings, codec};

/// A client, which writes and reads frames as bytes.
struct Client {
    io: DuplexStream,
    task: JoinHandle<()>,
}

const PIPE: usize = 64 * 1024;

fn settings() -> WebSocketSettings {
    WebSocketSettings::new()
        .ping_interval(None)
        .shutdown_spread(Duration::ZERO)
}

fn connect<F>(settings: WebSocketSettings, handler: impl FnOnce(WebSocket) -> F) -> Client
where
    F: Future + Send + 'static,
{
    connect_with(settings, false, None, handler)
}

fn connect_with<F>(
    settings: WebSocketSettings,
    is_http2: bool,
    shutdown: Option<ShutdownSignal>,
    handler: impl FnOnce(WebSocket) -> F,
) -> Client
where
    F: Future + Send + 'static,
{
    let (io, theirs) = duplex(PIPE);
    let connection = Connection::new(Box::new(theirs), is_http2, None, Arc::new(settings));
    let shared = Shared::new(connection, None);
    let handler = handler(WebSocket::new(&shared));
    let task = tokio::spawn(Driver::new(shared, handler, shutdown));
    Client { io, task }
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let (header, len) = codec::encode_header(codec::Opcode::Text, false, payload.len());
    let mut bytes = header[..len].to_vec();
    bytes[0] = first;
    bytes[1] |= 0x80;
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

impl Client {
    async fn send(&mut self, frames: &[u8]) {
        self.io.write_all(frames).await.unwrap();
    }

    /// Reads a frame: its first byte and its payload. `None` at the end of the connection.
    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.io.read_u8().await.ok()?;
        let len = match self.io.read_u8().await.unwrap() {
            126 => usize::from(self.io.read_u16().await.unwrap()),
            127 => usize::try_from(self.io.read_u64().await.unwrap()).unwrap(),
            len => usize::from(len),
        };
        let mut payload = vec![0; len];
        self.io.read_exact(&mut payload).await.unwrap();
        Some((first, payload))
    }

    async fn expect(&mut self, first: u8, payload: &[u8]) {
        assert_eq!(self.read().await, Some((first, payload.to_vec())));
    }

    async fn expect_close(&mut self, code: u16) {
        let (first, payload) = self.read().await.expect("a close frame");
        assert_eq!((first, &payload[..2]), (0x88, &code.to_be_bytes()[..]));
    }

    async fn expect_close_and_answer(&mut self, code: u16) {
        let (first, payload) = self.read().await.expect("a close frame");
        assert_eq!(first, 0x88);
        if !payload.is_empty() {
            assert_eq!(&payload[..2], &code.to_be_bytes()[..]);
        }
        self.send(&frame(0x88, &payload)).await;
    }

    async fn ends(mut self) {
        assert_eq!(self.read().await, None);
        drop(self.io);
        self.task.await.unwrap();
    }
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}
