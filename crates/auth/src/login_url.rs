//! The login redirect: the URL of the login page, and the outcome of a request without a user.

use http::{HeaderValue, Method, Response, StatusCode, Uri, header};

use crate::{ConfigError, safe_next};

/// Tornado's `login_url`: a path of this site, or another site's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginUrl {
    url: HeaderValue,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// On this site: `next` is a path.
    Local,
    /// On another site: `next` is an absolute URL.
    Absolute,
    /// With a query, which is left unchanged.
    Whole,
}

/// The outcome of a request that needs a user and has none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// 302, with this `Location`.
    Redirect(HeaderValue),
    /// 403 for other methods: the form or script must see that the request had no effect.
    Forbidden,
}

impl LoginUrl {
    /// Creates a login URL from a path such as `/login`, or an absolute URL with http or https. A
    /// URL with a query is used unchanged; otherwise `next` is added.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::LoginUrl`] if the text is neither.
    pub fn new(login_url: impl Into<String>) -> Result<Self, ConfigError> {
        let login_url = login_url.into();
        let parsed: Option<Uri> = login_url.parse().ok();
        let scheme = parsed.as_ref().and_then(Uri::scheme_str);
        let kind = match scheme {
            _ if login_url.contains('#') => None,
            Some("http" | "https") => Some(Kind::Absolute),
            Some(_) => None,
            None => safe_next(&login_url).map(|_| Kind::Local),
        };
        let kind = if login_url.contains('?') {
            kind.map(|_| Kind::Whole)
        } else {
            kind
        };
        match (HeaderValue::try_from(&login_url), kind) {
            (Ok(url), Some(kind)) => Ok(Self { url, kind }),
            _ => Err(ConfigError::LoginUrl { login_url }),
        }
    }

    /// Returns the login URL below the path at which the application is mounted, such as `/blog`. A URL of
    /// another site is left unchanged. The URI of [`login`](Self::login) needs the prefix as well.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::LoginUrl`] if the result is no path of this site.
    pub fn below(&self, prefix: &str) -> Result<Self, ConfigError> {
        match self.url.to_str() {
            Ok(path) if path.starts_with('/') => Self::new(format!("{prefix}{path}")),
            _ => Ok(self.clone()),
        }
    }

    /// Returns the outcome of a request with this method and URI. `GET` and `HEAD` are redirected
    /// to the page, with their own path and query as `next`, if these are [safe](safe_next).
    ///
    /// `origin` is the origin of this site, such as `https://example.com`. A login page on another
    /// site gets an absolute URL as `next`, or none without an origin.
    #[must_use]
    pub fn login(&self, method: &Method, uri: &Uri, origin: Option<&str>) -> Login {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Login::Forbidden;
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let next = match (safe_next(path), self.kind) {
            (Some(path), Kind::Local) => Some(path.to_owned()),
            (Some(path), Kind::Absolute) => origin.map(|origin| format!("{origin}{path}")),
            (None, _) | (_, Kind::Whole) => None,
        };
        let Some(next) = next else {
            return Login::Redirect(self.url.clone());
        };
        let query = form_urlencoded::byte_serialize(next.as_bytes());
        let location = [self.url.as_bytes(), b"?next="]
            .into_iter()
            .chain(query.map(str::as_bytes));
        let location = location.collect::<Vec<_>>().concat();
        Login::Redirect(HeaderValue::try_from(location).expect("what was added is ASCII"))
    }
}

impl Login {
    /// Returns the response with an empty body. A redirect is not stored by caches: it would lead
    /// back to the login page after the sign-in.
    #[must_use]
    pub fn response<B: Default>(&self) -> Response<B> {
        let mut response = Response::new(B::default());
        match self {
            Self::Redirect(location) => {
                *response.status_mut() = StatusCode::FOUND;
                let headers = response.headers_mut();
                headers.insert(header::LOCATION, location.clone());
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
            Self::Forbidden => *response.status_mut() = StatusCode::FORBIDDEN,
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_urls() {
        for (text, kind) in [
            ("/login", Some(Kind::Local)),
            ("/", Some(Kind::Local)),
            ("/login?method=mail", Some(Kind::Whole)),
            ("https://login.example", Some(Kind::Absolute)),
            ("https://login.example/in", Some(Kind::Absolute)),
            ("http://login.example:8888/in?site=1", Some(Kind::Whole)),
            ("", None),
            ("login", None),
            ("?login", None),
            ("#login", None),
            ("/login#form", None),
            ("//login.example", None),
            ("/\\login.example", None),
            ("login.example/in", None),
            ("https:login.example", None),
            ("https://", None),
            ("ftp://login.example", None),
            ("javascript:alert(1)", None),
            ("/log in", None),
            ("/log\r\nin: x", None),
            ("/login\u{e9}", None),
        ] {
            let login_url = LoginUrl::new(text);
            match kind {
                Some(kind) => assert_eq!(login_url.unwrap().kind, kind, "{text}"),
                None => assert_eq!(
                    login_url.unwrap_err(),
                    ConfigError::LoginUrl {
                        login_url: text.to_owned()
                    }
                ),
            }
        }
    }

    #[test]
    fn a_path_is_below_the_prefix_of_the_mount() {
        for (login_url, prefix, expected) in [
            ("/login", "/blog", Some("/blog/login")),
            ("/login?a=b", "/blog", Some("/blog/login?a=b")),
            ("/login", "", Some("/login")),
            (
                "https://login.example/in",
                "/blog",
                Some("https://login.example/in"),
            ),
            ("/login", "/", None),
            ("/login", "//evil.example", None),
        ] {
            let below = LoginUrl::new(login_url).unwrap().below(prefix);
            let expected = expected.map(|url| LoginUrl::new(url).unwrap());
            assert_eq!(below.ok(), expected, "{prefix}{login_url}");
        }
    }

    #[test]
    fn redirects() {
        let site = Some("https://site.example");
        for (login_url, uri, origin, location) in [
            ("/login", "/", None, "/login?next=%2F"),
            (
                "/login",
                "/me?a=b&c=%20d",
                site,
                "/login?next=%2Fme%3Fa%3Db%26c%3D%2520d",
            ),
            ("/login", "/caf%C3%A9", None, "/login?next=%2Fcaf%25C3%25A9"),
            (
                "/login",
                "http://evil.example/me",
                None,
                "/login?next=%2Fme",
            ),
            ("/login", "//evil.example/me", site, "/login"),
            ("/login", "*", site, "/login"),
            ("/login?a=b", "/me", site, "/login?a=b"),
            (
                "https://login.example/in",
                "/me?a=b",
                site,
                "https://login.example/in?next=https%3A%2F%2Fsite.example%2Fme%3Fa%3Db",
            ),
            (
                "https://login.example/in",
                "/me",
                None,
                "https://login.example/in",
            ),
            (
                "https://login.example/in?a=b",
                "/me",
                site,
                "https://login.example/in?a=b",
            ),
        ] {
            let login_url = LoginUrl::new(login_url).unwrap();
            let uri = uri.parse().unwrap();
            for method in [Method::GET, Method::HEAD] {
                let Login::Redirect(found) = login_url.login(&method, &uri, origin) else {
                    panic!("{method} {uri} is forbidden");
                };
                assert_eq!(found, location);
            }
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                assert_eq!(login_url.login(&method, &uri, origin), Login::Forbidden);
            }
        }
    }
}
