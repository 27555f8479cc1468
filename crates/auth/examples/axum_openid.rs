//! An axum application that signs its users in with the account of another site, and nothing else of squall.
//!
//! Run with `cargo run -p squall-auth --features openid --example axum_openid https://accounts.example client-id
//! client-secret`, where the provider knows the client and its redirect URL `http://127.0.0.1:8888/signed-in`.
//! Then open `http://127.0.0.1:8888/`.

use std::{env, error::Error, io, sync::Arc};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, Request, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use squall_auth::{OpenId, OpenIdProvider};

type Site = Arc<OpenIdProvider>;

/// Sends what the provider has to be asked.
async fn send(
    client: reqwest::Client,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, reqwest::Error> {
    let response = client.execute(request.try_into()?).await?;
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.into();
    Ok(answer)
}

async fn begin(State(site): State<Site>) -> impl IntoResponse {
    let attempt = site.begin("/");
    let cookie = format!(
        "sign-in={}; Path=/; HttpOnly; SameSite=Lax",
        attempt.cookie()
    );
    ([(header::SET_COOKIE, cookie)], Redirect::to(attempt.url()))
}

async fn signed_in(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.unwrap_or_default().split("; ");
    let cookie = cookies
        .find_map(|cookie| cookie.strip_prefix("sign-in="))
        .unwrap_or_default();
    let user = site.finish(&query.unwrap_or_default(), cookie).await;
    let clear = [(header::SET_COOKIE, "sign-in=; Path=/; Max-Age=0")];
    match user {
        // Here a real site begins a session, and redirects to `user.next()`.
        Ok(user) => (
            StatusCode::OK,
            clear,
            format!("Hello, {}\n", user.subject()),
        ),
        Err(error) => (StatusCode::FORBIDDEN, clear, format!("{error}\n")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = |name: &str| {
        arguments
            .next()
            .ok_or(io::Error::other(format!("{name} is missing")))
    };
    let (issuer, id, secret) = (
        argument("issuer")?,
        argument("client id")?,
        argument("client secret")?,
    );
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let provider = OpenId::new(id, "http://127.0.0.1:8888/signed-in")?
        .client_secret(secret)
        .discover(issuer, move |request| send(client.clone(), request))
        .await?;
    let app = Router::new()
        .route("/", get(begin))
        .route("/signed-in", get(signed_in))
        .with_state(Arc::new(provider));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
