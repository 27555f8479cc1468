//! A service under a prefix, which it does not see.

use std::task::{Context, Poll};

use axum_core::extract::Request;
use http::{Uri, uri::PathAndQuery};
use tower_service::Service;

use crate::service::Matched;

/// Takes the prefix off the path before the service sees the request.
#[derive(Clone, Debug)]
pub(crate) struct Mounted<T> {
    /// How many segments the prefix has.
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
        // They are spans of the path that it was.
        request.extensions_mut().remove::<Matched>();
        self.service.call(request)
    }
}

/// Counts segments instead of comparing text: a prefix may have parameters or escapes.
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
    fn prefixes_come_off() {
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
