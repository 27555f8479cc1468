//! The page in the form that the client accepts, and the headers that keep it harmless.

mod html;
mod json;
mod markdown;
mod rust;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{accept::Form, report::Report, request_id::random};

pub(crate) struct Page {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What holds for every form: others may neither keep it, nor frame it, nor guess what it is.
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
    let (media_type, text) = match Form::accepted(request) {
        Form::Html => ("text/html; charset=utf-8", html::render(report, &nonce)),
        Form::Json => ("application/json", json::render(report)),
        // Clients that know Markdown know it by its looks, and terminals show what is text.
        Form::Markdown => ("text/plain; charset=utf-8", markdown::render(report)),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let policy = HeaderValue::try_from(policy(&nonce, own_scripts));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.expect("digits may stand in a header"),
    );
    Page {
        headers,
        body: text.into(),
    }
}

/// Content Security Policy: only what carries this response's nonce, and what the setting allows.
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
