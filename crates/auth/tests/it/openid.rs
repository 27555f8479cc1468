//! Sign-ins with a real provider, and what is done to them on the way.

use std::{collections::HashMap, error::Error, process::Command};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};
use squall_auth::{Attempt, ConfigError, OpenId, OpenIdError};
use testkit::{Running, Signal};
use url::Url;

const PROVIDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/provider.py");
const SIGNED_IN: &str = "http://127.0.0.1:1/signed-in";

/// The predicate that holds; exactly one does.
fn kind(error: &OpenIdError) -> &'static str {
    let kinds = [
        ("state", error.is_state()),
        ("expired", error.is_expired()),
        ("denied", error.is_denied()),
        ("refused", error.is_refused()),
        ("issuer", error.is_issuer()),
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

fn settings() -> OpenId {
    let settings = OpenId::new("squall", SIGNED_IN).unwrap();
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
    /// Goes where it is led until it comes back to the site, and returns the query that it brings along. The
    /// provider's forms are filled in.
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

/// Starts the provider, and gives its issuer.
fn start() -> Option<(Running, String)> {
    let python = testkit::outside("python-with-canaille")?;
    let running = Running::spawn(Command::new(python).arg(PROVIDER));
    let ready = running.wait_line("ready: ");
    let issuer = ready.strip_prefix("ready: ").unwrap().to_owned();
    Some((running, issuer))
}

/// A change to one of an attempt's five parts, which are between dots.
fn change(attempt: &Attempt, part: usize) -> String {
    let mut parts: Vec<&str> = attempt.cookie().split('.').collect();
    let changed: String = parts[part].chars().rev().collect();
    parts[part] = &changed;
    parts.join(".")
}

/// One after the other with one provider, which takes its time to start.
#[tokio::test]
async fn a_real_provider() {
    let Some((running, issuer)) = start() else {
        return;
    };
    the_provider_is_not_believed_blindly(&issuer).await;
    a_user_signs_in_and_a_forged_answer_does_not(&issuer).await;
    a_provider_that_cannot_be_asked(running, &issuer).await;
}

async fn a_user_signs_in_and_a_forged_answer_does_not(issuer: &str) {
    let provider = settings().discover(issuer, send).await.unwrap();
    let mut browser = Browser::default();

    let attempt = provider.begin("/me?tab=1");
    let query = browser.sign_in(attempt.url()).await;
    let user = provider.finish(&query, attempt.cookie()).await.unwrap();
    assert_eq!(user.subject(), "ada");
    assert_eq!(user.next(), "/me?tab=1");
    assert_eq!(user.claim::<String>("email").unwrap(), "ada@site.example");
    assert_eq!(user.claim::<String>("name").unwrap(), "Ada Lovelace");
    assert_eq!(user.claim::<u32>("name"), None);
    assert!(!user.access_token().is_empty());
    assert!(!format!("{user:?} {attempt:?}").contains("ada@"));

    // The same answer again: the provider has forgotten the code.
    let again = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&again.unwrap_err()), "refused");

    // Somebody else's answer, and the right one in a browser that has begun nothing.
    let (mine, theirs) = (provider.begin("/"), provider.begin("/"));
    let answer = browser.sign_in(theirs.url()).await;
    for cookie in [mine.cookie(), ""] {
        let error = provider.finish(&answer, cookie).await.unwrap_err();
        assert_eq!(kind(&error), "state");
    }
    assert!(provider.finish(&answer, theirs.cookie()).await.is_ok());

    // A nonce or a verifier that does not fit, of which the provider has to notice the second.
    for (part, wanted) in [(0, "state"), (1, "id token"), (2, "refused")] {
        let attempt = provider.begin("/");
        let query = browser.sign_in(attempt.url()).await;
        let error = provider.finish(&query, &change(&attempt, part)).await;
        let error = error.unwrap_err();
        assert_eq!(kind(&error), wanted, "{:?}", error.source());
        // This provider's memory mixes up a client's codes, so none is left behind.
        drop(provider.finish(&query, attempt.cookie()).await);
    }

    // A request without a challenge.
    let attempt = provider.begin("/");
    let mut url = Url::parse(attempt.url()).unwrap();
    let kept: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let kept = kept
        .iter()
        .filter(|(name, _)| !name.starts_with("code_challenge"));
    url.query_pairs_mut().clear().extend_pairs(kept);
    let query = browser.sign_in(url.as_str()).await;
    let error = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&error.unwrap_err()), "refused");

    // Answers that never came from the provider.
    let encoded: String = url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
    let attempt = provider.begin("/");
    let state = attempt.cookie().split('.').next().unwrap();
    for (query, wanted) in [
        (format!("code=x&state={state}&iss={encoded}"), "refused"),
        (format!("code=x&state={state}"), "issuer"),
        (
            format!("code=x&state={state}&iss=https%3A%2F%2Fevil.example"),
            "issuer",
        ),
        (format!("code=x&state={state}&iss={encoded}%2F"), "issuer"),
        (
            format!("error=access_denied&state={state}&iss={encoded}"),
            "denied",
        ),
        (
            format!("error=server_error&state={state}&iss={encoded}"),
            "refused",
        ),
        (
            format!("error=access_denied&state=x&iss={encoded}"),
            "state",
        ),
        (format!("state={state}&iss={encoded}"), "state"),
        (
            format!("code=x&code=y&state={state}&iss={encoded}"),
            "state",
        ),
        (String::new(), "state"),
    ] {
        let error = provider.finish(&query, attempt.cookie()).await;
        assert_eq!(kind(&error.unwrap_err()), wanted, "{query}");
    }
}

