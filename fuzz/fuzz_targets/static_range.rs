//! `Range`: the body matches `Content-Range`.
#![no_main]

use fuzz::DATA;
use http::{HeaderValue, Uri, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| {
    let value = [b"bytes=", value].concat();
    let Ok(value) = HeaderValue::from_bytes(&value) else {
        return;
    };
    let response = fuzz::get(Uri::from_static("/data.txt"), Some((header::RANGE, value)));
    let body = std::str::from_utf8(response.body()).expect("all parts of it are ASCII");
    let text = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().expect("it is ASCII"))
    };
    match (response.status().as_u16(), text("content-range")) {
        (200, None) => assert_eq!(body, *DATA),
        (206, Some(range)) => assert_eq!(body, slice(range)),
        (206, None) => {
            let content_type = text("content-type").expect("there is one");
            let (_, boundary) = content_type.split_once("boundary=").expect("there is one");
            let delimiter = format!("\r\n--{boundary}");
            let mut parts = body.split(&*delimiter).collect::<Vec<_>>();
            assert_eq!((parts.remove(0), parts.pop()), ("", Some("--\r\n")));
            assert!((2..=16).contains(&parts.len()));
            for part in parts {
                let (head, content) = part.split_once("\r\n\r\n").expect("an empty line");
                let (_, range) = head.split_once("Content-Range: ").expect("there is one");
                assert_eq!(content, slice(range));
            }
        }
        (416, Some(range)) => assert_eq!(range, "bytes */1000"),
        other => panic!("{other:?}"),
    }
});

/// The bytes that a `Content-Range` names.
fn slice(range: &str) -> &'static str {
    let range = range
        .strip_prefix("bytes ")
        .and_then(|range| range.strip_suffix("/1000"));
    let (first, last) = range
        .and_then(|range| range.split_once('-'))
        .expect("a range");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let slice = &DATA[number(first)..=number(last)];
    assert!(!slice.is_empty());
    slice
}
