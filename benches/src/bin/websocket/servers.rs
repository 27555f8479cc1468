//! The servers: the same program on hyper's upgrades, with each crate.

use std::convert::Infallible;

use benches::{Result, current_thread, listen};
use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role};
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use squall_websocket::{Compression, Message, WebSocketSettings, WebSocketUpgrade};
use tokio::{io::AsyncReadExt, sync::broadcast};
use tokio_tungstenite::tungstenite::{self, protocol};

type Io = TokioIo<Upgraded>;

type Room = broadcast::Sender<Bytes>;

pub(crate) type Serve = fn() -> Result<()>;

pub(crate) const SERVERS: &[(&str, Serve)] = &[
    ("squall", || squall(WebSocketSettings::new())),
    ("squall-deflate", || {
        let compression = Compression::new().threshold(0);
        squall(WebSocketSettings::new().compression(compression))
    }),
    // As the others, which have no timers.
    ("squall-without-pings", || {
        squall(WebSocketSettings::new().ping_interval(None))
    }),
    ("tokio-tungstenite", || {
        let config = protocol::WebSocketConfig::default();
        serve_with::<Tungstenite>(config.read_buffer_size(4096).write_buffer_size(0))
    }),
    ("tokio-tungstenite-default", || {
        serve_with::<Tungstenite>(protocol::WebSocketConfig::default())
    }),
    ("fastwebsockets", || serve_with::<Fast>(())),
    ("tokio-websockets", || serve_with::<TokioWebsockets>(())),
    // The cost of a connection without a WebSocket.
    ("upgrade", || serve_with::<Raw>(())),
];

/// A socket of a crate.
trait Socket: Sized + Send + 'static {
    type Config: Copy + Send + 'static;

    fn open(io: Io, config: Self::Config) -> impl Future<Output = Self> + Send;

    /// Answers each message until the client has gone.
    fn echo(self) -> impl Future<Output = ()> + Send;

    fn recv(&mut self) -> impl Future<Output = Option<Bytes>> + Send;

    fn send(&mut self, message: Bytes) -> impl Future<Output = ()> + Send;
}

/// Runs what the path asks for.
async fn run<S: Socket>(mut socket: S, path: &str, room: Room) {
    match path {
        "/publish" => {
            while let Some(message) = socket.recv().await {
                if message.is_empty() {
                    let count = room.receiver_count().to_string();
                    socket.send(count.into()).await;
                } else {
                    // There are always subscribers.
                    let _ = room.send(message);
                }
            }
        }
        "/subscribe" => {
            let mut messages = room.subscribe();
            while let Ok(message) = messages.recv().await {
                socket.send(message).await;
            }
        }
        _ => socket.echo().await,
    }
}

fn serve_with<S: Socket>(config: S::Config) -> Result<()> {
    serve(move |mut request: Request<Incoming>, room: Room| {
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
        let accept =
            tungstenite::handshake::derive_accept_key(key.map_or(b"", |key| key.as_bytes()));
        let path = request.uri().path().to_owned();
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let Ok(upgraded) = upgrade.await else {
                return;
            };
            run(S::open(TokioIo::new(upgraded), config).await, &path, room).await;
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONNECTION, "upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_ACCEPT, &accept),
        ] {
            headers.insert(name, value.parse().expect("it is valid in a header"));
        }
        response
    })
}

fn squall(settings: WebSocketSettings) -> Result<()> {
    let settings = std::sync::Arc::new(settings);
    serve(move |mut request: Request<Incoming>, room: Room| {
        let path = request.uri().path().to_owned();
        match WebSocketUpgrade::new(&mut request) {
            Ok(upgrade) => upgrade
                .settings(settings.clone())
                .on_upgrade(async move |socket| run(socket, &path, room).await),
            Err(error) => error.into_response(),
        }
    })
}

