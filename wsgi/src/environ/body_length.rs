//! The length of a request's body, by `CONTENT_LENGTH` and what the server states about the end of its input.

/// Where the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// After so many bytes; most requests have none.
    Bytes(u64),
    /// Where the server's input ends.
    ToTheEnd,
}

/// Why a request's body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LengthError {
    /// `CONTENT_LENGTH` is no number (400).
    Malformed,
    /// Nothing marks the end of a chunked body (411): what is read could be less than what was sent.
    Unknown,
}

/// Returns the length.
///
/// `is_terminated` is `wsgi.input_terminated`: the input ends where the body does.
pub(crate) fn body_length(
    content_length: &str,
    is_chunked: bool,
    is_terminated: bool,
) -> Result<BodyLength, LengthError> {
    match (content_length, is_chunked, is_terminated) {
        ("", false, _) => Ok(BodyLength::Bytes(0)),
        // The length of a chunked body is not that of the header (RFC 9112, 6.3).
        (_, true, true) => Ok(BodyLength::ToTheEnd),
        (_, true, false) => Err(LengthError::Unknown),
        (digits, _, _) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let length = digits.parse().map_err(|_| LengthError::Malformed)?;
            Ok(BodyLength::Bytes(length))
        }
        _ => Err(LengthError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyLength, LengthError, body_length};

    #[test]
    fn lengths() {
        for (content_length, is_chunked, is_terminated, expected) in [
            ("", false, false, Ok(BodyLength::Bytes(0))),
            ("", false, true, Ok(BodyLength::Bytes(0))),
            ("0", false, true, Ok(BodyLength::Bytes(0))),
            ("70000", false, false, Ok(BodyLength::Bytes(70_000))),
            ("70000", false, true, Ok(BodyLength::Bytes(70_000))),
            ("", true, true, Ok(BodyLength::ToTheEnd)),
            ("5", true, true, Ok(BodyLength::ToTheEnd)),
            ("", true, false, Err(LengthError::Unknown)),
            // The length is that of the header, and the bytes are those of the chunks.
            ("5", true, false, Err(LengthError::Unknown)),
            ("-1", false, false, Err(LengthError::Malformed)),
            ("+1", false, false, Err(LengthError::Malformed)),
            ("1_0", false, false, Err(LengthError::Malformed)),
            (
                "99999999999999999999",
                false,
                false,
                Err(LengthError::Malformed),
            ),
        ] {
            let length = body_length(content_length, is_chunked, is_terminated);
            assert_eq!(
                length, expected,
                "{content_length:?} {is_chunked} {is_terminated}"
            );
        }
    }
}
