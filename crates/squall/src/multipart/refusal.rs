//! Refusals of forms. Names in them are cut, since they are the client's.

use http::StatusCode;

use super::feed::HeadTooLong;
use crate::{Error, response::body_fault::request_fault};

/// The bytes of a name in a message.
const SHOWN: usize = 100;

/// Returns the refusal of a form that cannot be parsed or read, in a field if there is one.
pub(super) fn refuse(error: multer::Error, field: Option<&str>) -> Error {
    let refusal = match error {
        multer::Error::StreamReadFailed(source) if source.is::<HeadTooLong>() => {
            Error::refusal(StatusCode::BAD_REQUEST, source)
        }
        multer::Error::StreamReadFailed(source) => {
            let status = request_fault(&*source).unwrap_or(StatusCode::BAD_REQUEST);
            Error::refusal(status, source)
        }
        multer::Error::IncompleteFieldData { .. } => {
            malformed("the form is cut short: a field has no end")
        }
        multer::Error::IncompleteStream => {
            malformed("the form is cut short, or a boundary is malformed")
        }
        _ => malformed("the headers of a field are malformed"),
    };
    match field {
        Some(field) => refusal.with_field(shown(field)),
        None => refusal,
    }
}

/// Returns the refusal of a field beyond its limit.
pub(super) fn too_large(field: &str, limit: u64) -> Error {
    let name = shown(field);
    let reason = format!("the field {name:?} is longer than {limit} bytes");
    Error::refusal(StatusCode::PAYLOAD_TOO_LARGE, reason).with_field(name)
}

pub(super) fn boundary_refusal() -> Error {
    malformed("expected a `Content-Type` with a boundary of 1 to 70 characters")
}

pub(super) fn long_name(limit: usize) -> Error {
    malformed(&format!(
        "the name of a field, or of its file, is longer than {limit} bytes"
    ))
}

pub(super) fn nameless() -> Error {
    malformed("a field has no name in UTF-8: `Content-Disposition: form-data; name=\"…\"`")
}

pub(super) fn malformed_file_name(field: &str) -> Error {
    let name = shown(field);
    malformed(&format!(
        "the file name of the field {name:?} is not `filename=\"…\"` in UTF-8"
    ))
    .with_field(name)
}

pub(super) fn not_text(field: &str) -> Error {
    let name = shown(field);
    malformed(&format!("the field {name:?} is not text in UTF-8")).with_field(name)
}

fn malformed(reason: &str) -> Error {
    Error::refusal(StatusCode::BAD_REQUEST, reason)
}

/// Returns the beginning of a name.
fn shown(name: &str) -> &str {
    let mut end = name.len().min(SHOWN);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
