//! Request id: identifies a request in the log and in its response.

use std::fmt;

use http::HeaderValue;

/// The id of a request, in the log and in the header `X-Request-Id`.
///
/// The layer generates one for each failure. To use existing ids, add this type to the request's
/// extensions. The header of a client is not trusted.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Generates an unpredictable id of 16 hexadecimal digits.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no random bytes.
    #[must_use]
    pub fn random() -> Self {
        let text = format!("{:016x}", random());
        Self(HeaderValue::try_from(text).expect("digits are a valid header value"))
    }

    /// Parses the id of a proxy or another layer. Returns `None` if it is empty, longer than 128
    /// bytes, or has characters other than letters, digits and `-_.:/+=`.
    #[must_use]
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
        let is_id = (1..=128).contains(&value.len()) && value.as_bytes().iter().all(is_allowed);
        is_id.then(|| Self(value.clone()))
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("only ASCII is accepted")
    }

    pub(crate) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Returns 64 unpredictable bits.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the operating system provides random bytes")
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
    fn from_header_rejects_invalid_ids() {
        let long = "x".repeat(129);
        for (value, is_valid) in [
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
            assert_eq!(
                id.as_ref().map(RequestId::as_str),
                is_valid.then_some(value)
            );
        }
        assert_ne!(RequestId::random(), RequestId::random());
        assert_eq!(RequestId::random().as_str().len(), 16);
    }
}
