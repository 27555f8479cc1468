//! Extractors: valid input, and invalid input, of which no response contains a byte.

use std::{collections::BTreeMap, convert::Infallible};

use serde::{Deserialize, Serialize};
use squall::{
    Application, Body, Error, ErrorPage, Extension, Form, FromRef, FromRequestParts, Json, Path,
    Query, Request, State, any, get, http::StatusCode, post,
};
use testkit::Wire;
use tower::{ServiceExt, util::MapRequestLayer};

use crate::{ask, ask_with, request, serve_in_background, service};

#[derive(Deserialize, Serialize)]
struct Person {
    name: String,
    age: u8,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "they are shown")]
enum Key {
    Id(u64),
    Slug(String),
}

fn application() -> Application {
    Application::new()
        .route(
            "/users/{id}",
            get(async |Path(id): Path<u8>| id.to_string()),
        )
        .route(
            "/users/{id}/posts/{slug}",
            get(async |Path((id, slug)): Path<(u8, String)>| format!("{id} {slug}")),
        )
        .route(
            "/map/{a}/{b}",
            get(async |Path(map): Path<BTreeMap<String, String>>| format!("{map:?}")),
        )
        .route(
            "/key/{key}",
            get(async |Path(key): Path<Key>| format!("{key:?}")),
        )
        .route(
            "/query",
            get(async |Query(person): Query<Person>| Json(person)),
        )
        .route(
            "/form",
            any(async |Form(person): Form<Person>| Json(person)),
        )
        .route(
            "/json",
            post(async |Json(person): Json<Person>| Json(person)),
        )
        .route(
            "/any",
            post(async |Json(value): Json<serde_json::Value>| Json(value)),
        )
        .route("/text", post(async |text: String| text))
        .route(
            "/extension",
            get(async |Extension(number): Extension<u8>| number.to_string()),
        )
}

const ADA: &str = r#"{"name":"Ada","age":36,"tags":[]}"#;
const TAGGED: &str = r#"{"name":"Ada","age":36,"tags":["x","y"]}"#;

