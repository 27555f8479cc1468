//! Secrets: none appears in any format of the page or in the log.

use http::{HeaderName, HeaderValue, Request};
use squall_debug::RequestMetadata;

use crate::case::{Log, Result, request, respond, shown};

const FORMS: [&str; 3] = ["text/html", "application/json", "text/plain"];

/// The value of all secrets; no other text contains it.
const SECRET: &str = "hunter2";

const NAMES: [&str; 62] = [
    "password",
    "Password",
    "user[password]",
    "password_confirmation",
    "new-password",
    "passwd",
    "pass",
    "db_pass",
    "passphrase",
    "passcode",
    "pwd",
    "user.pwd",
    "secret",
    "client_secret",
    "SECRET_KEY_BASE",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "X-Auth-Token",
    "X-Api-Key",
    "api_key",
    "apikey",
    "API-KEY",
    "ApiKey",
    "access_key",
    "aws_secret_access_key",
    "X-Amz-Signature",
    "X-Hub-Signature-256",
    "signature",
    "sig",
    "authorization",
    "Proxy-Authorization",
    "x-authorization",
    "auth",
    "basic_auth",
    "oauth_verifier",
    "code",
    "_xsrf",
    "xsrf",
    "X-XSRF-TOKEN",
    "csrf",
    "csrfmiddlewaretoken",
    "X-CSRF-Token",
    "authenticity_token",
    "session",
    "sessionid",
    "session_id",
    "JSESSIONID",
    "PHPSESSID",
    "connect.sid",
    "sid",
    "sess",
    "credential",
    "credentials",
    "private_key",
    "privateKey",
    "jwt",
    "otp",
    "pin",
    "remember_me",
    "x-shoe-size",
];

/// Values that are secret under any name.
const VALUES: [&str; 4] = [
    "Bearer hunter2",
    "basic hunter2",
    "eyJhbGciOiJIUzI1NiJ9.hunter2.c2ln",
    "2|1:0|10:1700000000|4:user|12:hunter2|c0ffee",
];

/// The page in all formats, followed by the log.
async fn said(
    build: impl Fn(http::request::Builder) -> Request<()>,
    tell: impl Fn(&RequestMetadata) + Copy,
) -> Vec<String> {
    let mut said = Vec::new();
    let log = Log::default();
    let listening = log.listen();
    for accept in FORMS {
        let handler = async |request: Request<()>| -> Result<()> {
            tell(request.extensions().get().unwrap());
            Err(std::io::Error::other("broken").into())
        };
        let tracebacks = shown().hide("shoe_size");
        let response = respond(tracebacks, build(request(accept)), handler).await;
        said.push(response.into_body());
    }
    drop(listening);
    said.push(log.text());
    said
}

fn assert_hidden(said: &[String], what: &str) {
    for text in said {
        // The page may show the source of these tests, which must not contain the secret.
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
    assert!(
        said[..3].iter().all(|page| page.contains("[hidden]")),
        "{what}"
    );
}

fn nothing(_: &RequestMetadata) {}

#[tokio::test]
async fn secret_names_are_hidden_everywhere() {
    for name in NAMES {
        let everywhere = |builder: http::request::Builder| {
            let query = name.replace('[', "%5B").replace(']', "%5D");
            let uri = format!("/reset/{SECRET}?page=2&{query}={SECRET}");
            let builder = builder
                .header("referer", format!("http://localhost{uri}"))
                .header("cookie", format!("theme=dark; {name}={SECRET}"))
                .uri(uri);
            // Some are not valid header names.
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(header) => builder.header(header, SECRET),
                Err(_) => builder,
            }
            .body(())
            .unwrap()
        };
        let metadata = |metadata: &RequestMetadata| {
            metadata.add_form_field(name, SECRET);
            metadata.add_param(name, SECRET);
        };
        assert_hidden(&said(everywhere, metadata).await, name);
    }
}

#[tokio::test]
async fn secret_values_are_hidden_everywhere() {
    for value in VALUES {
        let everywhere = |builder: http::request::Builder| {
            let encoded = value.replace(' ', "%20").replace('|', "%7C");
            let header = HeaderValue::from_str(value).unwrap();
            let builder = builder.uri(format!("/{encoded}?x={encoded}"));
            let builder = builder.header("x-thing", header);
            builder
                .header("cookie", format!("x={value}"))
                .body(())
                .unwrap()
        };
        let metadata = |metadata: &RequestMetadata| {
            metadata.add_form_field("x", value);
            metadata.add_param("x", value);
        };
        assert_hidden(&said(everywhere, metadata).await, value);
    }
    let long = |builder: http::request::Builder| {
        let cookie = format!("x={SECRET}{SECRET}{SECRET}; {SECRET}");
        builder.header("cookie", cookie).body(()).unwrap()
    };
    assert_hidden(
        &said(long, nothing).await,
        "a long cookie, and a malformed one",
    );
}

#[tokio::test]
async fn other_values_are_shown() {
    let open = |builder: http::request::Builder| {
        let builder = builder.uri("/feed/kittens?author=kittens");
        builder
            .header("cookie", "theme=kittens")
            .header("x-thing", "kittens")
            .body(())
            .unwrap()
    };
    let metadata = |metadata: &RequestMetadata| metadata.add_form_field("body", "kittens");
    let said = said(open, metadata).await;
    for page in &said[..3] {
        let count = page.matches("kittens").count();
        assert!(count >= 6, "{count} in {page}");
        assert!(!page.contains("[hidden]"), "{page}");
    }
    assert!(said[3].contains("GET /feed/kittens?author=kittens"));
}
