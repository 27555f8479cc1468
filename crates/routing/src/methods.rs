//! Method routing: 405 with `Allow`, HEAD through GET, automatic OPTIONS.

use std::{error::Error, fmt};

use http::{HeaderValue, Method};

/// The endpoints of one path by method (RFC 9110, section 9), extension methods included.
///
/// ```
/// use http::Method;
/// use squall_routing::{MethodMatch, Methods};
///
/// let methods = Methods::new().on(Method::GET, "show")?.on(Method::PUT, "store")?;
/// assert_eq!(methods.find(&Method::PUT), MethodMatch::Found(&"store"));
/// assert_eq!(methods.find(&Method::HEAD), MethodMatch::Head(&"show"));
/// let MethodMatch::NotAllowed(allow) = methods.find(&Method::DELETE) else { panic!() };
/// assert_eq!(allow, "GET, HEAD, PUT, OPTIONS");
/// # Ok::<(), squall_routing::DuplicateMethod>(())
/// ```
#[derive(Clone, Debug)]
pub struct Methods<T> {
    endpoints: Vec<(Method, T)>,
    any: Option<T>,
    allow: HeaderValue,
}

/// The endpoint, or the automatic response, for a request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each variant has its own response, so a server must handle all of them"
)]
pub enum MethodMatch<'a, T> {
    /// The endpoint of the method, or the endpoint for any method.
    Found(&'a T),
    /// The endpoint of GET for a HEAD request: its response is sent without the body.
    Head(&'a T),
    /// An OPTIONS request without an endpoint: respond with 204 and this value of `Allow`.
    Options(&'a HeaderValue),
    /// No endpoint: respond with 405 and this value of `Allow`.
    NotAllowed(&'a HeaderValue),
}

/// An error: two endpoints for the same method of the same path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateMethod {
    method: Option<Method>,
}

impl<T> Methods<T> {
    /// Creates a set without endpoints.
    #[must_use]
    pub fn new() -> Self {
        Self {
            endpoints: Vec::new(),
            any: None,
            allow: HeaderValue::from_static("OPTIONS"),
        }
    }

    /// Sets the endpoint for a method. Without one, HEAD uses the endpoint of GET, OPTIONS gets an
    /// automatic response, and other methods get 405. Default: no endpoint.
    ///
    /// # Errors
    ///
    /// Returns an error if the method already has an endpoint.
    pub fn on(mut self, method: Method, endpoint: T) -> Result<Self, DuplicateMethod> {
        self.add(method, endpoint)?;
        Ok(self)
    }

    /// Sets the endpoint for all methods without their own, including OPTIONS, and HEAD unless
    /// there is an endpoint for GET. Default: none.
    ///
    /// # Errors
    ///
    /// Returns an error if it is already set.
    pub fn any(mut self, endpoint: T) -> Result<Self, DuplicateMethod> {
        self.add_any(endpoint)?;
        Ok(self)
    }

    /// Adds all endpoints of `other`, as for identical rules
    /// ([`Builder::build_merging`](crate::Builder::build_merging)).
    ///
    /// # Errors
    ///
    /// Returns an error if both have an endpoint for the same method, or for any method.
    pub fn merge(&mut self, other: Self) -> Result<(), DuplicateMethod> {
        for (method, endpoint) in other.endpoints {
            self.add(method, endpoint)?;
        }
        match other.any {
            Some(endpoint) => self.add_any(endpoint),
            None => Ok(()),
        }
    }

    /// Returns the endpoint for a request's method.
    #[must_use]
    pub fn find(&self, method: &Method) -> MethodMatch<'_, T> {
        if let Some(endpoint) = self.own(method) {
            return MethodMatch::Found(endpoint);
        }
        if method == Method::HEAD
            && let Some(endpoint) = self.own(&Method::GET)
        {
            return MethodMatch::Head(endpoint);
        }
        match &self.any {
            Some(endpoint) => MethodMatch::Found(endpoint),
            None if method == Method::OPTIONS => MethodMatch::Options(&self.allow),
            None => MethodMatch::NotAllowed(&self.allow),
        }
    }

    /// Returns the value of `Allow`, or `None` if there is an endpoint for any method.
    #[must_use]
    pub fn allow(&self) -> Option<&HeaderValue> {
        self.any.is_none().then_some(&self.allow)
    }

    fn own(&self, method: &Method) -> Option<&T> {
        self.endpoints
            .iter()
            .find_map(|(other, endpoint)| (other == method).then_some(endpoint))
    }

    fn add(&mut self, method: Method, endpoint: T) -> Result<(), DuplicateMethod> {
        if self.own(&method).is_some() {
            return Err(DuplicateMethod {
                method: Some(method),
            });
        }
        self.endpoints.push((method, endpoint));
        self.allow = self.allowed();
        Ok(())
    }

    fn add_any(&mut self, endpoint: T) -> Result<(), DuplicateMethod> {
        if self.any.is_some() {
            return Err(DuplicateMethod { method: None });
        }
        self.any = Some(endpoint);
        Ok(())
    }

    /// The value of `Allow`: methods in order of registration, HEAD after GET, and OPTIONS last.
    fn allowed(&self) -> HeaderValue {
        let mut names = Vec::new();
        for (method, _) in &self.endpoints {
            names.push(method.as_str());
            if method == Method::GET && self.own(&Method::HEAD).is_none() {
                names.push("HEAD");
            }
        }
        if self.own(&Method::OPTIONS).is_none() {
            names.push("OPTIONS");
        }
        HeaderValue::try_from(names.join(", ")).expect("a method is a token (RFC 9110)")
    }
}

impl<T> Default for Methods<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for DuplicateMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            Some(method) => write!(f, "two endpoints for {method}"),
            None => f.write_str("two endpoints for any method"),
        }
    }
}

