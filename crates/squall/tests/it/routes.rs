//! Routing: the handler of each request, and responses without a handler.

use std::convert::Infallible;

use squall::{
    Application, Host, Path, Request, Rule, any, delete, get,
    http::{StatusCode, header::CONTENT_LENGTH},
    options, post, regex,
};
use tower::service_fn;

use crate::{ask, request, service};

async fn pair(Path((first, second)): Path<(String, String)>) -> String {
    format!("{first:?} {second:?}")
}

async fn word(Path(word): Path<String>) -> String {
    format!("{word:?}")
}

fn application() -> Application {
    Application::new()
        .route("/", get(async || "home").post(async || "posted"))
        .route("/long", get(async || ([(CONTENT_LENGTH, "7")], "in full")))
        .route(
            "/own-head",
            get(async || "read").head(async || [("x-own", "head")]),
        )
        .route(
            "/own-options",
            options(async || "options").get(async || "got"),
        )
        .route("/any", any(async || "any").delete(async || "deleted"))
        .route("/apart", get(async || "read"))
        .route("/apart", delete(async || "deleted"))
        .route("/words/{word}", get(word))
        .route("/words/{first}/{second}", get(pair))
        .route("/words/fixed", get(async || "fixed"))
        .route("/files/{*path}", get(word))
        .route("/users/{id:[0-9]+}.json", get(word))
        .route(regex(r"/(apple|banana)-(\d+)\.png"), get(pair))
        .route(
            Rule::new("/host").host("api.example"),
            get(async || "exact"),
        )
        .route(
            Rule::new("/host").host("*.example"),
            get(async || "wildcard"),
        )
        .route(
            Rule::new("/host").host(Host::regex(r"v\d+\.test")),
            get(async || "regex"),
        )
        .route(
            "/service",
            service_fn(async |request: Request| Ok::<_, Infallible>(request.uri().to_string())),
        )
}

const BAD_ENCODING: &str = "400 Bad Request\nthe path is not valid percent-encoded UTF-8\n";

#[tokio::test]
async fn answers() {
    let service = service(application());
    for (method, target, status, body) in [
        ("GET", "/", 200, "home"),
        ("POST", "/", 200, "posted"),
        ("GET", "/?query", 200, "home"),
        ("GET", "http://example/", 200, "home"),
        ("GET", "//", 404, "404 Not Found\n"),
        ("GET", "/missing", 404, "404 Not Found\n"),
        ("GET", "/any/", 404, "404 Not Found\n"),
        ("BREW", "/any", 200, "any"),
        ("OPTIONS", "/any", 200, "any"),
        ("DELETE", "/any", 200, "deleted"),
        ("GET", "/apart", 200, "read"),
        ("DELETE", "/apart", 200, "deleted"),
        ("PUT", "/", 405, "405 Method Not Allowed\n"),
        ("get", "/", 405, "405 Method Not Allowed\n"),
        ("OPTIONS", "/own-options", 200, "options"),
        ("BREW", "/service?q", 200, "/service?q"),
        ("GET", "/words/fixed", 200, "fixed"),
        ("GET", "/words/%66ixed", 200, "fixed"),
        ("GET", "/words/other", 200, "\"other\""),
        ("GET", "/words/a%2Fb", 200, "\"a/b\""),
        ("GET", "/words/%252F", 200, "\"%2F\""),
        ("GET", "/words/caf%C3%A9", 200, "\"café\""),
        ("GET", "/words/a+b", 200, "\"a+b\""),
        ("GET", "/words/a%2Fb/c", 200, "\"a/b\" \"c\""),
        ("GET", "/words/..", 200, "\"..\""),
        ("GET", "/files/a/b%2Fc", 200, "\"a/b/c\""),
        ("GET", "/words/%", 400, BAD_ENCODING),
        ("GET", "/words/%2", 400, BAD_ENCODING),
        ("GET", "/words/%GG", 400, BAD_ENCODING),
        ("GET", "/words/%FF", 400, BAD_ENCODING),
        ("GET", "/missing/%FF", 400, BAD_ENCODING),
        ("GET", "/users/7.json", 200, "\"7\""),
        ("GET", "/users/x.json", 404, "404 Not Found\n"),
        ("GET", "/apple-12.png", 200, "\"apple\" \"12\""),
        ("GET", "/apple-12.png/", 404, "404 Not Found\n"),
        ("GET", "/cherry-1.png", 404, "404 Not Found\n"),
    ] {
        let answer = ask(&service, request(method, target)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "{method} {target}"
        );
    }
}

#[tokio::test]
async fn allow_lists_the_methods() {
    let service = service(application());
    for (method, target, status, allow) in [
        ("PUT", "/", 405, Some("GET, HEAD, POST, OPTIONS")),
        ("OPTIONS", "/", 204, Some("GET, HEAD, POST, OPTIONS")),
        ("POST", "/own-head", 405, Some("GET, HEAD, OPTIONS")),
        ("POST", "/own-options", 405, Some("OPTIONS, GET, HEAD")),
        ("PATCH", "/apart", 405, Some("GET, HEAD, DELETE, OPTIONS")),
        ("OPTIONS", "/missing", 404, None),
        ("OPTIONS", "*", 204, None),
        ("GET", "*", 404, None),
    ] {
        let answer = ask(&service, request(method, target)).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{method} {target}"
        );
    }
}

