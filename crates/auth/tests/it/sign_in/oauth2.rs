//! Sign-ins with OAuth 2.0 alone: the provider gives access, and is then asked who the user is.

use std::{error::Error, io};

use http::{Request, Response, StatusCode};
use serde_json::Value;
use squall_auth::{Access, Attempt, ConfigError, OAuth2Provider, SignIn, SignInError};
use url::Url;

use super::{Browser, change, kind, send, settings};

fn provider(settings: SignIn, issuer: &str) -> OAuth2Provider {
    let page = |name| format!("{issuer}/oauth/{name}");
    // What this provider tells of the user it tells for the scope `openid` only.
    let settings = settings.scopes(["openid", "profile", "email"]);
    settings
        .oauth2(page("authorize"), page("token"), send)
        .unwrap()
}

/// Asks the provider whose access token this is.
async fn user(issuer: &str, access_token: &str) -> Result<Value, StatusCode> {
    let request = Request::get(format!("{issuer}/oauth/userinfo"))
        .header("authorization", format!("Bearer {access_token}"));
    let response = send(request.body(Vec::new()).unwrap()).await.unwrap();
    if response.status() != 200 {
        return Err(response.status());
    }
    Ok(serde_json::from_slice(response.body()).unwrap())
}

pub(super) async fn a_user_gives_access(issuer: &str) {
    let post = settings("squall-post").client_secret_post(true);
    for settings in [settings("squall-basic"), post] {
        let provider = provider(settings, issuer);
        let attempt = provider.begin("/me?tab=1", "");
        let query = Browser::default().sign_in(attempt.url()).await;
        let access = provider.finish(&query, attempt.cookie()).await.unwrap();
        assert_eq!(access.next(), "/me?tab=1");
        assert!(access.expires_in().unwrap().as_secs() > 60);
        assert!(access.refresh_token().is_some());
        assert_eq!(access.scopes().unwrap(), ["openid", "profile", "email"]);

        let ada = user(issuer, access.access_token()).await.unwrap();
        assert_eq!(ada["sub"], "ada");
        assert_eq!(ada["email"], "ada@site.example");
        let other: String = access.access_token().chars().rev().collect();
        assert_eq!(user(issuer, &other).await, Err(StatusCode::UNAUTHORIZED));

        let debug = format!("{access:?} {attempt:?} {provider:?}");
        for secret in [
            access.access_token(),
            access.refresh_token().unwrap(),
            attempt.cookie(),
            "client-secret",
        ] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }
}

pub(super) async fn sign_ins_that_fail(issuer: &str) {
    let provider = provider(settings("squall-basic"), issuer);
    let mut browser = Browser::default();

    // The same answer twice: the provider has forgotten the code.
    let attempt = provider.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    assert!(provider.finish(&query, attempt.cookie()).await.is_ok());
    let again = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&again.unwrap_err()), "refused");

    // Somebody else's answer, and the right one in a browser that has begun nothing.
    let (mine, theirs) = (provider.begin("/", ""), provider.begin("/", ""));
    let query = browser.sign_in(theirs.url()).await;
    for cookie in [mine.cookie(), ""] {
        let error = provider.finish(&query, cookie).await.unwrap_err();
        assert_eq!(kind(&error), "state");
    }
    assert!(provider.finish(&query, theirs.cookie()).await.is_ok());

    // A cookie that was changed. The verifier is for the provider to compare, and the page is not to be another
    // site's.
    let attempt = provider.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    let parts: Vec<&str> = attempt.cookie().split('.').collect();
    let [state, nonce, verifier, _, next] = parts[..] else {
        panic!("{}", attempt.cookie());
    };
    let old = format!("{state}.{nonce}.{verifier}.1700000000.{next}");
    let elsewhere = format!("{state}.{nonce}.{verifier}.1700000000.Ly9ldmlsLmV4YW1wbGU");
    let short = format!("{state}.{nonce}.{}.1700000000.{next}", &verifier[..8]);
    for (cookie, wanted) in [
        (change(&attempt, 0), "state"),
        (old, "expired"),
        (elsewhere, "state"),
        (short, "state"),
        (attempt.cookie().replace('.', ""), "state"),
        (change(&attempt, 2), "refused"),
    ] {
        let error = provider.finish(&query, &cookie).await.unwrap_err();
        assert_eq!(kind(&error), wanted, "{cookie}");
    }

    // A request without a challenge.
    let attempt = provider.begin("/", "");
    let mut url = Url::parse(attempt.url()).unwrap();
    let kept: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let kept = kept
        .iter()
        .filter(|(name, _)| !name.starts_with("code_challenge"));
    url.query_pairs_mut().clear().extend_pairs(kept);
    let query = browser.sign_in(url.as_str()).await;
    let error = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&error.unwrap_err()), "refused");

    // A secret that is another's.
    let wrong = self::provider(settings("squall-basic").client_secret("other"), issuer);
    let attempt = wrong.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    let error = wrong.finish(&query, attempt.cookie()).await.unwrap_err();
    assert_eq!(kind(&error), "refused");
    let source = error.source().unwrap().to_string();
    assert!(source.contains("invalid_client"), "{source}");
}

/// An answer to this attempt, as the browser brings it.
fn answer(attempt: &Attempt, rest: &str) -> String {
    let state = attempt.cookie().split('.').next().unwrap();
    format!("state={state}{rest}")
}

