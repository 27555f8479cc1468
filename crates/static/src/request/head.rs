//! Request head: method, URI and header fields, borrowed from the request.

use http::{HeaderMap, Method, Uri};

/// The head of a request, without its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}