impl Error for DuplicateMethod {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_lists_registered_and_automatic_methods() {
        let purge = Method::from_bytes(b"PURGE").expect("a token");
        for (methods, allow) in [
            (&[][..], "OPTIONS"),
            (&[Method::GET], "GET, HEAD, OPTIONS"),
            (&[Method::HEAD, Method::GET], "HEAD, GET, OPTIONS"),
            (&[Method::POST, Method::OPTIONS], "POST, OPTIONS"),
            (&[purge, Method::GET], "PURGE, GET, HEAD, OPTIONS"),
        ] {
            let found = methods
                .iter()
                .try_fold(Methods::new(), |all, method| all.on(method.clone(), ()))
                .expect("no method twice");
            let unknown = Method::from_bytes(b"BREW").expect("a token");
            let MethodMatch::NotAllowed(value) = found.find(&unknown) else {
                panic!("BREW is not among {methods:?}");
            };
            assert_eq!(value, allow);
        }
    }

    #[test]
    fn find_prefers_own_method_over_get_and_any() {
        let methods = || {
            Methods::new()
                .on(Method::GET, "get")
                .and_then(|methods| {
                    methods.on(Method::from_bytes(b"PURGE").expect("a token"), "purge")
                })
                .expect("no method twice")
        };
        let allow = HeaderValue::from_static("GET, HEAD, PURGE, OPTIONS");
        let any = methods().any("any").expect("one for any");
        let head = methods().on(Method::HEAD, "head").expect("one for HEAD");
        let options = methods()
            .on(Method::OPTIONS, "options")
            .expect("one for OPTIONS");
        for (methods, method, expected) in [
            (&methods(), "GET", MethodMatch::Found(&"get")),
            (&methods(), "HEAD", MethodMatch::Head(&"get")),
            (&methods(), "PURGE", MethodMatch::Found(&"purge")),
            (&methods(), "purge", MethodMatch::NotAllowed(&allow)),
            (&methods(), "POST", MethodMatch::NotAllowed(&allow)),
            (&methods(), "OPTIONS", MethodMatch::Options(&allow)),
            (&any, "GET", MethodMatch::Found(&"get")),
            (&any, "HEAD", MethodMatch::Head(&"get")),
            (&any, "POST", MethodMatch::Found(&"any")),
            (&any, "OPTIONS", MethodMatch::Found(&"any")),
            (&head, "HEAD", MethodMatch::Found(&"head")),
            (&options, "OPTIONS", MethodMatch::Found(&"options")),
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a token");
            assert_eq!(methods.find(&method), expected, "{method}");
        }
    }

    #[test]
    fn merge_rejects_duplicate_methods() {
        let get = || Methods::new().on(Method::GET, 1).expect("the first");
        let post = Methods::new().on(Method::POST, 2).expect("the first");
        let mut both = get();
        both.merge(post).expect("they differ");
        assert_eq!(both.find(&Method::GET), MethodMatch::Found(&1));
        assert_eq!(both.find(&Method::POST), MethodMatch::Found(&2));
        let error = both.merge(get()).expect_err("GET is there");
        assert_eq!(error.to_string(), "two endpoints for GET");
        let mut any = get().any(3).expect("the first");
        let error = any.merge(Methods::new().any(4).expect("the first"));
        assert_eq!(
            error.expect_err("any is there").to_string(),
            "two endpoints for any method"
        );
    }
}
