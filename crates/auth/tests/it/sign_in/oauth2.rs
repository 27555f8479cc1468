//! Sign-ins with plain OAuth 2.0: an access token, with which the user is requested.

use std::{error::Error, io};

use http::{Request, Response, StatusCode};
use serde_json::Value;
use squall_auth::{Access, Attempt, ConfigError, OAuth2Provider, SignIn, SignInError};
use url::Url;

use super::{Browser, change, kind, send, settings};

fn provider(settings: SignIn, issuer: &str) -> OAuth2Provider {
    let page = |name| format!("{issuer}/oauth/{name}");
    // This provider returns user data only for the scope `openid`.
    let settings = settings.scopes(["openid", "profile", "email"]);
    settings
        .oauth2(page("authorize"), page("token"), send)
        .unwrap()
}

/// Requests the user of the access token.
async fn user(issuer: &str, access_token: &str) -> Result<Value, StatusCode> {
    let request = Request::get(format!("{issuer}/oauth/userinfo"))
        .header("authorization", format!("Bearer {access_token}"));
    let response = send(request.body(Vec::new()).unwrap()).await.unwrap();
    if response.status() != 200 {
        return Err(response.status());
    }
    Ok(serde_json::from_slice(response.body()).unwrap())
}

pub(super) async fn a_sign_in_returns_tokens(issuer: &str) {
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

pub(super) async fn forged_and_repeated_callbacks_are_rejected(issuer: &str) {
    let provider = provider(settings("squall-basic"), issuer);
    let mut browser = Browser::default();

    // The same callback twice: the provider rejects the used code.
    let attempt = provider.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    assert!(provider.finish(&query, attempt.cookie()).await.is_ok());
    let again = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&again.unwrap_err()), "refused");

    // The callback of another browser's attempt, with and without an attempt of our own.
    let (mine, theirs) = (provider.begin("/", ""), provider.begin("/", ""));
    let query = browser.sign_in(theirs.url()).await;
    for cookie in [mine.cookie(), ""] {
        let error = provider.finish(&query, cookie).await.unwrap_err();
        assert_eq!(kind(&error), "state");
    }
    assert!(provider.finish(&query, theirs.cookie()).await.is_ok());

    // Modified cookies. The provider checks the verifier; `next` must stay on the site.
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

    // A sign-in without PKCE challenge.
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

    // A wrong client secret.
    let wrong = self::provider(settings("squall-basic").client_secret("other"), issuer);
    let attempt = wrong.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    let error = wrong.finish(&query, attempt.cookie()).await.unwrap_err();
    assert_eq!(kind(&error), "refused");
    let source = error.source().unwrap().to_string();
    assert!(source.contains("invalid_client"), "{source}");
}

/// Returns the query of a callback with the attempt's state.
fn answer(attempt: &Attempt, rest: &str) -> String {
    let state = attempt.cookie().split('.').next().unwrap();
    format!("state={state}{rest}")
}

#[tokio::test]
async fn callbacks_without_a_code_are_errors() {
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

/// Returns the result of a sign-in with this response of the token endpoint.
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
async fn token_responses_with_a_token_are_accepted() {
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
async fn token_responses_without_a_token_are_errors() {
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
        // Errors must not leak tokens into logs, as text or as bytes.
        let debug = format!("{error:?}");
        let leaks = debug.contains(r#""token""#) || debug.contains("116, 111, 107, 101, 110");
        assert!(!leaks, "{debug}");
    }
}

#[test]
fn malformed_endpoints_are_errors() {
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
