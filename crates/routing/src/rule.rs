//! A rule: a pattern, perhaps a host, perhaps a name.

use std::fmt;

use crate::host::Host;
use crate::pattern::Pattern;

/// Which requests an endpoint is for, and what the endpoint is called.
///
/// ```
/// use squall_routing::Rule;
///
/// let rule = Rule::new("/users/{id}").host("{tenant}.example.com").name("user");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(crate) pattern: Pattern,
    pub(crate) host: Option<Host>,
    pub(crate) name: Option<String>,
}

impl Rule {
    /// A rule for the paths that the pattern matches, on any host, without a name.
    #[must_use]
    pub fn new(pattern: impl Into<Pattern>) -> Self {
        Self {
            pattern: pattern.into(),
            host: None,
            name: None,
        }
    }

    /// Restricts the rule to some hosts. Default: any host, or none.
    #[must_use]
    pub fn host(mut self, host: impl Into<Host>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Names the rule for [`Router::reverse`](crate::Router::reverse). Default: no name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl From<Pattern> for Rule {
    fn from(pattern: Pattern) -> Self {
        Self::new(pattern)
    }
}

impl From<&str> for Rule {
    fn from(template: &str) -> Self {
        Self::new(template)
    }
}

impl From<String> for Rule {
    fn from(template: String) -> Self {
        Self::new(template)
    }
}

/// The host, if any, and the pattern.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_ref().map_or("", |host| host.text.as_str());
        write!(f, "{host}{}", self.pattern.text)
    }
}
