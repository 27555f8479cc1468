//! HTML injection: dynamic text never becomes markup.

use http::{HeaderValue, Method, Request};
use squall_debug::{Failure, RequestMetadata, Snippet, Tracebacks};

use crate::case::{AppError, Result, request, respond, shown};

/// Breaks out of elements, attributes, comments, text areas and scripts that are not escaped.
const ATTACK: &str =
    "x\"'></textarea></title></script>--><script>alert(1)</script><img src=x onerror=alert(1)>&lt;";

fn tracebacks() -> Tracebacks {
    shown().process_info(ATTACK, ATTACK)
}

async fn handler(request: Request<()>) -> Result<()> {
    let metadata: &RequestMetadata = request.extensions().get().unwrap();
    metadata.set_route(ATTACK);
    metadata.add_param(ATTACK, ATTACK);
    metadata.add_form_field(ATTACK, ATTACK);
    let snippet = Snippet::new(ATTACK, ATTACK, 1).file(format!("/{ATTACK}"));
    let error = crate::case::Outer(ATTACK.to_owned(), std::io::Error::other(ATTACK));
    Err(AppError(Failure::new(error).with_snippet(snippet)))
}

/// A request with the attack in all parts that a client or the application sets.
fn attack(accept: &str) -> Request<()> {
    let encoded: String = ATTACK.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let method = Method::from_bytes(b"A'B").unwrap();
    request(accept)
        .method(method)
        .uri(format!("/'{encoded}?{encoded}={encoded}&'x=%3Cscript%3E"))
        .header("x-thing", HeaderValue::from_str(ATTACK).unwrap())
        .header("cookie", format!("{ATTACK}={ATTACK}"))
        .header("cookie", "a<script>=<script>")
        .body(())
        .unwrap()
}

/// Everything that a parser would treat as a tag.
fn tags(page: &str) -> Vec<&str> {
    let starts = page.match_indices('<').map(|(at, _)| at);
    starts
        .map(|at| &page[at..at + page[at..].find('>').unwrap_or(0) + 1])
        .collect()
}

#[tokio::test]
async fn html_has_only_its_own_tags() {
    let response = respond(tracebacks(), attack("text/html"), handler).await;
    let page = response.body();
    let harmless = respond(
        shown().process_info("a", "a"),
        attack("text/html"),
        async |_| Err(std::io::Error::other("a").into()),
    );
    let harmless = harmless.await;
    let known: std::collections::BTreeSet<_> = tags(harmless.body())
        .into_iter()
        .filter_map(|tag| {
            tag[1..]
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '/')
                .next()
        })
        .collect();
    for tag in tags(page) {
        let name = tag[1..]
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '/')
            .next();
        let extra = ["ol", "li", "/ol", "/li", "div", "/div"];
        let name = name.unwrap();
        assert!(known.contains(name) || extra.contains(&name), "{tag}");
        // Every second part is inside quotes.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(
            !names.contains(" on") && !tag.contains("javascript:"),
            "{tag}"
        );
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</textarea>").count(), 1);
    assert_eq!(page.matches("</title>").count(), 1);
    assert!(!page.contains("<img"));
    // The attack is shown as text.
    assert!(
        page.matches("&lt;img src=x onerror=alert(1)&gt;&amp;lt;")
            .count()
            >= 10,
        "{page}"
    );
}

#[tokio::test]
async fn markdown_and_json_show_the_attack_as_text() {
    let response = respond(tracebacks(), attack("application/json"), handler).await;
    let page: serde_json::Value = serde_json::from_str(response.body()).unwrap();
    assert_eq!(page["error"], ATTACK);
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");

    let response = respond(tracebacks(), attack("text/plain"), handler).await;
    for line in response
        .body()
        .lines()
        .filter(|line| line.contains("<script>"))
    {
        let outside: String = line.split('`').step_by(2).collect();
        let is_code = line.contains('│') || !outside.replace("\\<", "").contains('<');
        assert!(is_code, "{line}");
    }
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn control_characters_are_escaped_in_all_formats() {
    for accept in ["text/plain", "text/html", "application/json"] {
        let request = request(accept)
            .uri("/?a=%1B%5B2J%0Ab%E2%80%AE")
            .header(
                "x-thing",
                HeaderValue::from_bytes(b"\xe2\x80\xae\xff").unwrap(),
            )
            .body(())
            .unwrap();
        let response = respond(shown(), request, async |_| {
            Err(std::io::Error::other("\x1b[2J\r\u{9b}\u{202e}").into())
        });
        let page = response.await.into_body();
        let bad = page
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{accept}: {page}");
    }
}