#[tokio::test]
async fn head_is_get_without_body() {
    let service = service(application());
    for (target, status, length) in [
        ("/", 200, Some("4")),
        ("/long", 200, Some("7")),
        ("/any", 200, Some("3")),
        ("/own-head", 200, None),
        ("/missing", 404, Some("14")),
        ("/words/%", 400, Some("60")),
    ] {
        let answer = ask(&service, request("HEAD", target)).await;
        assert_eq!(
            (answer.status, answer.header("content-length")),
            (status, length),
            "{target}"
        );
        assert_eq!(answer.body, "", "{target}");
    }
    let own = ask(&service, request("HEAD", "/own-head")).await;
    assert_eq!(own.header("x-own"), Some("head"));
}

#[tokio::test]
async fn hosts() {
    let service = service(application());
    for (host, status, body) in [
        ("api.example", 200, "exact"),
        ("API.Example:8888", 200, "exact"),
        ("www.example", 200, "wildcard"),
        ("v2.test", 200, "regex"),
        ("v.test", 404, "404 Not Found\n"),
        ("other", 404, "404 Not Found\n"),
    ] {
        let answer = ask(&service, request("GET", "/host").header("host", host)).await;
        assert_eq!((answer.status, &*answer.body), (status, body), "{host}");
        let absolute = request("GET", &format!("http://{host}/host")).header("host", "api.example");
        let answer = ask(&service, absolute).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "http://{host}"
        );
    }
    assert_eq!(ask(&service, request("GET", "/host")).await.status, 404);
}

#[tokio::test]
async fn mounted_service_gets_the_path_without_prefix() {
    let inner = |name: &'static str| {
        service_fn(move |request: Request| async move {
            Ok::<_, Infallible>(format!("{name}:{}", request.uri()))
        })
    };
    let service = service(
        Application::new()
            .mount("/api", inner("api"))
            .mount("/tenants/{name}/", inner("tenant"))
            .mount("/", inner("rest"))
            .route("/api/own", get(async || "own")),
    );
    for (method, target, body) in [
        ("PUT", "/api", "api:/"),
        ("PUT", "/api/", "api:/"),
        ("PUT", "/api?q=1", "api:/?q=1"),
        ("PUT", "/api/users/7?q=/", "api:/users/7?q=/"),
        ("PUT", "/api//double", "api://double"),
        ("PUT", "/api/%2F/x", "api:/%2F/x"),
        ("GET", "/api/own", "own"),
        ("PUT", "/%61pi/x", "api:/x"),
        ("PUT", "/apix", "rest:/apix"),
        ("PUT", "/tenants/a%2Fb/x", "tenant:/x"),
        ("PUT", "/", "rest:/"),
        ("PUT", "/a/b", "rest:/a/b"),
    ] {
        let answer = ask(&service, request(method, target)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (200, body),
            "{method} {target}"
        );
    }
}

#[test]
fn reverse_url_builds_paths() {
    let service = service(
        Application::new()
            .route("/", get(async || ()).name("home"))
            .route("/users/{id}", get(word).name("user")),
    );
    let none: [&str; 0] = [];
    assert_eq!(service.urls().reverse_url("home", none).unwrap(), "/");
    assert_eq!(
        service.urls().reverse_url("user", ["a/b"]).unwrap(),
        "/users/a%2Fb"
    );
    assert!(service.urls().reverse_url("nobody", none).is_err());
}

#[test]
fn route_conflicts_are_errors_with_both_sides() {
    let get = || get(async || ());
    let new = Application::new;
    for (application, said) in [
        (
            new().route("/a", get().get(async || ())),
            &["/a", "two endpoints for GET"][..],
        ),
        (
            new().route("/a", get()).route("/a", get()),
            &["/a", "two endpoints for GET"],
        ),
        (
            new()
                .route("/users/{id}", get())
                .route("/users/{name}", post(async || ()).get(async || ())),
            &["/users/{id}", "/users/{name}"],
        ),
        (
            new().route("/a", any(async || ()).any(async || ())),
            &["/a", "any method"],
        ),
        (
            new()
                .mount("/a", service_fn(async |_| Ok::<_, Infallible>(())))
                .route("/a/{*rest}", any(async || ())),
            &["/a/{*rest}", "any method"],
        ),
        (
            new()
                .route("/a", get().name("x"))
                .route("/b", get().name("x")),
            &["`x`", "`/a`", "`/b`"],
        ),
        (new().route("/{", get()), &["`/{`", "byte 1"]),
        (
            new().route("users", get()),
            &["`users`", "must start with `/`"],
        ),
        (new().route("/{id:[}", get()), &["`/{id:[}`"]),
        (new().route(regex("/("), get()), &["`/(`", "unclosed group"]),
        (
            new().route(Rule::new("/").host("a b"), get()),
            &["host `a b`"],
        ),
        (
            new().mount("api", service_fn(async |_| Ok::<_, Infallible>(()))),
            &["`api", "must start with `/`"],
        ),
        (
            new().mount("/{*all}", service_fn(async |_| Ok::<_, Infallible>(()))),
            &["/{*all}"],
        ),
    ] {
        let error = application.into_service().unwrap_err();
        let message = error.to_string();
        assert!(
            said.iter().all(|said| message.contains(said)),
            "{said:?}: {message}"
        );
        assert_eq!(error.status_code(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
