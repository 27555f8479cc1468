//! axum as its guide has it, with tower-http's `ServeDir`, axum-extra's cookies and minijinja.

use std::{io, path::Path as FilePath, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRef, Path, State},
    http::{HeaderMap, StatusCode, header::ACCEPT_LANGUAGE},
    response::Html,
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, Key, SignedCookieJar};
use peers::{
    HELLO, Message, SECRET, SITE, Scene, arguments, message,
    page::{Site, USER_COOKIE, XSRF_COOKIE, new_token},
};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> io::Result<()> {
    let (scene, address) = arguments();
    let router = match scene {
        Scene::App | Scene::Http2 | Scene::Workers(_) => Router::new()
            .route("/", get(async || HELLO))
            .route("/json", get(json))
            .route("/users/{id}", get(user))
            .route("/length", post(length)),
        Scene::Routes(count) => {
            let add = |router: Router, i| router.route(&format!("/r{i}/{{id}}"), get(user));
            (0..count).fold(Router::new(), add)
        }
        Scene::Files => Router::new().nest_service("/static", ServeDir::new("static")),
        Scene::Page => page()?,
    };
    // A bare router would convert all its routes again for each connection.
    let service = router.into_make_service();
    axum::serve(TcpListener::bind(address).await?, service).await
}

async fn json() -> Json<Message> {
    Json(message())
}

async fn user(Path(id): Path<u64>) -> String {
    id.to_string()
}

async fn length(body: Bytes) -> String {
    body.len().to_string()
}

#[derive(Clone)]
struct Shared {
    site: Arc<Site>,
    key: Key,
}

impl FromRef<Shared> for Key {
    fn from_ref(shared: &Shared) -> Self {
        shared.key.clone()
    }
}

fn page() -> io::Result<Router> {
    let shared = Shared {
        site: Arc::new(Site::load()?),
        key: Key::from(SECRET.as_bytes()),
    };
    let files = ServeDir::new(FilePath::new(SITE).join("static"));
    Ok(Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .nest_service("/static", files)
        .with_state(shared))
}

async fn home(
    State(shared): State<Shared>,
    headers: HeaderMap,
    jar: SignedCookieJar,
) -> Result<(SignedCookieJar, Html<String>), StatusCode> {
    let user = jar.get(USER_COOKIE);
    let (jar, token) = match jar.get(XSRF_COOKIE) {
        Some(cookie) => (jar, cookie.value().to_owned()),
        None => {
            let token = new_token();
            (jar.add(Cookie::new(XSRF_COOKIE, token.clone())), token)
        }
    };
    let language = headers.get(ACCEPT_LANGUAGE);
    let language = language.and_then(|value| value.to_str().ok());
    let user = user.as_ref().map(Cookie::value);
    let page = shared.site.home(user, language, &token);
    let page = page.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((jar, Html(page)))
}

async fn sign_in(jar: SignedCookieJar) -> (SignedCookieJar, &'static str) {
    (jar.add(Cookie::new(USER_COOKIE, "anna")), "")
}
