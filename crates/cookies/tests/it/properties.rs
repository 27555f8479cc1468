//! What holds for any name, value and header.

use proptest::prelude::*;
use squall_cookies::{Cookie, CookiesLayer, Validity};

use crate::site::{NOW, at, secret, visit};

proptest! {
    #[test]
    fn signed_values_come_back(name in ".*", value: Vec<u8>, age in 0..31 * 86_400_u64) {
        let signed = secret().create_signed_value(&name, &value, at(NOW - age));
        let read = |name: &str| {
            secret().decode_signed_value(name, &signed, Validity::new(), at(NOW))
        };
        prop_assert_eq!(read(&name).unwrap(), value);
        let longer = format!("{name}x");
        prop_assert!(read(&longer).unwrap_err().is_name());
    }

    #[test]
    fn what_was_not_signed_is_refused(signed in "(2\\|)?[0-9|:a-z=]*") {
        let validity = Validity::new().min_version(1);
        prop_assert!(secret().decode_signed_value("name", &signed, validity, at(NOW)).is_err());
    }

    #[test]
    fn what_is_accepted_is_one_pair_and_comes_back(name in ".{0,9}", value in ".{0,9}", path in "(/.{0,9})?") {
        let ((), sent) = visit(CookiesLayer::new(), &[], |cookies| {
            let cookie = Cookie::build((name.clone(), value.clone())).path(path.clone());
            drop(cookies.set_cookie(cookie));
        });
        if let [sent] = &sent[..] {
            prop_assert_eq!(sent.split("; ").collect::<Vec<_>>(), [
                &format!("{name}={value}"), "HttpOnly", "SameSite=Lax", &format!("Path={path}"),
            ]);
            let pair = sent.split(';').next().unwrap();
            let (read, _) = visit(CookiesLayer::new(), &[pair], |cookies| cookies.get_cookie(&name));
            prop_assert_eq!(read, Some(value));
        }
    }

    #[test]
    fn nothing_before_a_pair_changes_it(before in "[ -~é]{0,40}") {
        let header = format!("{before};name=value");
        let (read, _) = visit(CookiesLayer::new(), &[&header], |cookies| cookies.get_cookie("name"));
        prop_assert_eq!(read.as_deref(), Some("value"));
    }
}
