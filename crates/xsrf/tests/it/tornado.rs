//! The same cookies and tokens in a real Tornado: either accepts those of the other, and both
//! reject the same.

use std::{path::Path, process::Command};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use squall_xsrf::XsrfLayer;

use crate::site::{COOKIE, TOKEN, ask, ask_token, post};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ask_tornado.py");

fn ask_tornado(python: &Path, questions: &[Value]) -> Vec<Value> {
    testkit::ask_all(Command::new(python).arg(SCRIPT), questions)
}

fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap()
}

/// Returns whether this crate accepts a POST with the cookie and the token, in each place for
/// tokens.
fn passes(cookie: &str, token: &str) -> bool {
    let request = || post().header("cookie", cookie);
    let encoded = token.replace('|', "%7C");
    let requests = [
        request().header("x-xsrftoken", token).body(String::new()),
        request().header("x-csrftoken", token).body(String::new()),
        request()
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("_xsrf={encoded}")),
        request()
            .header("content-type", "multipart/form-data; boundary=b")
            .body(format!(
                "--b\r\nContent-Disposition: form-data; name=\"_xsrf\"\r\n\r\n{token}\r\n--b--\r\n"
            )),
    ];
    let answers = requests.map(|request| ask(&XsrfLayer::new(), request.unwrap()).is_passed());
    assert_eq!(answers, [answers[0]; 4], "{cookie} {token}");
    answers[0]
}

/// Returns the same requests for the Tornado process.
fn questions(cookie: &str, token: &str) -> [Value; 4] {
    let ask = |name: &str, value: &str, body: &str| json!({"ask": "check", "method": "POST", "headers": {"Cookie": cookie, name: value}, "body": body});
    let encoded = token.replace('|', "%7C");
    [
        ask("X-XSRFToken", token, ""),
        ask("X-CSRFToken", token, ""),
        ask(
            "Content-Type",
            "application/x-www-form-urlencoded",
            &format!("_xsrf={encoded}"),
        ),
        ask(
            "Content-Type",
            "multipart/form-data; boundary=b",
            &format!(
                "--b\r\nContent-Disposition: form-data; name=\"_xsrf\"\r\n\r\n{token}\r\n--b--\r\n"
            ),
        ),
    ]
}

#[test]
fn tokens_and_cookies_are_interchangeable_with_tornado() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let first = ask_token(&XsrfLayer::new(), Request::new(Full::<Bytes>::default()));
    let cookie = pair(first.set_cookie.as_deref().unwrap()).to_owned();
    let with = |cookie: &str| {
        Request::builder()
            .header("cookie", cookie)
            .body(Full::<Bytes>::default())
    };
    let second = ask_token(&XsrfLayer::new(), with(&cookie).unwrap());
    let one = ask_token(&XsrfLayer::new().cookie_version_1(), with(&cookie).unwrap());
    let ours = [&first.text, &second.text, &one.text];
    let mut asked: Vec<Value> = ours
        .iter()
        .flat_map(|token| questions(&cookie, token))
        .collect();
    let version_1 = json!({"xsrf_cookie_version": 1});
    asked.extend([
        json!({"ask": "token", "headers": {}}),
        json!({"ask": "token", "headers": {}, "settings": version_1}),
        json!({"ask": "token", "headers": {"Cookie": cookie}}),
        json!({"ask": "token", "headers": {"Cookie": cookie}, "settings": version_1}),
    ]);
    let answers = ask_tornado(&python, &asked);
    let (checks, tokens) = answers.split_at(ours.len() * 4);
    assert_eq!(checks, vec![json!(true); checks.len()]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();

    // Tornado's own cookie, of either version, and its tokens for it.
    for answer in &tokens[..2] {
        let (token, set_cookie) = (text(&answer["token"]), text(&answer["set_cookie"][0]));
        assert!(passes(pair(&set_cookie), &token));
        let next = ask_token(&XsrfLayer::new(), with(pair(&set_cookie)).unwrap());
        assert_eq!(next.set_cookie, None);
        assert!(passes(pair(&set_cookie), &next.text));
        assert!(!passes(&cookie, &token));
    }
    // Tornado's tokens for our cookie, which it does not replace.
    for answer in &tokens[2..] {
        assert_eq!(answer["set_cookie"], json!([]));
        let token = text(&answer["token"]);
        assert!(passes(&cookie, &token));
        assert_eq!(
            answer["html"],
            format!(r#"<input type="hidden" name="_xsrf" value="{token}"/>"#)
        );
    }
}

#[test]
fn tornado_rejects_the_same_tokens() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let mut cases: Vec<(String, String)> = vec![(COOKIE.to_owned(), TOKEN.to_owned())];
    for index in 0..TOKEN.len() {
        for flip in [1, 2, 64] {
            let mut bad = TOKEN.to_owned().into_bytes();
            bad[index] ^= flip;
            cases.push((COOKIE.to_owned(), String::from_utf8(bad).unwrap()));
        }
        cases.push((COOKIE.to_owned(), TOKEN[..index].to_owned()));
    }
    for index in "_xsrf=".len()..COOKIE.len() {
        let mut bad = COOKIE.to_owned().into_bytes();
        bad[index] ^= 1;
        cases.push((String::from_utf8(bad).unwrap(), TOKEN.to_owned()));
    }
    for cookie in ["", "_xsrf=", "a=b", "xsrf=0", "_xsrf=3|0|0|0"] {
        cases.push((cookie.to_owned(), TOKEN.to_owned()));
    }
    let asked: Vec<Value> = cases
        .iter()
        .flat_map(|(cookie, token)| questions(cookie, token))
        .collect();
    let answers = ask_tornado(&python, &asked);
    let mut passed = 0;
    for ((cookie, token), theirs) in cases.iter().zip(answers.chunks(4)) {
        let ours = passes(cookie, token);
        assert_eq!(theirs, [ours; 4].map(Value::from), "{cookie} {token}");
        passed += usize::from(ours);
    }
    // Valid: the original, and those with only the time changed.
    assert!(
        (1..cases.len() / 4).contains(&passed),
        "{passed} of {}",
        cases.len()
    );
}
