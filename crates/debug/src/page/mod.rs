//! Traceback page: rendered in the accepted format, with security headers.

pub(crate) mod accept;
pub(crate) mod editor;
mod html;
mod json;
mod markdown;
pub(crate) mod report;
mod rust;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    page::{accept::Format, report::Report},
    request::request_id::random,
};

pub(crate) struct Page {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Security headers of all formats: no caching, no framing, no MIME sniffing.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::VARY, "accept"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub(crate) fn render(report: &Report, request: &HeaderMap, own_scripts: bool) -> Page {
    let nonce = format!("{:016x}{:016x}", random(), random());
    let (media_type, text) = match Format::accepted(request) {
        Format::Html => ("text/html; charset=utf-8", html::render(report, &nonce)),
        Format::Json => ("application/problem+json", json::render(report)),
        // text/plain, so that terminals and browsers show it.
        Format::Markdown => ("text/plain; charset=utf-8", markdown::render(report)),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let policy = HeaderValue::try_from(policy(&nonce, own_scripts));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.expect("a nonce of digits is a valid header value"),
    );
    Page {
        headers,
        body: text.into(),
    }
}

/// The `Content-Security-Policy`: only scripts and styles with this response's nonce, and those of
/// the own origin if configured.
fn policy(nonce: &str, own_scripts: bool) -> String {
    let (own, connect) = match own_scripts {
        true => (" 'self'", "; connect-src 'self'"),
        false => ("", ""),
    };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'{own}; style-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'{connect}"
    )
}
