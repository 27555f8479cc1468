//! An axum program with live reload, which `squall dev` replaces without refusing a connection.
//!
//! Run with `cargo run -p squall-autoreload --example axum_autoreload`, open
//! <http://127.0.0.1:8888/>, and edit `page.html` or `site.css` in the directory beside this file:
//! the page reloads. To edit this file as well:
//!
//! ```text
//! squall dev --bind 127.0.0.1:8888 -- cargo run -p squall-autoreload \
//!     --example axum_autoreload
//! ```
//!
//! The program uses systemd's protocol: it takes the listener from `LISTEN_FDS` (listenfd), and
//! sends `READY=1` to `NOTIFY_SOCKET`.

use std::{
    env, fs, io,
    net::SocketAddr,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    extract::{ConnectInfo, State},
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse},
    routing::get,
};
use listenfd::ListenFd;
use squall_autoreload::LiveReload;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// The directory of the page and style sheet. An argument overrides it.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/axum_autoreload");

const GREETING: &str = "Hello from axum";

async fn page(State(files): State<PathBuf>) -> Html<String> {
    Html(read(&files, "page.html").replace("{greeting}", GREETING))
}

async fn style(State(files): State<PathBuf>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css")], read(&files, "site.css"))
}

fn read(files: &Path, name: &str) -> String {
    fs::read_to_string(files.join(name)).unwrap_or_else(|error| error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let files = arguments.next().map_or_else(|| FILES.into(), PathBuf::from);
    let live = LiveReload::new().watch(&files).layer(|extensions| {
        extensions
            .get()
            .map(|ConnectInfo::<SocketAddr>(peer)| peer.ip())
    });
    let app = Router::new()
        .route("/", get(page))
        .route("/site.css", get(style))
        .with_state(files)
        .layer(live.clone());
    let listener = match ListenFd::from_env().take_tcp_listener(0)? {
        Some(passed) => {
            passed.set_nonblocking(true)?;
            TcpListener::from_std(passed)?
        }
        None => TcpListener::bind("127.0.0.1:8888").await?,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    ready()?;
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        terminate.recv().await;
        // Otherwise the shutdown waits for open event streams.
        live.close();
    })
    .await
}

/// Notifies the supervisor that this process is ready, so that it stops the old one.
fn ready() -> io::Result<()> {
    match env::var_os("NOTIFY_SOCKET") {
        Some(path) => UnixDatagram::unbound()?.send_to(b"READY=1", path).map(drop),
        None => Ok(()),
    }
}
