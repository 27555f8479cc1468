//! Tokens in URL-encoded and multipart forms, at any position, and bodies of other types.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use squall_xsrf::XsrfLayer;

use crate::site::{COOKIE, TOKEN, ask, post};

const URL_ENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=AaB03x";

fn form(content_type: &str, body: &str) -> Request<Full<Bytes>> {
    let request = post()
        .header("cookie", COOKIE)
        .header("content-type", content_type);
    request.body(body.to_owned().into()).unwrap()
}

/// A form with these parts, each with its disposition and its content.
fn multipart(parts: &[(&str, &str)]) -> String {
    let parts = parts.iter().map(|(disposition, content)| {
        format!("--AaB03x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    });
    parts.collect::<String>() + "--AaB03x--\r\n"
}

#[test]
fn url_encoded() {
    let encoded = TOKEN.replace('|', "%7C");
    for (body, wanted) in [
        (format!("_xsrf={TOKEN}"), Ok(())),
        (format!("_xsrf={encoded}"), Ok(())),
        (format!("%5Fxsrf={encoded}"), Ok(())),
        (format!("a=b&_xsrf={TOKEN}&c=d"), Ok(())),
        (format!("&&_xsrf={TOKEN}&&"), Ok(())),
        (format!("_xsrf=+{TOKEN}+"), Ok(())),
        (format!("_xsrf={TOKEN}&_xsrf=x"), Ok(())),
        (format!("_xsrf=x&_xsrf={TOKEN}"), Err("malformed")),
        (String::new(), Err("missing")),
        ("a=b".to_owned(), Err("missing")),
        ("_xsrf".to_owned(), Err("malformed")),
        ("_xsrf=".to_owned(), Err("malformed")),
        (format!("_xsrf={TOKEN};a=b"), Err("malformed")),
        (format!("_XSRF={TOKEN}"), Err("missing")),
        (format!("xsrf={TOKEN}"), Err("missing")),
        (format!("a=_xsrf={TOKEN}"), Err("missing")),
        (format!("_xsrf%3D{TOKEN}"), Err("missing")),
        (
            format!("_xsrf={}", TOKEN.replace("0f", "0e")),
            Err("mismatch"),
        ),
        (format!("\0_xsrf={TOKEN}"), Err("missing")),
    ] {
        for content_type in [
            URL_ENCODED,
            "Application/X-WWW-Form-Urlencoded ; charset=utf-8",
        ] {
            let answer = ask(&XsrfLayer::new(), form(content_type, &body));
            match wanted {
                Ok(()) => {
                    assert!(answer.is_passed(), "{body}");
                    assert_eq!(answer.text, body);
                }
                Err(kind) => assert_eq!(answer.kind(), kind, "{body}"),
            }
        }
    }
}

#[test]
fn multipart_forms() {
    let token = ("name=\"_xsrf\"", TOKEN);
    let file = (
        "name=\"file\"; filename=\"_xsrf\"",
        "--AaB03\r\n_xsrf=0\r\n",
    );
    let good = multipart(&[token]);
    for (body, wanted) in [
        (good.clone(), Ok(())),
        (multipart(&[file, token]), Ok(())),
        (multipart(&[token, file]), Ok(())),
        (format!("preamble\r\n{good}epilogue"), Ok(())),
        (multipart(&[("name=_xsrf", TOKEN)]), Ok(())),
        // The part after the token is not parsed.
        (
            format!("{}--AaB03x\r\nbroken", good.replace("--AaB03x--\r\n", "")),
            Ok(()),
        ),
        (multipart(&[file]), Err("missing")),
        (multipart(&[("name=\"_XSRF\"", TOKEN)]), Err("missing")),
        (multipart(&[("filename=\"_xsrf\"", TOKEN)]), Err("missing")),
        (multipart(&[("name=\"_xsrf\"", "")]), Err("malformed")),
        (
            multipart(&[("name=\"_xsrf\"", "x"), token]),
            Err("malformed"),
        ),
        (
            multipart(&[("name=\"_xsrf\"", &TOKEN.replace("0f", "0e"))]),
            Err("mismatch"),
        ),
        (multipart(&[]), Err("missing")),
        (String::new(), Err("missing")),
        ("--".to_owned(), Err("missing")),
        (good.replace("AaB03x", "other"), Err("missing")),
        (good[..good.len() - 20].to_owned(), Err("missing")),
        (format!("_xsrf={TOKEN}"), Err("missing")),
    ] {
        let answer = ask(&XsrfLayer::new(), form(MULTIPART, &body));
        match wanted {
            Ok(()) => {
                assert!(answer.is_passed(), "{body}");
                assert_eq!(answer.text, body);
            }
            Err(kind) => assert_eq!(answer.kind(), kind, "{body}"),
        }
    }
}

#[test]
fn other_bodies_have_no_token() {
    let url_encoded = format!("_xsrf={TOKEN}");
    let json = format!("{{\"_xsrf\": \"{TOKEN}\"}}");
    let multipart = multipart(&[("name=\"_xsrf\"", TOKEN)]);
    for (content_type, body) in [
        ("", &url_encoded),
        ("text/plain", &url_encoded),
        ("application/json", &json),
        ("application/x-www-form-urlencoded-not", &url_encoded),
        ("x/application/x-www-form-urlencoded", &url_encoded),
        ("multipart/form-data", &multipart),
        ("multipart/form-data; boundary=", &multipart),
        ("multipart/form-data; boundary=other", &multipart),
        ("multipart/mixed; boundary=AaB03x", &multipart),
        (
            "application/x-www-form-urlencoded, text/plain",
            &url_encoded,
        ),
    ] {
        let answer = ask(&XsrfLayer::new(), form(content_type, body));
        assert_eq!(answer.kind(), "missing", "{content_type}");
    }
}

#[test]
fn cross_origin_requests_are_rejected_before_the_form_is_read() {
    let mut request = form(URL_ENCODED, &format!("_xsrf={TOKEN}"));
    let site = "cross-site".parse().unwrap();
    request.headers_mut().insert("sec-fetch-site", site);
    assert_eq!(ask(&XsrfLayer::new(), request).kind(), "cross-origin");
}

#[test]
fn a_header_takes_precedence_over_the_form() {
    let mut request = form(URL_ENCODED, &format!("_xsrf={TOKEN}"));
    request
        .headers_mut()
        .insert("x-xsrftoken", "x".parse().unwrap());
    assert_eq!(ask(&XsrfLayer::new(), request).kind(), "malformed");
}

#[test]
fn rejections_repeat_nothing_of_the_request() {
    let script = "<script>alert(1)</script>";
    let request = post()
        .uri("/?script=1")
        .header("cookie", format!("_xsrf={script}"))
        .header("x-xsrftoken", script);
    let answer = ask(
        &XsrfLayer::new(),
        request.body(Full::<Bytes>::from(script)).unwrap(),
    );
    assert_eq!(answer.text, "the _xsrf token is malformed");
}
