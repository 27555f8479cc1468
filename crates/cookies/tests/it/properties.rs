//! Properties for arbitrary names, values and headers.

use proptest::prelude::*;
use squall_cookies::{Cookie, CookiesLayer, Validity};

use crate::site::{NOW, at, respond, secret};

proptest! {
    #[test]
    fn signed_value_round_trips(name in ".*", value: Vec<u8>, age in 0..31 * 86_400_u64) {
        let signed = secret().create_signed_value(&name, &value, at(NOW - age));
        let read = |name: &str| {
            secret().decode_signed_value(name, &signed, Validity::new(), at(NOW))
        };
        prop_assert_eq!(read(&name).unwrap(), value);
        let longer = format!("{name}x");
        prop_assert!(read(&longer).unwrap_err().is_name());
    }

    #[test]
    fn unsigned_value_is_rejected(signed in "(2\\|)?[0-9|:a-z=]*") {
        let validity = Validity::new().min_version(1);
        prop_assert!(secret().decode_signed_value("name", &signed, validity, at(NOW)).is_err());
    }

    #[test]
    fn accepted_cookie_is_one_pair_and_round_trips(name in ".{0,9}", value in ".{0,9}", path in "(/.{0,9})?") {
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
