//! The page of a refusal.

use std::{convert::Infallible, io};

use http::{Request, Response, StatusCode};
use squall_debug::{Details, Failure, Refusal, RequestId, Tracebacks};
use tower::{Layer, ServiceExt, service_fn};

use crate::case::{Body, Log, Outer, layer, request, shown, text};

/// The response of a handler that refuses a request.
fn refused(refusal: Refusal) -> Response<Body> {
    let mut response = Response::new(Body::from("not here"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    for (name, value) in [
        ("allow", "GET"),
        ("content-length", "8"),
        ("content-language", "de"),
        ("etag", "\"a\""),
        ("set-cookie", "a=b"),
        ("content-type", "text/x-own"),
    ] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response.extensions_mut().insert(refusal);
    response
}

fn refusal() -> Refusal {
    Refusal::new("no route matches <b>")
        .field("user.<i>")
        .advice("Did you mean `/users/{id}`, or <u>?")
        .details(Details::new("Routes <s>").row("/", "GET <em>").marked_row(
            "/users/{id}",
            "GET, POST",
            "nearest",
        ))
}

async fn respond(
    tracebacks: Tracebacks,
    request: Request<()>,
    response: impl Fn() -> Response<Body>,
) -> Response<String> {
    let service = service_fn(async |_| Ok::<_, Infallible>(response()));
    let response = layer(tracebacks).layer(service).oneshot(request).await;
    text(response.unwrap()).await
}

#[tokio::test]
async fn page_has_reason_field_advice_and_tables() {
    let request = |accept| {
        request(accept)
            .uri("/user/7?token=s3cret")
            .body(())
            .unwrap()
    };
    let html = respond(shown(), request("text/html"), || refused(refusal())).await;
    assert_eq!(html.status(), 404);
    for (name, value) in [
        ("allow", Some("GET")),
        ("set-cookie", Some("a=b")),
        ("content-length", None),
        ("content-language", None),
        ("etag", None),
        ("content-type", Some("text/html; charset=utf-8")),
        ("cache-control", Some("no-store")),
        ("x-frame-options", Some("DENY")),
        ("x-request-id", None),
    ] {
        let found = html
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap());
        assert_eq!(found, value, "{name}");
    }
    for part in [
        "no route matches &lt;b&gt;</h1>",
        "<code>user.&lt;i&gt;</code>",
        "<li>Did you mean <code>/users/{id}</code>, or &lt;u&gt;?</li>",
        "<h2>Routes &lt;s&gt;</h2>",
        "<div><dt>/</dt><dd>GET &lt;em&gt;</dd></div>",
        "<div class=\"marked\"><dt>/users/{id} <b>nearest</b></dt><dd>GET, POST</dd></div>",
        "/user/7?token=[hidden]",
        "other clients get the response of the application",
    ] {
        assert!(html.body().contains(part), "{part}: {}", html.body());
    }
    assert!(!html.body().contains("Traceback"), "{}", html.body());
    assert!(!html.body().contains("s3cret"), "{}", html.body());

    let json = respond(shown(), request("application/json"), || refused(refusal())).await;
    assert_eq!(json.headers()["content-type"], "application/problem+json");
    let value: serde_json::Value = serde_json::from_str(json.body()).unwrap();
    for (pointer, wanted) in [
        ("/type", "about:blank"),
        ("/title", "Not Found"),
        ("/detail", "no route matches <b>"),
        ("/field", "user.<i>"),
        ("/advice/0", "Did you mean `/users/{id}`, or <u>?"),
        ("/details/routes <s>/1/0", "/users/{id}"),
        ("/details/routes <s>/1/2", "nearest"),
    ] {
        assert_eq!(value.pointer(pointer).unwrap(), wanted, "{pointer}");
    }
    assert_eq!(
        (&value["status"], &value["request_id"]),
        (&404.into(), &().into())
    );

    let markdown = respond(shown(), request("*/*"), || refused(refusal())).await;
    assert!(
        markdown.body().starts_with(
            "# no route matches \\<b\\>\n\n\
             404 Not Found (refusal) for `GET /user/7?token=[hidden]`\n\n\
             Field: `user.<i>`\n\n\
             - Did you mean `/users/{id}`, or \\<u\\>?\n\n\
             ## Routes \\<s\\>\n\n\
             - `/`: GET \\<em\\>\n\
             - `/users/{id}`: GET, POST (nearest)\n\n\
             ## Request\n"
        ),
        "{}",
        markdown.body()
    );
}

#[tokio::test]
async fn failure_of_a_refusal_has_causes_and_backtrace() {
    let failed = || {
        let error = Outer("no such feed".to_owned(), io::Error::other("no table"));
        refused(Refusal::new("no such feed").failure(Failure::new(error)))
    };
    let request = request("text/html")
        .extension(RequestId::random())
        .body(())
        .unwrap();
    let id = request.extensions().get::<RequestId>().unwrap().clone();
    let log = Log::default();
    let listening = log.listen();
    let html = respond(shown(), request, failed).await;
    drop(listening);
    for part in ["caused by</span> no table", "refusal.rs", id.as_str()] {
        assert!(html.body().contains(part), "{part}: {}", html.body());
    }
    // The access log has its line.
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn other_clients_get_the_response_of_the_application() {
    for (tracebacks, request) in [
        (Tracebacks::new(), request("text/html")),
        (shown(), request("text/html").header("via", "1.1 proxy")),
        (shown(), Request::builder().header("host", "localhost")),
    ] {
        let request = request.body(()).unwrap();
        let response = respond(tracebacks, request, || refused(refusal())).await;
        assert_eq!(response.body(), "not here");
        assert_eq!(response.headers()["content-type"], "text/x-own");
        assert_eq!(response.headers()["content-length"], "8");
    }
}

#[tokio::test]
async fn success_and_redirect_have_no_page() {
    for status in [StatusCode::OK, StatusCode::FOUND] {
        let response = || {
            let mut response = refused(refusal());
            *response.status_mut() = status;
            response
        };
        let response = respond(shown(), request("text/html").body(()).unwrap(), response).await;
        assert_eq!(response.body(), "not here", "{status}");
    }
}

#[tokio::test]
async fn long_tables_are_cut() {
    let rows = (0..1000).fold(Details::new("Routes"), |table, i| {
        table.row(format!("/{i}{}", "x".repeat(3000)), "GET\r\nallow: x")
    });
    let refused = || refused(Refusal::new("").details(rows.clone()));
    let markdown = respond(shown(), request("*/*").body(()).unwrap(), refused).await;
    let lines = markdown
        .body()
        .lines()
        .filter(|line| line.starts_with("- `/"));
    assert_eq!(lines.clone().count(), 200);
    assert!(lines.clone().all(|line| line.len() < 2100), "{lines:?}");
    assert!(markdown.body().contains("- … 800 more\n"));
}
