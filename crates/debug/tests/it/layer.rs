//! `TracebackLayer`: the responses that it changes.

use std::convert::Infallible;

use http::{Method, Request, Response, StatusCode, Version};
use squall_debug::{Failure, RequestId, RequestMetadata, Snippet, Tracebacks};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::case::{AppError, Body, Result, failed, layer, request, respond, shown, text};

async fn fails(_: Request<()>) -> Result<()> {
    Err(std::io::Error::other("broken").into())
}

#[tokio::test]
async fn page_has_the_accepted_format() {
    for (accept, media_type, begins) in [
        ("*/*", "text/plain; charset=utf-8", "# broken\n"),
        (
            "text/html,*/*;q=0.8",
            "text/html; charset=utf-8",
            "<!doctype html>",
        ),
        ("application/json", "application/problem+json", "{\n"),
    ] {
        let request = request(accept).body(()).unwrap();
        let response = respond(shown(), request, fails).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers();
        assert_eq!(headers["content-type"], media_type);
        assert!(response.body().starts_with(begins), "{}", response.body());
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-frame-options"], "DENY");
        let id = headers["x-request-id"].to_str().unwrap();
        assert!(response.body().contains(id));
    }
}

#[tokio::test]
async fn content_security_policy_blocks_foreign_content() {
    let policy = |own_scripts: bool| async move {
        let tracebacks = shown().own_scripts(own_scripts);
        let request = request("text/html").body(()).unwrap();
        let response = respond(tracebacks, request, fails).await;
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        (policy.to_owned(), response.into_body())
    };
    let (first, page) = policy(false).await;
    let nonce = first.split("script-src 'nonce-").nth(1).unwrap();
    let nonce = nonce.split('\'').next().unwrap();
    assert!(first.starts_with("default-src 'none'; "), "{first}");
    assert!(
        !first.contains("unsafe") && !first.contains("self"),
        "{first}"
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(
        page.matches(nonce).count(),
        2,
        "on the style and the script"
    );
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("@import"));
    assert_ne!(policy(false).await.0, first, "a nonce is used once");

    let (own, _) = policy(true).await;
    assert!(own.contains("' 'self'; style-src 'nonce-"), "{own}");
    assert!(own.ends_with("; connect-src 'self'"), "{own}");
}

#[tokio::test]
async fn other_responses_are_not_changed() {
    let plain = |status: StatusCode, failure: Option<Failure>| {
        let service = service_fn(move |_: Request<()>| {
            let mut response = Response::new(Body::from("mine"));
            *response.status_mut() = status;
            failure
                .clone()
                .map(|failure| response.extensions_mut().insert(failure));
            async { Ok::<_, Infallible>(response) }
        });
        let request = request("*/*").body(()).unwrap();
        layer(shown()).layer(service).oneshot(request)
    };
    for (status, failure) in [
        (StatusCode::OK, Some(Failure::new("no"))),
        (StatusCode::NOT_FOUND, Some(Failure::new("no"))),
        (StatusCode::INTERNAL_SERVER_ERROR, None),
        (StatusCode::BAD_GATEWAY, None),
    ] {
        let response = text(plain(status, failure).await.unwrap()).await;
        assert_eq!(response.body(), "mine", "{status}");
        assert!(response.headers().is_empty(), "{status}");
    }
    let failure = Some(Failure::new("upstream is gone"));
    let response = plain(StatusCode::BAD_GATEWAY, failure).await.unwrap();
    let response = text(response).await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert!(response.body().contains("502 Bad Gateway"));
    assert!(
        response.extensions().get::<Failure>().is_none(),
        "handled by an outer layer"
    );
}

#[tokio::test]
async fn disabled_page_is_a_plain_response() {
    let request = || request("text/html").body(()).unwrap();
    let response = respond(Tracebacks::new(), request(), fails).await;
    assert_eq!(response.body(), "500 Internal Server Error\n");
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(response.headers()["x-request-id"].len(), 16);

    // An error page of the application is kept.
    let service = service_fn(async |_: Request<()>| {
        let mut response = failed(Failure::new("no")).map(|_| Body::from("sorry"));
        response
            .headers_mut()
            .insert("retry-after", "7".parse().unwrap());
        Ok::<_, Infallible>(response)
    });
    let response = layer(Tracebacks::new())
        .layer(service)
        .oneshot(request())
        .await;
    let response = text(response.unwrap()).await;
    assert_eq!(response.body(), "sorry");
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.headers()["x-request-id"].len(), 16);
}

/// For this test's build, and for `cargo test --release`.
#[tokio::test]
async fn release_build_needs_even_in_release() {
    let request = request("*/*").body(()).unwrap();
    let response = respond(Tracebacks::new().serve_traceback(true), request, fails).await;
    assert_eq!(response.body().contains("broken"), cfg!(debug_assertions));
}

