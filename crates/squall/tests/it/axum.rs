//! Interoperability with axum: routers in squall, applications in axum, extractors of both.

use std::net::{SocketAddr, TcpListener};

use axum::{Router, extract, routing};
use axum_extra::{TypedHeader, headers::UserAgent};
use serde::{Deserialize, Serialize};
use squall::{Application, any, get, post};
use testkit::Wire;
use tokio::runtime::Runtime;

#[derive(Deserialize, Serialize)]
struct Point {
    x: i32,
    y: i32,
}

// axum's extractors and responses, in handlers of both libraries.

async fn mirror(axum::Json(point): axum::Json<Point>) -> axum::Json<Point> {
    axum::Json(Point {
        x: point.y,
        y: point.x,
    })
}

async fn distance(extract::Query(point): extract::Query<Point>) -> String {
    (point.x.abs() + point.y.abs()).to_string()
}

async fn agent(TypedHeader(agent): TypedHeader<UserAgent>) -> String {
    agent.to_string()
}

async fn state(extract::State(text): extract::State<&'static str>) -> &'static str {
    text
}

/// Returns only the length, because some bodies are long.
async fn length(axum::Json(text): axum::Json<String>) -> String {
    text.len().to_string()
}

// squall's extractors and responses, in handlers of both libraries.

async fn swap(squall::Json(point): squall::Json<Point>) -> squall::Json<Point> {
    squall::Json(Point {
        x: point.y,
        y: point.x,
    })
}

async fn sum(squall::Query(point): squall::Query<Point>) -> String {
    (point.x + point.y).to_string()
}

async fn fails() -> squall::Result<()> {
    Err(squall::Error::new("secret").with_status(squall::http::StatusCode::CONFLICT))
}

fn router() -> Router {
    Router::new()
        .route("/", routing::get(async || "root"))
        .route("/mirror", routing::post(mirror))
        .route("/distance", routing::get(distance))
        .route("/agent", routing::any(agent))
        .route("/state", routing::get(state))
        .route("/length", routing::post(length))
        .route("/swap", routing::post(swap))
        .route("/sum", routing::get(sum))
        .route("/fails", routing::get(fails))
        .with_state("shared")
}

fn application() -> Application<&'static str> {
    Application::with_state("shared")
        .route("/", get(async || "root"))
        .route("/mirror", post(mirror))
        .route("/distance", get(distance))
        .route("/agent", any(agent))
        .route("/state", get(state))
        .route("/length", post(length))
        .route("/swap", post(swap))
        .route("/sum", get(sum))
        .route("/fails", get(fails))
}

/// Servers in a runtime that is dropped with the test.
struct Servers(Runtime);

impl Servers {
    fn new() -> Self {
        Self(Runtime::new().expect("a runtime"))
    }

    fn squall<S: Clone + Send + Sync + 'static>(&self, application: Application<S>) -> SocketAddr {
        let (listener, address) = listener();
        self.0.spawn(squall::serve(listener, application));
        address
    }

    fn axum(&self, router: Router) -> SocketAddr {
        let (listener, address) = listener();
        listener.set_nonblocking(true).expect("a socket");
        self.0.spawn(async {
            axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await
        });
        address
    }

    /// Serves the same routes under `/api` in every combination; returns name and address.
    fn all(&self) -> [(&'static str, SocketAddr); 4] {
        let service = application().into_service().expect("good routes");
        let inner =
            || Application::new().mount("/api", application().into_service().expect("good routes"));
        let fallback = inner().into_service().expect("good routes");
        [
            (
                "a router in squall",
                self.squall(Application::new().mount("/api", router())),
            ),
            ("an application in squall", self.squall(inner())),
            (
                "an application in axum",
                self.axum(Router::new().nest_service("/api", service)),
            ),
            (
                "an application as axum's fallback",
                self.axum(Router::new().fallback_service(fallback)),
            ),
        ]
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address)
}

/// Sends a request with a JSON body, if any.
fn request(method: &str, target: &str, body: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nUser-Agent: wire/1\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn all_combinations_respond_alike() {
    let servers = Servers::new();
    for (name, address) in servers.all() {
        let mut wire = Wire::connect(address);
        for (method, target, sent, status, body) in [
            ("GET", "/api/", "", 200, Some("root")),
            ("GET", "/api", "", 200, Some("root")),
            ("HEAD", "/api/", "", 200, Some("")),
            (
                "POST",
                "/api/mirror",
                r#"{"x":1,"y":2}"#,
                200,
                Some(r#"{"x":2,"y":1}"#),
            ),
            (
                "POST",
                "/api/swap",
                r#"{"x":1,"y":2}"#,
                200,
                Some(r#"{"x":2,"y":1}"#),
            ),
            ("GET", "/api/distance?x=-1&y=2", "", 200, Some("3")),
            ("GET", "/api/sum?x=-1&y=2", "", 200, Some("1")),
            ("GET", "/api/agent", "", 200, Some("wire/1")),
            ("BREW", "/api/agent", "", 200, Some("wire/1")),
            ("GET", "/api/state", "", 200, Some("shared")),
            ("POST", "/api/mirror", r#"{"x":1}"#, 422, None),
            ("POST", "/api/swap", r#"{"x":1}"#, 422, None),
            ("POST", "/api/swap", "{", 400, None),
            ("GET", "/api/distance?x=1", "", 400, None),
            ("GET", "/api/sum?x=1", "", 400, None),
            ("GET", "/api/fails", "", 409, None),
            ("PUT", "/api/state", "", 405, None),
            ("GET", "/api/missing", "", 404, None),
            ("GET", "/missing", "", 404, None),
        ] {
            wire.send(request(method, target, sent));
            let reply = wire.response_to(method);
            assert_eq!(
                reply.status,
                status,
                "{name}: {method} {target}: {}",
                reply.text()
            );
            assert!(
                body.is_none_or(|body| reply.text() == body),
                "{name}: {target}: {}",
                reply.text()
            );
            assert!(!reply.text().contains("secret"), "{name}: {target}");
            if method == "HEAD" {
                assert_eq!(reply.header("content-length"), Some("4"), "{name}");
            }
            if status == 405 {
                let allow = reply.header("allow").expect("Allow");
                assert!(
                    allow.starts_with("GET") && allow.contains("HEAD"),
                    "{name}: {allow}"
                );
            }
        }
    }
}

#[test]
fn body_limit_is_the_servers() {
    let servers = Servers::new();
    let three_mib = 3 << 20;
    let text = format!("\"{}\"", "x".repeat(three_mib));
    for (name, address) in servers.all() {
        let mut wire = Wire::connect(address);
        wire.send(request("POST", "/api/length", &text));
        let reply = wire.response();
        let wanted = match name {
            // axum's default of 2 MB.
            "a router in axum" => (413, String::new()),
            // squall's limit, also for axum's extractors, for a router, and in axum's server.
            _ => (200, three_mib.to_string()),
        };
        let body = if reply.status == 200 {
            reply.text()
        } else {
            ""
        };
        assert_eq!((reply.status, body), (wanted.0, &*wanted.1), "{name}");
    }
}
