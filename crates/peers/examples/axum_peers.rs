//! An axum application with a status page for the developer's own browser.
//!
//! Run with `cargo run -p squall-peers --example axum_peers`, then compare `curl http://127.0.0.1:8888/status` with
//! `curl -H 'X-Forwarded-For: 8.8.8.8' http://127.0.0.1:8888/status`, as a proxy on this machine would send it.

use std::{io, net::SocketAddr};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    routing::get,
};
use squall_peers::check_local;

async fn status(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<String, (StatusCode, String)> {
    match check_local(Some(peer.ip()), &request, &[]) {
        Ok(()) => Ok(format!("process {}\n", std::process::id())),
        Err(reason) => Err((StatusCode::FORBIDDEN, format!("{reason}\n"))),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let app = Router::new().route("/status", get(status));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await
}
