//! The login redirect as a response, and beside axum: in an extractor, and in a guard of routes.

use axum::{
    Router, body::Body, extract::FromRequestParts, middleware::from_extractor_with_state,
    response::Response, routing::any,
};
use http::{Method, Request, StatusCode, header, request::Parts};
use squall_auth::{ConfigError, LoginUrl};
use tower::ServiceExt;

struct User(String);

impl FromRequestParts<LoginUrl> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, login_url: &LoginUrl) -> Result<Self, Response> {
        match parts.headers.get("x-user") {
            Some(name) => Ok(Self(name.to_str().unwrap().to_owned())),
            None => Err(login_url.login(&parts.method, &parts.uri, None).response()),
        }
    }
}

fn router() -> Router {
    let login_url = LoginUrl::new("/login").unwrap();
    Router::new()
        .route("/guarded", any(async || "served"))
        .route_layer(from_extractor_with_state::<User, _>(login_url.clone()))
        .route("/extracted", any(async |User(name)| name))
        .with_state(login_url)
}

async fn ask(method: &Method, path: &str, user: Option<&str>) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(user) = user {
        request = request.header("x-user", user);
    }
    let request = request.body(Body::empty()).unwrap();
    router().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn requests_without_a_user_are_redirected_or_rejected() {
    for path in ["/guarded?tab=1", "/extracted?tab=1"] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let response = ask(&method, path, Some("ada")).await;
            assert_eq!(response.status(), StatusCode::OK, "{method} {path}");

            let response = ask(&method, path, None).await;
            let (status, headers) = (response.status(), response.headers());
            if method == Method::GET || method == Method::HEAD {
                assert_eq!(status, StatusCode::FOUND, "{method} {path}");
                let next = path.replace('/', "%2F").replace('?', "%3F");
                let location = format!("/login?next={}", next.replace('=', "%3D"));
                assert_eq!(headers[header::LOCATION], *location);
                assert_eq!(headers[header::CACHE_CONTROL], "no-store");
            } else {
                assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
                assert!(!headers.contains_key(header::LOCATION));
            }
            let body = axum::body::to_bytes(response.into_body(), 1024).await;
            assert!(body.unwrap().is_empty(), "{method} {path}");
        }
    }
}

#[test]
fn wrong_login_url_is_named() {
    let error = LoginUrl::new("login").unwrap_err();
    assert_eq!(
        error,
        ConfigError::LoginUrl {
            login_url: "login".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "login_url is a path such as \"/login\", or an absolute URL, not \"login\""
    );
}
