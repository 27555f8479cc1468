//! `multipart/byteranges` response: several ranges in one body (RFC 9110, section 14.6).

use std::{
    hash::{BuildHasher, RandomState},
    ops::Range,
    sync::LazyLock,
};

use bytes::Bytes;
use http::HeaderValue;

/// The boundary between parts: random per process, so no file can contain it on purpose.
static BOUNDARY: LazyLock<String> = LazyLock::new(|| {
    let random = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", random(), random())
});

/// The framing of a multipart body.
#[derive(Debug)]
pub(crate) struct Multipart {
    /// Each range and the part header before it.
    pub(crate) parts: Vec<(Bytes, Range<u64>)>,
    /// The closing boundary.
    pub(crate) end: Bytes,
}

impl Multipart {
    pub(crate) fn new(ranges: Vec<Range<u64>>, length: u64, content_type: &HeaderValue) -> Self {
        let boundary = &*BOUNDARY;
        let part = |range: Range<u64>| {
            let mut head = format!("\r\n--{boundary}\r\nContent-Type: ").into_bytes();
            head.extend_from_slice(content_type.as_bytes());
            head.extend_from_slice(b"\r\nContent-Range: ");
            head.extend_from_slice(content_range(&range, length).as_bytes());
            head.extend_from_slice(b"\r\n\r\n");
            (Bytes::from(head), range)
        };
        Self {
            parts: ranges.into_iter().map(part).collect(),
            end: Bytes::from(format!("\r\n--{boundary}--\r\n")),
        }
    }

    pub(crate) fn content_type() -> HeaderValue {
        HeaderValue::try_from(format!("multipart/byteranges; boundary={}", *BOUNDARY))
            .expect("hexadecimal digits are ASCII")
    }

    /// The `Content-Length` of the body.
    pub(crate) fn length(&self) -> u64 {
        let parts = self
            .parts
            .iter()
            .map(|(head, range)| head.len() as u64 + range.end - range.start);
        parts.sum::<u64>() + self.end.len() as u64
    }
}

/// The `Content-Range` (section 14.4) of a range that is not empty.
pub(crate) fn content_range(range: &Range<u64>, length: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes {}-{}/{length}", range.start, range.end - 1))
        .expect("digits are ASCII")
}

/// The `Content-Range` of a 416 response.
pub(crate) fn unsatisfied(length: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes */{length}")).expect("digits are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_follows_the_rfc() {
        let content = b"0123456789";
        let multipart = Multipart::new(
            vec![0..2, 7..10],
            10,
            &HeaderValue::from_static("text/plain"),
        );
        let mut body = Vec::new();
        for (head, range) in &multipart.parts {
            body.extend_from_slice(head);
            body.extend_from_slice(&content[range.start as usize..range.end as usize]);
        }
        body.extend_from_slice(&multipart.end);
        assert_eq!(multipart.length(), body.len() as u64);
        let content_type = Multipart::content_type();
        let boundary = content_type.to_str().unwrap().split_once('=').unwrap().1;
        assert_eq!(
            String::from_utf8(body).unwrap(),
            format!(
                "\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\
                 \r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n789\
                 \r\n--{boundary}--\r\n"
            )
        );
    }
}
