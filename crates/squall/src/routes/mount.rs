//! A service that is mounted under a prefix.

use std::task::{Context, Poll};

use axum_core::extract::Request;
use http::{Uri, uri::PathAndQuery};
use squall_routing::Captures;
use tower_service::Service;

use crate::{MountPrefix, matched::Matched, service::OuterLog};

/// The patterns of a mount, after its prefix.
pub(super) const PATTERNS: [&str; 3] = ["", "/", "/{*rest}"];

/// Moves the prefix from the path of a request to its [`MountPrefix`] before it calls the service.
#[derive(Clone, Debug)]
pub(super) struct Mounted<T>(pub(super) T);

impl<T: Service<Request>> Service<Request> for Mounted<T> {
    type Response = T::Response;
    type Error = T::Error;
    type Future = T::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> T::Future {
        // Captures are offsets into the path with the prefix, so the service must not have them.
        if let Some(matched) = Matched::take(request.extensions_mut()) {
            let pattern = matched.captures.as_ref().map_or("", Captures::pattern);
            if let Some((prefix, uri)) = split(request.uri(), prefix_length(pattern)) {
                let prefix = MountPrefix::of(request.extensions()).join(&prefix);
                request.extensions_mut().insert(prefix);
                *request.uri_mut() = uri;
            }
            if matched.site.access_log {
                request.extensions_mut().insert(OuterLog);
            }
        }
        self.0.call(request)
    }
}

/// Returns the number of segments before the part of a pattern that is the service's own. A group
/// may have added to the prefix of the mount.
fn prefix_length(pattern: &str) -> usize {
    let mut own = PATTERNS.iter().rev();
    let prefix = own.find_map(|own| pattern.strip_suffix(own));
    let mut braces = 0_usize;
    let slashes = prefix.unwrap_or(pattern).bytes().filter(|byte| {
        match byte {
            b'{' => braces += 1,
            b'}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        *byte == b'/' && braces == 0
    });
    slashes.count()
}

/// Splits off the first `depth` segments. The prefix may have parameters or percent-encoding, so
/// its text is not compared.
fn split(uri: &Uri, depth: usize) -> Option<(String, Uri)> {
    let path = uri.path();
    let (prefix, rest) = match path.match_indices('/').nth(depth) {
        Some((at, _)) => path.split_at(at),
        None => (path, "/"),
    };
    let target = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Some((prefix.to_owned(), Uri::from_parts(parts).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{prefix_length, split};

    #[test]
    fn prefix_is_counted_in_segments() {
        for (pattern, segments) in [
            ("/", 0),
            ("/{*rest}", 0),
            ("/api", 1),
            ("/api/", 1),
            ("/api/{*rest}", 1),
            ("/{id:[^/]+}/{*rest}", 1),
            ("/admin/{tenant}/api/{*rest}", 3),
        ] {
            assert_eq!(prefix_length(pattern), segments, "{pattern}");
        }
    }

    #[test]
    fn prefix_is_split_off_by_segments() {
        for (uri, depth, prefix, rest) in [
            ("/api", 1, "/api", "/"),
            ("/api/", 1, "/api", "/"),
            ("/api?q=1", 1, "/api", "/?q=1"),
            ("/api/users/7?q=/a", 1, "/api", "/users/7?q=/a"),
            ("/api//evil.com", 1, "/api", "//evil.com"),
            ("/a/b/c", 2, "/a/b", "/c"),
            ("/a%2Fb/c", 1, "/a%2Fb", "/c"),
            ("/x/y", 0, "", "/x/y"),
            ("http://host/api/x", 1, "/api", "http://host/x"),
        ] {
            let (found, uri) = split(&uri.parse().unwrap(), depth).unwrap();
            assert_eq!((found.as_str(), uri.to_string().as_str()), (prefix, rest));
        }
    }
}
