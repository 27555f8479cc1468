//! The origin check: which pages may open a WebSocket. Browsers apply no same-origin policy to it.

use std::{error::Error, fmt, sync::Arc};

use http::{HeaderValue, header, request::Parts};
use squall_peers::HostPort;

type Check = Arc<dyn Fn(&str, &Parts) -> bool + Send + Sync>;
type OwnOrigin = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// Which origins are allowed.
#[derive(Clone, Default)]
pub(crate) struct OriginRule {
    /// Other origins than the site's own.
    pub(crate) allowed: Vec<String>,
    /// Replaces the comparison.
    pub(crate) check: Option<Check>,
    /// Returns the origin of the site, which a proxy may hide.
    pub(crate) own: Option<OwnOrigin>,
}

impl OriginRule {
    /// Returns whether the origin of a handshake is allowed.
    ///
    /// A request without `Origin` is not from a page: browsers always send it with a handshake.
    pub(crate) fn allows(&self, parts: &Parts) -> bool {
        let mut lines = parts.headers.get_all(header::ORIGIN).iter();
        let (Some(origin), None) = (lines.next(), lines.next()) else {
            return !parts.headers.contains_key(header::ORIGIN);
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        if let Some(check) = &self.check {
            return check(origin, parts);
        }
        self.is_own(origin, parts) || self.allowed.iter().any(|allowed| allowed == origin)
    }

    fn is_own(&self, origin: &str, parts: &Parts) -> bool {
        let Some((scheme, origin, default_port)) = split(origin) else {
            return false;
        };
        let own = self.own.as_ref().and_then(|own| own(parts));
        let is_same = |host: &[u8]| {
            HostPort::parse(host).is_some_and(|host| origin.is_same(host, default_port))
        };
        if let Some(own) = own {
            return own.split_once("://").is_some_and(|(own, host)| {
                own.eq_ignore_ascii_case(scheme) && is_same(host.as_bytes())
            });
        }
        // The scheme of this connection is not that of the site if a proxy ends TLS, so only the hosts are compared.
        match parts.uri.authority() {
            Some(authority) => is_same(authority.as_str().as_bytes()),
            None => {
                let mut lines = parts.headers.get_all(header::HOST).iter();
                let host = lines.next().map(HeaderValue::as_bytes);
                lines.next().is_none() && host.is_some_and(is_same)
            }
        }
    }
}

/// Splits an origin, `scheme://host[:port]`; returns the port of its scheme too.
fn split(origin: &str) -> Option<(&str, HostPort<'_>, u16)> {
    let (scheme, host) = origin.split_once("://")?;
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    Some((scheme, HostPort::parse(host.as_bytes())?, default_port))
}

/// Checks an origin of a configuration: it has to be what a browser sends.
pub(crate) fn check_allowed(origin: &str) -> Result<(), OriginError> {
    let is_sent = split(origin).is_some_and(|(_, host, default_port)| {
        host.port() != Some(default_port)
            && !origin.ends_with(':')
            && origin.bytes().all(|byte| !byte.is_ascii_uppercase())
    });
    if is_sent {
        Ok(())
    } else {
        Err(OriginError {
            origin: origin.to_owned(),
        })
    }
}

/// An allowed origin that no browser sends: it is `scheme://host`, in lower case, with a port where that is not
/// the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError {
    origin: String,
}

impl OriginError {
    /// Returns the text as it was given.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an allowed origin is written as \"https://example.com\", not {:?}",
            self.origin
        )
    }
}

impl Error for OriginError {}

impl fmt::Debug for OriginRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginRule")
            .field("allowed", &self.allowed)
            .field("check", &self.check.is_some())
            .field("own", &self.own.is_some())
            .finish()
    }
}