#[tokio::test]
async fn path_and_query() {
    let service = service(application());
    for (target, status, body) in [
        ("/users/7", 200, "7"),
        ("/users/%37", 200, "7"),
        ("/users/256", 404, "404 Not Found\n"),
        ("/users/-1", 404, "404 Not Found\n"),
        ("/users/secret", 404, "404 Not Found\n"),
        ("/users/7/posts/a%20b", 200, "7 a b"),
        ("/users/x/posts/a", 404, "404 Not Found\n"),
        ("/key/7", 200, "Id(7)"),
        ("/key/a%20b", 200, "Slug(\"a b\")"),
        ("/map/1/2", 200, r#"{"a": "1", "b": "2"}"#),
        ("/query?name=Ada&age=36", 200, ADA),
        ("/query?age=36&name=Ada&tags=x&tags=y", 200, TAGGED),
        ("/query?name=Ada&age=36&unknown", 200, ADA),
        ("/query", 400, "400 Bad Request\n"),
        ("/query?", 400, "400 Bad Request\n"),
        ("/query?name=Ada", 400, "400 Bad Request\n"),
        ("/query?name=Ada&age=secret", 400, "400 Bad Request\n"),
        ("/query?name=Ada&age=256", 400, "400 Bad Request\n"),
        ("/query?name=Ada&age=1&age=2", 400, "400 Bad Request\n"),
        ("/query?;;;=&&&%%%", 400, "400 Bad Request\n"),
        ("/form?name=Ada&age=36", 200, ADA),
        ("/form?name=Ada&age=secret", 400, "400 Bad Request\n"),
        ("/extension", 500, "500 Internal Server Error\n"),
    ] {
        let answer = ask(&service, request("GET", target)).await;
        assert_eq!(
            (answer.status, status_line(&answer)),
            (status, body),
            "{target}"
        );
    }
    let with_extension = request("GET", "/extension").extension(7_u8);
    assert_eq!(ask(&service, with_extension).await.body, "7");
}

/// Returns the body up to the reason of an error.
fn status_line(answer: &crate::Answer) -> &str {
    match answer.body.find('\n') {
        Some(end) => &answer.body[..=end],
        None => &answer.body,
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn bodies() {
    let service = service(application());
    let ada = r#"{"name": "Ada", "age": 36}"#;
    for (target, kind, sent, body) in [
        ("/json", JSON, ada, ADA),
        ("/json", "Application/JSON; charset=utf-8", ada, ADA),
        ("/json", "application/ld+json", ada, ADA),
        ("/json", JSON, &format!(" \r\n\t{ada}\n"), ADA),
        (
            "/json",
            JSON,
            r#"{"name": "Ada", "age": 36, "tags": ["x", "y"], "unknown": {}}"#,
            TAGGED,
        ),
        ("/any", JSON, r#"["\u00e9",1.5,null]"#, r#"["é",1.5,null]"#),
        ("/form", FORM, "name=Ada&age=36", ADA),
        (
            "/form",
            "application/x-www-form-urlencoded;charset=UTF-8",
            "name=Ada&age=36",
            ADA,
        ),
        ("/form", FORM, "tags=x&name=A%64a&tags=y&age=36", TAGGED),
        // The URL Standard replaces bytes that are not UTF-8.
        (
            "/form",
            FORM,
            "name=%FF&age=36",
            "{\"name\":\"\u{fffd}\",\"age\":36,\"tags\":[]}",
        ),
        ("/text", "", "söme", "söme"),
    ] {
        let request = request("POST", target).header("content-type", kind);
        let answer = ask_with(&service, request, sent.to_owned()).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (200, body),
            "{target} {sent}"
        );
    }
}

/// Input that must not be in the response contains `secret`.
#[tokio::test]
async fn bad_bodies() {
    let service = service(application());
    let deep = "[".repeat(100_000);
    let deep_in_field = format!(r#"{{"name": "Ada", "age": 36, "unknown": {deep}"#);
    let huge = format!(r#"{{"name": "Ada", "age": {}}}"#, "9".repeat(10_000));
    for (target, kind, sent, status) in [
        ("/json", "", &br#"{"name": "secret", "age": 36}"#[..], 415),
        (
            "/json",
            "text/plain",
            br#"{"name": "secret", "age": 36}"#,
            415,
        ),
        ("/json", FORM, b"name=secret&age=36", 415),
        ("/json", "application/jsonsecret", b"{}", 415),
        ("/json", "\u{e9}", b"{}", 415),
        ("/json", JSON, b"", 400),
        ("/json", JSON, b" ", 400),
        ("/json", JSON, br#"{"name": "secret""#, 400),
        (
            "/json",
            JSON,
            br#"{"name": "secret", "age": 36} trailing"#,
            400,
        ),
        ("/json", JSON, br#"{"name": "secret", "age": 36}{}"#, 400),
        ("/json", JSON, br#"{'name': 'secret', 'age': 36}"#, 400),
        (
            "/json",
            JSON,
            b"{\"name\": \"secret\xff\", \"age\": 36}",
            400,
        ),
        (
            "/json",
            JSON,
            b"\xef\xbb\xbf{\"name\": \"secret\", \"age\": 36}",
            400,
        ),
        (
            "/json",
            JSON,
            br#"{"name": "\ud800secret", "age": 36}"#,
            400,
        ),
        ("/json", JSON, br#"{"name": "secret", "age": 1e999}"#, 400),
        ("/json", JSON, br#"{"name": "secret", "age": NaN}"#, 400),
        ("/json", JSON, deep_in_field.as_bytes(), 400),
        ("/any", JSON, deep.as_bytes(), 400),
        ("/json", JSON, huge.as_bytes(), 400),
        ("/json", JSON, br#"{"name": "secret", "age": 256}"#, 422),
        ("/json", JSON, br#"{"name": "secret", "age": -1}"#, 422),
        ("/json", JSON, br#"{"name": "secret", "age": 1.5}"#, 422),
        ("/json", JSON, br#"{"name": "Ada", "age": "secret"}"#, 422),
        ("/json", JSON, br#"{"name": "secret"}"#, 422),
        (
            "/json",
            JSON,
            br#"{"name": "secret", "name": "secret", "age": 36}"#,
            422,
        ),
        ("/json", JSON, br#"["secret"]"#, 422),
        ("/json", JSON, br#""secret""#, 422),
        ("/json", JSON, b"null", 422),
        ("/form", "", b"name=secret&age=36", 415),
        ("/form", JSON, b"name=secret&age=36", 415),
        (
            "/form",
            "multipart/form-data; boundary=x",
            b"name=secret&age=36",
            415,
        ),
        ("/form", FORM, b"", 422),
        ("/form", FORM, b"name=secret", 422),
        ("/form", FORM, b"name=Ada&age=secret", 422),
        ("/form", FORM, b"name=secret&age=36&age=37", 422),
        ("/form", FORM, b"name=secret&age=%FF", 422),
        ("/form", FORM, b"\xff\xfe=%%%&=&&secret", 422),
        ("/text", "", b"secret \xff", 400),
    ] {
        let request = request("POST", target).header("content-type", kind);
        let answer = ask_with(&service, request, sent.to_owned()).await;
        let sent = String::from_utf8_lossy(&sent[..sent.len().min(80)]);
        assert_eq!(
            answer.status, status,
            "{target} {kind} {sent}: {}",
            answer.body
        );
        if status != 200 && target != "/text" {
            assert!(
                answer.body.lines().nth(1).is_some(),
                "no reason: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn body_with_a_content_coding_is_an_unsupported_media_type() {
    let service = service(application());
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    for (target, kind, coding, sent, status) in [
        ("/json", JSON, "gzip", &gzip[..], 415),
        ("/any", JSON, "GZIP", gzip, 415),
        ("/any", JSON, "br", gzip, 415),
        ("/any", JSON, "identity, gzip", gzip, 415),
        ("/any", JSON, "secret", b"1", 415),
        ("/any", JSON, "\u{e9}", b"1", 415),
        ("/form", FORM, "gzip", gzip, 415),
        ("/form", FORM, "deflate", b"name=Ada&age=36", 415),
        ("/any", JSON, "identity", b"1", 200),
        ("/any", JSON, "Identity, ", b"1", 200),
        ("/any", JSON, "", b"1", 200),
        ("/form", FORM, "identity", b"name=Ada&age=36", 200),
    ] {
        let request = request("POST", target)
            .header("content-type", kind)
            .header("content-encoding", coding);
        let answer = ask_with(&service, request, sent.to_owned()).await;
        assert_eq!(answer.status, status, "{target} {coding}: {}", answer.body);
        let accepted = answer.headers.get("accept-encoding");
        let identity = (status == 415).then_some("identity");
        assert_eq!(accepted.map(|value| value.to_str().unwrap()), identity);
    }
    // A wrong media type is not blamed on the coding.
    let request = request("POST", "/json").header("content-type", "text/plain");
    let answer = ask_with(&service, request, "{}").await;
    assert_eq!(answer.status, 415);
    assert!(!answer.headers.contains_key("accept-encoding"));
}

#[tokio::test]
async fn log_names_the_field_of_an_error() {
    let request = request("POST", "/json").header("content-type", JSON);
    let request: Request = request
        .body(Body::from(r#"{"name": "Ada", "age": "old"}"#))
        .unwrap();
    let said = Application::new()
        .error_page(StatusCode::UNPROCESSABLE_ENTITY, async |page: ErrorPage| {
            assert_eq!(page.field(), Some("age"));
            page.reason().unwrap_or_default()
        })
        .route("/json", post(async |_: Json<Person>| ()));
    let response = service(said).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1000)
        .await
        .unwrap();
    assert!(body.starts_with(b"age: invalid type"), "{body:?}");
}

#[tokio::test]
async fn incomplete_body_is_a_client_error() {
    let service = service(application());
    let broken = futures_util::stream::iter([
        Ok(&b"{"[..]),
        Err(std::io::Error::other("the client went away")),
    ]);
    let request = request("POST", "/json").header("content-type", JSON);
    let answer = ask_with(&service, request, Body::from_stream(broken)).await;
    assert_eq!(answer.status, 400);
}

#[derive(Clone)]
struct Shared {
    greeting: &'static str,
    number: u8,
}

impl FromRef<Shared> for u8 {
    fn from_ref(shared: &Shared) -> Self {
        shared.number
    }
}

#[tokio::test]
async fn routes_have_the_state_of_the_application() {
    let service = service(
        Application::with_state(Shared {
            greeting: "hello",
            number: 7,
        })
        .route("/before", get(async || "none"))
        .route(
            "/whole",
            get(async |State(shared): State<Shared>| shared.greeting),
        )
        .route(
            "/part",
            get(async |State(number): State<u8>| number.to_string()),
        ),
    );
    for (target, body) in [("/before", "none"), ("/whole", "hello"), ("/part", "7")] {
        assert_eq!(
            ask(&service, request("GET", target)).await.body,
            body,
            "{target}"
        );
    }
}

#[tokio::test]
async fn first_rejection_of_eight_extractors_is_the_response() {
    type Number = Path<u8>;
    let all = async |a: Number,
                     _: Number,
                     _: Number,
                     _: Number,
                     _: Number,
                     _: Number,
                     _: Query<Person>,
                     text: String| {
        let Path(number) = a;
        Ok::<_, Error>(format!("{number} {text}"))
    };
    let service = service(Application::new().route("/{number}", post(all)));
    for (target, status, body) in [
        ("/7?name=Ada&age=36", 200, "7 body"),
        ("/x?name=Ada", 404, "404 Not Found\n"),
        ("/7?name=Ada", 400, "400 Bad Request\n"),
    ] {
        let answer = ask_with(&service, request("POST", target), "body").await;
        assert_eq!(
            (answer.status, status_line(&answer)),
            (status, body),
            "{target}"
        );
    }
}

/// The server gives the memory of a request's extensions to the next request of its thread.
#[test]
fn next_request_has_no_value_of_the_last() {
    let value = async |Extension(value): Extension<&'static str>| value;
    let user = async |Path(user): Path<String>| user;
    let add_value = MapRequestLayer::new(|mut request: Request| {
        request.extensions_mut().insert("value");
        request
    });
    // Not a handler of squall, so its requests have no matched route of their own.
    let foreign = tower::service_fn(|request: Request| async {
        let path = Path::<String>::from_request_parts(&mut request.into_parts().0, &()).await;
        Ok::<_, Infallible>(path.map_or_else(|error| error.to_string(), |Path(path)| path))
    });
    let application = Application::new()
        .route("/with", get(value).layer(add_value))
        .route("/without", get(value))
        .route("/users/{user}", get(user))
        .mount("/foreign", foreign);
    let mut wire = Wire::connect(serve_in_background(application));
    for _ in 0..2 {
        for (path, status, text) in [
            ("/with", 200, "value"),
            ("/without", 500, ""),
            ("/with", 200, "value"),
            ("/users/anna", 200, "anna"),
            ("/users/ben", 200, "ben"),
            ("/foreign", 200, "`Path` outside of a squall route"),
            ("/without", 500, ""),
        ] {
            wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            let reply = wire.response();
            assert_eq!(reply.status, status, "{path}");
            if status == 200 {
                assert_eq!(reply.text(), text, "{path}");
            }
        }
    }
}
