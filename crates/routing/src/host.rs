//! Host matching: the hosts of a rule, and the host of a request.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap, net::Ipv6Addr};

use crate::{
    error::BuildError,
    pattern::is_name,
    regexes::{self, Regex},
};

/// The hosts of a rule.
///
/// | host | matches |
/// |---|---|
/// | `example.com`, `127.0.0.1`, `[::1]` | this host |
/// | `{tenant}.example.com` | exactly one label before the suffix; its value is a parameter |
/// | `*.example.com` | one or more labels before the suffix |
/// | `Host::regex(…)`, with the feature `regex` | hosts that the regex matches in full; its groups are not parameters |
///
/// A request's host is compared in lower case, without its port and a trailing dot. Hosts are
/// ASCII: write `xn--bcher-kva.example` rather than `bücher.example`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    pub(crate) text: String,
    is_regex: bool,
}

#[cfg(feature = "regex")]
impl Host {
    /// Matches hosts by a regular expression, anchored at both ends.
    #[must_use]
    pub fn regex(regex: impl Into<String>) -> Self {
        Self {
            text: regex.into(),
            is_regex: true,
        }
    }
}

impl From<&str> for Host {
    fn from(host: &str) -> Self {
        host.to_owned().into()
    }
}

impl From<String> for Host {
    fn from(host: String) -> Self {
        Self {
            text: host,
            is_regex: false,
        }
    }
}

/// A value for each host of the rules, in order of precedence.
#[derive(Debug, Default)]
pub(crate) struct Hosts<G> {
    exact: HashMap<String, G>,
    /// The longest suffix first; for equal suffixes, one label before any number of labels.
    wildcards: Vec<(Wildcard, G)>,
    /// In order of registration.
    regexes: Vec<(String, Regex, G)>,
    any: G,
}

#[derive(Debug, PartialEq, Eq)]
struct Wildcard {
    /// Includes the leading dot.
    suffix: String,
    one_label: bool,
}

impl<G: Default> Hosts<G> {
    /// Returns the value for a rule's host, and the name of the host's parameter.
    pub(crate) fn entry(
        &mut self,
        host: Option<&Host>,
    ) -> Result<(&mut G, Option<String>), BuildError> {
        let Some(host) = host else {
            return Ok((&mut self.any, None));
        };
        let fault = |reason: String| BuildError::Host {
            host: host.text.clone(),
            reason,
        };
        if host.is_regex {
            return Ok((self.regex_entry(host).map_err(fault)?, None));
        }
        let (first, suffix) = match host.text.split_once('.') {
            Some((first, _)) => (first, &host.text[first.len()..]),
            None => (host.text.as_str(), ""),
        };
        let name = first
            .strip_prefix('{')
            .and_then(|first| first.strip_suffix('}'));
        if first != "*" && name.is_none() {
            let exact = plain_host(&host.text).map_err(fault)?;
            return Ok((self.exact.entry(exact).or_default(), None));
        }
        if suffix.is_empty() {
            return Err(fault("a wildcard needs a domain after it".to_owned()));
        }
        if let Some(name) = name.filter(|name| !is_name(name)) {
            return Err(fault(format!("`{name}` is not a valid parameter name")));
        }
        let wildcard = Wildcard {
            suffix: format!(".{}", plain_host(&suffix[1..]).map_err(fault)?),
            one_label: name.is_some(),
        };
        Ok((self.wildcard_entry(wildcard), name.map(str::to_owned)))
    }

    fn wildcard_entry(&mut self, wildcard: Wildcard) -> &mut G {
        let i = match self.wildcards.iter().position(|(w, _)| *w == wildcard) {
            Some(i) => i,
            None => {
                let order = |w: &Wildcard| (Reverse(w.suffix.len()), !w.one_label);
                let i = self
                    .wildcards
                    .partition_point(|(w, _)| order(w) <= order(&wildcard));
                self.wildcards.insert(i, (wildcard, G::default()));
                i
            }
        };
        &mut self.wildcards[i].1
    }

    fn regex_entry(&mut self, host: &Host) -> Result<&mut G, String> {
        let i = match self
            .regexes
            .iter()
            .position(|(text, ..)| *text == host.text)
        {
            Some(i) => i,
            None => {
                let regex = regexes::compile_whole(&host.text, 0)
                    .map_err(|fault| format!("byte {}: {}", fault.at, fault.reason))?;
                self.regexes.push((host.text.clone(), regex, G::default()));
                self.regexes.len() - 1
            }
        };
        Ok(&mut self.regexes[i].2)
    }
}

impl<G> Hosts<G> {
    /// Whether any rule is restricted to certain hosts.
    pub(crate) fn has_restrictions(&self) -> bool {
        !(self.exact.is_empty() && self.wildcards.is_empty() && self.regexes.is_empty())
    }

    /// Calls `look` with the values for a request's host, the most specific first, until it returns
    /// `Some`. The second argument of `look` is the value of the host's parameter.
    pub(crate) fn find<R>(
        &self,
        host: Option<&str>,
        mut look: impl FnMut(&G, Option<&str>) -> Option<R>,
    ) -> Option<R> {
        let host = host
            .filter(|_| self.has_restrictions())
            .and_then(normalized);
        let Some(host) = host.as_deref() else {
            return look(&self.any, None);
        };
        if let Some(found) = self.exact.get(host).and_then(|group| look(group, None)) {
            return Some(found);
        }
        for (wildcard, group) in &self.wildcards {
            let found = match host.strip_suffix(wildcard.suffix.as_str()) {
                None | Some("") => None,
                Some(label) if wildcard.one_label && label.contains('.') => None,
                Some(label) if wildcard.one_label => look(group, Some(label)),
                Some(_) => look(group, None),
            };
            if found.is_some() {
                return found;
            }
        }
        for (_, regex, group) in &self.regexes {
            if regexes::is_match(regex, host.as_bytes())
                && let Some(found) = look(group, None)
            {
                return Some(found);
            }
        }
        look(&self.any, None)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut G> {
        self.exact
            .values_mut()
            .chain(self.wildcards.iter_mut().map(|(_, group)| group))
            .chain(self.regexes.iter_mut().map(|(.., group)| group))
            .chain([&mut self.any])
    }
}

fn plain_host(host: &str) -> Result<String, String> {
    match normalized(host) {
        Some(name) if name.len() == host.len() => Ok(name.into_owned()),
        Some(_) => Err("a rule's host must not have a port or a trailing dot".to_owned()),
        None if !host.is_ascii() => Err("write it in ASCII (`xn--…`)".to_owned()),
        None => Err("not a host".to_owned()),
    }
}

/// Normalizes the value of a `Host` header or an authority (RFC 3986, section 3.2.2): lower case,
/// without port and trailing dot. Returns `None` for an invalid host, which then matches only rules
/// without a host.
fn normalized(authority: &str) -> Option<Cow<'_, str>> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let length = v6.find(']')? + 2;
            authority.split_at(length)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    if !port.is_empty() && !port.strip_prefix(':')?.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_host = match host.strip_prefix('[') {
        Some(v6) => v6.strip_suffix(']')?.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.split('.').all(|label| {
                    !label.is_empty()
                        && label
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                })
        }
    };
    if !is_host {
        return None;
    }
    Some(if host.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    })
}
