//! Client addresses in an axum application, without the rest of squall.
//!
//! Run with `cargo run -p squall-xheaders --example axum_xheaders`, then `curl -H 'X-Forwarded-For:
//! 203.0.113.7' http://127.0.0.1:8888/`. The header is trusted, since curl connects from loopback,
//! as a proxy on this machine would.

use std::{io, net::SocketAddr};

use axum::{
    Router,
    extract::{ConnectInfo, Extension},
    routing::get,
};
use squall_xheaders::{Client, XHeaders};

async fn whoami(Extension(client): Extension<Client>) -> String {
    let addr = client.addr().map(|addr| addr.to_string());
    let peer = client.peer().map(|peer| peer.to_string());
    format!(
        "{} at {}, through {}\n",
        addr.unwrap_or_default(),
        client.origin().unwrap_or_default(),
        peer.unwrap_or_default(),
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/", get(whoami))
        .layer(XHeaders::new().layer(|extensions| {
            extensions
                .get()
                .map(|ConnectInfo::<SocketAddr>(peer)| *peer)
        }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await
}
