//! The body of an error without a page of the application's own: HTML, JSON or text, by `Accept`.

use std::fmt::Write;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{Error, negotiate::Format};

const STYLE: &str = include_str!("default_page.css");

/// Allows the style and nothing else. The hash is that of the style, so that it needs no nonce.
const POLICY: &str = "default-src 'none'; style-src 'sha256-H79mgCU661brrmZy25Yv+DzNa6K7egyAMBEn9d2+GWY='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The part of an error that a client may see.
struct Problem<'a> {
    status: StatusCode,
    reason: Option<&'a str>,
    field: Option<&'a str>,
    /// The id of a failure in the log.
    request_id: Option<&'a str>,
}

/// Returns the status and, for a refusal, its reason and its field.
pub(crate) fn default_page(
    error: &Error,
    accept: Option<&HeaderValue>,
    request_id: Option<&str>,
) -> Response {
    let reason = error.reason();
    let problem = Problem {
        status: error.status_code(),
        reason: reason.as_deref(),
        field: error.field(),
        request_id,
    };
    let (media_type, body) = match Format::preferred(accept) {
        Format::Text => ("text/plain; charset=utf-8", problem.text()),
        Format::Html => ("text/html; charset=utf-8", problem.html()),
        Format::Json => ("application/problem+json", problem.json()),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::VARY, "accept"),
        // The reason may have text of the client.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if media_type.starts_with("text/html") {
        let policy = HeaderValue::from_static(POLICY);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

impl Problem<'_> {
    fn text(&self) -> String {
        let status = self.status;
        match self.reason {
            Some(reason) => format!("{status}\n{reason}\n"),
            None => format!("{status}\n"),
        }
    }

    /// Problem details (RFC 9457).
    fn json(&self) -> String {
        let mut json = String::from(r#"{"type":"about:blank","title":"#);
        push_json(&mut json, self.title());
        let status = self.status.as_u16();
        write!(json, r#","status":{status}"#).expect("writing to a string cannot fail");
        for (name, value) in [
            ("detail", self.reason),
            ("field", self.field),
            ("request_id", self.request_id),
        ] {
            if let Some(value) = value {
                json.push(',');
                push_json(&mut json, name);
                json.push(':');
                push_json(&mut json, value);
            }
        }
        json.push_str("}\n");
        json
    }

    fn html(&self) -> String {
        let title = self.title();
        let mut html = String::from(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        );
        push_html(&mut html, title);
        html.push_str("</title>\n<style>");
        html.push_str(STYLE);
        html.push_str("</style>\n</head>\n<body>\n<main>\n<p class=\"status\">Error ");
        html.push_str(self.status.as_str());
        html.push_str("</p>\n<h1>");
        push_html(&mut html, title);
        html.push_str("</h1>\n");
        if let Some(text) = self.reason.or_else(|| self.explanation()) {
            html.push_str("<p class=\"reason\">");
            push_html(&mut html, text);
            html.push_str("</p>\n");
        }
        let rows = [("Field", self.field), ("Request id", self.request_id)];
        if rows.iter().any(|(_, value)| value.is_some()) {
            html.push_str("<dl>\n");
            for (name, value) in rows {
                let Some(value) = value else { continue };
                html.push_str("<dt>");
                html.push_str(name);
                html.push_str("</dt><dd>");
                push_html(&mut html, value);
                html.push_str("</dd>\n");
            }
            html.push_str("</dl>\n");
        }
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }

    fn title(&self) -> &'static str {
        let class = match self.status.is_server_error() {
            true => "Server Error",
            false => "Client Error",
        };
        self.status.canonical_reason().unwrap_or(class)
    }

    /// Returns what a status without a reason means, for a person who is not a developer.
    fn explanation(&self) -> Option<&'static str> {
        Some(match self.status {
            StatusCode::BAD_REQUEST => "The server cannot make sense of this request.",
            StatusCode::UNAUTHORIZED => "You have to sign in to see this page.",
            StatusCode::FORBIDDEN => "You are not allowed to see this page.",
            StatusCode::NOT_FOUND => "There is no page at this address.",
            StatusCode::METHOD_NOT_ALLOWED => "This address cannot be used in this way.",
            StatusCode::GONE => "This page no longer exists.",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests. Try again later.",
            StatusCode::SERVICE_UNAVAILABLE => "The server is busy. Try again later.",
            status if status.is_server_error() => {
                "Something went wrong on the server. Try again later."
            }
            _ => return None,
        })
    }
}

fn push_html(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

/// Appends a JSON string (RFC 8259, section 7). `serde_json` is part of a feature.
fn push_json(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..' ' => {
                let code = u32::from(c);
                write!(json, "\\u{code:04x}").expect("writing to a string cannot fail");
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use axum_core::response::Response;
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use http::{HeaderValue, StatusCode, header};
    use http_body_util::BodyExt;
    use sha2::{Digest, Sha256};

    use super::{POLICY, STYLE, default_page};
    use crate::Error;

    async fn page(error: &Error, accept: &'static str, id: Option<&str>) -> (Response<()>, String) {
        let accept = HeaderValue::from_static(accept);
        let (head, body) = default_page(error, Some(&accept), id).into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (Response::from_parts(head, ()), body)
    }

    #[test]
    fn policy_has_the_hash_of_the_style() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
        assert!(!STYLE.contains("url(") && !STYLE.contains('<'));
    }

    #[tokio::test]
    async fn reason_and_field_are_escaped_in_each_format() {
        let reason = "no \"<script>\" & 'x'\n\u{1}\u{e9}\\";
        let error = Error::refusal(StatusCode::BAD_REQUEST, reason).with_field("a<b>\"");
        let (head, html) = page(&error, "text/html", None).await;
        assert_eq!(head.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
        assert!(html.contains(
            "<p class=\"reason\">no &quot;&lt;script&gt;&quot; &amp; &#39;x&#39;\n\u{1}\u{e9}\\</p>"
        ));
        assert!(html.contains("<dd>a&lt;b&gt;&quot;</dd>"), "{html}");
        let (_, json) = page(&error, "application/json", None).await;
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let wanted = serde_json::json!({
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": reason,
            "field": "a<b>\"",
        });
        assert_eq!(read, wanted);
        let (_, text) = page(&error, "text/plain", None).await;
        assert_eq!(text, format!("400 Bad Request\n{reason}\n"));
    }

    #[tokio::test]
    async fn failure_has_its_id_and_no_reason() {
        for error in [
            Error::new("secret"),
            Error::new("secret").with_status(StatusCode::BAD_REQUEST),
            Error::new("secret").with_status(StatusCode::from_u16(599).unwrap()),
        ] {
            for accept in ["text/html", "application/json", "*/*"] {
                let (head, body) = page(&error, accept, Some("f00d")).await;
                assert!(!body.contains("secret"), "{body}");
                assert_eq!(body.contains("f00d"), accept != "*/*", "{body}");
                assert_eq!(head.headers()[header::VARY], "accept");
                let nosniff = head.headers().get(header::X_CONTENT_TYPE_OPTIONS);
                assert!(nosniff.is_some_and(|value| value == "nosniff"));
            }
        }
    }
}
