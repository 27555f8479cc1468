//! An axum application with a folder of templates.
//!
//! Run `cargo run -p squall-templates --example axum_templates`, then `curl
//! 'http://127.0.0.1:8888/?Ada&Bob'`.

use std::error::Error;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{StatusCode, Uri},
    response::Html,
    routing::get,
};
use squall_templates::{Templates, Value, context, html};

async fn home(
    State(templates): State<Templates>,
    RawQuery(name): RawQuery,
    uri: Uri,
) -> Result<Html<String>, StatusCode> {
    let request = move |name: &str| match name {
        "_" => Some(Value::from_function(|message: &str| message.to_owned())),
        "path" => Some(Value::from(uri.path())),
        _ => None,
    };
    let context = context! { name => name.as_deref().unwrap_or("stranger") };
    let page = templates.render_for("home.html", request, context);
    page.map(Html)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let templates = Templates::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/templates"))
        .function("static_url", |name: &str| html(format!("/static/{name}")))
        .auto_reload(cfg!(debug_assertions));
    templates.check()?;
    let app = Router::new().route("/", get(home)).with_state(templates);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    Ok(axum::serve(listener, app).await?)
}
