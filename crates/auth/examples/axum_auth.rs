//! An axum application with a page that needs a login, without the rest of squall.
//!
//! Run with `cargo run -p squall-auth --example axum_auth`, then open
//! `http://127.0.0.1:8888/me?tab=1`. It redirects to a login page, and back. Then open
//! `http://127.0.0.1:8888/login?next=//example.com`, which does not redirect to that site.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Form, Router,
    extract::{FromRequestParts, Query, State},
    http::{StatusCode, header, request::Parts},
    middleware::from_extractor_with_state,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use squall_auth::{LoginUrl, safe_next};

#[derive(Clone)]
struct User {
    name: String,
}

/// Users by the session identifier in their cookie. A real site uses a database or a signed cookie.
#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<HashMap<String, User>>>);

#[derive(Clone)]
struct Site {
    sessions: Sessions,
    login_url: LoginUrl,
}

impl Sessions {
    fn begin(&self, user: User) -> Result<String, getrandom::Error> {
        let id = format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(id.clone(), user);
        Ok(id)
    }

    fn user(&self, parts: &Parts) -> Option<User> {
        let cookies = parts.headers.get(header::COOKIE)?.to_str().ok()?;
        let id = cookies
            .split("; ")
            .find_map(|cookie| cookie.strip_prefix("session="))?;
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(id).cloned()
    }
}

/// A request without a user is redirected to the login page, or rejected.
impl FromRequestParts<Site> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let user = site.sessions.user(parts);
        user.ok_or_else(|| {
            let login = site.login_url.login(&parts.method, &parts.uri, None);
            login.response()
        })
    }
}

async fn me(user: User) -> String {
    format!("Hello, {}\n", user.name)
}

async fn form() -> Html<&'static str> {
    // The form is sent to the address of this page, with its `next`.
    Html("<form method=post>Your name: <input name=name> <button>Sign in</button></form>")
}

async fn sign_in(
    State(site): State<Site>,
    Query(query): Query<HashMap<String, String>>,
    Form(mut form): Form<HashMap<String, String>>,
) -> Result<impl IntoResponse, StatusCode> {
    let name = form.remove("name").ok_or(StatusCode::BAD_REQUEST)?;
    let id = site
        .sessions
        .begin(User { name })
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let cookie = format!("session={id}; Path=/; HttpOnly; SameSite=Lax");
    let next = query
        .get("next")
        .and_then(|next| safe_next(next))
        .unwrap_or("/me");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let site = Site {
        sessions: Sessions::default(),
        login_url: LoginUrl::new("/login").map_err(io::Error::other)?,
    };
    let members = Router::new()
        .route("/me", get(me))
        .route("/members", get(async || "For members only\n"))
        // The routes above need a user, even where the handler takes none.
        .route_layer(from_extractor_with_state::<User, _>(site.clone()));
    let app = members
        .route("/login", get(form).post(sign_in))
        .with_state(site);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await
}
