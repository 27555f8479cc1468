//! Response builder: status, headers and body for a request and a cache entry.

pub(crate) mod body;
pub(crate) mod cache_control;
pub(crate) mod file_part;
pub(crate) mod listing;
pub(crate) mod multipart;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::{
    request::{
        conditions::{Conditions, Outcome},
        range::RequestedRanges,
    },
    response::{
        body::{Body, BodySegment},
        file_part::{CachedPart, FilePart, MIN_WINDOW},
        multipart::Multipart,
    },
    store::entry::{Content, Entry, KeptFile},
};

/// Responds to a GET or HEAD request. `is_immutable`: the URL contains the version of this entry.
pub(crate) fn respond(
    method: &Method,
    conditions: &Conditions<'_>,
    entry: &Entry,
    is_immutable: bool,
) -> Response<Body> {
    match conditions.evaluate(&entry.validators) {
        Outcome::Proceed => {}
        Outcome::NotModified => {
            let head = entry.not_modified_head(is_immutable).clone();
            return response(StatusCode::NOT_MODIFIED, head, Body::empty());
        }
        Outcome::Failed => return status(StatusCode::PRECONDITION_FAILED),
    }
    let mut head = entry.head(is_immutable).clone();
    match requested(method, conditions, entry) {
        RequestedRanges::Whole => {
            let body = match *method {
                Method::HEAD => Body::empty(),
                _ => whole(entry),
            };
            response(StatusCode::OK, head, body)
        }
        RequestedRanges::One(range) => {
            head.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from(range.end - range.start),
            );
            head.insert(
                header::CONTENT_RANGE,
                multipart::content_range(&range, entry.length),
            );
            let body = Body::segments([segment(entry, range)]);
            response(StatusCode::PARTIAL_CONTENT, head, body)
        }
        RequestedRanges::Many(ranges) => {
            let multipart = Multipart::new(ranges, entry.length, &entry.content_type);
            head.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from(multipart.length()),
            );
            head.insert(header::CONTENT_TYPE, Multipart::content_type());
            let parts = multipart.parts.into_iter();
            let segments =
                parts.flat_map(|(head, range)| [BodySegment::Bytes(head), segment(entry, range)]);
            let body = Body::segments(segments.chain([BodySegment::Bytes(multipart.end)]));
            response(StatusCode::PARTIAL_CONTENT, head, body)
        }
        RequestedRanges::Unsatisfiable => {
            let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
            let value = multipart::unsatisfied(entry.length);
            response.headers_mut().insert(header::CONTENT_RANGE, value);
            response
        }
    }
}

/// A response with an empty body, for the application to add an error page.
pub(crate) fn status(status: StatusCode) -> Response<Body> {
    response(status, HeaderMap::new(), Body::empty())
}

pub(crate) fn response(status: StatusCode, head: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = head;
    response
}

/// Parses `Range`, which applies only to GET (RFC 9110, section 14.2) and to a single header line.
fn requested(method: &Method, conditions: &Conditions<'_>, entry: &Entry) -> RequestedRanges {
    match conditions.range(&entry.validators) {
        Some(value) if method == Method::GET => {
            RequestedRanges::parse(value.as_bytes(), entry.length)
        }
        _ => RequestedRanges::Whole,
    }
}

fn whole(entry: &Entry) -> Body {
    match &entry.content {
        Content::Memory(bytes, None) => Body::bytes(Bytes::clone(bytes)),
        _ => Body::segments([segment(entry, 0..entry.length)]),
    }
}

fn segment(entry: &Entry, range: std::ops::Range<u64>) -> BodySegment {
    match &entry.content {
        Content::Memory(bytes, kept) => {
            let at = |offset| usize::try_from(offset).expect("the file is in memory");
            let bytes = bytes.slice(at(range.start)..at(range.end));
            match kept.as_ref().and_then(KeptFile::get) {
                Some(file) if bytes.len() as u64 >= MIN_WINDOW => {
                    let file = FilePart::new(Arc::clone(file), entry.signature, range);
                    BodySegment::Cached(CachedPart::new(bytes, file))
                }
                _ => BodySegment::Bytes(bytes),
            }
        }
        Content::File(file) => {
            BodySegment::File(FilePart::new(Arc::clone(file), entry.signature, range))
        }
    }
}
