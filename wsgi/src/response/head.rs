//! The arguments of `start_response`: status line and headers.

use pyo3::{
    prelude::*,
    types::{PyList, PyString, PyTuple},
};
use squall::http::{HeaderName, HeaderValue, StatusCode, header, response::Parts};

/// Headers of a connection, which are the server's (PEP 3333, "Other HTTP Features").
static HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Returns the status line and the list of headers, with the length of the body if it is known and not stated.
pub(super) fn arguments<'py>(
    py: Python<'py>,
    head: &Parts,
    length: Option<u64>,
) -> PyResult<(Bound<'py, PyString>, Bound<'py, PyList>)> {
    let has_content = has_content(head.status);
    let headers = PyList::empty(py);
    for (name, value) in &head.headers {
        let is_left_out = HOP_BY_HOP.contains(name)
            // A validator refuses them: there is no content.
            || (!has_content && name == header::CONTENT_TYPE);
        if !is_left_out {
            headers.append(pair(py, name, value)?)?;
        }
    }
    if has_content {
        if !head.headers.contains_key(header::CONTENT_TYPE) {
            let value = HeaderValue::from_static(content_type(length));
            headers.append(pair(py, &header::CONTENT_TYPE, &value)?)?;
        }
        if let (Some(length), false) = (length, head.headers.contains_key(header::CONTENT_LENGTH)) {
            headers.append(pair(
                py,
                &header::CONTENT_LENGTH,
                &HeaderValue::from(length),
            )?)?;
        }
    }
    Ok((status_line(py, head.status), headers))
}

/// Whether a response with this status can have content (RFC 9110, 6.4.1).
fn has_content(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Returns the type of a response that has none: `wsgiref.validate` and Apache want one.
fn content_type(length: Option<u64>) -> &'static str {
    match length {
        Some(0) => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Returns the status with its reason, which WSGI requires.
fn status_line(py: Python<'_>, status: StatusCode) -> Bound<'_, PyString> {
    if status == StatusCode::OK {
        return pyo3::intern!(py, "200 OK").clone();
    }
    let reason = status.canonical_reason().unwrap_or("Unknown");
    PyString::new(py, &format!("{} {reason}", status.as_str()))
}

fn pair<'py>(
    py: Python<'py>,
    name: &HeaderName,
    value: &HeaderValue,
) -> PyResult<Bound<'py, PyTuple>> {
    let name = PyString::new(py, name.as_str());
    (name, latin_1(py, value.as_bytes())).into_pyobject(py)
}

/// Returns bytes as characters, as PEP 3333 has them.
fn latin_1<'py>(py: Python<'py>, value: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => {
            let text: String = value.iter().map(|&byte| char::from(byte)).collect();
            PyString::new(py, &text)
        }
    }
}
