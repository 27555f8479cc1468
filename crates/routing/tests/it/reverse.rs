//! Reverse routing: from names and values to paths, and back.

use squall_routing::{Pattern, Router, Rule, regex};

use crate::router;

/// Patterns (regexes are marked with `~`) with values, and the path or the error.
const TABLE: &[(&str, &[&str], Result<&str, &str>)] = &[
    ("/", &[], Ok("/")),
    ("/users/{id}", &["7"], Ok("/users/7")),
    ("/users/{id}", &["a b"], Ok("/users/a%20b")),
    ("/users/{id}", &["a/b"], Ok("/users/a%2Fb")),
    ("/users/{id}", &["/"], Ok("/users/%2F")),
    ("/users/{id}", &["100%"], Ok("/users/100%25")),
    ("/users/{id}", &["%2F"], Ok("/users/%252F")),
    (
        "/users/{id}",
        &["?#[]\\\"<>^`{|}"],
        Ok("/users/%3F%23%5B%5D%5C%22%3C%3E%5E%60%7B%7C%7D"),
    ),
    (
        "/users/{id}",
        &["-._~!$&'()*+,;=:@"],
        Ok("/users/-._~!$&'()*+,;=:@"),
    ),
    ("/users/{id}", &["é🦀"], Ok("/users/%C3%A9%F0%9F%A6%80")),
    ("/users/{id}", &["\0\r\n\u{7f}"], Ok("/users/%00%0D%0A%7F")),
    ("/users/{id}", &["..."], Ok("/users/...")),
    (
        "/users/{id}",
        &[""],
        Err("invalid value \"\" for `id` of `/users/{id}`"),
    ),
    (
        "/users/{id}",
        &["."],
        Err(
            "unsafe path `/users/.`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (
        "/users/{id}/x",
        &[".."],
        Err(
            "unsafe path `/users/../x`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (
        "/users/{id}",
        &[],
        Err("`/users/{id}` expects 1 values, got 0"),
    ),
    (
        "/users/{id}",
        &["1", "2"],
        Err("`/users/{id}` expects 1 values, got 2"),
    ),
    ("/", &["1"], Err("`/` expects 0 values, got 1")),
    ("/café/100%/{{x}}", &[], Ok("/caf%C3%A9/100%25/%7Bx%7D")),
    ("/{name}.json", &["a.json"], Ok("/a.json.json")),
    ("/v{a}", &["."], Ok("/v.")),
    (
        "/.{a}",
        &["."],
        Err(
            "unsafe path `/..`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    ("/n/{n:[0-9]+}", &["7"], Ok("/n/7")),
    (
        "/n/{n:[0-9]+}",
        &["seven"],
        Err("invalid value \"seven\" for `n` of `/n/{n:[0-9]+}`"),
    ),
    (
        "/n/{n:[0-9]+}",
        &["7\n"],
        Err("invalid value \"7\\n\" for `n` of `/n/{n:[0-9]+}`"),
    ),
    ("/{y:[0-9]+}-{m:[0-9]+}", &["2026", "11"], Ok("/2026-11")),
    (
        "/{y:[0-9]+}-{m:[0-9]+}",
        &["2026", "xi"],
        Err("invalid value \"2026\" for `y` of `/{y:[0-9]+}-{m:[0-9]+}`"),
    ),
    ("/{a}...{b}", &["x...y", "z"], Ok("/x...y...z")),
    (
        "/{a}...{b}",
        &["x", "y...z"],
        Err("invalid value \"x\" for `a` of `/{a}...{b}`"),
    ),
    ("/{*rest}", &["a/b c/%"], Ok("/a/b%20c/%25")),
    ("/f/{*rest}", &["/etc"], Ok("/f//etc")),
    (
        "/{*rest}",
        &["/evil.example"],
        Err(
            "unsafe path `//evil.example`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    ("/{*rest}", &["\\evil.example"], Ok("/%5Cevil.example")),
    (
        "/{*rest}",
        &["a/../b"],
        Err(
            "unsafe path `/a/../b`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (
        "/{*rest}",
        &[""],
        Err("invalid value \"\" for `rest` of `/{*rest}`"),
    ),
    (
        "//x",
        &[],
        Err(
            "unsafe path `//x`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (
        r"~/(apple-touch-icon\.png)",
        &["apple-touch-icon.png"],
        Ok("/apple-touch-icon.png"),
    ),
    (
        r"~/(apple-touch-icon\.png)",
        &["icon.png"],
        Err(r#"invalid value "icon.png" for `1` of `/(apple-touch-icon\.png)`"#),
    ),
    (
        r"~^/user/([0-9]+)/(?P<tab>\w+)$",
        &["7", "é"],
        Ok("/user/7/%C3%A9"),
    ),
    (r"~/wiki/(.*)", &["a/b"], Ok("/wiki/a/b")),
    (r"~/wiki/(.*)", &[""], Ok("/wiki/")),
    (r"~/wiki/([^/]+)", &["a/b"], Ok("/wiki/a%2Fb")),
    (r"~/wiki/([^/]+)", &["100%"], Ok("/wiki/100%25")),
    (
        r"~/(.*)",
        &["/evil.example"],
        Err(
            "unsafe path `//evil.example`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (
        r"~(.*)",
        &["x"],
        Err(
            "unsafe path `x`: it starts with `//`, does not start with `/`, or has a `.` or `..` segment",
        ),
    ),
    (r"~/a[.]b", &[], Ok("/a.b")),
    (
        r"~/a?",
        &[],
        Err("`/a?` cannot be reversed: the regex is not a sequence of fixed text and groups"),
    ),
    (
        r"~/(a)?",
        &["a"],
        Err("`/(a)?` cannot be reversed: the regex is not a sequence of fixed text and groups"),
    ),
    (
        r"~/(a)|/(b)",
        &["a", "b"],
        Err("`/(a)|/(b)` cannot be reversed: the regex is not a sequence of fixed text and groups"),
    ),
    (
        r"~/(a(b))",
        &["ab", "b"],
        Err("`/(a(b))` cannot be reversed: the regex has nested groups"),
    ),
    (
        r"~/$a",
        &[],
        Err("`/$a` cannot be reversed: the regex does not match its own text"),
    ),
    (r"~/(.*)-(.*)", &["a-b", "c"], Ok("/a-b-c")),
    (
        r"~/(.*)-(.*)",
        &["a", "b-c"],
        Err(r#"invalid value "a" for `1` of `/(.*)-(.*)`"#),
    ),
];

#[test]
fn reverse_builds_paths_or_names_the_invalid_value() {
    for (pattern, values, expected) in TABLE {
        let compiled = match pattern.strip_prefix('~') {
            Some(text) => regex(text),
            None => Pattern::from(*pattern),
        };
        let router = router([compiled]);
        let url = router
            .reverse("0", *values)
            .map_err(|error| error.to_string());
        assert_eq!(
            url.as_deref().map_err(String::as_str),
            *expected,
            "{pattern} {values:?}"
        );
        if let Ok(url) = url {
            let found = router.find(None, &url).expect(&url);
            let read: Vec<&str> = found
                .captures
                .params(&url)
                .map(|(_, value)| value)
                .collect();
            assert_eq!(read, *values, "{url}");
        }
    }
}

#[test]
fn reverse_finds_rules_by_name() {
    let router = Router::builder()
        .route(
            Rule::new("/users/{id}")
                .name("user")
                .host("{tenant}.example"),
            (),
        )
        .build()
        .expect("the rule is valid");
    let urls = router.urls().clone();
    drop(router);
    // A host's parameter is not part of the path.
    assert_eq!(urls.reverse("user", [7]).as_deref(), Ok("/users/7"));
    let error = urls
        .reverse("users", [7])
        .expect_err("no rule has this name");
    assert_eq!(error.to_string(), "no rule has the name `users`");
}