type Change = fn(&mut Value, &mut Value);

/// Somebody sits between us and the provider, and changes what it says of the user.
async fn the_provider_is_not_believed_blindly(issuer: &str) {
    let changes: &[(&str, Change, &str)] = &[
        ("nothing", |_, _| {}, ""),
        (
            "the user",
            |_, claims| claims["sub"] = json!("eve"),
            "Signature",
        ),
        (
            "the site",
            |_, claims| claims["aud"] = json!(["other"]),
            "audience",
        ),
        (
            "the provider",
            |_, claims| claims["iss"] = json!("https://evil.example"),
            "issuer",
        ),
        (
            "no algorithm",
            |header, _| header["alg"] = json!("none"),
            "Signature",
        ),
        (
            "the secret as key",
            |header, _| header["alg"] = json!("HS256"),
            "Signature",
        ),
        (
            "the key",
            |header, _| header["kid"] = json!("other"),
            "Signature",
        ),
    ];
    let mut browser = Browser::default();
    for &(case, change, wanted) in changes {
        let meddle = move |request: Request<Vec<u8>>| async move {
            let is_token = request.uri().path().ends_with("/token");
            let mut response = send(request).await?;
            if is_token {
                let mut answer: Value = serde_json::from_slice(response.body()).unwrap();
                let token = answer["id_token"].as_str().unwrap().to_owned();
                answer["id_token"] = json!(changed(&token, change));
                *response.body_mut() = answer.to_string().into();
            }
            Ok::<_, reqwest::Error>(response)
        };
        let provider = settings().discover(issuer, meddle).await.unwrap();
        let attempt = provider.begin("/");
        let query = browser.sign_in(attempt.url()).await;
        match provider.finish(&query, attempt.cookie()).await {
            Ok(_) => assert_eq!(wanted, "", "{case}"),
            Err(error) => {
                assert_eq!(kind(&error), "id token", "{case}");
                let reason = error.source().unwrap().to_string();
                assert!(
                    reason.contains(wanted) && !wanted.is_empty(),
                    "{case}: {reason}"
                );
            }
        }
    }
}

async fn a_provider_that_cannot_be_asked(mut running: Running, issuer: &str) {
    let error = settings()
        .discover(format!("{issuer}/"), send)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "issuer");
    let error = settings()
        .discover(format!("{issuer}/other"), send)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "provider");

    let provider = settings().discover(issuer, send).await.unwrap();
    let attempt = provider.begin("/");
    let query = Browser::default().sign_in(attempt.url()).await;
    running.signal(Signal::Kill);
    running.wait();
    let error = provider.finish(&query, attempt.cookie()).await.unwrap_err();
    assert_eq!(kind(&error), "provider");
    assert_eq!(error.to_string(), "the provider cannot be asked");
    let error = settings().discover(issuer, send).await.unwrap_err();
    assert_eq!(kind(&error), "provider");
}

/// A token with its parts changed, and its old signature if there is to be one.
fn changed(token: &str, change: Change) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (mut header, mut claims) = (read(parts[0]), read(parts[1]));
    let before = (header.clone(), claims.clone());
    change(&mut header, &mut claims);
    // Written again, even the same claims would not fit the signature.
    let write = |part: &Value, before: &Value, old: &str| {
        if part == before {
            old.to_owned()
        } else {
            BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
        }
    };
    let signature = if header["alg"] == "none" {
        ""
    } else {
        parts[2]
    };
    let header = write(&header, &before.0, parts[0]);
    let claims = write(&claims, &before.1, parts[1]);
    format!("{header}.{claims}.{signature}")
}

#[test]
fn settings_that_are_none() {
    for redirect_url in ["", "/signed-in", "site.example/signed-in"] {
        let error = OpenId::new("squall", redirect_url).unwrap_err();
        assert_eq!(
            error,
            ConfigError::RedirectUrl {
                redirect_url: redirect_url.to_owned()
            }
        );
    }
    let openid = format!("{:?}", settings());
    assert!(!openid.contains("client-secret"), "{openid}");
}
