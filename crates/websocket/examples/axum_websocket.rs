//! A chat in an axum application, without the rest of squall: a room, and an end in order.
//!
//! Run with `cargo run -p squall-websocket --example axum_websocket`, open `http://127.0.0.1:8888/` in two tabs, and
//! stop it with Ctrl-C: each socket gets a close frame with 1001, and the program waits for the answers.

use std::{env, io};

use axum::{
    Router,
    extract::{Extension, State},
    response::{Html, Response},
    routing::{any, get},
};
use squall_websocket::{Message, WebSocket, WebSocketSettings, WebSocketUpgrade};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    oneshot, watch,
};

#[derive(Clone)]
struct Site {
    room: broadcast::Sender<Message>,
    stopping: watch::Receiver<bool>,
}

async fn page() -> Html<&'static str> {
    Html(
        "<!doctype html><title>Chat</title><form><input autofocus></form><ul></ul><script>
        const socket = new WebSocket(location.href.replace('http', 'ws') + 'chat');
        const say = text => document.querySelector('ul')
            .appendChild(document.createElement('li')).append(text);
        socket.onmessage = event => say(event.data);
        socket.onclose = event => say(`closed: ${event.code} ${event.reason}`);
        document.querySelector('form').onsubmit = event => {
            event.preventDefault();
            socket.send(event.target[0].value);
            event.target.reset();
        };
        </script>",
    )
}

async fn chat(upgrade: WebSocketUpgrade, State(site): State<Site>) -> Response {
    let mut stopping = site.stopping.clone();
    let stopped = async move {
        // An error means that the program is at its end.
        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
    };
    upgrade
        .shutdown(stopped)
        .on_upgrade(move |socket| talk(socket, site))
}

/// `site` has a receiver of the signal, for whose end `main` waits.
async fn talk(mut socket: WebSocket, site: Site) {
    let mut messages = site.room.subscribe();
    loop {
        tokio::select! {
            received = socket.recv() => match received {
                // Without other clients there is no receiver.
                Some(Ok(message)) => { let _ = site.room.send(message); }
                Some(Err(_)) | None => break,
            },
            sent = messages.recv() => match sent {
                Ok(message) => if socket.send(message).await.is_err() { break },
                // A client that reads slowly loses messages, and holds up no other.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let site = Site {
        room: broadcast::channel(100).0,
        stopping,
    };
    let settings = WebSocketSettings::new().max_message_size(64 * 1024);
    let app = Router::new()
        .route("/", get(page))
        .route("/chat", any(chat))
        .layer(Extension(settings))
        .with_state(site);
    let port = env::args().nth(1).unwrap_or_else(|| "8888".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let stopped = async move {
        let _ = tokio::signal::ctrl_c().await;
        let _ = stop.send(true);
        stop
    };
    let (send_stop, stop) = oneshot::channel();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            let _ = send_stop.send(stopped.await);
        })
        .await?;
    if let Ok(stop) = stop.await {
        stop.closed().await;
    }
    Ok(())
}
