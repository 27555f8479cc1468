//! `MountPrefix`: the path below which an application is mounted, for the URLs that it makes.

use std::sync::Arc;

use http::{Extensions, uri::PathAndQuery};

use crate::{Error, Result};

/// The path below which an application is mounted, without a slash at its end; in the extensions of
/// a request. It is `SCRIPT_NAME` of WSGI, `root_path` of ASGI, and the stage of AWS's API Gateway.
///
/// The URI of the request does not have it. [`Urls`](crate::Urls),
/// [`login_url`](crate::Application::login_url) and templates put it before their paths, so they
/// lead back to the application.
/// [`Application::mount`] sets it, and so does the adapter of another server. A path that a handler writes out,
/// such as `Redirect::see_other("/")`, is one of the whole site.
///
/// [`Application::mount`]: crate::Application::mount
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountPrefix(
    /// `None` at the root.
    Option<Arc<str>>,
);

impl MountPrefix {
    /// Returns a prefix, percent-encoded; slashes at its end are removed, and an empty one is the
    /// root.
    ///
    /// # Errors
    ///
    /// If it is not the path of a URL, or begins with two slashes, as a URL of another host does.
    pub fn new(prefix: &str) -> Result<Self> {
        let path = prefix.trim_end_matches('/');
        if path.is_empty() {
            return Ok(Self(None));
        }
        let is_of_this_site = path.starts_with('/') && !path.starts_with("//");
        let parsed = PathAndQuery::try_from(path).ok();
        match parsed {
            Some(parsed) if is_of_this_site && parsed.path() == path => {
                Ok(Self(Some(Arc::from(path))))
            }
            _ => Err(Error::new(format!(
                "MountPrefix: expected a path such as \"/blog\", found {prefix:?}"
            ))),
        }
    }

    /// Returns the path, such as `/blog`; empty at the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns the prefix of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Returns the prefix of an application that is mounted in one with this prefix.
    pub(crate) fn join(&self, inner: &str) -> Self {
        let joined = format!("{}{inner}", self.as_str());
        // The path of a request has been parsed; one that leads to another host is not used.
        Self::new(&joined).unwrap_or_default()
    }

    /// Returns a path of the application as a path of the site.
    pub(crate) fn path(&self, path: String) -> String {
        match &self.0 {
            Some(prefix) => format!("{prefix}{path}"),
            None => path,
        }
    }

    #[cfg(any(feature = "auth", feature = "templates"))]
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::MountPrefix;

    #[test]
    fn a_prefix_is_a_path_of_this_site() {
        for (text, expected) in [
            ("", Some("")),
            ("/", Some("")),
            ("/blog", Some("/blog")),
            ("/blog/", Some("/blog")),
            ("/a/b//", Some("/a/b")),
            ("/caf%C3%A9", Some("/caf%C3%A9")),
            ("blog", None),
            ("//evil.example", None),
            ("https://evil.example/", None),
            ("/blog?a=b", None),
            ("/blog#a", None),
            ("/a b", None),
            ("/a\r\nb", None),
        ] {
            let prefix = MountPrefix::new(text);
            let prefix = prefix.as_ref().map(MountPrefix::as_str).ok();
            assert_eq!(prefix, expected, "{text:?}");
        }
    }

    #[test]
    fn a_mount_in_a_mount_has_both_prefixes() {
        let outer = MountPrefix::new("/site").unwrap();
        assert_eq!(outer.join("/blog").as_str(), "/site/blog");
        assert_eq!(outer.join("/").as_str(), "/site");
        assert_eq!(MountPrefix::default().join("/blog").as_str(), "/blog");
        assert_eq!(MountPrefix::default().join("//evil.example").as_str(), "");
    }
}
