//! Request metadata for the page and the log.

pub(crate) mod metadata;
pub(crate) mod request_id;

use std::net::IpAddr;

use http::{HeaderMap, Method, Uri, Version};

use crate::{
    mask::Mask,
    printable::one_line,
    request::metadata::{Metadata, RequestMetadata},
};

/// A copy of the request for the page, since the handler consumes the request.
pub(crate) struct RequestSnapshot {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) metadata: RequestMetadata,
}

/// Returns the path and query without secrets, on one line.
pub(crate) fn masked_target(mask: &Mask, uri: &Uri, metadata: &Metadata) -> String {
    let mut target = mask.path(uri.path(), &metadata.params);
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(&mask.query(query));
    }
    one_line(&target)
}
