//! An axum application in two languages.
//!
//! Run `cargo run -p squall-locale --example axum_locale`, then `curl -i -H 'Accept-Language: fr'
//! http://127.0.0.1:8888/`, and again with `-H 'Cookie: locale=en'`.

use std::error::Error;

use axum::{
    Router,
    extract::Extension,
    http::{header::COOKIE, request::Parts},
    response::Html,
    routing::get,
};
use squall_locale::{Locale, Translations};

async fn home(Extension(locale): Extension<Locale>) -> Html<String> {
    Html(format!(
        "<html lang=\"{}\"><title>{}</title></html>\n",
        locale.language_tag(),
        locale.translate("Home"),
    ))
}

/// The locale that the user has chosen in a cookie.
fn chosen(request: &Parts) -> Option<String> {
    let cookies = request.headers.get(COOKIE)?.to_str().ok()?;
    let mut cookies = cookies.split("; ");
    let code = cookies.find_map(|cookie| cookie.strip_prefix("locale="))?;
    Some(code.to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let translations = Translations::new().csv("fr", b"Home,Accueil")?;
    let app = Router::new()
        .route("/", get(home))
        .layer(translations.layer().user_locale([COOKIE], chosen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    Ok(axum::serve(listener, app).await?)
}
