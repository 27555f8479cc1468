//! Ranges (RFC 9110, section 14); also compared with nginx.

use crate::{
    site::{SITE, data},
    transcript::{Case, check, send},
};

pub(crate) const CASES: &[Case] = &[
    (
        "GET /static/data.txt\nrange: bytes=0-4",
        "206\ncontent-range: bytes 0-4/1000\ncontent-length: 5\netag: {etag:/static/data.txt}\nlast-modified: {date}\n\n0000\n",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-0",
        "206\ncontent-range: bytes 0-0/1000\n\n0",
    ),
    (
        "GET /static/data.txt\nrange: bytes=990-",
        "206\ncontent-range: bytes 990-999/1000\n\n0198\n0199\n",
    ),
    (
        "GET /static/data.txt\nrange: bytes=-5",
        "206\ncontent-range: bytes 995-999/1000\n\n0199\n",
    ),
    (
        "GET /static/data.txt\nrange: bytes=995-5000",
        "206\ncontent-range: bytes 995-999/1000\n\n0199\n",
    ),
    (
        "GET /static/data.txt\nrange: bytes=-5000",
        "206\ncontent-range: bytes 0-999/1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-",
        "206\ncontent-range: bytes 0-999/1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=999-99999999999999999999",
        "206\ncontent-range: bytes 999-999/1000\n\n\n",
    ),
    ("GET /static/data.txt\nrange: Bytes=0-4", "206\n\n0000\n"),
    ("GET /static/data.txt\nrange: bytes= 0-4", "206\n\n0000\n"),
    ("GET /static/data.txt\nrange: bytes=0-4,", "206\n\n0000\n"),
    ("GET /static/data.txt\nrange: bytes=,0-4", "206\n\n0000\n"),
    (
        "GET /static/data.txt\nrange: bytes=0-4,1000-",
        "206\ncontent-range: bytes 0-4/1000\n\n0000\n",
    ),
    // Unsatisfiable.
    (
        "GET /static/data.txt\nrange: bytes=1000-",
        "416\ncontent-range: bytes */1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=1000-2000",
        "416\ncontent-range: bytes */1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=-0",
        "416\ncontent-range: bytes */1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=1000-,2000-",
        "416\ncontent-range: bytes */1000",
    ),
    (
        "GET /static/data.txt\nrange: bytes=18446744073709551616-",
        "416\ncontent-range: bytes */1000",
    ),
    (
        "GET /static/empty.txt\nrange: bytes=0-",
        "416\ncontent-range: bytes */0",
    ),
    (
        "GET /static/empty.txt\nrange: bytes=0-0",
        "416\ncontent-range: bytes */0",
    ),
    (
        "GET /static/empty.txt\nrange: bytes=-1",
        "200\ncontent-range: -\n\n",
    ),
    // Invalid: the whole file.
    (
        "GET /static/data.txt\nrange: bytes=",
        "200\ncontent-length: 1000\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=-",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=4-0",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-4,4-0",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=a-b",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-4-8",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=+0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes 0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: items=0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-4\nrange: bytes=5-9",
        "200\ncontent-range: -",
    ),
    // HEAD ignores Range.
    (
        "HEAD /static/data.txt\nrange: bytes=0-4",
        "200\ncontent-length: 1000\ncontent-range: -\n\n",
    ),
    (
        "HEAD /static/data.txt\nrange: bytes=1000-",
        "200\ncontent-range: -\n\n",
    ),
    // Overlapping or too many ranges: the whole file.
    (
        "GET /static/data.txt\nrange: bytes=0-4,4-8",
        "200\ncontent-length: 1000\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-,0-,0-,0-",
        "200\ncontent-length: 1000\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nrange: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32",
        "200\ncontent-length: 1000\ncontent-range: -",
    ),
    // If-Range.
    (
        "GET /static/data.txt\nif-range: {etag:/static/data.txt}\nrange: bytes=0-4",
        "206\n\n0000\n",
    ),
    (
        "GET /static/data.txt\nif-range: \"x\"\nrange: bytes=0-4",
        "200\ncontent-length: 1000\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: W/{etag:/static/data.txt}\nrange: bytes=0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: {date}\nrange: bytes=0-4",
        "206\n\n0000\n",
    ),
    (
        "GET /static/data.txt\nif-range: Tue, 31 Dec 2019 23:59:59 GMT\nrange: bytes=0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: Thu, 02 Jan 2020 00:00:00 GMT\nrange: bytes=0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: garbage\nrange: bytes=0-4",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: \"x\"\nrange: bytes=1000-",
        "200\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-range: {etag:/static/data.txt}\nrange: bytes=1000-",
        "416",
    ),
    (
        "GET /static/data.txt\nif-range: {etag:/static/data.txt}",
        "200\ncontent-length: 1000",
    ),
];

#[test]
fn ranges_of_cached_files() {
    check(CASES);
}

/// The ranges of an uncached file are the same.
#[test]
fn ranges_of_uncached_files() {
    let wrong: Vec<_> = CASES
        .iter()
        .filter(|(request, _)| {
            let other = request.replace("/static/", "/uncached/");
            let (memory, disk) = (send(SITE.address, request), send(SITE.address, &other));
            (memory.status, memory.header("content-range"), &memory.body)
                != (disk.status, disk.header("content-range"), &disk.body)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn several_ranges_are_multipart() {
    for folder in ["static", "uncached"] {
        for (set, wanted) in [
            ("0-4,10-14", vec![0..5, 10..15]),
            ("995-,0-0", vec![995..1000, 0..1]),
            ("0-0,2-2,-1", vec![0..1, 2..3, 999..1000]),
            ("0-4,5-9,2000-", vec![0..5, 5..10]),
            ("500-,0-499", vec![500..1000, 0..500]),
        ] {
            let request = format!("GET /{folder}/data.txt\nrange: bytes={set}");
            let reply = send(SITE.address, &request);
            assert_eq!(reply.status, 206, "{request}");
            assert_eq!(reply.header("content-range"), None, "{request}");
            let length = reply.header("content-length").unwrap();
            assert_eq!(length, reply.body.len().to_string(), "{request}");
            let content_type = reply.header("content-type").unwrap();
            let boundary = content_type
                .strip_prefix("multipart/byteranges; boundary=")
                .unwrap();
            let parts = wanted.into_iter().map(|range| {
                format!(
                    "\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\
                     Content-Range: bytes {}-{}/1000\r\n\r\n{}",
                    range.start,
                    range.end - 1,
                    &data()[range.clone()]
                )
            });
            let wanted = parts.collect::<String>() + &format!("\r\n--{boundary}--\r\n");
            assert_eq!(reply.text(), wanted, "{request}");
        }
    }
}
