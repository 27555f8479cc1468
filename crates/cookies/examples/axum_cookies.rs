//! An axum application with a signed cookie.
//!
//! Run `cargo run -p squall-cookies --example axum_cookies`, open `http://127.0.0.1:8888/`, enter
//! your name and load the page again. Change a character of the cookie in the browser's developer
//! tools: the name is no longer shown.

use std::error::Error;

use axum::{
    Router,
    extract::{Extension, Form},
    http::StatusCode,
    response::{Html, Redirect},
    routing::{get, post},
};
use squall_cookies::{CookieSecret, Cookies, CookiesLayer};

async fn home(Extension(cookies): Extension<Cookies>) -> Result<String, Html<&'static str>> {
    match cookies.get_signed_cookie("user") {
        Some(user) => Ok(format!("Hello again, {user}\n")),
        None => Err(Html(
            "<form method=post action=/name>Your name: <input name=name> <button>Go</button></form>",
        )),
    }
}

async fn name(
    Extension(cookies): Extension<Cookies>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Redirect, StatusCode> {
    let name = form.into_iter().find(|(field, _)| field == "name");
    let (_, name) = name.ok_or(StatusCode::BAD_REQUEST)?;
    cookies
        .set_signed_cookie(("user", name))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Redirect::to("/"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A real site stores its secret in a file or the environment; this one is lost on restart.
    let secret = CookieSecret::new(CookieSecret::generate()?)?;
    let app = Router::new()
        .route("/", get(home))
        .route("/name", post(name))
        .layer(CookiesLayer::new().secret(secret));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
