//! Secrets: none of them gets into any form of the page, or into the log.

use http::{HeaderName, HeaderValue, Request};
use squall_debug::RequestFacts;

use crate::case::{Log, Result, request, respond, shown};

const FORMS: [&str; 3] = ["text/html", "application/json", "text/plain"];

/// It stands for every secret; nothing else says it.
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

/// Values that are secrets whatever their name is.
const VALUES: [&str; 4] = [
    "Bearer hunter2",
    "basic hunter2",
    "eyJhbGciOiJIUzI1NiJ9.hunter2.c2ln",
    "2|1:0|10:1700000000|4:user|12:hunter2|c0ffee",
];

/// All that is said of a failed request, with the log's words last.
async fn said(
    build: impl Fn(http::request::Builder) -> Request<()>,
    tell: impl Fn(&RequestFacts) + Copy,
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

fn assert_silent(said: &[String], what: &str) {
    for text in said {
        // Where the tests' own source is shown, it would say it too.
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
    assert!(
        said[..3].iter().all(|page| page.contains("[hidden]")),
        "{what}"
    );
}

fn nothing(_: &RequestFacts) {}

#[tokio::test]
async fn names_in_every_place() {
    for name in NAMES {
        let everywhere = |builder: http::request::Builder| {
            let query = name.replace('[', "%5B").replace(']', "%5D");
            let uri = format!("/reset/{SECRET}?page=2&{query}={SECRET}");
            let builder = builder
                .header("referer", format!("http://localhost{uri}"))
                .header("cookie", format!("theme=dark; {name}={SECRET}"))
                .uri(uri);
            // Some are no names of headers.
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(header) => builder.header(header, SECRET),
                Err(_) => builder,
            }
            .body(())
            .unwrap()
        };
        let facts = |facts: &RequestFacts| {
            facts.add_form_field(name, SECRET);
            facts.add_param(name, SECRET);
        };
        assert_silent(&said(everywhere, facts).await, name);
    }
}

#[tokio::test]
async fn values_in_every_place() {
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
        let facts = |facts: &RequestFacts| {
            facts.add_form_field("x", value);
            facts.add_param("x", value);
        };
        assert_silent(&said(everywhere, facts).await, value);
    }
    let long = |builder: http::request::Builder| {
        let cookie = format!("x={SECRET}{SECRET}{SECRET}; {SECRET}");
        builder.header("cookie", cookie).body(()).unwrap()
    };
    assert_silent(
        &said(long, nothing).await,
        "a long cookie, and one that is none",
    );
}

#[tokio::test]
async fn what_is_no_secret_is_shown() {
    let open = |builder: http::request::Builder| {
        let builder = builder.uri("/feed/kittens?author=kittens");
        builder
            .header("cookie", "theme=kittens")
            .header("x-thing", "kittens")
            .body(())
            .unwrap()
    };
    let facts = |facts: &RequestFacts| facts.add_form_field("body", "kittens");
    let said = said(open, facts).await;
    for page in &said[..3] {
        let count = page.matches("kittens").count();
        assert!(count >= 6, "{count} in {page}");
        assert!(!page.contains("[hidden]"), "{page}");
    }
    assert!(said[3].contains("GET /feed/kittens?author=kittens"));
}
