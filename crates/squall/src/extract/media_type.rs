//! Media types and content codings that an extractor does not read.

use http::{HeaderMap, StatusCode, header};
use squall_fields::MediaType;

use crate::{Error, response::body_fault::CodedBody};

/// Whether the body has this media type (RFC 9110, 8.3.1), parameters aside.
pub(crate) fn is_media_type(
    headers: &HeaderMap,
    is_wanted: impl FnOnce(MediaType<'_>) -> bool,
) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let media_type = value.and_then(|value| MediaType::parse(value.as_bytes()));
    media_type.is_some_and(is_wanted)
}

/// Rejects a body with a content coding, such as `gzip`, with 415 (RFC 9110, section 15.5.16).
pub(crate) fn check_content_coding(headers: &HeaderMap) -> Result<(), Error> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let coding = codings.find(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    });
    coding.map_or(Ok(()), |coding| {
        let coding = String::from_utf8_lossy(coding.trim_ascii()).into_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Error::refusal(status, CodedBody { coding }))
    })
}

/// Returns the refusal of another media type, with 415.
pub(crate) fn wrong_media_type(expected: &str) -> Error {
    let error = format!("expected a body with `Content-Type: {expected}`");
    Error::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
}
