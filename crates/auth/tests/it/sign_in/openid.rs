//! Sign-ins with OpenID Connect, and what is done to them on the way.

use std::error::Error;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::Request;
use serde_json::{Value, json};
use testkit::{Running, Signal};
use url::Url;

use super::{Browser, change, kind, send, settings};

pub(super) async fn a_user_signs_in_and_a_forged_answer_does_not(issuer: &str) {
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

    // The same answer again: the provider has forgotten the code.
    let again = provider.finish(&query, attempt.cookie()).await;
    assert_eq!(kind(&again.unwrap_err()), "refused");

    // Somebody else's answer, and the right one in a browser that has begun nothing.
    let (mine, theirs) = (provider.begin("/", ""), provider.begin("/", ""));
    let answer = browser.sign_in(theirs.url()).await;
    for cookie in [mine.cookie(), ""] {
        let error = provider.finish(&answer, cookie).await.unwrap_err();
        assert_eq!(kind(&error), "state");
    }
    assert!(provider.finish(&answer, theirs.cookie()).await.is_ok());

    // A nonce or a verifier that does not fit, of which the provider has to notice the second.
    for (part, wanted) in [(0, "state"), (1, "id token"), (2, "refused")] {
        let attempt = provider.begin("/", "");
        let query = browser.sign_in(attempt.url()).await;
        let error = provider.finish(&query, &change(&attempt, part)).await;
        let error = error.unwrap_err();
        assert_eq!(kind(&error), wanted, "{:?}", error.source());
        // This provider's memory mixes up a client's codes, so none is left behind.
        drop(provider.finish(&query, attempt.cookie()).await);
    }

    // A cookie of a provider without OpenID Connect.
    let attempt = provider.begin("/", "");
    let query = browser.sign_in(attempt.url()).await;
    let nonce = attempt.cookie().split('.').nth(1).unwrap();
    let cookie = attempt.cookie().replace(nonce, "");
    let error = provider.finish(&query, &cookie).await.unwrap_err();
    assert_eq!(kind(&error), "state");
    drop(provider.finish(&query, attempt.cookie()).await);

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

    // Answers that never came from the provider.
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

/// Somebody sits between us and the provider, and changes what it says of the user.
pub(super) async fn the_provider_is_not_believed_blindly(issuer: &str) {
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

pub(super) async fn a_provider_that_cannot_be_asked(mut running: Running, issuer: &str) {
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
    assert_eq!(error.to_string(), "the provider cannot be asked");
    let error = settings("squall-openid")
        .discover(issuer, send)
        .await
        .unwrap_err();
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
