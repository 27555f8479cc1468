//! HTTP field values: the weights of `Accept` headers, and media types (RFC 9110).
//!
//! The vocabulary of `squall`, `squall-static`, `squall-locale`, `squall-debug`, `squall-autoreload`,
//! `squall-xsrf` and `squall-cookies`, so that one value means the same to all of them. Pure functions: no I/O, no
//! allocation, no dependency.
//!
//! - [`weighted`] iterates over the elements of `Accept`, `Accept-Encoding` and `Accept-Language`,
//!   each with its [`Weight`].
//! - [`preferred`] chooses among the media types that a server has.
//! - [`is_token_byte`] is the alphabet of names.
//! - [`MediaType`] is the `type/subtype` of a `Content-Type` or of a range of `Accept`.
//!
//! # Examples
//!
//! ```
//! use squall_fields::{MediaType, Weight, weighted};
//!
//! let mut languages: Vec<_> = weighted([&b"en;q=0.5, fr, de;q=9"[..]]).collect();
//! languages.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
//! let half = Weight::parse("0.5").expect("it is well-formed");
//! // An element with an invalid weight is skipped.
//! assert_eq!(languages, [("fr", Weight::ONE), ("en", half)]);
//!
//! let kind = MediaType::parse(b"Application/Problem+JSON; charset=utf-8").expect("it is one");
//! assert!(kind.is("application/problem+json"));
//! assert!(kind.has_suffix("json"));
//! ```
//!
//! # What it does not do
//!
//! It does not choose a language or a content coding, and does not parse the parameters of a media type:
//! a malformed `charset` does not change the type. The crate `mime` rejects such values, and
//! white space around the semicolon, which RFC 9110 allows.
#![forbid(unsafe_code)]

mod media_type;
mod preferred;
mod weighted;

pub use crate::{
    media_type::MediaType,
    preferred::preferred,
    weighted::{Weight, weighted},
};

/// Returns whether a token may have this byte (RFC 9110, section 5.6.2): names of methods, fields,
/// cookies and media types are tokens.
#[must_use]
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Trims the white space of a field value (`OWS`, RFC 9110, section 5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let tokens: Vec<u8> = (0..=u8::MAX).filter(|&byte| is_token_byte(byte)).collect();
        assert_eq!(
            String::from_utf8_lossy(&tokens),
            "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"
        );
    }
}
