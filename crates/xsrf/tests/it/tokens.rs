//! Tokens in headers, the cookie, and their settings.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use squall_xsrf::{ConfigError, SameSite, XsrfLayer};

use crate::site::{COOKIE, TOKEN, ask, ask_token, post};

type Empty = Full<Bytes>;

#[test]
fn headers() {
    let one = "000102030405060708090a0b0c0d0e0f";
    let other = "2|00000000|000102030405060708090a0b0c0d0e10|1300000000";
    let padded = format!(" {TOKEN} ");
    let cookie_of_one = format!("_xsrf={one}");
    let quoted = COOKIE.replace("=2", "=\"2") + "\"";
    let last = format!("_xsrf={other}; a=b; {COOKIE}");
    let first = format!("{COOKIE}; _xsrf={other}");
    for (cookie, header, token, wanted) in [
        (COOKIE, "x-xsrftoken", TOKEN, None),
        (COOKIE, "x-csrftoken", TOKEN, None),
        (COOKIE, "x-xsrftoken", &padded, None),
        (COOKIE, "x-xsrftoken", one, None),
        (&cookie_of_one, "x-xsrftoken", TOKEN, None),
        (&cookie_of_one, "x-xsrftoken", one, None),
        (&quoted, "x-xsrftoken", TOKEN, None),
        (&last, "x-xsrftoken", TOKEN, None),
        (&first, "x-xsrftoken", TOKEN, Some("mismatch")),
        (COOKIE, "x-xsrftoken", other, Some("mismatch")),
        ("", "x-xsrftoken", TOKEN, Some("no cookie")),
        ("_xsrf=", "x-xsrftoken", TOKEN, Some("no cookie")),
        ("_xsrf=a", "x-xsrftoken", "a", Some("malformed")),
        (COOKIE, "x-xsrftoken", "", Some("malformed")),
        (COOKIE, "x-xsrftoken", "a", Some("malformed")),
        (COOKIE, "x-other", TOKEN, Some("missing")),
        (
            &COOKIE.to_uppercase(),
            "x-xsrftoken",
            TOKEN,
            Some("no cookie"),
        ),
    ] {
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
        ] {
            let request = post()
                .method(method)
                .header("cookie", cookie)
                .header(header, token);
            let answer = ask(&XsrfLayer::new(), request.body(Empty::default()).unwrap());
            match wanted {
                None => assert!(answer.is_passed(), "{cookie} {token}"),
                Some(kind) => assert_eq!(answer.kind(), kind, "{cookie} {token}"),
            }
        }
    }
}

#[test]
fn safe_methods_pass() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let request = post().method(method).header("sec-fetch-site", "cross-site");
        let answer = ask(&XsrfLayer::new(), request.body(Empty::default()).unwrap());
        assert!(answer.is_passed());
        // No cookie, since the handler made no token.
        assert_eq!(answer.set_cookie, None);
    }
}

#[test]
fn a_client_gets_one_cookie_and_many_tokens() {
    let layer = XsrfLayer::new();
    let first = ask_token(&layer, Request::new(Empty::default()));
    let cookie = first.set_cookie.unwrap();
    assert_eq!(
        cookie,
        format!("_xsrf={}; SameSite=Lax; Path=/", first.text)
    );
    let pair = cookie.split(';').next().unwrap();
    let mut tokens = vec![first.text];
    for _ in 0..3 {
        let request = Request::builder().header("cookie", pair);
        let next = ask_token(&layer, request.body(Empty::default()).unwrap());
        assert_eq!(next.set_cookie, None);
        assert!(!tokens.contains(&next.text));
        tokens.push(next.text);
    }
    for token in tokens {
        let request = post().header("cookie", pair).header("x-xsrftoken", token);
        assert!(ask(&layer, request.body(Empty::default()).unwrap()).is_passed());
    }
}

#[test]
fn a_malformed_cookie_is_replaced() {
    for cookie in [
        "_xsrf=",
        "_xsrf=a",
        "_xsrf=3|00000000|00|1",
        "_xsrf=é",
        "xsrf=a",
        "_XSRF=a",
    ] {
        let request = Request::builder().header("cookie", cookie);
        let answer = ask_token(&XsrfLayer::new(), request.body(Empty::default()).unwrap());
        assert!(answer.set_cookie.is_some(), "{cookie}");
    }
}