fn serve(
    handshake: impl Fn(Request<Incoming>, Room) -> Response<Full<Bytes>> + Clone + Send + 'static,
) -> Result<()> {
    let listener = listen()?;
    let room = broadcast::channel(16).0;
    current_thread()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (handshake, room) = (handshake.clone(), room.clone());
            let service = service_fn(move |request| {
                let response = handshake(request, room.clone());
                async { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    })
}

impl Socket for squall_websocket::WebSocket {
    type Config = ();

    async fn open(_: Io, (): ()) -> Self {
        unreachable!("the crate opens its sockets itself")
    }

    async fn echo(mut self) {
        while let Some(Ok(message)) = self.recv().await {
            if self.send(message).await.is_err() {
                break;
            }
        }
    }

    async fn recv(&mut self) -> Option<Bytes> {
        Some(self.recv().await?.ok()?.into_bytes())
    }

    async fn send(&mut self, message: Bytes) {
        // A client that has gone is found by `recv`.
        let _ = self.send(Message::Binary(message)).await;
    }
}

type Tungstenite = tokio_tungstenite::WebSocketStream<Io>;

impl Socket for Tungstenite {
    type Config = protocol::WebSocketConfig;

    async fn open(io: Io, config: protocol::WebSocketConfig) -> Self {
        Self::from_raw_socket(io, protocol::Role::Server, Some(config)).await
    }

    async fn echo(mut self) {
        while let Some(Ok(message)) = self.next().await {
            let is_data = message.is_text() || message.is_binary();
            if is_data && SinkExt::send(&mut self, message).await.is_err() {
                break;
            }
        }
    }

    async fn recv(&mut self) -> Option<Bytes> {
        Some(self.next().await?.ok()?.into_data())
    }

    async fn send(&mut self, message: Bytes) {
        let _ = SinkExt::send(self, tungstenite::Message::Binary(message)).await;
    }
}

type Fast = FragmentCollector<Io>;

impl Socket for Fast {
    type Config = ();

    async fn open(io: Io, (): ()) -> Self {
        Self::new(fastwebsockets::WebSocket::after_handshake(io, Role::Server))
    }

    async fn echo(mut self) {
        while let Ok(frame) = self.read_frame().await {
            let is_data = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
            if !is_data || self.write_frame(frame).await.is_err() {
                break;
            }
        }
    }

    async fn recv(&mut self) -> Option<Bytes> {
        let frame = self.read_frame().await.ok()?;
        Some(Vec::from(frame.payload).into())
    }

    async fn send(&mut self, message: Bytes) {
        let _ = self
            .write_frame(Frame::binary(Payload::Borrowed(&message)))
            .await;
    }
}

type TokioWebsockets = tokio_websockets::WebSocketStream<Io>;

impl Socket for TokioWebsockets {
    type Config = ();

    async fn open(io: Io, (): ()) -> Self {
        tokio_websockets::ServerBuilder::new().serve(io)
    }

    async fn echo(mut self) {
        while let Some(Ok(message)) = self.next().await {
            if !message.is_close() && SinkExt::send(&mut self, message).await.is_err() {
                break;
            }
        }
    }

    async fn recv(&mut self) -> Option<Bytes> {
        Some(self.next().await?.ok()?.into_payload().into())
    }

    async fn send(&mut self, message: Bytes) {
        let _ = SinkExt::send(self, tokio_websockets::Message::binary(message)).await;
    }
}

/// An upgraded connection that reads a byte at a time, and answers the bench's message for idle connections.
struct Raw(Io);

impl Socket for Raw {
    type Config = ();

    async fn open(io: Io, (): ()) -> Self {
        Self(io)
    }

    async fn echo(mut self) {
        let mut frame = [0; 26];
        while self.0.read_exact(&mut frame).await.is_ok() {
            let answer = [0x82, 0];
            if tokio::io::AsyncWriteExt::write_all(&mut self.0, &answer)
                .await
                .is_err()
            {
                break;
            }
        }
    }

    async fn recv(&mut self) -> Option<Bytes> {
        None
    }

    async fn send(&mut self, _: Bytes) {}
}
