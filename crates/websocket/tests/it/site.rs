//! The application under test, an axum router on a thread of its own.

use std::{net::SocketAddr, thread};

use axum::{Router, response::Response, routing::any};
use squall_websocket::{Compression, WebSocket, WebSocketSettings, WebSocketUpgrade};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
};

pub(crate) async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// `/echo` with the default settings, `/big` for large messages, `/deflate` and `/takeover` with compression, `/chat` with
/// subprotocols, `/stop` while the server shuts down, `/push` for a large message from here, `/sleep` for a handler that never receives.
fn router() -> Router {
    let big = || {
        WebSocketSettings::new()
            .max_message_size(64 << 20)
            .max_frame_size(64 << 20)
    };
    let compression = Compression::new().threshold(0);
    let settings = [
        ("/echo", WebSocketSettings::new()),
        ("/big", big()),
        ("/deflate", big().compression(compression)),
        (
            "/takeover",
            big().compression(compression.context_takeover(true)),
        ),
        (
            "/chat",
            WebSocketSettings::new().protocols(["chat.v2", "chat"]),
        ),
    ];
    let mut router = Router::new();
    for (path, settings) in settings {
        let handler = async move |upgrade: WebSocketUpgrade| -> Response {
            upgrade.settings(settings.clone()).on_upgrade(echo)
        };
        router = router.route(path, any(handler));
    }
    router
        .route(
            "/stop",
            any(async |upgrade: WebSocketUpgrade| -> Response {
                upgrade.shutdown(async {}).on_upgrade(echo)
            }),
        )
        .route(
            "/push",
            any(async |upgrade: WebSocketUpgrade| -> Response {
                upgrade
                    .on_upgrade(async |mut socket: WebSocket| socket.send(vec![7; 3 << 20]).await)
            }),
        )
        .route(
            "/sleep",
            any(async |upgrade: WebSocketUpgrade| -> Response {
                let settings = WebSocketSettings::new().max_message_size(100_000);
                upgrade
                    .settings(settings)
                    .on_upgrade(async |socket: WebSocket| {
                        std::future::pending::<()>().await;
                        drop(socket);
                    })
            }),
        )
        .route("/", any(async || "a page"))
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The running application; it ends with this value.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Site {
    pub(crate) fn start() -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (send, address) = std::sync::mpsc::channel();
        thread::spawn(move || {
            runtime().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router()) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().unwrap(),
            _stop: stop,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }
}
