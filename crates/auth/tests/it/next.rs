//! `safe_next`: open redirects are rejected, and browsers keep accepted paths on the site.

use http::{Method, Uri};
use proptest::prelude::*;
use squall_auth::{Login, LoginUrl, safe_next};
use url::Url;

/// Whether a browser resolves `next` to this site.
fn stays(next: &str) -> bool {
    let base = Url::parse("https://site.example/login").unwrap();
    let url = base.join(next);
    url.is_ok_and(|url| url.origin() == base.origin() && url.username().is_empty())
}

#[test]
fn open_redirects_are_rejected() {
    let attempts = [
        "",
        " ",
        "?",
        "#",
        ".",
        "..",
        "me",
        "./me",
        "../me",
        "?next=/",
        "@evil.example",
        ":80",
        "evil.example",
        "www.evil.example/",
        "//",
        "///",
        "//evil.example",
        "//evil.example/",
        "//evil.example:443/",
        "//user@evil.example/",
        "///evil.example",
        "////evil.example",
        "//site.example@evil.example/",
        "//[::1]/",
        "//127.0.0.1/",
        "//2130706433/",
        "//evil%2Eexample/",
        "//\u{200b}evil.example",
        "/\\evil.example",
        "/\\/evil.example",
        "/\\\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "\\evil.example",
        "\\",
        "/me\\..\\..",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "/\r\n/evil.example",
        "\t//evil.example",
        "\n//evil.example",
        " //evil.example",
        "\u{0}//evil.example",
        "\u{1f}//evil.example",
        "/ /evil.example",
        "/\u{0}/evil.example",
        "/\u{7f}/evil.example",
        "/\u{b}/evil.example",
        "/\u{c}/evil.example",
        "/\u{a0}/evil.example",
        "\u{feff}//evil.example",
        "/me\r\nSet-Cookie: a=b",
        "/me\r\n\r\n<script>alert(1)</script>",
        "/me me",
        "/%2Fevil.example",
        "/%2f/evil.example",
        "/%5Cevil.example",
        "/%5c/evil.example",
        "/%09/evil.example",
        "/%0A/evil.example",
        "/%0d%0a/evil.example",
        "/%00/evil.example",
        "/%20/evil.example",
        "%2F%2Fevil.example",
        "%2fme",
        "http://evil.example",
        "https://evil.example",
        "https://site.example/me",
        "https://site.example.evil.example/",
        "https://site.example@evil.example/",
        "HTTPS://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https:\\\\evil.example",
        "ht\ttps://evil.example",
        " https://evil.example",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "JavaScript://site.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://site.example/1",
        "view-source:https://evil.example",
        "／／evil.example",
        "/／evil.example",
        "⁄⁄evil.example",
        "/\u{2028}/evil.example",
        "/caf\u{e9}",
        "。evil.example",
    ];
    assert!(attempts.len() >= 60);
    for next in attempts {
        assert_eq!(safe_next(next), None, "{next:?}");
    }
}

#[test]
fn paths_of_this_site_are_accepted() {
    for next in [
        "/",
        "/me",
        "/me/",
        "/me?tab=1",
        "/?next=//evil.example",
        "/?next=https://evil.example/",
        "/me#top",
        "/#//evil.example",
        "/caf%C3%A9",
        "/a%20b",
        "/a/%2F",
        "/a//b",
        "/a%5Cb",
        "/@evil.example",
        "/:80",
        "/evil.example",
        "/https://evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/a/..//evil.example",
        "/;//evil.example",
        "/&//evil.example",
        "/~user/",
        "/\"'<>|^`{}",
    ] {
        assert_eq!(safe_next(next), Some(next), "{next:?}");
        assert!(stays(next), "{next:?}");
    }
}

proptest! {
    #[test]
    fn browsers_resolve_safe_paths_to_this_site(next in "/?[/\\\\.:@?#%2fF5cC09aA \t\r\n\u{0}a-c]{0,9}") {
        if let Some(next) = safe_next(&next) {
            prop_assert!(stays(next), "{next:?}");
        }
    }

    #[test]
    fn login_redirects_carry_only_safe_paths(path in "/[/\\\\.:@?%2fF5cC09a-c]{0,9}") {
        let Ok(uri) = path.parse::<Uri>() else {
            return Ok(());
        };
        let login_url = LoginUrl::new("/login").unwrap();
        let Login::Redirect(location) = login_url.login(&Method::GET, &uri, None) else {
            panic!("{path} is forbidden");
        };
        let page = Url::parse("https://site.example").unwrap().join(location.to_str().unwrap()).unwrap();
        prop_assert_eq!(page.path(), "/login");
        if let Some((name, next)) = page.query_pairs().next() {
            prop_assert_eq!(name, "next");
            prop_assert_eq!(&next, uri.path_and_query().unwrap().as_str());
            prop_assert!(stays(&next), "{next:?}");
        }
    }
}
