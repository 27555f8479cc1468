//! The setting `compress_response`, and the layer that compresses.
//!
//! `decide.rs` decides from the headers, `gzip.rs` is the body.

mod decide;
mod gzip;
mod setters;

use std::sync::Arc;

use axum_core::{body::Body, response::Response};
use http::{HeaderMap, HeaderValue, header};
use http_body::Body as _;

use self::{
    decide::{accepts_gzip, is_compressible},
    gzip::GzipBody,
};
use crate::{file_content::forget_file, handler::endpoint::Endpoint, routes::settings::Wrap};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(bool);

impl Settings {
    /// Adds the layer, if compression is on.
    pub(crate) fn add_layer(self, layers: &mut Vec<Wrap>) {
        if self.0 {
            layers.push(Arc::new(|inner: Endpoint| {
                Endpoint::from_fn(move |request| {
                    let is_accepted = accepts_gzip(request.headers());
                    let response = inner.respond(request);
                    async move { compressed(response.await, is_accepted) }
                })
            }));
        }
    }
}

/// Returns the response compressed, if it can be and the client accepts it.
fn compressed(mut response: Response, is_accepted: bool) -> Response {
    let length = response.body().size_hint().exact();
    if !is_compressible(response.status(), response.headers(), length) {
        return response;
    }
    add_vary(response.headers_mut());
    if !is_accepted {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::ACCEPT_RANGES);
    weaken_etag(headers);
    forget_file(&mut response);
    response.map(|body| Body::new(GzipBody::new(body)))
}

/// Names the request's header that the response depends on, for caches.
fn add_vary(headers: &mut HeaderMap) {
    let mut named = headers.get_all(header::VARY).iter().flat_map(|line| {
        let names = line.as_bytes().split(|&byte| byte == b',');
        names.map(<[u8]>::trim_ascii)
    });
    if !named.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"accept-encoding")) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// A strong validator is for the same bytes, and the compressed ones differ (RFC 9110, section 8.8.1).
fn weaken_etag(headers: &mut HeaderMap) {
    let Some(etag) = headers.get(header::ETAG) else {
        return;
    };
    if !etag.as_bytes().starts_with(b"W/") {
        let weak = [b"W/", etag.as_bytes()].concat();
        let weak = HeaderValue::from_bytes(&weak).expect("an entity tag with a prefix is a value");
        headers.insert(header::ETAG, weak);
    }
}
