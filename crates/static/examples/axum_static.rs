//! An axum application with static files.
//!
//! Run `cargo run -p squall-static --example axum_static -- DIR` and open the printed address. The
//! directory is served under `/static/`; `/static_url/PATH` shows the URL of a file; `/robots.txt`
//! and `/favicon.ico` are served from the directory too.

use std::{env, error::Error};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use squall_static::{StaticFiles, StaticUrls};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args_os().nth(1).ok_or("usage: axum_static DIR")?;
    let files = StaticFiles::new(root).listing(true).build()?;
    let app = Router::new()
        .route("/static_url/{*path}", get(static_url))
        .with_state(files.urls())
        .route_service("/robots.txt", files.only("robots.txt")?)
        .route_service("/favicon.ico", files.only("favicon.ico")?)
        .nest_service("/static", files);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    #[expect(clippy::print_stdout, reason = "the user needs the address")]
    {
        println!("http://{}/static/", listener.local_addr()?);
    }
    axum::serve(listener, app).await?;
    Ok(())
}

async fn static_url(State(urls): State<StaticUrls>, Path(path): Path<String>) -> String {
    urls.url_async(&path).await
}
