//! Sign-in with the accounts of another site in an axum application, without the rest of squall.
//!
//! Run with `cargo run -p squall-auth --features openid --example axum_sign_in provider client-id
//! client-secret`. The provider is `github` (OAuth 2.0) or the issuer of an OpenID Connect
//! provider, such as `https://accounts.google.com`. The client is registered there with the redirect
//! URL `http://127.0.0.1:8888/signed-in`. Then open `http://127.0.0.1:8888/`.

use std::{env, error::Error, io, sync::Arc};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, Request, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use squall_auth::{Attempt, OAuth2Provider, OpenIdProvider, SignIn};

const AUTHORIZE_URL: &str = "https://github.com/login/oauth/authorize";
const ACCESS_TOKEN_URL: &str = "https://github.com/login/oauth/access_token";
const USER_URL: &str = "https://api.github.com/user";

/// The two kinds of providers differ in where the user comes from.
enum Provider {
    GitHub(Box<OAuth2Provider>, reqwest::Client),
    OpenId(Box<OpenIdProvider>),
}

type Site = State<Arc<Provider>>;

impl Provider {
    fn begin(&self, next: &str, cookie: &str) -> Attempt {
        match self {
            Self::GitHub(provider, _) => provider.begin(next, cookie),
            Self::OpenId(provider) => provider.begin(next, cookie),
        }
    }

    /// Returns the identifier of the account, which never changes; a name can be reassigned.
    async fn account(&self, query: &str, cookie: &str) -> Result<String, Box<dyn Error>> {
        match self {
            Self::GitHub(provider, client) => {
                let access = provider.finish(query, cookie).await?;
                let request = client.get(USER_URL).bearer_auth(access.access_token());
                let request = request.header(header::USER_AGENT, "squall-auth");
                let response = request.send().await?.error_for_status()?;
                let user: serde_json::Value = serde_json::from_slice(&response.bytes().await?)?;
                let id = user["id"].as_u64();
                Ok(id.ok_or("the response of GitHub has no id")?.to_string())
            }
            Self::OpenId(provider) => {
                let user = provider.finish(query, cookie).await?;
                Ok(user.subject().to_owned())
            }
        }
    }
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

async fn begin(State(provider): Site, headers: HeaderMap) -> impl IntoResponse {
    // Attempts in other tabs stay valid.
    let attempt = provider.begin("/", cookie(&headers));
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
    State(provider): Site,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    let (query, cookie) = (query.unwrap_or_default(), cookie(&headers));
    let others = set_cookie(&Attempt::others(&query, cookie).unwrap_or_default());
    match provider.account(&query, cookie).await {
        // Here a real site begins a session, and redirects to where the user wanted to go.
        Ok(account) => (StatusCode::OK, others, format!("Hello, {account}\n")),
        Err(error) => (StatusCode::FORBIDDEN, others, format!("{error}\n")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [provider, id, secret] = <[String; 3]>::try_from(arguments)
        .map_err(|_| io::Error::other("expected a provider, client id and client secret"))?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let sender = client.clone();
    let send = move |request| send(sender.clone(), request);
    let sign_in = SignIn::new(id, "http://127.0.0.1:8888/signed-in")?.client_secret(secret);
    let provider = if provider == "github" {
        let provider = sign_in.oauth2(AUTHORIZE_URL, ACCESS_TOKEN_URL, send)?;
        Provider::GitHub(Box::new(provider), client)
    } else {
        Provider::OpenId(Box::new(sign_in.discover(provider, send).await?))
    };
    let app = Router::new()
        .route("/", get(begin))
        .route("/signed-in", get(signed_in))
        .with_state(Arc::new(provider));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
