//! Request path validation: the only conversion from a URL's path to a path below the root.
//!
//! The path is decoded once, and either consists of plain names or is rejected. Names that mean
//! another file on Windows are rejected on all systems, so that a tree that is safe on one system
//! is safe on all.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::error::ConfigError;

/// Characters that RFC 3986, section 3.3 does not allow in a path, and `%`, `\` and `:`, which can
/// have a meaning in a name.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// A validated relative path: names separated by `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePath<'a> {
    /// Without leading and trailing slash; empty for the root.
    pub(crate) name: Cow<'a, str>,
    /// Whether the URL ended with a slash.
    pub(crate) is_directory: bool,
}

impl<'a> FilePath<'a> {
    /// Parses the path of a URL; a leading slash is optional.
    ///
    /// Returns `None` if a segment is not a plain name, or is hidden without `dotfiles`.
    pub(crate) fn from_url(path: &'a str, dotfiles: bool) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (name, is_directory) = match path.strip_suffix('/') {
            Some(name) => (name, true),
            None => (path, path.is_empty()),
        };
        let name = match name {
            // `//` has an empty segment, which is not a name.
            "" if !path.is_empty() => return None,
            "" => Cow::Borrowed(name),
            _ => decode(name)?,
        };
        // Checked after decoding: `%2e` is a dot.
        let is_valid = name.is_empty() || are_names(&name, dotfiles);
        is_valid.then_some(Self { name, is_directory })
    }

    /// Validates a path from the configuration or a template, which is not percent-encoded.
    pub(crate) fn from_name(name: &'a str, dotfiles: bool) -> Option<Self> {
        are_names(name, dotfiles).then_some(Self {
            name: Cow::Borrowed(name),
            is_directory: false,
        })
    }
}

/// Checks that the name can be served.
pub(crate) fn check_name(name: &str, dotfiles: bool) -> Result<(), ConfigError> {
    match FilePath::from_name(name, dotfiles) {
        Some(_) => Ok(()),
        None => Err(ConfigError::Name {
            name: name.to_owned(),
        }),
    }
}

/// Percent-encodes a path for a URL.
pub(crate) fn encode(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, NOT_IN_PATH).into()
}

/// Percent-encodes a query that a client may have sent as raw UTF-8; existing escapes are kept.
pub(crate) fn encode_query(query: &str) -> Cow<'_, str> {
    utf8_percent_encode(query, CONTROLS).into()
}

/// Decodes a path once. `None` for an invalid escape, invalid UTF-8, or an encoded slash, which
/// must not separate segments.
fn decode(path: &str) -> Option<Cow<'_, str>> {
    let bytes = path.as_bytes();
    if !bytes.contains(&b'%') {
        return Some(Cow::Borrowed(path));
    }
    for (at, _) in path.match_indices('%') {
        let digits = bytes.get(at + 1..at + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) || digits.eq_ignore_ascii_case(b"2f") {
            return None;
        }
    }
    percent_decode_str(path).decode_utf8().ok()
}

/// Whether the path consists of names, none of them hidden without `dotfiles`.
fn are_names(path: &str, dotfiles: bool) -> bool {
    let (mut rest, mut is_first) = (path, true);
    loop {
        let end = rest.bytes().position(|byte| byte == b'/');
        let segment = &rest[..end.unwrap_or(rest.len())];
        let is_shown = dotfiles
            || !segment.starts_with('.')
            // RFC 8615.
            || (is_first && segment == ".well-known");
        if !is_shown || !is_name(segment) {
            return false;
        }
        let Some(end) = end else {
            return true;
        };
        (rest, is_first) = (&rest[end + 1..], false);
    }
}

/// Whether the segment names a directory entry, and the same one on all systems.
fn is_name(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let [first, .., last] = bytes else {
        return matches!(bytes, [byte] if !matches!(byte, b'.' | b' ') && is_allowed(*byte));
    };
    bytes.iter().copied().all(is_allowed)
        && segment != ".."
        // Windows strips these.
        && !matches!(last, b'.' | b' ')
        // The first letters of all device names: a fast path for most names.
        && !(matches!(first.to_ascii_lowercase(), b'a' | b'c' | b'l' | b'n' | b'p') && is_device(segment))
        && !is_short_name(bytes)
}

/// Rejects control characters, `\`, which separates directories on Windows, and `:`, which
/// separates drives and streams.
fn is_allowed(byte: u8) -> bool {
    byte >= b' ' && !matches!(byte, b'\\' | b':' | 0x7f)
}

/// Whether Windows treats the name as a device: `CON`, `nul.txt`, `COM1`, with any extension.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default().trim_end();
    let is = |name: &str| stem.eq_ignore_ascii_case(name);
    if ["con", "prn", "aux", "nul", "conin$", "conout$"]
        .into_iter()
        .any(is)
    {
        return true;
    }
    let Some((port, number)) = stem.split_at_checked(3) else {
        return false;
    };
    (port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt"))
        && matches!(
            number.as_bytes(),
            [b'0'..=b'9'] | [0xc2, 0xb9 | 0xb2 | 0xb3]
        )
}

