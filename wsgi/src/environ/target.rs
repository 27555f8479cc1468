//! The target of a request: `SCRIPT_NAME`, `PATH_INFO` and `QUERY_STRING`, or the server's raw URI.
//!
//! WSGI passes the path decoded, so `%2F` is lost. Most servers pass the URI as the client sent it as well; it
//! is used where it is the same path.

use std::borrow::Cow;

/// The mount's path and the target below it, percent-encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Such as `/blog`; empty at the root.
    pub(crate) prefix: String,
    /// Such as `/entry?id=7`.
    pub(crate) path_and_query: String,
}

/// The variables of a request, as bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Variables<'a> {
    pub(crate) script_name: &'a [u8],
    pub(crate) path_info: &'a [u8],
    pub(crate) query: &'a [u8],
    /// `REQUEST_URI` or `RAW_URI`, which are not part of WSGI.
    pub(crate) raw_uri: Option<&'a [u8]>,
}

impl Variables<'_> {
    /// Returns the target.
    ///
    /// # Errors
    ///
    /// Returns the reason if these are no path and no query.
    pub(crate) fn target(&self) -> Result<Target, &'static str> {
        let script_name = self
            .script_name
            .strip_suffix(b"/")
            .unwrap_or(self.script_name);
        if !(script_name.is_empty() || script_name.starts_with(b"/")) {
            return Err("SCRIPT_NAME does not begin with a slash");
        }
        // `OPTIONS *` is about the server as a whole.
        if !(self.path_info.is_empty()
            || self.path_info.starts_with(b"/")
            || self.path_info == b"*")
        {
            return Err("PATH_INFO does not begin with a slash");
        }
        let raw = self
            .raw_uri
            .and_then(|raw| split_raw(raw, script_name, self.path_info));
        let path = match raw {
            Some(path) => Cow::Borrowed(path),
            None => encode_path(self.path_info),
        };
        let path = if path.is_empty() { "/" } else { &path };
        let mut target = String::with_capacity(path.len() + 1 + self.query.len());
        target.push_str(path);
        if !self.query.is_empty() {
            target.push('?');
            target.push_str(&encode_query(self.query));
        }
        Ok(Target {
            prefix: encode_path(script_name).into_owned(),
            path_and_query: target,
        })
    }
}

/// Returns the part of a raw URI's path that decodes to `PATH_INFO`, if what is before it decodes to
/// `SCRIPT_NAME`: a rewritten URL differs from what the client sent.
fn split_raw<'a>(raw: &'a [u8], script_name: &[u8], path_info: &[u8]) -> Option<&'a str> {
    let raw = std::str::from_utf8(raw).ok()?;
    let path = raw.split(['?', '#']).next()?;
    if !path.starts_with('/') || !path.bytes().all(|byte| byte == b'%' || is_path_byte(byte)) {
        return None;
    }
    let mut decoded = script_name.iter().chain(path_info);
    let mut rest = path;
    let mut left = script_name.len();
    let mut split = if left == 0 { Some(path) } else { None };
    while !rest.is_empty() {
        let (byte, after) = next_byte(rest)?;
        if decoded.next() != Some(&byte) {
            return None;
        }
        rest = after;
        left = left.saturating_sub(1);
        if left == 0 && split.is_none() {
            split = Some(rest);
        }
    }
    decoded.next().is_none().then_some(split).flatten()
}

/// Returns the first byte that a path decodes to, and what follows it.
fn next_byte(path: &str) -> Option<(u8, &str)> {
    match path.strip_prefix('%') {
        Some(escaped) => {
            let byte = u8::from_str_radix(escaped.get(..2)?, 16).ok()?;
            // `from_str_radix` takes a sign.
            (!escaped.starts_with('+')).then_some((byte, &escaped[2..]))
        }
        None => Some((*path.as_bytes().first()?, path.get(1..)?)),
    }
}

/// Whether RFC 3986, 3.3, lets a byte stand in a path as it is.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

/// Percent-encodes the bytes of a path.
fn encode_path(path: &[u8]) -> Cow<'_, str> {
    encode(path, is_path_byte)
}

