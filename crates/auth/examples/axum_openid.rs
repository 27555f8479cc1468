//! Sign-in with GitHub accounts in an axum application, without the rest of squall.
//!
//! Run with `cargo run -p squall-auth --features oauth2 --example axum_oauth2 client-id
//! client-secret`, with a client registered at GitHub, whose redirect URL is
//! `http://127.0.0.1:8888/signed-in`. Then open `http://127.0.0.1:8888/`.

use std::{env, error::Error, io, sync::Arc};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, Request, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use squall_auth::{Attempt, OAuth2Provider, SignIn};

const AUTHORIZE_URL: &str = "https://github.com/login/oauth/authorize";
const ACCESS_TOKEN_URL: &str = "https://github.com/login/oauth/access_token";
const USER_URL: &str = "https://api.github.com/user";

#[derive(Clone)]
struct Site {
    provider: Arc<OAuth2Provider>,
    client: reqwest::Client,
}

/// Sends a request to the provider.
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

async fn begin(State(site): State<Site>, headers: HeaderMap) -> impl IntoResponse {
    // Attempts in other tabs stay valid.
    let attempt = site.provider.begin("/", cookie(&headers));
    (set_cookie(attempt.cookie()), Redirect::to(attempt.url()))
}

/// Returns the value of the cookie `sign-in`.
fn cookie(headers: &HeaderMap) -> &str {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.unwrap_or_default().split("; ");
    cookies
        .find_map(|cookie| cookie.strip_prefix("sign-in="))
        .unwrap_or_default()
}

fn set_cookie(value: &str) -> [(header::HeaderName, String); 1] {
    let lifetime = if value.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("sign-in={value}; Path=/; HttpOnly; SameSite=Lax{lifetime}");
    [(header::SET_COOKIE, cookie)]
}

async fn signed_in(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    let (query, cookie) = (query.unwrap_or_default(), cookie(&headers));
    let others = set_cookie(&Attempt::others(&query, cookie).unwrap_or_default());
    match who(&site, &query, cookie).await {
        // Here a real site begins a session, and redirects to where the user wanted to go.
        Ok(user) => (StatusCode::OK, others, format!("Hello, {user}\n")),
        Err(error) => (StatusCode::FORBIDDEN, others, format!("{error}\n")),
    }
}

/// Returns the number of the account, which never changes; a name can be reassigned.
async fn who(site: &Site, query: &str, cookie: &str) -> Result<String, Box<dyn Error>> {
    let access = site.provider.finish(query, cookie).await?;
    let user = site
        .client
        .get(USER_URL)
        .bearer_auth(access.access_token())
        .header(header::USER_AGENT, "squall-auth")
        .send()
        .await?
        .error_for_status()?;
    let user: serde_json::Value = serde_json::from_slice(&user.bytes().await?)?;
    let id = user["id"]
        .as_u64()
        .ok_or("the response of GitHub has no id")?;
    Ok(id.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = |name: &str| {
        arguments
            .next()
            .ok_or(io::Error::other(format!("{name} is missing")))
    };
    let (id, secret) = (argument("client id")?, argument("client secret")?);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let sender = client.clone();
    let provider = SignIn::new(id, "http://127.0.0.1:8888/signed-in")?
        .client_secret(secret)
        .oauth2(AUTHORIZE_URL, ACCESS_TOKEN_URL, move |request| {
            send(sender.clone(), request)
        })?;
    let provider = Arc::new(provider);
    let app = Router::new()
        .route("/", get(begin))
        .route("/signed-in", get(signed_in))
        .with_state(Site { provider, client });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
