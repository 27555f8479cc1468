//! The page in a real browser, with axum alone. Screenshots are kept in
//! `<target>/tmp/debug-page/*.png`.

use std::{fs, net::SocketAddr, path::Path, process::Command, thread};

use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{ConnectInfo, Path as PathParam},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use squall_debug::RequestMetadata;
use testkit::Running;

use crate::case::{AppError, Outer, Result, shown};

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, Extension(self.0)).into_response()
    }
}

async fn user(
    PathParam(name): PathParam<String>,
    metadata: Extension<RequestMetadata>,
) -> Result<String> {
    metadata.set_route("/users/{name}");
    metadata.add_param("name", &name);
    let feed = read_feed(&name).await?;
    Ok(feed)
}

async fn read_feed(name: &str) -> Result<String> {
    // The feed of a user without posts does not exist.
    let path = format!("feeds/{name}.json");
    let feed = fs::read_to_string(&path)
        .map_err(|error| Outer(format!("cannot read the feed of {name:?}"), error))?;
    Ok(feed)
}

/// Adds a script to the page, like live reload.
async fn with_script(response: Response) -> Response {
    if response.status().is_success() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers.remove("content-length");
    let mut page = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    page.extend_from_slice(b"<script src=\"/live.js\"></script>");
    Response::from_parts(head, page.into())
}

/// Serves until the tests end.
fn serve() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let tracebacks = shown()
        .process_info("Task id", "0")
        .process_info("Generation", "3")
        .own_scripts(true)
        .layer(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    let script = "document.body.dataset.margin = getComputedStyle(document.body).margin;
        document.getElementById('unfold').click();
        document.getElementById('copy').click();";
    let script = ([("content-type", "text/javascript")], script);
    let app = Router::new()
        .route("/users/{name}", get(user))
        .route("/live.js", get(async move || script))
        .layer(tracebacks)
        .layer(map_response(with_script))
        .into_make_service_with_connect_info::<SocketAddr>();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    address
}

/// Returns the output of Chromium.
fn browse(chromium: &Path, arguments: &[&str]) -> String {
    let profile = testkit::temp_dir();
    let profile = format!("--user-data-dir={}", profile.path().display());
    let quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
    ];
    let offline = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    let mut command = Command::new(chromium);
    command
        .args(quiet)
        .args(offline)
        .arg(profile)
        .args(arguments);
    let mut child = Running::spawn(&mut command);
    assert!(child.wait().success(), "{}", child.output());
    child.output()
}

#[test]
fn only_scripts_and_styles_with_the_nonce_run() {
    let Some(chromium) = testkit::outside("chromium") else {
        return;
    };
    let url = format!("http://{}/users/ada", serve());
    let dom = browse(
        &chromium,
        &["--virtual-time-budget=2000", "--dump-dom", &url],
    );
    // The page's script shows the buttons; the added script has read the style.
    assert!(dom.contains("<p class=\"tools\">"), "{dom}");
    assert!(dom.contains("data-margin=\"0px\""), "{dom}");
    let folded = dom.matches("<details class=\"libraries\">").count();
    assert_eq!(folded, 0, "{dom}");
    let said = dom.split("role=\"status\">").nth(1).unwrap();
    let said = said.split('<').next().unwrap();
    // A headless browser may deny access to the clipboard.
    let either = ["Copied", "Press Ctrl+C to copy"];
    assert!(either.contains(&said), "{said}");
}

#[test]
fn screenshots_are_taken() {
    let Some(chromium) = testkit::outside("chromium") else {
        return;
    };
    let url = format!("http://{}/users/ada?page=2&token=f00d", serve());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debug-page");
    fs::create_dir_all(&directory).unwrap();
    // Chromium's windows are at least 500 pixels wide.
    for (name, size, scheme) in [
        ("light", "1280,1800", 1),
        ("dark", "1280,1800", 0),
        ("light-narrow", "500,2000", 1),
        ("dark-narrow", "500,2000", 0),
    ] {
        let picture = directory.join(name).with_extension("png");
        let _ = fs::remove_file(&picture);
        browse(
            &chromium,
            &[
                &format!("--blink-settings=preferredColorScheme={scheme}"),
                &format!("--window-size={size}"),
                &format!("--screenshot={}", picture.display()),
                &url,
            ],
        );
        let picture = fs::read(&picture).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name}");
    }
}
