//! Error responses and pages: the status for clients, the cause for the log only.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
};

use squall::{
    Application, Error, ErrorPage, Html, Json, Redirect, Request, Response, get,
    http::{StatusCode, header::LOCATION},
};
use tower::{layer::layer_fn, service_fn};

use crate::{ask, request, service};

fn application() -> Application {
    Application::new()
        .route("/ok", get(async || "fine"))
        .route(
            "/own-404",
            get(async || (StatusCode::NOT_FOUND, "my own words")),
        )
        .route("/error", get(async || Err::<(), _>(Error::new("secret"))))
        .route(
            "/io",
            get(async || Ok::<_, Error>(std::fs::read_to_string("no/such/file")?)),
        )
        .route(
            "/status",
            get(async || Err::<(), _>(Error::status(StatusCode::NOT_FOUND))),
        )
        .route(
            "/conflict",
            get(async || Err::<(), _>(Error::new("secret").with_status(StatusCode::CONFLICT))),
        )
        .route(
            "/headers",
            get(async || ([("x-kept", "yes")], Error::status(StatusCode::NOT_FOUND))),
        )
        .route("/panic", get(panics))
        .route(
            "/service",
            service_fn(async |_: Request| Err::<(), _>(io::Error::other("secret"))),
        )
        .route("/service-panic", service_fn(panicking_service))
        .route("/redirect", get(async || Redirect::to("/elsewhere?a=b")))
        .route(
            "/see-other",
            get(async || Redirect::see_other("/elsewhere")),
        )
        .route(
            "/permanent",
            get(async || Redirect::permanent("https://example/")),
        )
        .route(
            "/split",
            get(async || Redirect::to("/\r\nset-cookie: secret=1")),
        )
        .route("/null", get(async || Redirect::to("/\0secret")))
        .route(
            "/unserializable",
            get(async || Json(std::collections::BTreeMap::from([((), ())]))),
        )
}

async fn panics() -> Response {
    panic!("secret")
}

async fn panicking_service(_: Request) -> Result<Response, Infallible> {
    panic!("secret {}", 7)
}

#[tokio::test]
async fn default_error_page_is_the_status() {
    let service = service(application());
    for (target, status, body) in [
        ("/ok", 200, "fine"),
        ("/own-404", 404, "my own words"),
        ("/missing", 404, "404 Not Found\n"),
        ("/error", 500, "500 Internal Server Error\n"),
        ("/io", 500, "500 Internal Server Error\n"),
        ("/status", 404, "404 Not Found\n"),
        ("/conflict", 409, "409 Conflict\n"),
        ("/headers", 404, "404 Not Found\n"),
        ("/panic", 500, "500 Internal Server Error\n"),
        ("/service", 500, "500 Internal Server Error\n"),
        ("/service-panic", 500, "500 Internal Server Error\n"),
        ("/split", 500, "500 Internal Server Error\n"),
        ("/null", 500, "500 Internal Server Error\n"),
        ("/unserializable", 500, "500 Internal Server Error\n"),
    ] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!((answer.status, &*answer.body), (status, body), "{target}");
        assert!(
            !format!("{:?}", answer.headers).contains("secret"),
            "{target}"
        );
        let kind = (status != 200).then_some("text/plain; charset=utf-8");
        assert!(
            kind.is_none() || answer.header("content-type") == kind,
            "{target}"
        );
    }
    assert_eq!(
        ask(&service, request("GET", "/headers"))
            .await
            .header("x-kept"),
        Some("yes")
    );
}

/// Errors of layers have pages as well.
#[tokio::test]
async fn a_layer_that_panics_is_a_500_with_its_page() {
    let layer = layer_fn(|_| service_fn(panicking_service));
    let app = application()
        .layer(layer)
        .error_page(StatusCode::INTERNAL_SERVER_ERROR, page);
    let answer = ask(&service(app), request("GET", "/ok")).await;
    assert_eq!(
        (answer.status, &*answer.body),
        (500, "page: 500 for GET /ok")
    );
}

#[tokio::test]
async fn redirects() {
    let service = service(application());
    for (target, status, location) in [
        ("/redirect", 302, "/elsewhere?a=b"),
        ("/see-other", 303, "/elsewhere"),
        ("/permanent", 301, "https://example/"),
    ] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!(
            (answer.status, answer.header(LOCATION.as_str())),
            (status, Some(location))
        );
    }
}

async fn page(page: ErrorPage) -> Html<String> {
    Html(format!(
        "page: {} for {} {}",
        page.status().as_u16(),
        page.method(),
        page.uri()
    ))
}

