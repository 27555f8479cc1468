//! Setting cookies: defaults, and attempts to inject attributes.

use squall_cookies::{
    Cookie, Cookies, CookiesLayer, Expiration, SameSite, SetCookieError,
    time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset},
};

use crate::site::{respond, secret};

fn set(layer: CookiesLayer, handler: impl Fn(&Cookies)) -> Vec<String> {
    respond(layer.secret(secret()), &[], handler).1
}

#[test]
fn set_cookie_applies_defaults_and_attributes() {
    let always = || CookiesLayer::new().is_https(|_| true);
    for (layer, cookie, wanted) in [
        (
            CookiesLayer::new(),
            Cookie::build(("a", "b")),
            "a=b; HttpOnly; SameSite=Lax; Path=/",
        ),
        (
            always(),
            Cookie::build(("a", "b")),
            "a=b; HttpOnly; SameSite=Lax; Secure; Path=/",
        ),
        (
            always(),
            Cookie::build(("a", "b")).secure(false),
            "a=b; HttpOnly; SameSite=Lax; Path=/",
        ),
        (
            CookiesLayer::new(),
            Cookie::build(("a", ""))
                .http_only(false)
                .same_site(SameSite::Strict)
                .path("/x%20y")
                .domain("example.com")
                .max_age(Duration::MAX),
            "a=; SameSite=Strict; Path=/x%20y; Domain=example.com; Max-Age=9223372036854775807",
        ),
        (
            CookiesLayer::new(),
            Cookie::build(("a", "b")).same_site(SameSite::None),
            "a=b; HttpOnly; SameSite=None; Secure; Path=/",
        ),
        (
            CookiesLayer::new(),
            Cookie::build(("__Host-a", "b")).secure(false),
            "__Host-a=b; HttpOnly; SameSite=Lax; Secure; Path=/",
        ),
        (
            CookiesLayer::new(),
            Cookie::build(("__secure-a", "b")).path("/x"),
            "__secure-a=b; HttpOnly; SameSite=Lax; Secure; Path=/x",
        ),
    ] {
        let sent = set(layer, |cookies| cookies.set_cookie(cookie.clone()).unwrap());
        assert_eq!(sent, [wanted]);
    }
}

#[test]
fn set_cookie_replaces_the_same_cookie() {
    let sent = set(CookiesLayer::new(), |cookies| {
        cookies.set_cookie(("a", "1")).unwrap();
        cookies
            .set_cookie(Cookie::build(("a", "2")).path("/x"))
            .unwrap();
        cookies.clone().set_cookie(("b", "3")).unwrap();
        cookies.clear_cookie("a").unwrap();
        cookies.set_cookie(("b", "bad value")).unwrap_err();
    });
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0], "a=2; HttpOnly; SameSite=Lax; Path=/x");
    assert_eq!(sent[1], "b=3; HttpOnly; SameSite=Lax; Path=/");
    assert!(
        sent[2].starts_with("a=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Expires="),
        "{}",
        sent[2]
    );
}

#[test]
fn signed_cookie_expires_after_30_days_by_default() {
    let lasts = |cookie: Cookie<'static>| {
        let sent = set(CookiesLayer::new(), |cookies| {
            cookies.set_signed_cookie(cookie.clone()).unwrap();
        });
        let sent = Cookie::parse(sent[0].clone()).unwrap();
        assert!(sent.value().starts_with("2|1:0|10:"), "{sent}");
        let days = sent.expires_datetime().map(|expires| {
            // Expires has no fractions of a second, so a moment is missing.
            (expires + Duration::minutes(1) - OffsetDateTime::now_utc()).whole_days()
        });
        (days, sent.max_age())
    };
    let cookie = || Cookie::build(("user", "Zoë; Domain=x"));
    assert_eq!(lasts(cookie().into()), (Some(30), None));
    assert_eq!(
        lasts(cookie().expires(Expiration::Session).into()),
        (None, None)
    );
    let hour = Duration::HOUR;
    assert_eq!(lasts(cookie().max_age(hour).into()), (None, Some(hour)));
}

