//! File version: the shortened SHA-256 of the content.

use std::{fmt, io, str};

use sha2::{Digest, Sha256};

/// Hexadecimal digits of a SHA-256. Their number makes collisions negligible: about 1 in 10¹² for a
/// million files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version([u8; Self::LENGTH]);

impl Version {
    /// The number of hexadecimal digits.
    pub(crate) const LENGTH: usize = 20;

    pub(crate) fn of(content: &[u8]) -> Self {
        Self::shorten(Sha256::digest(content).as_ref())
    }

    /// Hashes a stream in chunks.
    pub(crate) fn read(mut content: impl io::Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(Self::shorten(hasher.finalize().as_ref())),
                Ok(length) => hasher.update(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    fn shorten(digest: &[u8]) -> Self {
        let mut digits = [0; Self::LENGTH];
        base16ct::lower::encode(&digest[..Self::LENGTH / 2], &mut digits)
            .expect("two digits for each byte");
        Self(digits)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `images/logo.png` → `images/logo.<version>.png`. Without an extension, the version is appended.
pub(crate) fn with_version(name: &str, version: &str) -> String {
    let (stem, extension) = name.split_at(end_of_stem(name));
    format!("{stem}.{version}{extension}")
}

/// `images/logo.<version>.png` → `images/logo.png` and the version, if the name contains one.
pub(crate) fn without_version(name: &str) -> Option<(String, &str)> {
    if name.len() <= Version::LENGTH {
        return None;
    }
    let (stem, extension) = name.split_at(end_of_stem(name));
    let is_version = |text: &str| {
        text.len() == Version::LENGTH
            && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    // The version is before the extension, or is the extension.
    match (stem.rsplit_once('.'), extension.strip_prefix('.')) {
        (Some((stem, version)), _) if is_version(version) && is_stem(stem) => {
            Some((format!("{stem}{extension}"), version))
        }
        (_, Some(version)) if is_version(version) => Some((stem.to_owned(), version)),
        _ => None,
    }
}

/// The start of the extension. A leading dot is part of the stem.
fn end_of_stem(name: &str) -> usize {
    let end = name.bytes().rposition(|byte| matches!(byte, b'.' | b'/'));
    match end.map(|at| name.split_at(at)) {
        Some((stem, rest)) if is_stem(stem) && rest.starts_with('.') => stem.len(),
        _ => name.len(),
    }
}

fn is_stem(stem: &str) -> bool {
    !stem.is_empty() && !stem.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: &str = "0123456789abcdef0123";

    #[test]
    fn version_is_the_start_of_the_sha256() {
        // The first digits of the SHA-256 of "abc" (FIPS 180-4, example 1).
        assert_eq!(Version::of(b"abc").as_str(), "ba7816bf8f01cfea4141");
        assert_eq!(Version::of(b"").as_str(), "e3b0c44298fc1c149afb");
        let long = vec![7; 300_000];
        assert_eq!(Version::read(&*long).unwrap(), Version::of(&long));
    }

    #[test]
    fn versioned_names_round_trip() {
        for (name, versioned) in [
            ("logo.png", "logo.0123456789abcdef0123.png"),
            ("images/logo.png", "images/logo.0123456789abcdef0123.png"),
            ("jquery.min.js", "jquery.min.0123456789abcdef0123.js"),
            ("LICENSE", "LICENSE.0123456789abcdef0123"),
            ("v1.2/LICENSE", "v1.2/LICENSE.0123456789abcdef0123"),
            (".well-known", ".well-known.0123456789abcdef0123"),
            ("a/.env", "a/.env.0123456789abcdef0123"),
        ] {
            assert_eq!(with_version(name, V), versioned);
            assert_eq!(without_version(versioned), Some((name.to_owned(), V)));
        }
    }

    #[test]
    fn other_names_have_no_version() {
        for name in [
            "logo.png",
            "",
            "a/b",
            "logo.0123.png",
            "logo.0123456789abcdef012.png",
            "logo.0123456789abcdef01234.png",
            "logo.0123456789ABCDEF0123.png",
            "logo.0123456789abcdeg0123.png",
            "0123456789abcdef0123.png",
            "a/0123456789abcdef0123.png",
            ".0123456789abcdef0123",
            "a.0123456789abcdef0123/b.png",
            "logo-0123456789abcdef0123.png",
        ] {
            assert_eq!(without_version(name), None, "{name}");
        }
    }
}