#[tokio::test]
async fn application_error_pages_replace_bodies() {
    let service = service(
        application()
            .error_page(StatusCode::NOT_FOUND, page)
            .error_page(StatusCode::METHOD_NOT_ALLOWED, page)
            .error_page(StatusCode::INTERNAL_SERVER_ERROR, page),
    );
    for (method, target, status, body) in [
        ("GET", "/ok", 200, "fine"),
        ("GET", "/own-404", 404, "my own words"),
        ("GET", "/missing?q", 404, "page: 404 for GET /missing?q"),
        ("GET", "/status", 404, "page: 404 for GET /status"),
        ("GET", "/headers", 404, "page: 404 for GET /headers"),
        ("POST", "/ok", 405, "page: 405 for POST /ok"),
        ("GET", "/error", 500, "page: 500 for GET /error"),
        ("GET", "/panic", 500, "page: 500 for GET /panic"),
        ("GET", "/service", 500, "page: 500 for GET /service"),
        ("GET", "/split", 500, "page: 500 for GET /split"),
        ("GET", "/conflict", 409, "409 Conflict\n"),
        ("HEAD", "/missing", 404, ""),
    ] {
        let answer = ask(&service, request(method, target)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "{method} {target}"
        );
        let html = answer.header("content-type") == Some("text/html; charset=utf-8");
        assert_eq!(
            html,
            body.starts_with("page") || body.is_empty(),
            "{method} {target}"
        );
    }
    let answer = ask(&service, request("POST", "/ok")).await;
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    let answer = ask(&service, request("GET", "/headers")).await;
    assert_eq!(answer.header("x-kept"), Some("yes"));
    let answer = ask(&service, request("HEAD", "/missing")).await;
    assert_eq!(answer.header("content-length"), Some("27"));
}

#[tokio::test]
async fn error_page_gets_the_cause() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let saw = Arc::clone(&seen);
    let service = service(application().error_page(
        StatusCode::INTERNAL_SERVER_ERROR,
        async move |page: ErrorPage| {
            assert_eq!(page.reason(), None);
            saw.lock().unwrap().push(format!("{:?}", page.error()));
        },
    ));
    for (target, error) in [
        ("/error", "secret"),
        ("/io", "No such file or directory (os error 2)"),
        ("/panic", "secret"),
        ("/service", "secret"),
        ("/service-panic", "secret 7"),
        ("/split", "failed to parse header value"),
        ("/unserializable", "key must be a string"),
    ] {
        assert_eq!(ask(&service, request("GET", target)).await.status, 500);
        assert_eq!(
            seen.lock().unwrap().pop().as_deref(),
            Some(error),
            "{target}"
        );
    }
}

#[tokio::test]
async fn mounted_application_keeps_its_error_pages() {
    let inner = Application::new()
        .route("/error", get(async || Err::<(), _>(Error::new("secret"))))
        .error_page(StatusCode::NOT_FOUND, async || "inner page");
    let outer = Application::new()
        .mount("/inner", service(inner))
        .error_page(StatusCode::NOT_FOUND, async || "outer page")
        .error_page(StatusCode::INTERNAL_SERVER_ERROR, async || "outer page");
    let service = service(outer);
    for (target, status, body) in [
        ("/missing", 404, "outer page"),
        ("/inner/missing", 404, "inner page"),
        ("/inner/error", 500, "500 Internal Server Error\n"),
    ] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!((answer.status, &*answer.body), (status, body), "{target}");
    }
}

/// `?` converts errors that are not `std::error::Error`, with their causes.
#[tokio::test]
async fn errors_of_anyhow_and_eyre_are_failures() {
    let missing = || std::fs::read_to_string("no/such/file");
    let anyhow = move || anyhow::Context::context(missing(), "the list of users");
    let eyre = move || eyre::WrapErr::wrap_err(missing(), "the list of users");
    let service = service(
        Application::new()
            .route("/anyhow", get(async move || Ok::<_, Error>(anyhow()?)))
            .route("/eyre", get(async move || Ok::<_, Error>(eyre()?))),
    );
    for target in ["/anyhow", "/eyre"] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!(answer.status, 500, "{target}");
        assert!(!answer.body.contains("users"), "{}", answer.body);
    }
    let causes = |error: Error| format!("{error:?}");
    for text in [
        causes(anyhow().unwrap_err().into()),
        causes(eyre().unwrap_err().into()),
    ] {
        assert!(
            text.starts_with("the list of users\n  caused by: No such file"),
            "{text}"
        );
    }
}
