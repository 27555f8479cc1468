//! Layers: their order, and their responses and errors.

use std::convert::Infallible;

use squall::{
    Application, Extension, Request, Response, State, get,
    http::{HeaderValue, StatusCode},
};
use tower::{
    ServiceBuilder,
    layer::layer_fn,
    service_fn,
    util::{MapRequestLayer, MapResponseLayer},
};

use crate::{ask, request, service};

/// A layer that appends its name to a header.
fn tag(name: &'static str) -> MapResponseLayer<impl Fn(Response) -> Response + Clone> {
    MapResponseLayer::new(move |mut response: Response| {
        response
            .headers_mut()
            .append("x-passed", HeaderValue::from_static(name));
        response
    })
}

#[tokio::test]
async fn last_layer_is_outermost_and_layers_see_errors() {
    let service = service(
        Application::with_state("state")
            .layer(tag("inner"))
            .layer(tag("outer"))
            .route("/", get(async |State(text): State<&'static str>| text))
            .error_page(StatusCode::NOT_FOUND, async || "page"),
    );
    for (method, target, status, body) in [
        ("GET", "/", 200, "state"),
        ("GET", "/missing", 404, "page"),
        ("POST", "/", 405, "405 Method Not Allowed\n"),
        ("OPTIONS", "*", 204, ""),
        (
            "GET",
            "/%FF",
            400,
            "400 Bad Request\nthe path is not valid percent-encoded UTF-8\n",
        ),
    ] {
        let answer = ask(&service, request(method, target)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "{method} {target}"
        );
        let passed: Vec<_> = answer.headers.get_all("x-passed").iter().collect();
        assert_eq!(passed, ["inner", "outer"], "{method} {target}");
    }
}

#[tokio::test]
async fn layer_can_change_the_request_and_respond() {
    let rewrite = MapRequestLayer::new(|mut request: Request| {
        *request.uri_mut() = "/rewritten".parse().expect("a target");
        request.extensions_mut().insert("from the layer");
        request
    });
    let rewritten = Application::new()
        .route(
            "/rewritten",
            get(async |Extension(text): Extension<&'static str>| text),
        )
        .layer(ServiceBuilder::new().layer(rewrite));
    let answer = ask(&service(rewritten), request("GET", "/")).await;
    assert_eq!((answer.status, &*answer.body), (200, "from the layer"));

    let closed = layer_fn(|_| service_fn(async |_: Request| Ok::<_, Infallible>("closed")));
    let answer = ask(
        &service(Application::new().layer(closed)),
        request("HEAD", "/"),
    )
    .await;
    assert_eq!(
        (
            answer.status,
            answer.header("content-length"),
            &*answer.body
        ),
        (200, Some("6"), "")
    );
}

#[tokio::test]
async fn failing_layer_has_an_error_page() {
    let fails = layer_fn(|_| {
        service_fn(async |request: Request| match request.uri().path() {
            "/panic" => panic!("secret"),
            _ => Err::<Response, _>(std::io::Error::other("secret")),
        })
    });
    let service = service(Application::new().layer(fails).layer(tag("outer")));
    for target in ["/", "/panic"] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (500, "500 Internal Server Error\n")
        );
        assert_eq!(answer.header("x-passed"), Some("outer"));
    }
}
