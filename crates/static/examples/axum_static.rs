//! An axum application with static files, and nothing else of squall.
//!
//! Run with `cargo run -p squall-static --example axum_static -- DIR`, then open the address that it prints.
//! It serves the directory under `/static/`, shows the URL of a file under `/static_url/PATH`, and has
//! `/robots.txt` and `/favicon.ico` from the directory too.

use std::{env, error::Error};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use squall_static::{StaticFiles, StaticUrls};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args_os()
        .nth(1)
        .ok_or("say which directory to serve")?;
    let files = StaticFiles::new(root).listing(true).build()?;
    let app = Router::new()
        .route("/static_url/{*path}", get(static_url))
        .with_state(files.urls())
        .route_service("/robots.txt", files.only("robots.txt")?)
        .route_service("/favicon.ico", files.only("favicon.ico")?)
        .nest_service("/static", files);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    #[expect(
        clippy::print_stdout,
        reason = "the address is what the example is run for"
    )]
    {
        println!("http://{}/static/", listener.local_addr()?);
    }
    axum::serve(listener, app).await?;
    Ok(())
}

async fn static_url(State(urls): State<StaticUrls>, Path(path): Path<String>) -> String {
    urls.url_async(&path).await
}
