//! An axum application that shows failures.
//!
//! Run `cargo run -p squall-debug --example axum_debug`, then open
//! `http://localhost:8888/user/7?token=x` or `http://localhost:8888/panic`, or request them with
//! `curl`.

use std::{error::Error, io, net::SocketAddr};

use axum::{
    Extension, Router,
    extract::{ConnectInfo, MatchedPath, Path, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use squall_debug::{Failure, RequestMetadata, Tracebacks};

/// The error of handlers; `?` converts any error.
struct AppError(Failure);

impl<E: Error + Send + Sync + 'static> From<E> for AppError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self(Failure::new(error))
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, Extension(self.0)).into_response()
    }
}

async fn user(Path(id): Path<String>) -> Result<String, AppError> {
    let feed = read_feed(&id).await?;
    Ok(format!("{} bytes\n", feed.len()))
}

async fn read_feed(id: &str) -> Result<Vec<u8>, AppError> {
    Ok(std::fs::read(format!("feeds/{id}.json"))?)
}

async fn panics() -> String {
    let users: Vec<String> = Vec::new();
    users[7].clone()
}

/// Adds axum's route and parameters to the page.
async fn add_metadata(
    path: MatchedPath,
    params: Path<Vec<(String, String)>>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
        metadata.set_route(path.as_str());
        params
            .0
            .into_iter()
            .for_each(|(name, value)| metadata.add_param(name, value));
    }
    next.run(request).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    tracing_subscriber::fmt().init();
    let tracebacks = Tracebacks::new().serve_traceback(true).layer(|extensions| {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.ip())
    });
    let app = Router::new()
        .route("/user/{id}", get(user))
        .route("/panic", get(panics))
        .route_layer(from_fn(add_metadata))
        .layer(tracebacks);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await
}
