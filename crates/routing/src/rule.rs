//! Rule: a pattern with an optional host and an optional name.

use std::fmt;

use crate::{host::Host, pattern::Pattern};

/// A routing rule: the requests of an endpoint, and the name of the route.
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
    /// Creates a rule for the paths that the pattern matches, for any host, without a name.
    #[must_use]
    pub fn new(pattern: impl Into<Pattern>) -> Self {
        Self {
            pattern: pattern.into(),
            host: None,
            name: None,
        }
    }

    /// Returns the rule with a prefix before its template, as it is: `/admin` and `/users/{id}` are
    /// `/admin/users/{id}`.
    ///
    /// # Errors
    ///
    /// If the pattern is a regex and the prefix is not empty; the error is the rule itself.
    pub fn prefixed(mut self, prefix: &str) -> Result<Self, Self> {
        if self.pattern.is_regex && !prefix.is_empty() {
            return Err(self);
        }
        self.pattern.text.insert_str(0, prefix);
        Ok(self)
    }

    /// Sets the hosts of the rule. Default: any host, including none.
    #[must_use]
    pub fn host(mut self, host: impl Into<Host>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets the name for [`Router::reverse`](crate::Router::reverse). Default: no name.
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

/// Shows the host, if any, and the pattern.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_ref().map_or("", |host| host.text.as_str());
        write!(f, "{host}{}", self.pattern.text)
    }
}
