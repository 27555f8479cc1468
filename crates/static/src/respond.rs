//! From a request and a file to a response.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};

use crate::{
    body::{Body, FilePart, Piece},
    conditions::{self, Outcome},
    entry::{Content, Entry},
    multipart::{self, Multipart},
    range::Requested,
};

/// Answers a GET or HEAD. `is_immutable` says that the URL names the version that this is.
pub(crate) fn respond(
    request: &request::Parts,
    entry: &Entry,
    is_immutable: bool,
) -> Response<Body> {
    match conditions::evaluate(&request.headers, &entry.validators) {
        Outcome::Proceed => {}
        Outcome::NotModified => {
            let head = entry.not_modified_head(is_immutable).clone();
            return response(StatusCode::NOT_MODIFIED, head, Body::empty());
        }
        Outcome::Failed => return status(StatusCode::PRECONDITION_FAILED),
    }
    let mut head = entry.head(is_immutable).clone();
    match requested(request, entry) {
        Requested::Whole => {
            let body = match request.method {
                Method::HEAD => Body::empty(),
                _ => whole(entry),
            };
            response(StatusCode::OK, head, body)
        }
        Requested::One(range) => {
            head.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from(range.end - range.start),
            );
            head.insert(
                header::CONTENT_RANGE,
                multipart::content_range(&range, entry.length),
            );
            let body = Body::pieces([piece(entry, range)]);
            response(StatusCode::PARTIAL_CONTENT, head, body)
        }
        Requested::Many(ranges) => {
            let multipart = Multipart::new(ranges, entry.length, &entry.content_type);
            head.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from(multipart.length()),
            );
            head.insert(header::CONTENT_TYPE, Multipart::content_type());
            let parts = multipart.parts.into_iter();
            let pieces = parts.flat_map(|(head, range)| [Piece::Bytes(head), piece(entry, range)]);
            let body = Body::pieces(pieces.chain([Piece::Bytes(multipart.end)]));
            response(StatusCode::PARTIAL_CONTENT, head, body)
        }
        Requested::Unsatisfiable => {
            let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
            let value = multipart::unsatisfied(entry.length);
            response.headers_mut().insert(header::CONTENT_RANGE, value);
            response
        }
    }
}

/// A response that is its status, for the application to put words to.
pub(crate) fn status(status: StatusCode) -> Response<Body> {
    response(status, HeaderMap::new(), Body::empty())
}

pub(crate) fn response(status: StatusCode, head: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = head;
    response
}

/// `Range` is for GET alone (RFC 9110, section 14.2), and one header has one line.
fn requested(request: &request::Parts, entry: &Entry) -> Requested {
    let mut values = request.headers.get_all(header::RANGE).iter();
    match (values.next(), values.next()) {
        (Some(value), None)
            if request.method == Method::GET
                && conditions::range_counts(&request.headers, &entry.validators) =>
        {
            Requested::parse(value.as_bytes(), entry.length)
        }
        _ => Requested::Whole,
    }
}

fn whole(entry: &Entry) -> Body {
    match &entry.content {
        Content::Memory(bytes) => Body::bytes(Bytes::clone(bytes)),
        Content::File(_) => Body::pieces([piece(entry, 0..entry.length)]),
    }
}

fn piece(entry: &Entry, range: std::ops::Range<u64>) -> Piece {
    match &entry.content {
        Content::Memory(bytes) => {
            let at = |offset| usize::try_from(offset).expect("it is in memory");
            Piece::Bytes(bytes.slice(at(range.start)..at(range.end)))
        }
        Content::File(file) => Piece::File(FilePart::new(Arc::clone(file), entry.signature, range)),
    }
}
