//! Sign-ins with OpenID Connect, and attacks on them.

use std::error::Error;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::Request;
use serde_json::{Value, json};
use testkit::{Running, Signal};
use url::Url;

use super::{Browser, change, kind, send, settings};

pub(super) async fn valid_callbacks_succeed_and_forged_ones_fail(issuer: &str) {
    let provider = settings("squall-openid")
        .discover(issuer, send)
        .await
        .unwrap();
    let mut browser = Browser::default();

    let attempt = provider.begin("/me?tab=1", "");
    let query = browser.sign_in(attempt.url()).await;
    let user = provider.finish(&query, attempt.cookie()).await.unwrap();
    assert_eq!(user.subject(), "ada");
    assert_eq!(user.next(), "/me?tab=1");
    assert_eq!(user.claim::<String>("email").unwrap(), "ada@site.example");
    assert_eq!(user.claim::<String>("name").unwrap(), "Ada Lovelace");
    assert_eq!(user.claim::<u32>("name"), None);
    assert!(!user.access_token().is_empty());
    assert!(!format!("{user:?} {attempt:?}").contains("ada@"));

    // The same callback again: the provider rejects the used code.
    let again = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&again.unwrap_err()), "refused");

    // The callback of another browser's attempt, with and without an attempt of our own.
    let (mine, theirs) = (provider.begin("/", ""), provider.begin("/", ""));
    let answer = browser.sign_in(theirs.url()).await;
    for cookie in [mine.cookie(), ""] {
        let error = provider.finish(&answer, cookie).await.unwrap_err();
        assert_eq!(kind(&error), "state");
    }
    assert!(provider.finish(&answer, theirs.cookie()).await.is_ok());

    // A wrong state, nonce or verifier; the provider checks the last.
    for (part, wanted) in [(0, "state"), (1, "id token"), (2, "refused")] {
        let attempt = provider.begin("/", "");
        let query = browser.sign_in(attempt.url()).await;
        let error = provider.finish(&query, &change(&attempt, part)).await;
        let error = error.unwrap_err();
        assert_eq!(kind(&error), wanted, "{:?}", error.source());
        // The provider's in-memory store confuses several open codes of a client, so use this one
        // up.
        drop(provider.finish(&query, attempt.cookie()).await);
    }

    // A cookie from a provider with plain OAuth 2.0.
    let attempt = provider.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    let nonce = attempt.cookie().split('.').nth(1).unwrap();
    let cookie = attempt.cookie().replace(nonce, "");
    let error = provider.finish(&query, &cookie).await.unwrap_err();
    assert_eq!(kind(&error), "state");
    drop(provider.finish(&query, attempt.cookie()).await);

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

    // Callbacks that the provider did not send.
    let encoded: String = url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
    let attempt = provider.begin("/", "");
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

/// An attacker between this site and the provider modifies the ID token.
pub(super) async fn modified_id_tokens_are_rejected(issuer: &str) {
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
        let provider = settings("squall-openid")
            .discover(issuer, meddle)
            .await
            .unwrap();
        let attempt = provider.begin("/", "");
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

pub(super) async fn provider_failures_are_reported(mut running: Running, issuer: &str) {
    let error = settings("squall-openid")
        .discover(format!("{issuer}/"), send)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "issuer");
    let error = settings("squall-openid")
        .discover(format!("{issuer}/other"), send)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "provider");

    let provider = settings("squall-openid")
        .discover(issuer, send)
        .await
        .unwrap();
    let attempt = provider.begin("/", "");
    let query = Browser::default().sign_in(attempt.url()).await;
    running.signal(Signal::Kill);
    running.wait();
    let error = provider.finish(&query, attempt.cookie()).await.unwrap_err();
    assert_eq!(kind(&error), "provider");
    assert_eq!(error.to_string(), "the request to the provider failed");
    let error = settings("squall-openid")
        .discover(issuer, send)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "provider");
}

/// Returns the token with its header and claims changed, and the old signature unless `alg` is
/// `none`.
fn changed(token: &str, change: Change) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (mut header, mut claims) = (read(parts[0]), read(parts[1]));
    let before = (header.clone(), claims.clone());
    change(&mut header, &mut claims);
    // Unchanged parts keep their text, since a new serialization would break the signature.
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