#[tokio::test]
async fn panics_in_call_and_poll_are_caught() {
    async fn response_of<S>(service: S) -> Response<String>
    where
        S: Service<Request<()>, Response = Response<Body>, Error = Infallible>,
    {
        let request = request("*/*").body(()).unwrap();
        text(
            layer(shown())
                .layer(service)
                .oneshot(request)
                .await
                .unwrap(),
        )
        .await
    }
    type Answer = std::future::Ready<std::result::Result<Response<Body>, Infallible>>;
    let before = service_fn(|_: Request<()>| -> Answer { panic!("before {}", 1) });
    let within = service_fn(
        async |_: Request<()>| -> std::result::Result<Response<Body>, Infallible> {
            tokio::task::yield_now().await;
            std::panic::panic_any(7)
        },
    );
    let resumed = service_fn(
        async |_: Request<()>| -> std::result::Result<Response<Body>, Infallible> {
            std::panic::resume_unwind(Box::new("resumed"))
        },
    );
    let page = response_of(before).await.into_body();
    assert!(
        page.starts_with("# before 1\n") && page.contains("tests/it/layer.rs"),
        "{page}"
    );
    let page = response_of(within).await.into_body();
    assert!(page.starts_with("# a panic without a message\n"), "{page}");
    // `resume_unwind` skips the hook; the backtrace of the previous panic must not be shown.
    let page = response_of(resumed).await.into_body();
    assert!(
        page.starts_with("# resumed\n") && !page.contains("tests/it"),
        "{page}"
    );
}

#[tokio::test]
async fn request_id_is_from_the_response_or_the_extensions() {
    let header = |id: &str| RequestId::from_header(&id.parse().unwrap()).unwrap();
    // The client's header is not trusted.
    let sent = request("*/*").header("x-request-id", "forged");
    let response = respond(Tracebacks::new(), sent.body(()).unwrap(), fails).await;
    assert_ne!(response.headers()["x-request-id"], "forged");
    // The id in the extensions is used.
    let given = request("*/*").extension(header("given")).body(()).unwrap();
    let response = respond(Tracebacks::new(), given, fails).await;
    assert_eq!(response.headers()["x-request-id"], "given");
    // The id in the response takes precedence.
    let service = service_fn(async |_: Request<()>| {
        let mut response = failed(Failure::new("no"));
        response
            .headers_mut()
            .insert("x-request-id", "own".parse().unwrap());
        Ok::<_, Infallible>(response)
    });
    let given = request("*/*").extension(header("given")).body(()).unwrap();
    let response = layer(shown()).layer(service).oneshot(given).await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "own");
}

#[tokio::test]
async fn page_shows_request_metadata() {
    async fn handler(request: Request<()>) -> Result<()> {
        let metadata: &RequestMetadata = request.extensions().get().unwrap();
        metadata.set_route("/user/{id}");
        metadata.add_param("id", "7");
        metadata.add_form_field("name", "Ada");
        let template = "one\ntwo {{ user.nam }}\nthree\n";
        let failure = Failure::new("undefined value");
        Err(AppError(failure.with_snippet(
            Snippet::new("user.html", template, 2).file("/templates/user.html"),
        )))
    }
    let request = request("*/*")
        .method(Method::POST)
        .uri("/user/7?page=2&q=a+b")
        .version(Version::HTTP_2)
        .header("cookie", "theme=dark; lang=en")
        .header("user-agent", "curl");
    let tracebacks = shown().process_info("Task id", "3");
    let response = respond(tracebacks, request.body(()).unwrap(), handler).await;
    let page = response.body();
    for line in [
        "# undefined value",
        "500 Internal Server Error (error) for `POST /user/7?page=2&q=a+b`, request id ",
        "`user.html` at `/templates/user.html:2`",
        "> 2 │ two {{ user.nam }}",
        "- Route: `/user/{id}`",
        "- Peer: `127.0.0.1`",
        "- Version: `HTTP/2.0`",
        "- id: `7`",
        "- page: `2`",
        "- q: `a b`",
        "- name: `Ada`",
        "- theme: `dark`",
        "- lang: `en`",
        "- user-agent: `curl`",
        "- Task id: `3`",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("cookie:"), "{page}");
}

#[tokio::test]
async fn service_errors_are_passed_on() {
    let service = service_fn(async |_: Request<()>| Err::<Response<Body>, _>("broken"));
    let request = request("*/*").body(()).unwrap();
    let error = layer(shown()).layer(service).oneshot(request).await;
    assert_eq!(error.unwrap_err(), "broken");
}