#[tokio::test]
async fn answers_that_bring_no_code() {
    let never = |_| async { Err::<Response<Vec<u8>>, _>(io::Error::other("was asked")) };
    let provider = settings("squall-basic")
        .oauth2("http://site.example/a", "http://site.example/t", never)
        .unwrap();
    let attempt = provider.begin("/", "");
    for (rest, wanted, source) in [
        ("", "state", ""),
        ("&code=x&code=y", "state", ""),
        ("&state=x&code=x", "state", ""),
        ("x&code=x", "state", ""),
        ("&error=access_denied", "denied", ""),
        ("&error=access_denied&code=x", "denied", ""),
        ("&error=server_error", "refused", "server_error"),
        (
            "&error=a%0Ab&error_description=Not+today",
            "refused",
            r"a\nb Not today",
        ),
        ("&error=", "refused", ""),
        ("&code=x", "provider", "Request failed"),
    ] {
        let query = answer(&attempt, rest);
        let error = provider.finish(&query, attempt.cookie()).await.unwrap_err();
        assert_eq!(kind(&error), wanted, "{rest}");
        let found = error.source().map(ToString::to_string).unwrap_or_default();
        assert_eq!(found, source, "{rest}");
    }
}

/// What a sign-in comes to if the page for access tokens says this.
async fn told(status: u16, media_type: &str, text: &str) -> Result<Access, SignInError> {
    let response = Response::builder()
        .status(status)
        .header("content-type", media_type);
    let response = response.body(text.as_bytes().to_vec()).unwrap();
    let send = move |_| std::future::ready(Ok::<_, io::Error>(response.clone()));
    let provider = settings("squall-basic")
        .oauth2("http://site.example/a", "http://site.example/t", send)
        .unwrap();
    let attempt = provider.begin("/", "");
    let query = answer(&attempt, "&code=x");
    provider.finish(&query, attempt.cookie()).await
}

#[tokio::test]
async fn answers_that_bring_a_token() {
    for (rest, scopes) in [
        (r#""token_type":"bearer""#, None),
        (r#""token_type":"Bearer","scope":"a b""#, Some("a b")),
        // GitHub.
        (r#""token_type":"bearer","scope":"a,b""#, Some("a b")),
    ] {
        let text = format!(r#"{{"access_token":"token",{rest}}}"#);
        let access = told(200, "application/json; charset=utf-8", &text).await;
        let access = access.unwrap();
        assert_eq!(access.access_token(), "token");
        assert_eq!(access.refresh_token(), None);
        assert_eq!(access.expires_in(), None);
        assert_eq!(
            access.scopes().map(|scopes| scopes.join(" ")).as_deref(),
            scopes
        );
    }
}

#[tokio::test]
async fn answers_that_bring_no_token() {
    const JSON: &str = "application/json";
    const TOKEN: &str = r#"{"access_token":"token","token_type":"bearer"}"#;
    const GITHUB: &str = r#"{"error":"bad_verification_code","error_description":"It expired."}"#;
    const FACEBOOK: &str = r#"{"error":{"message":"Invalid","type":"OAuthException"}}"#;
    const SAYS_MORE: &str = r#"{"error":"invalid_client","error_description":"a\nb"}"#;
    for (status, media_type, text, wanted, source) in [
        (
            400,
            JSON,
            r#"{"error":"invalid_grant"}"#,
            "refused",
            "invalid_grant",
        ),
        (401, JSON, SAYS_MORE, "refused", r"invalid_client: a\nb"),
        (200, JSON, GITHUB, "refused", "bad_verification_code"),
        (400, JSON, FACEBOOK, "refused", "OAuthException"),
        (
            200,
            JSON,
            r#"{"token_type":"bearer"}"#,
            "provider",
            "missing field",
        ),
        (
            200,
            JSON,
            r#"{"access_token":"token"}"#,
            "provider",
            "missing field",
        ),
        (200, JSON, r#"["token"]"#, "provider", "invalid type"),
        (200, JSON, "", "provider", "empty"),
        (200, "text/html", TOKEN, "provider", "Content-Type"),
        (302, JSON, TOKEN, "provider", "missing field"),
        (
            500,
            "text/html",
            "<h1>Oops</h1>",
            "provider",
            "expected value",
        ),
        (503, "text/plain", "", "provider", "empty"),
    ] {
        let error = told(status, media_type, text).await.unwrap_err();
        assert_eq!(kind(&error), wanted, "{status} {text}");
        let found = error.source().unwrap().to_string();
        assert!(found.contains(source), "{status} {text}: {found}");
        assert!(!found.contains('\n'), "{found}");
        // A token is not for logs, neither as text nor as bytes.
        let debug = format!("{error:?}");
        let leaks = debug.contains(r#""token""#) || debug.contains("116, 111, 107, 101, 110");
        assert!(!leaks, "{debug}");
    }
}

#[test]
fn pages_that_are_none() {
    let good = "https://accounts.example/page";
    for bad in [
        "",
        "/authorize",
        "accounts.example",
        "ftp://accounts.example",
        "javascript:alert(1)",
    ] {
        let error = settings("squall-basic")
            .oauth2(bad, good, send)
            .unwrap_err();
        let authorize_url = bad.to_owned();
        assert_eq!(error, ConfigError::AuthorizeUrl { authorize_url });
        let error = settings("squall-basic")
            .oauth2(good, bad, send)
            .unwrap_err();
        let access_token_url = bad.to_owned();
        assert_eq!(error, ConfigError::AccessTokenUrl { access_token_url });
    }
}