/// Percent-encodes what cannot stand in a query: it is passed encoded, but for what a client has forgotten.
fn encode_query(query: &[u8]) -> Cow<'_, str> {
    encode(query, |byte| byte.is_ascii_graphic() && byte != b'#')
}

fn encode(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && bytes.iter().all(|byte| is_plain(*byte))
    {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(bytes.len() + 16);
    for &byte in bytes {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn variables_become_a_target() {
        for (script_name, path_info, query, raw_uri, expected) in [
            ("", "/", "", None, Ok(("", "/"))),
            ("", "", "", None, Ok(("", "/"))),
            ("", "*", "", None, Ok(("", "*"))),
            ("", "/a b/ä", "q=1", None, Ok(("", "/a%20b/%C3%A4?q=1"))),
            ("", "/100%", "", None, Ok(("", "/100%25"))),
            ("", "/a?b#c", "", None, Ok(("", "/a%3Fb%23c"))),
            ("", "//evil.example", "", None, Ok(("", "//evil.example"))),
            ("/blog", "", "", None, Ok(("/blog", "/"))),
            ("/blog/", "/7", "", None, Ok(("/blog", "/7"))),
            ("/", "/7", "", None, Ok(("", "/7"))),
            ("/ä", "/7", "", None, Ok(("/%C3%A4", "/7"))),
            (
                "",
                "/",
                "a=b c&d=\"é\"",
                None,
                Ok(("", "/?a=b%20c&d=\"%C3%A9\"")),
            ),
            ("", "/", "a=%zz", None, Ok(("", "/?a=%zz"))),
            // The raw URI, where it is the same.
            ("", "/a/b", "", Some("/a%2Fb"), Ok(("", "/a%2Fb"))),
            ("", "/a/b", "q", Some("/a%2fb?q"), Ok(("", "/a%2fb?q"))),
            ("/x", "/a/b", "", Some("/x/a%2Fb"), Ok(("/x", "/a%2Fb"))),
            ("/x y", "/a", "", Some("/x%20y/a"), Ok(("/x%20y", "/a"))),
            ("/x", "", "", Some("/x"), Ok(("/x", "/"))),
            // And where it is not.
            ("", "/new", "", Some("/old"), Ok(("", "/new"))),
            ("", "/a/b", "", Some("/a%2Fb/c"), Ok(("", "/a/b"))),
            ("", "/a/b/c", "", Some("/a%2Fb"), Ok(("", "/a/b/c"))),
            ("/x", "/a", "", Some("/y/a"), Ok(("/x", "/a"))),
            ("", "/a", "", Some("http://host/a"), Ok(("", "/a"))),
            ("", "/a+", "", Some("/a%+b"), Ok(("", "/a+"))),
            ("", "/a", "", Some("/a%2"), Ok(("", "/a"))),
            ("", "/a", "", Some("/a%zz"), Ok(("", "/a"))),
            ("", "/a", "", Some("/a\r\nx"), Ok(("", "/a"))),
            (
                "",
                "a",
                "",
                None,
                Err("PATH_INFO does not begin with a slash"),
            ),
            (
                "blog",
                "/",
                "",
                None,
                Err("SCRIPT_NAME does not begin with a slash"),
            ),
        ] {
            let variables = Variables {
                script_name: script_name.as_bytes(),
                path_info: path_info.as_bytes(),
                query: query.as_bytes(),
                raw_uri: raw_uri.map(str::as_bytes),
            };
            let target = variables.target();
            let found = target
                .as_ref()
                .map(|target| (target.prefix.as_str(), target.path_and_query.as_str()));
            assert_eq!(found, expected.as_ref().copied(), "{variables:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_encoded() {
        let variables = Variables {
            path_info: b"/caf\xe9",
            query: b"q=\xff",
            raw_uri: Some(b"/caf\xe9"),
            ..Variables::default()
        };
        assert_eq!(variables.target().unwrap().path_and_query, "/caf%E9?q=%FF");
    }
}
