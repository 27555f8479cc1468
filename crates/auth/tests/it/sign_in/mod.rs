//! Sign-ins with a real provider, by a minimal browser.

mod oauth2;
#[cfg(feature = "openid")]
mod openid;

use std::{collections::HashMap, process::Command};

use http::{HeaderMap, Request, Response};
use squall_auth::{Attempt, ConfigError, SignIn, SignInError};
use testkit::Running;
use url::Url;

const PROVIDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sign_in/provider.py");
const SIGNED_IN: &str = "http://127.0.0.1:1/signed-in";

/// Returns the name of the only predicate that holds.
fn kind(error: &SignInError) -> &'static str {
    let kinds = [
        ("state", error.is_state()),
        ("expired", error.is_expired()),
        ("denied", error.is_denied()),
        ("refused", error.is_refused()),
        #[cfg(feature = "openid")]
        ("issuer", error.is_issuer()),
        #[cfg(feature = "openid")]
        ("id token", error.is_id_token()),
        ("provider", error.is_provider()),
    ];
    let mut kinds = kinds.into_iter().filter(|(_, holds)| *holds);
    let (kind, _) = kinds.next().unwrap();
    assert_eq!(kinds.next(), None);
    kind
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.no_proxy().build().unwrap()
}

async fn send(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, reqwest::Error> {
    let response = client().execute(request.try_into()?).await?;
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.into();
    Ok(answer)
}

fn settings(client_id: &str) -> SignIn {
    let settings = SignIn::new(client_id, SIGNED_IN).unwrap();
    settings
        .client_secret("client-secret")
        .scopes(["email", "profile"])
}

/// A browser: it keeps cookies, follows redirects and fills in forms.
#[derive(Default)]
struct Browser {
    cookies: HashMap<String, String>,
}

impl Browser {
    /// Follows redirects and submits the provider's forms until the redirect back to the site, and
    /// returns its query.
    async fn sign_in(&mut self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        let mut form = None;
        for _ in 0..20 {
            let (headers, page) = self.load(&url, form.take()).await;
            if let Some(location) = headers.get("location") {
                url = url.join(location.to_str().unwrap()).unwrap();
                if url.as_str().starts_with(SIGNED_IN) {
                    return url.query().unwrap_or_default().to_owned();
                }
                continue;
            }
            let (_, token) = page
                .split_once("name=\"csrf_token\" value=\"")
                .expect(&page);
            let (token, _) = token.split_once('"').unwrap();
            let fields = [
                ("csrf_token", token),
                ("login", "ada"),
                ("password", "a password"),
            ];
            let fields = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            form = Some(fields);
        }
        panic!("{url} leads in circles");
    }

    async fn load(&mut self, url: &Url, form: Option<String>) -> (HeaderMap, String) {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match form {
            Some(form) => client()
                .post(url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form),
            None => client().get(url.clone()),
        };
        let response = request
            .header("cookie", cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        (response.headers().clone(), response.text().await.unwrap())
    }
}

/// Starts the provider, and returns its issuer.
fn start() -> Option<(Running, String)> {
    let python = testkit::outside("python-with-canaille")?;
    let running = Running::spawn(Command::new(python).arg(PROVIDER));
    let ready = running.wait_line("ready: ");
    let issuer = ready.strip_prefix("ready: ").unwrap().to_owned();
    Some((running, issuer))
}

/// Returns the attempt's cookie with one of its five parts reversed.
fn change(attempt: &Attempt, part: usize) -> String {
    let mut parts: Vec<&str> = attempt.cookie().split('.').collect();
    let changed: String = parts[part].chars().rev().collect();
    parts[part] = &changed;
    parts.join(".")
}

/// One test, since the provider starts slowly.
#[tokio::test]
async fn sign_ins_with_a_real_provider() {
    let Some((running, issuer)) = start() else {
        return;
    };
    oauth2::a_sign_in_returns_tokens(&issuer).await;
    oauth2::forged_and_repeated_callbacks_are_rejected(&issuer).await;
    #[cfg(feature = "openid")]
    {
        openid::modified_id_tokens_are_rejected(&issuer).await;
        openid::valid_callbacks_succeed_and_forged_ones_fail(&issuer).await;
        openid::provider_failures_are_reported(running, &issuer).await;
    }
    #[cfg(not(feature = "openid"))]
    drop(running);
}

#[test]
fn malformed_redirect_urls_are_errors_and_debug_hides_the_secret() {
    for redirect_url in ["", "/signed-in", "site.example/signed-in"] {
        let error = SignIn::new("squall", redirect_url).unwrap_err();
        assert_eq!(
            error,
            ConfigError::RedirectUrl {
                redirect_url: redirect_url.to_owned()
            }
        );
    }
    let settings = format!("{:?}", settings("squall"));
    assert!(!settings.contains("client-secret"), "{settings}");
}
