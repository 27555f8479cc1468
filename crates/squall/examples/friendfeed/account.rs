//! Signing in and out, and pages for signed-in users.

use serde::Deserialize;
use squall::{
    Cookie, Cookies, CurrentUser, Error, Form, Html, Page, Path, Query, Redirect, Urls, context,
    http::StatusCode,
};

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) async fn login_page(
    page: Page,
    Query(Next { next }): Query<Next>,
) -> squall::Result<Html<String>> {
    page.render("login.html", context! { next })
}

#[derive(Deserialize)]
pub(crate) struct Login {
    name: String,
    #[serde(default)]
    next: String,
}

/// Accepts any name without a password: this is an example.
pub(crate) async fn login(
    cookies: Cookies,
    urls: Urls,
    Form(Login { name, next }): Form<Login>,
) -> squall::Result<Redirect> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 {
        let error = Error::refusal(StatusCode::BAD_REQUEST, "a name has 1 to 64 characters");
        return Err(error.with_field("name"));
    }
    cookies.set_signed_cookie(("user", name))?;
    if next.is_empty() {
        return home(&urls);
    }
    Redirect::to_next(&next)
}

pub(crate) async fn logout(cookies: Cookies, urls: Urls) -> squall::Result<Redirect> {
    cookies.clear_cookie("user")?;
    cookies.clear_cookie("visits")?;
    home(&urls)
}

/// Redirects to the front page, wherever the site is mounted.
fn home(urls: &Urls) -> squall::Result<Redirect> {
    Ok(Redirect::see_other(urls.reverse_url("home", [""; 0])?))
}

/// Redirects to `login_url` if no user has signed in.
pub(crate) async fn me(
    _: CurrentUser,
    cookies: Cookies,
    page: Page,
) -> squall::Result<Html<String>> {
    let visits = cookies.get_signed_cookie("visits");
    let visits = visits
        .and_then(|visits| visits.parse().ok())
        .unwrap_or(0_u32)
        .saturating_add(1);
    cookies.set_signed_cookie(("visits", visits.to_string()))?;
    page.render("me.html", context! { visits })
}

pub(crate) async fn language(
    cookies: Cookies,
    urls: Urls,
    Path(code): Path<String>,
) -> squall::Result<Redirect> {
    let cookie = Cookie::build(("locale", code)).permanent();
    cookies
        .set_cookie(cookie)
        .map_err(|error| Error::refusal(StatusCode::BAD_REQUEST, error))?;
    home(&urls)
}
