//! The example in a real browser: signing in, languages, and forms from other sites.

use std::path::Path;

use squall::CookieSecret;
use testkit::{Browser, Wire};

use crate::program::Friendfeed;

#[test]
fn visitor_signs_in_and_changes_the_language() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let site = Friendfeed::start(&[]);
    let url = |path: &str| format!("http://{}{path}", site.address);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    let keep = |name: &str| {
        for (device, width, height, dark) in
            [("desktop", 1280, 800, false), ("phone", 390, 844, true)]
        {
            browser.look(width, height, dark);
            browser.screenshot(pictures.join(format!("{name}-{device}.png")));
        }
    };

    browser.open(&url("/"));
    browser.wait_text("h1", "Home");
    keep("home");
    browser.click("a[href='/me']");
    browser.wait_text("h1", "Sign in");
    assert_eq!(browser.url(), url("/login?next=%2Fme"));
    keep("login");
    browser.type_into("#name", "<b>Ada</b>");
    browser.click("main button");
    browser.wait_text("h1", "Hello, <b>Ada</b>");
    browser.wait_text("main p", "This page was shown to you once.");
    assert_eq!(browser.url(), url("/me"));

    browser.click("a[hreflang='de']");
    browser.wait_text("h1", "Startseite");
    browser.open(&url("/me"));
    browser.wait_text("h1", "Guten Tag, <b>Ada</b>");
    browser.wait_text("main p", "Diese Seite wurde Ihnen 2 Mal gezeigt.");
    let language = browser.run("return document.documentElement.lang", &[]);
    assert_eq!(language, "de");
    keep("me");

    // A form of another site: with cookies, without the token.
    let status = browser.run(
        "document.querySelector('[name=_xsrf]').remove(); \
         document.querySelector('header form').submit(); return 0",
        &[],
    );
    assert_eq!(status, 0);
    browser.wait_text("h1", "Das ist nicht erlaubt");
    browser.wait_text("main p", "the _xsrf token is missing");
    browser.wait_text("header nav", "<b>Ada</b>");
    keep("own-error-page");

    browser.open(&url("/me"));
    browser.click("header button");
    browser.wait_text("header nav", "Anmelden");
    browser.open(&url("/me"));
    assert_eq!(browser.url(), url("/login?next=%2Fme"));
}

#[test]
fn foreign_signatures_are_rejected() {
    let secret = CookieSecret::generate().expect("random bytes");
    let site = Friendfeed::start(&["--cookie-secret", &secret]);
    let ask = |cookie: &str| {
        let mut wire = Wire::connect(site.address);
        wire.send(format!(
            "GET /me HTTP/1.1\r\nHost: a\r\nCookie: user={cookie}\r\n\r\n"
        ));
        wire.response().status
    };
    let ours = CookieSecret::new(secret).expect("a good secret");
    let other = CookieSecret::new(CookieSecret::generate().expect("random bytes"));
    let other = other.expect("a good secret");
    let now = std::time::SystemTime::now();
    assert_eq!(ask(&ours.create_signed_value("user", "Ada", now)), 200);
    for (case, cookie) in [
        ("no signature", "Ada".to_owned()),
        (
            "another secret",
            other.create_signed_value("user", "Ada", now),
        ),
        ("another name", ours.create_signed_value("visits", "1", now)),
        (
            "old",
            ours.create_signed_value("user", "Ada", std::time::UNIX_EPOCH),
        ),
        ("nothing", String::new()),
    ] {
        assert_eq!(ask(&cookie), 302, "{case}");
    }
}

#[test]
fn next_leads_to_this_site_only() {
    let site = Friendfeed::start(&[]);
    let page = |wire: &mut Wire| {
        wire.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
        wire.response()
    };
    let mut wire = site.wire();
    let form = page(&mut wire);
    let cookie = form.header("set-cookie").expect("a token");
    let token = cookie.split([';', '=']).nth(1).expect("a value");
    for (next, leads_to) in [
        ("/me", Some("/me")),
        ("/me?a=b", Some("/me?a=b")),
        ("", Some("/")),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("https:evil.example", None),
        ("https://evil.example/", None),
        ("/\t/evil.example", None),
    ] {
        let encode =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
        let body = format!("name=Ada&next={}", encode(next));
        wire.send(format!(
            "POST /login HTTP/1.1\r\nHost: a\r\nCookie: _xsrf={token}\r\nX-XSRFToken: {token}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let reply = wire.response();
        let status = if leads_to.is_some() { 303 } else { 400 };
        assert_eq!(reply.status, status, "{next:?}: {}", reply.head);
        assert_eq!(reply.header("location"), leads_to, "{next:?}");
    }
}
