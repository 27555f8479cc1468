//! A service that is mounted under a prefix.

use std::task::{Context, Poll};

use axum_core::extract::Request;
use http::{Uri, uri::PathAndQuery};
use tower_service::Service;

use crate::service::Matched;

/// Removes the prefix from the path of a request before it calls the service.
#[derive(Clone, Debug)]
pub(crate) struct Mounted<T> {
    /// The number of the prefix's segments.
    depth: usize,
    service: T,
}

impl<T> Mounted<T> {
    pub(crate) fn new(prefix: &str, service: T) -> Self {
        Self {
            depth: prefix.matches('/').count(),
            service,
        }
    }
}

impl<T: Service<Request>> Service<Request> for Mounted<T> {
    type Response = T::Response;
    type Error = T::Error;
    type Future = T::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> T::Future {
        if let Some(uri) = without_segments(request.uri(), self.depth) {
            *request.uri_mut() = uri;
        }
        // Captures are offsets into the path with the prefix.
        request.extensions_mut().remove::<Matched>();
        self.service.call(request)
    }
}

/// Removes the first `depth` segments. The prefix may have parameters or percent-encoding, so its
/// text is not compared.
fn without_segments(uri: &Uri, depth: usize) -> Option<Uri> {
    let path = uri.path();
    let rest = match path.match_indices('/').nth(depth) {
        Some((at, _)) => &path[at..],
        None => "/",
    };
    let target = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::without_segments;

    #[test]
    fn prefix_is_removed_by_segments() {
        for (uri, depth, wanted) in [
            ("/api", 1, "/"),
            ("/api/", 1, "/"),
            ("/api?q=1", 1, "/?q=1"),
            ("/api/users/7?q=/a", 1, "/users/7?q=/a"),
            ("/api//evil.com", 1, "//evil.com"),
            ("/a/b/c", 2, "/c"),
            ("/a%2Fb/c", 1, "/c"),
            ("/x/y", 0, "/x/y"),
            ("http://host/api/x", 1, "http://host/x"),
        ] {
            let stripped = without_segments(&uri.parse().unwrap(), depth).unwrap();
            assert_eq!(stripped.to_string(), wanted, "{uri}");
        }
    }
}