#[test]
fn settings_of_the_cookie() {
    let layer = || XsrfLayer::new().is_https(|extensions| extensions.get::<u8>().is_some());
    for (layer, extension, wanted) in [
        (layer(), None, "_xsrf=TOKEN; SameSite=Lax; Path=/"),
        (
            layer(),
            Some(1_u8),
            "_xsrf=TOKEN; SameSite=Lax; Secure; Path=/",
        ),
        (
            layer().http_only(true).same_site(SameSite::Strict),
            None,
            "_xsrf=TOKEN; HttpOnly; SameSite=Strict; Path=/",
        ),
        (
            layer()
                .cookie_name("__Host-token")
                .unwrap()
                .cookie_version_1(),
            None,
            "__Host-token=TOKEN; SameSite=Lax; Secure; Path=/",
        ),
    ] {
        let mut request = Request::new(Empty::default());
        if let Some(extension) = extension {
            request.extensions_mut().insert(extension);
        }
        let answer = ask_token(&layer, request);
        assert_eq!(
            answer.set_cookie.unwrap(),
            wanted.replace("TOKEN", &answer.text)
        );
    }
}

#[test]
fn cookie_version_1_makes_tokens_of_version_1() {
    let request = Request::builder().header("cookie", COOKIE);
    let layer = XsrfLayer::new().cookie_version_1();
    let answer = ask_token(&layer, request.body(Empty::default()).unwrap());
    assert_eq!(answer.text, "000102030405060708090a0b0c0d0e0f");
}

#[test]
fn only_the_cookie_of_the_set_name_counts() {
    let layer = XsrfLayer::new().cookie_name("other").unwrap();
    for (cookie, wanted) in [
        (COOKIE.replace("_xsrf", "other"), true),
        (COOKIE.to_owned(), false),
    ] {
        let request = post().header("cookie", cookie).header("x-xsrftoken", TOKEN);
        let answer = ask(&layer, request.body(Empty::default()).unwrap());
        assert_eq!(answer.is_passed(), wanted);
    }
    for name in ["", "a b", "a;b", "a=b", "é", "a\n"] {
        let error = XsrfLayer::new().cookie_name(name).unwrap_err();
        assert_eq!(
            error,
            ConfigError::CookieName {
                name: name.to_owned()
            }
        );
    }
}

#[test]
fn exempt_requests_are_not_checked() {
    let layer = XsrfLayer::new().exempt(|parts| {
        parts.uri.path() == "/hook" || parts.extensions.get::<&str>() == Some(&"free")
    });
    for (uri, extension, wanted) in [
        ("/hook", "", true),
        ("/", "free", true),
        ("/", "", false),
        ("/hook/a", "", false),
    ] {
        let request = post()
            .uri(uri)
            .extension(extension)
            .header("sec-fetch-site", "cross-site");
        let answer = ask(&layer, request.body(Empty::default()).unwrap());
        assert_eq!(answer.is_passed(), wanted, "{uri} {extension}");
    }
}

#[test]
fn xsrf_form_html_is_a_hidden_field() {
    use squall_xsrf::{Xsrf, XsrfBody};
    use std::convert::Infallible;
    use tower::{Layer, ServiceExt, service_fn};

    let service = service_fn(async |request: Request<XsrfBody<Empty>>| {
        let xsrf: &Xsrf = request.extensions().get().unwrap();
        assert!(!format!("{xsrf:?}").contains(&xsrf.xsrf_token()));
        let html = format!(
            r#"<input type="hidden" name="_xsrf" value="{}"/>"#,
            xsrf.xsrf_token()
        );
        assert_eq!(xsrf.xsrf_form_html(), html);
        Ok::<_, Infallible>(http::Response::new(Bytes::new()))
    });
    let answer = XsrfLayer::new()
        .layer(service)
        .oneshot(Request::new(Empty::default()));
    assert_eq!(crate::site::block_on(answer).unwrap().status(), 200);
}
