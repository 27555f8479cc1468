//! An echo with hyper alone, over HTTP/1.1 and HTTP/2, without a framework.
//!
//! Run with `cargo run -p squall-websocket --example hyper_websocket`, then connect any client to
//! `ws://127.0.0.1:8888/`, such as `python3 -m websockets ws://127.0.0.1:8888/`.

use std::{convert::Infallible, error::Error};

use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use squall_websocket::{WebSocket, WebSocketError, WebSocketUpgrade};

async fn serve(mut request: Request<Incoming>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    Ok(match WebSocketUpgrade::new(&mut request) {
        Ok(upgrade) => upgrade.on_upgrade(echo),
        Err(error) => error.into_response(),
    })
}

async fn echo(mut socket: WebSocket) -> Result<(), WebSocketError> {
    while let Some(message) = socket.recv().await {
        socket.send(message?).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http2().enable_connect_protocol();
            let io = TokioIo::new(stream);
            // An error is that of one client.
            let _ = builder
                .serve_connection_with_upgrades(io, service_fn(serve))
                .await;
        });
    }
}