#[test]
fn set_cookie_rejects_attribute_injection() {
    type Holds = fn(&SetCookieError) -> bool;
    let control: Vec<String> = (0..=0x20)
        .chain([0x7f])
        .map(|byte: u8| format!("/x{}y", char::from(byte)))
        .collect();
    let control = control.iter().map(String::as_str);
    for bad in control.chain(["/a;b", "/; Domain=evil.example", "/é"]) {
        for (part, cookie, is_part) in [
            (
                "name",
                Cookie::new(bad, "b"),
                SetCookieError::is_name as Holds,
            ),
            ("value", Cookie::new("a", bad), SetCookieError::is_value),
            (
                "domain",
                Cookie::build("a").domain(bad).build(),
                SetCookieError::is_domain,
            ),
            (
                "path",
                Cookie::build("a").path(bad).build(),
                SetCookieError::is_path,
            ),
        ] {
            let sent = set(CookiesLayer::new(), |cookies| {
                let error = cookies.set_cookie(cookie.clone()).unwrap_err();
                assert!(is_part(&error), "{part} {bad:?}: {error}");
                assert!(error.to_string().contains(part), "{error}");
            });
            assert!(sent.is_empty(), "{sent:?}");
        }
    }
}

#[test]
fn set_cookie_rejects_invalid_prefixes_and_times() {
    type Holds = fn(&SetCookieError) -> bool;
    let edge = OffsetDateTime::new_in_offset(
        Date::MIN,
        Time::MIDNIGHT,
        UtcOffset::from_hms(1, 0, 0).unwrap(),
    );
    let early = Date::from_calendar_date(1600, Month::December, 31)
        .unwrap()
        .midnight()
        .assume_utc();
    let table: &[(Cookie<'_>, Holds)] = &[
        (Cookie::new("", "b"), SetCookieError::is_name),
        (Cookie::new("a=b", "c"), SetCookieError::is_name),
        (Cookie::new("a,b", "c"), SetCookieError::is_name),
        (Cookie::new("a:b", "c"), SetCookieError::is_name),
        (Cookie::new("a\"", "c"), SetCookieError::is_name),
        (Cookie::new("a", "b,c"), SetCookieError::is_value),
        (Cookie::new("a", "\"b\""), SetCookieError::is_value),
        (Cookie::new("a", "b\\073"), SetCookieError::is_value),
        (
            Cookie::build("a").domain("").build(),
            SetCookieError::is_domain,
        ),
        (
            Cookie::build("a").domain("b.example,c.example").build(),
            SetCookieError::is_domain,
        ),
        (
            Cookie::build("a").domain("b.example:80").build(),
            SetCookieError::is_domain,
        ),
        (
            Cookie::build("a").domain("b.example/").build(),
            SetCookieError::is_domain,
        ),
        (Cookie::build("a").path("").build(), SetCookieError::is_path),
        (
            Cookie::build("a").path("b").build(),
            SetCookieError::is_path,
        ),
        (
            Cookie::build("a").expires(edge).build(),
            SetCookieError::is_expires,
        ),
        (
            Cookie::build("a").expires(early).build(),
            SetCookieError::is_expires,
        ),
        (
            Cookie::build("__Host-a").path("/b").build(),
            SetCookieError::is_prefix,
        ),
        (
            Cookie::build("__host-a").domain("b.example").build(),
            SetCookieError::is_prefix,
        ),
    ];
    for (cookie, holds) in table {
        let sent = set(CookiesLayer::new(), |cookies| {
            let error = cookies.set_cookie(cookie.clone()).unwrap_err();
            assert!(holds(&error), "{cookie:?}: {error}");
        });
        assert!(sent.is_empty(), "{sent:?}");
    }
}

#[test]
fn signed_cookies_need_a_secret() {
    let ((), sent) = respond(CookiesLayer::new(), &["a=2|1:0|"], |cookies| {
        assert!(cookies.secret().is_none());
        assert!(
            cookies
                .set_signed_cookie(("a", "b"))
                .unwrap_err()
                .is_no_secret()
        );
        let read = cookies.get_signed_cookie_with("a", squall_cookies::Validity::new());
        assert!(read.unwrap().unwrap_err().is_no_secret());
        assert_eq!(cookies.get_signed_cookie("a"), None);
    });
    assert!(sent.is_empty(), "{sent:?}");
}
