//! What a log line and a response have in common.

use std::fmt;

use http::HeaderValue;

/// The name of a request in the log, and in the header `X-Request-Id`.
///
/// The layer makes one for each failure. Where requests have names already, put them into the request's extensions as
/// this type, and it takes that; a header that a client sends is never believed by itself.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Sixteen hexadecimal digits that nobody can guess.
    ///
    /// # Panics
    ///
    /// If the system gives no random bytes.
    #[must_use]
    pub fn random() -> Self {
        let text = format!("{:016x}", random());
        Self(HeaderValue::try_from(text).expect("digits may stand in a header"))
    }

    /// Takes the id that a proxy or another layer gave, unless it is empty, longer than 128 bytes or has
    /// anything but letters, digits and `-_.:/+=` in it.
    #[must_use]
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        let may = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
        let is_id = (1..=128).contains(&value.len()) && value.as_bytes().iter().all(may);
        is_id.then(|| Self(value.clone()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("only ASCII is taken")
    }

    pub(crate) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Bits that nobody can guess.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the system gives random bytes")
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::RequestId;

    #[test]
    fn what_is_taken() {
        let long = "x".repeat(129);
        for (value, taken) in [
            ("f00d", true),
            ("0190-7a_b.c:d/e+f=", true),
            (&long[1..], true),
            ("", false),
            (&long, false),
            ("a b", false),
            ("<script>", false),
            ("a\tb", false),
            ("caf\u{e9}", false),
        ] {
            let header = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            let id = RequestId::from_header(&header);
            assert_eq!(id.as_ref().map(RequestId::as_str), taken.then_some(value));
        }
        assert_ne!(RequestId::random(), RequestId::random());
        assert_eq!(RequestId::random().as_str().len(), 16);
    }
}
