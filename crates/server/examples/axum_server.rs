//! An axum application on squall's server alone: limits, deadlines and a graceful end.
//!
//! Run with `cargo run -p squall-server --example axum_server`, then `curl http://127.0.0.1:8888/`.
//! Ctrl-C ends it; `kill -TERM` ends it without losing a request.

use axum::{Router, extract::Extension, routing::get};
use squall_server::{ConnectionInfo, Server, StartError};

async fn hello(Extension(connection): Extension<ConnectionInfo>) -> String {
    format!("Hello, {}\n", connection.peer())
}

fn main() -> Result<(), StartError> {
    let app: Router = Router::new().route("/", get(hello));
    Server::new().bind("127.0.0.1:8888").listen()?.run(app)
}
