//! A form with an XSRF token in an axum application, without the rest of squall.
//!
//! Run with `cargo run -p squall-xsrf --example axum_xsrf`, then open `http://127.0.0.1:8888/` and
//! press the button. Then try `curl -d word=hello http://127.0.0.1:8888/`, which has no token.

use std::io;

use axum::{
    Router,
    extract::{Extension, Form},
    response::Html,
    routing::get,
};
use squall_xsrf::{Xsrf, XsrfLayer};

async fn form(Extension(xsrf): Extension<Xsrf>) -> Html<String> {
    let token = xsrf.xsrf_form_html();
    Html(format!(
        "<form method=post>{token}A word: <input name=word> <button>Send</button></form>"
    ))
}

async fn send(Form(fields): Form<Vec<(String, String)>>) -> String {
    format!("{} fields, and one of them is the token\n", fields.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/", get(form).post(send))
        .layer(XsrfLayer::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await
}
