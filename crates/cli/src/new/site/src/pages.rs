//! The pages: a function for each, whose arguments are read from the request.

use serde::Deserialize;
use squall::{
    Cookies, Error, ErrorPage, Form, Html, IntoResponse, Page, Redirect, Response, Result, context,
    http::StatusCode,
};

/// The signed cookie with the visitor's name.
pub const NAME: &str = "name";

pub async fn home(page: Page, cookies: Cookies) -> Result<Html<String>> {
    let name = cookies.get_signed_cookie(NAME);
    page.render("home.html", context! { name })
}

#[derive(Deserialize)]
pub struct Greeting {
    name: String,
}

pub async fn greet(cookies: Cookies, Form(greeting): Form<Greeting>) -> Result<Redirect> {
    let name = greeting.name.trim();
    if name.is_empty() || name.chars().count() > 64 {
        let error = Error::refusal(StatusCode::BAD_REQUEST, "a name has 1 to 64 characters");
        return Err(error.with_field("name"));
    }
    cookies.set_signed_cookie((NAME, name))?;
    // A reload of the page does not send the form again.
    Ok(Redirect::see_other("/"))
}

pub async fn about(page: Page) -> Result<Html<String>> {
    page.render("about.html", ())
}

/// Renders every error for browsers; other clients get problem details or text.
pub async fn error(error: ErrorPage, page: Page) -> Result<Response> {
    if !error.prefers_html() {
        return Ok(error.into_response());
    }
    let values = context! {
        status => error.status().as_u16(),
        title => error.status().canonical_reason(),
        reason => error.reason(),
        request_id => error.request_id(),
    };
    Ok(page.render("error.html", values)?.into_response())
}
