//! `Accept-Encoding`: only a coding that the client accepts is sent, and the body matches
//! `Content-Encoding`.
#![no_main]

use http::{HeaderValue, Uri, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    let response = fuzz::get(
        Uri::from_static("/style.css"),
        Some((header::ACCEPT_ENCODING, value)),
    );
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["vary"], "accept-encoding");
    let coding = response
        .headers()
        .get("content-encoding")
        .map(HeaderValue::as_bytes);
    assert_eq!(response.body(), coding.unwrap_or(b"identity"));

    let mut elements = text
        .split(',')
        .map(|element| element.trim_matches([' ', '\t']));
    let coding = coding.map(|coding| std::str::from_utf8(coding).expect("it is ASCII"));
    if let Some(coding) = coding {
        let names_it = elements.clone().any(|element| {
            let name = element
                .split(';')
                .next()
                .unwrap_or_default()
                .trim_matches([' ', '\t']);
            name == coding || name == "*" || name == "x-gzip" && coding == "gzip"
        });
        assert!(names_it, "{coding} for {text:?}");
        assert!(
            elements.all(|element| element != format!("{coding};q=0"))
                || text.matches(coding).count() > 1
                || text.contains("x-gzip")
        );
    } else if !text.contains([';', '*']) && std::str::from_utf8(text.as_bytes()).is_ok() {
        assert!(
            elements.all(|element| !["br", "zstd", "gzip"].contains(&element))
                || text.contains('\u{fffd}'),
            "{text:?}"
        );
    }
});
