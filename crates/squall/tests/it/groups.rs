//! Groups, merged routes, and the settings of single routes.

use std::time::Duration;

use futures_util::StreamExt as _;
use squall::{
    Application, Page, Path, Request, Response, Route, Routes, State, any, get, http::HeaderValue,
    post, regex,
};
use tower::{service_fn, util::MapResponseLayer};
use tower_http::limit::RequestBodyLimitLayer;

use crate::{ask, ask_with, request, service};

/// A layer that appends its name to a header.
fn tag(name: &'static str) -> MapResponseLayer<impl Fn(Response) -> Response + Clone> {
    MapResponseLayer::new(move |mut response: Response| {
        let headers = response.headers_mut();
        headers.append("x-passed", HeaderValue::from_static(name));
        response
    })
}

async fn body(text: String) -> String {
    format!("{} bytes", text.len())
}

#[tokio::test]
async fn groups_have_prefixes_state_and_layers() {
    let users = Routes::new()
        .route("", get(async || "users").name("users"))
        .route(
            "/{id}",
            get(async |Path(id): Path<u32>| id.to_string())
                .name("user")
                .layer(tag("route")),
        )
        .layer(tag("users"));
    let service = service(
        Application::with_state("state")
            .route("/", get(async || "home"))
            .group("/admin", |admin| {
                admin
                    .layer(tag("admin"))
                    .route("/", get(async |State(text): State<&'static str>| text))
                    .group("/users", |routes| routes.merge(users))
                    .mount(
                        "/files",
                        service_fn(async |request: Request| {
                            Ok::<_, std::convert::Infallible>(request.uri().path().to_owned())
                        }),
                    )
            })
            .layer(tag("application")),
    );
    for (target, status, body, passed) in [
        ("/", 200, "home", &["application"][..]),
        ("/admin/", 200, "state", &["admin", "application"]),
        ("/admin", 404, "404 Not Found\n", &["application"]),
        (
            "/admin/users",
            200,
            "users",
            &["users", "admin", "application"],
        ),
        (
            "/admin/users/7",
            200,
            "7",
            &["route", "users", "admin", "application"],
        ),
        ("/admin/files/a/b", 200, "/a/b", &["admin", "application"]),
    ] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!((answer.status, &*answer.body), (status, body), "{target}");
        let tags: Vec<_> = answer.headers.get_all("x-passed").iter().collect();
        assert_eq!(tags, passed, "{target}");
    }
    let urls = service.urls();
    assert_eq!(urls.reverse_url("user", [7]).unwrap(), "/admin/users/7");
    assert_eq!(urls.reverse_url("users", [0; 0]).unwrap(), "/admin/users");
}

#[tokio::test]
async fn a_group_shares_pages_with_the_application() {
    let templates = crate::site::folder(&[("a.html", "{{ reverse_url(\"a\") }}")]);
    let service = service(Application::new().template_path(templates.path()).group(
        "/group",
        |group| {
            group.route(
                "/a",
                get(async |page: Page| page.render("a.html", ())).name("a"),
            )
        },
    ));
    let answer = ask(&service, request("GET", "/group/a")).await;
    assert_eq!((answer.status, &*answer.body), (200, "/group/a"));
}

#[tokio::test]
async fn body_limit_of_a_route_replaces_that_of_its_group() {
    let service = service(Application::new().route("/default", post(body)).group(
        "/group",
        |group| {
            group
                .body_limit(4)
                .route("/small", post(body))
                .route("/large", post(body).body_limit(8))
                .route("/bytes", post(async |body: axum::body::Bytes| body))
                .route(
                    "/stream",
                    post(async |request: Request| {
                        let body = axum::body::to_bytes(request.into_body(), 100).await?;
                        Ok::<_, squall::Error>(body.len().to_string())
                    }),
                )
        },
    ));
    for (target, length, status) in [
        ("/default", 3_000_000, 200),
        ("/group/small", 4, 200),
        ("/group/small", 5, 413),
        ("/group/large", 8, 200),
        ("/group/large", 9, 413),
        ("/group/bytes", 4, 200),
        ("/group/bytes", 5, 413),
        ("/group/stream", 4, 200),
        ("/group/stream", 5, 413),
    ] {
        // With Content-Length, and in chunks.
        let chunks = futures_util::stream::iter(vec!["x"; length]);
        for body in [
            "x".repeat(length).into(),
            squall::Body::from_stream(chunks.map(Ok::<_, std::io::Error>)),
        ] {
            let answer = ask_with(&service, request("POST", target), body).await;
            assert_eq!(answer.status, status, "{target} {length}: {}", answer.body);
            if status == 413 {
                assert!(answer.body.contains("longer than"), "{}", answer.body);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_of_a_route_replaces_that_of_its_group() {
    let slow = |seconds: u64| {
        get(move || async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            "slow"
        })
    };
    let service = service(Application::new().group("", |group| {
        group
            .timeout(Duration::from_secs(5))
            .route("/in-time", slow(4))
            .route("/late", slow(6))
            .route("/own", slow(6).timeout(Duration::from_secs(7)))
    }));
    for (target, status) in [("/in-time", 200), ("/late", 503), ("/own", 200)] {
        assert_eq!(
            ask(&service, request("GET", target)).await.status,
            status,
            "{target}"
        );
    }
}

/// tower-http's limit gives its inner service a body of its own type.
#[tokio::test]
async fn layers_may_change_bodies() {
    let limited = RequestBodyLimitLayer::new(4);
    let service = service(
        Application::new()
            .route("/route", post(body).layer(limited))
            .group("/group", |group| {
                group
                    .route("", post(body))
                    .layer(RequestBodyLimitLayer::new(4))
            })
            .layer(RequestBodyLimitLayer::new(8)),
    );
    for (target, length, status) in [("/route", 4, 200), ("/route", 5, 413), ("/group", 5, 413)] {
        let answer = ask_with(&service, request("POST", target), "x".repeat(length)).await;
        assert_eq!(answer.status, status, "{target} {length}");
    }
}

#[tokio::test]
async fn exemptions_from_the_xsrf_check() {
    let service = service(
        Application::new()
            .xsrf_cookies(true)
            .route("/checked", post(async || "called"))
            .route("/exempt", post(async || "called").without_xsrf())
            .group("/hooks", |hooks| {
                hooks.without_xsrf().route("/a", any(async || "called"))
            }),
    );
    for (target, status) in [("/checked", 403), ("/exempt", 200), ("/hooks/a", 200)] {
        assert_eq!(
            ask(&service, request("POST", target)).await.status,
            status,
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_service_can_have_settings() {
    let named = Route::service(service_fn(async |_: Request| {
        Ok::<_, std::convert::Infallible>("service")
    }));
    let service = service(Application::new().route("/a", named.name("a").layer(tag("layer"))));
    assert_eq!(service.urls().reverse_url("a", [0; 0]).unwrap(), "/a");
    let answer = ask(&service, request("GET", "/a")).await;
    assert_eq!(
        (&*answer.body, answer.header("x-passed")),
        ("service", Some("layer"))
    );
}

#[test]
fn configuration_errors_name_the_route() {
    async fn axum_path(_: axum::extract::Path<u32>) {}
    async fn last(_: squall::Urls, _: axum::extract::RawPathParams) {}
    for (application, words) in [
        (
            Application::new().group("/a", |a| a.route(regex("/(b)"), get(async || ()))),
            &["`/(b)`", "`/a`", "regex"][..],
        ),
        (
            Application::new().route("/users/{id}", get(axum_path)),
            &["/users/{id}", "axum_path", "axum's `Path`", "squall::Path"],
        ),
        (
            Application::new().route("/last", get(last)),
            &["/last", "axum's `RawPathParams`"],
        ),
        (
            Application::new().group("a", |a| a.route("/b", get(async || ()))),
            &["`a/b`", "must start with `/`"],
        ),
    ] {
        let error = application.into_service().unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} in {error}");
        }
    }
}
