//! Properties for arbitrary names, values and headers.

use proptest::prelude::*;
use squall_cookies::{Cookie, CookiesLayer, Validity};

use crate::site::{NOW, at, respond, secret};

/// The ages at which a signed value is accepted.
fn age() -> impl Strategy<Value = u64> {
    let oldest = 31 * 86_400;
    prop_oneof![1 => Just(0), 1 => Just(oldest), 8 => 0..oldest]
}

/// Texts with the fields of a signed value, and texts that lack some.
fn unsigned() -> impl Strategy<Value = String> {
    prop_oneof![
        "2\\|1:[0-9]\\|10:1300000000\\|4:name\\|8:[A-Za-z0-9+/]{8}\\|[0-9a-f]{64}",
        "[A-Za-z0-9+/]{8}\\|1300000000\\|[0-9a-f]{40}",
        "(2\\|)?[0-9|:a-z=]*",
    ]
}

/// Names, values and paths: most are accepted, some are arbitrary.
fn cookie() -> impl Strategy<Value = (String, String, String)> {
    let name = prop_oneof![7 => "[!#-'*+.0-9A-Z^-z|~-]{1,9}", 1 => ".{0,9}"];
    let value = prop_oneof![7 => "[!#-+.-:<-\\[\\]-~-]{0,9}", 1 => ".{0,9}"];
    let path = prop_oneof![7 => "/[!-:<-~]{0,9}", 1 => "(/.{0,9})?"];
    (name, value, path)
}

proptest! {
    #[test]
    fn signed_value_round_trips(name in ".*", value: Vec<u8>, age in age()) {
        let signed = secret().create_signed_value(&name, &value, at(NOW - age));
        let read = |name: &str| {
            secret().decode_signed_value(name, &signed, Validity::new(), at(NOW))
        };
        prop_assert_eq!(read(&name).unwrap(), value);
        let longer = format!("{name}x");
        prop_assert!(read(&longer).unwrap_err().is_name());
    }

    #[test]
    fn unsigned_value_is_rejected(signed in unsigned()) {
        let validity = Validity::new().min_version(1);
        prop_assert!(secret().decode_signed_value("name", &signed, validity, at(NOW)).is_err());
    }

    #[test]
    fn accepted_cookie_is_one_pair_and_round_trips((name, value, path) in cookie()) {
        let ((), sent) = respond(CookiesLayer::new(), &[], |cookies| {
            let cookie = Cookie::build((name.clone(), value.clone())).path(path.clone());
            drop(cookies.set_cookie(cookie));
        });
        if let [sent] = &sent[..] {
            prop_assert_eq!(sent.split("; ").collect::<Vec<_>>(), [
                &format!("{name}={value}"), "HttpOnly", "SameSite=Lax", &format!("Path={path}"),
            ]);
            let pair = sent.split(';').next().unwrap();
            let (read, _) = respond(CookiesLayer::new(), &[pair], |cookies| cookies.get_cookie(&name));
            prop_assert_eq!(read, Some(value));
        }
    }

    #[test]
    fn preceding_text_does_not_change_a_pair(before in "[ -~é]{0,40}") {
        let header = format!("{before};name=value");
        let (read, _) = respond(CookiesLayer::new(), &[&header], |cookies| cookies.get_cookie("name"));
        prop_assert_eq!(read.as_deref(), Some("value"));
    }
}
