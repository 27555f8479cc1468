//! Static files of an application.

use std::fs;

use squall::{Application, StaticFiles, Urls, get, http::StatusCode, regex};
use testkit::{TempDir, temp_dir};

use crate::{ask, request, service};

fn files() -> TempDir {
    let dir = temp_dir();
    for name in ["robots.txt", "favicon.ico", "logo.png"] {
        fs::write(dir.path().join(name), name).expect("an empty directory");
    }
    dir
}

async fn logo(urls: Urls) -> String {
    urls.static_url("logo.png")
}

#[tokio::test]
async fn static_files_are_below_the_prefix_and_two_at_the_root() {
    let dir = files();
    let app = Application::new()
        .static_path(dir.path())
        .static_url_prefix("/files/")
        .route("/favicon.ico", get(async || "our own"))
        .route(regex(r"/(logo\.png)"), StaticFiles::new(dir.path()))
        .error_page(StatusCode::NOT_FOUND, async || "no such page")
        .error_page(StatusCode::METHOD_NOT_ALLOWED, async || "not so");
    let app = service(app);
    for (method, path, status, body) in [
        ("GET", "/files/logo.png", 200, "logo.png"),
        ("GET", "/robots.txt", 200, "robots.txt"),
        ("GET", "/favicon.ico", 200, "our own"),
        ("GET", "/logo.png", 200, "logo.png"),
        ("HEAD", "/files/logo.png", 200, ""),
        ("GET", "/files/none.png", 404, "no such page"),
        ("GET", "/files/", 404, "no such page"),
        ("GET", "/files/%2e%2e/Cargo.toml", 404, "no such page"),
        ("GET", "/static/logo.png", 404, "no such page"),
        ("POST", "/files/logo.png", 405, "not so"),
    ] {
        let answer = ask(&app, request(method, path)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "{method} {path}"
        );
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
}

#[tokio::test]
async fn versioned_url_is_immutable() {
    let dir = files();
    let app = Application::new()
        .static_path(dir.path())
        .route("/url", get(logo));
    let app = service(app);
    let url = ask(&app, request("GET", "/url")).await.body;
    assert!(url.starts_with("/static/logo.png?v="), "{url}");
    assert_eq!(
        app.urls()
            .static_url_with_host("https://a.example/", "logo.png"),
        format!("https://a.example{url}")
    );
    for (url, kept) in [
        (&*url, true),
        ("/static/logo.png?v=0", false),
        ("/static/logo.png", false),
    ] {
        let answer = ask(&app, request("GET", url)).await;
        let policy = answer.header("cache-control").unwrap_or_default();
        assert_eq!(policy.contains("immutable"), kept, "{url}: {policy}");
    }
    let without = service(Application::new().route("/url", get(logo)));
    assert_eq!(
        ask(&without, request("GET", "/url")).await.body,
        "/static/logo.png"
    );
}

#[test]
fn configuration_errors_precede_serving() {
    let dir = files();
    let file = dir.path().join("logo.png");
    for (application, said) in [
        (
            Application::new().static_path(dir.path().join("none")),
            "none",
        ),
        (Application::new().static_path(&file), "logo.png"),
        (Application::new().static_path(""), "empty"),
        (
            Application::new()
                .static_path(dir.path())
                .static_url_prefix("files"),
            "\"files\"",
        ),
        (
            Application::new().route("/a", StaticFiles::new(dir.path().join("none"))),
            "none",
        ),
    ] {
        let error = application.into_service().expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}