/// Whether the name can be a Windows 8.3 name, such as `GIT~1` for `.git`.
fn is_short_name(segment: &[u8]) -> bool {
    segment.contains(&b'~')
        && segment
            .windows(2)
            .any(|pair| matches!(pair, [b'~', b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_paths_are_accepted() {
        for (url, name, is_directory) in [
            ("/", "", true),
            ("", "", true),
            ("/a.txt", "a.txt", false),
            ("a.txt", "a.txt", false),
            ("/a/b/c.js", "a/b/c.js", false),
            ("/a/", "a", true),
            ("/a", "a", false),
            ("/x", "x", false),
            ("/-", "-", false),
            ("/with%20space.txt", "with space.txt", false),
            ("/with space.txt", "with space.txt", false),
            ("/caf%C3%A9", "café", false),
            ("/café", "café", false),
            ("/%61.txt", "a.txt", false),
            ("/a+b", "a+b", false),
            // Decoded once: the result of decoding is literal text.
            ("/100%25", "100%", false),
            ("/a%252e%252e", "a%2e%2e", false),
            ("/%252e%252e%252fx", "%2e%2e%2fx", false),
            ("/a..b", "a..b", false),
            ("/...a", "...a", false),
            ("/..a", "..a", false),
            ("/.well-known", ".well-known", false),
            ("/.well-known/acme/x", ".well-known/acme/x", false),
            ("/console.log", "console.log", false),
            ("/com", "com", false),
            ("/com10", "com10", false),
            ("/comé", "comé", false),
            ("/null", "null", false),
            ("/nulls/auxiliary", "nulls/auxiliary", false),
            ("/a~", "a~", false),
            ("/a~b", "a~b", false),
            ("/a;b=c,d@e!$&'()*", "a;b=c,d@e!$&'()*", false),
        ] {
            // Names with a leading dot need `dotfiles`.
            let dotfiles = name.starts_with("..");
            let path = FilePath::from_url(url, dotfiles);
            let wanted = FilePath {
                name: name.into(),
                is_directory,
            };
            assert_eq!(path, Some(wanted), "{url}");
        }
    }

    #[test]
    fn invalid_paths_are_rejected() {
        for url in [
            "//",
            "//a",
            "/a//b",
            "/a//",
            "//evil.com/..",
            "///",
            "/.",
            "/..",
            "/./a",
            "/../a",
            "/a/..",
            "/a/../b",
            "/a/.",
            "/a/./b",
            "/../",
            "..",
            "/%2e",
            "/%2e%2e",
            "/%2E%2e/a",
            "/.%2e/a",
            "/a/%2e%2e/b",
            "/%2e%2e%2fa",
            "/..%2fa",
            "/a%2fb",
            "/a%2Fb",
            "/%2f",
            "/%2fetc/passwd",
            "/a/%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a%5Cb",
            "/..\\a",
            "/..%5c..%5ca",
            "/\\\\host\\share",
            "/%5c%5chost/share",
            "/c:",
            "/c:/a",
            "/c%3a/a",
            "/a/c:/b",
            "/a.txt:stream",
            "/a.txt::$DATA",
            "/a.txt%3A%3A$DATA",
            "/a%00",
            "/%00",
            "/a%00.txt",
            "/a\0",
            "/a%0a",
            "/a%0d%0ab",
            "/a%1f",
            "/a%7f",
            "/a\u{7f}",
            "/a%",
            "/a%4",
            "/a%zz",
            "/a%4g",
            "/%%41",
            "/a%+1",
            "/a% 41",
            "/%é",
            "/%ff",
            "/%c0%ae%c0%ae",
            "/%c0%af",
            "/%e0%80%ae",
            "/%ed%a0%80",
            "/%f8%88%80%80%80",
            "/.git",
            "/.git/config",
            "/a/.env",
            "/%2egit",
            "/.well-known/.x",
            "/a/.well-known/x",
            "/.well-knownx",
            "/.htaccess",
            "/.a/",
            "/a.",
            "/a..",
            "/a%20",
            "/a ",
            "/a /b",
            "/a./b",
            "/ ",
            "/con",
            "/CON",
            "/nul",
            "/NUL.txt",
            "/nul.tar.gz",
            "/aux.c",
            "/prn",
            "/a/com1",
            "/lpt9.x",
            "/COM0",
            "/com¹",
            "/lpt%C2%B3",
            "/conin$",
            "/CONOUT$.x",
            "/nul .txt",
            "/con/a",
            "/GIT~1",
            "/PROGRA~1/a",
            "/a~9.txt",
        ] {
            assert_eq!(FilePath::from_url(url, false), None, "{url:?}");
        }
    }

    #[test]
    fn dotfiles_accepts_hidden_names_only() {
        for (url, name) in [
            ("/.git/config", ".git/config"),
            ("/a/.env", "a/.env"),
            ("/%2eenv", ".env"),
        ] {
            assert_eq!(FilePath::from_url(url, true).expect(url).name, name);
        }
        for url in ["/.", "/..", "/%2e%2e/a", "/.git/../a", "/."] {
            assert_eq!(FilePath::from_url(url, true), None, "{url}");
        }
    }

    #[test]
    fn from_name_validates_unencoded_names() {
        for (name, good) in [
            ("robots.txt", true),
            ("a/b.txt", true),
            ("100%25", true),
            ("", false),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("../a", false),
            (".env", false),
        ] {
            assert_eq!(FilePath::from_name(name, false).is_some(), good, "{name}");
        }
    }

    #[test]
    fn encoded_names_round_trip() {
        for (name, encoded) in [
            ("a/b.txt", "a/b.txt"),
            ("with space", "with%20space"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("café", "caf%C3%A9"),
            ("a?b#c", "a%3Fb%23c"),
            ("a\"<>&'b", "a%22%3C%3E&'b"),
        ] {
            assert_eq!(encode(name), encoded);
            assert_eq!(
                FilePath::from_url(encoded, false).expect(encoded).name,
                name
            );
        }
    }
}
