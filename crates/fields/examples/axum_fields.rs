//! An axum application that answers with JSON or text, as the client prefers.
//!
//! Run with `cargo run -p squall-fields --example axum_fields`, then compare
//! `curl http://127.0.0.1:8888/` with `curl -H 'Accept: application/json' http://127.0.0.1:8888/`.

use std::io;

use axum::{
    Router,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use squall_fields::{MediaType, Weight, weighted};

/// Returns the weight of the most specific range that matches.
fn weight_of(headers: &HeaderMap, essence: &str) -> Weight {
    let lines = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes);
    let ranges: Vec<_> = weighted(lines).collect();
    let weight = |range: &str| {
        let mut ranges = ranges.iter().copied();
        let found = ranges.find(|(value, _)| {
            MediaType::parse(value.as_bytes()).is_some_and(|value| value.is(range))
        });
        found.map(|(_, weight)| weight)
    };
    let kind = essence.split('/').next().unwrap_or_default();
    weight(essence)
        .or_else(|| weight(&format!("{kind}/*")))
        .or_else(|| weight("*/*"))
        .unwrap_or_default()
}

async fn hello(headers: HeaderMap) -> Response {
    if weight_of(&headers, "application/json") > weight_of(&headers, "text/plain") {
        ([(CONTENT_TYPE, "application/json")], r#""Hello""#).into_response()
    } else {
        "Hello\n".into_response()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let app = Router::new().route("/", get(hello));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await
}
