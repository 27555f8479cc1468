//! Configuration errors: each is returned when the router is built, with its value and position.

use squall_routing::{Host, Pattern, Router, Rule, regex};

use crate::{found, router, try_router};

#[test]
fn build_rejects_invalid_templates() {
    for (pattern, error) in [
        ("", "pattern ``, byte 0: a pattern must start with `/`"),
        (
            "users",
            "pattern `users`, byte 0: a pattern must start with `/`",
        ),
        ("*", "pattern `*`, byte 0: a pattern must start with `/`"),
        (
            "/{",
            "pattern `/{`, byte 1: unclosed `{`; write `{{` for a literal brace",
        ),
        (
            "/{id",
            "pattern `/{id`, byte 1: unclosed `{`; write `{{` for a literal brace",
        ),
        (
            "/id}",
            "pattern `/id}`, byte 3: unopened `}`; write `}}` for a literal brace",
        ),
        (
            "/{}",
            "pattern `/{}`, byte 2: `` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/a/{1}",
            "pattern `/a/{1}`, byte 4: `1` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/{a b}",
            "pattern `/{a b}`, byte 2: `a b` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/{*}",
            "pattern `/{*}`, byte 2: `` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/{a/b}",
            "pattern `/{a/b}`, byte 2: `a/b` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/{:[0-9]+}",
            "pattern `/{:[0-9]+}`, byte 2: `` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first",
        ),
        (
            "/{id:}",
            "pattern `/{id:}`, byte 1: an empty constraint matches no value",
        ),
        (
            "/{id:[0-9}",
            "pattern `/{id:[0-9}`, byte 5: unclosed character class",
        ),
        ("/é/{id:a(}", "pattern `/é/{id:a(}`, byte 9: unclosed group"),
        (
            r"/{id:\p{Foo}}",
            r"pattern `/{id:\p{Foo}}`, byte 5: Unicode property not found",
        ),
        (
            r"/{id:(?=a)}",
            r"pattern `/{id:(?=a)}`, byte 5: look-around, including look-ahead and look-behind, is not supported",
        ),
        (
            "/{a}{b}",
            "pattern `/{a}{b}`, byte 4: adjacent parameters are ambiguous; put text between them or constrain both",
        ),
        (
            "/{a:[0-9]+}{b}",
            "pattern `/{a:[0-9]+}{b}`, byte 11: adjacent parameters are ambiguous; put text between them or constrain both",
        ),
        (
            "/{a}/{a}",
            "pattern `/{a}/{a}`, byte 5: duplicate parameter `a`",
        ),
        (
            "/{a}-{a}",
            "pattern `/{a}-{a}`, byte 5: duplicate parameter `a`",
        ),
        (
            "/{a}/{*a}",
            "pattern `/{a}/{*a}`, byte 5: duplicate parameter `a`",
        ),
        (
            "/{*a}/b",
            "pattern `/{*a}/b`, byte 1: a rest parameter must be the whole last segment",
        ),
        (
            "/{*a}.txt",
            "pattern `/{*a}.txt`, byte 1: a rest parameter must be the whole last segment",
        ),
        (
            "/a{*b}",
            "pattern `/a{*b}`, byte 2: a rest parameter must be the whole last segment",
        ),
        (
            "/{*a}{b}",
            "pattern `/{*a}{b}`, byte 1: a rest parameter must be the whole last segment",
        ),
        (
            "/{*a:.+}",
            "pattern `/{*a:.+}`, byte 1: a rest parameter cannot have a constraint",
        ),
        (
            "/a?b={c}",
            "pattern `/a?b={c}`, byte 2: a path pattern cannot contain `?` or `#`",
        ),
        (
            "/a#b",
            "pattern `/a#b`, byte 2: a path pattern cannot contain `?` or `#`",
        ),
        (
            "/caf%C3%A9",
            "pattern `/caf%C3%A9`, byte 4: write patterns decoded: `é` instead of `%C3%A9`",
        ),
    ] {
        let message = try_router([pattern]).expect_err(pattern).to_string();
        assert_eq!(message, error);
    }
}

#[test]
fn build_rejects_invalid_regexes() {
    for (pattern, error) in [
        ("(", "pattern `(`, byte 0: unclosed group"),
        ("/a)|(/b", "pattern `/a)|(/b`, byte 2: unopened group"),
        (
            "/(?P<x>a)(?P<x>b)",
            "pattern `/(?P<x>a)(?P<x>b)`, byte 13: duplicate capture group name",
        ),
        (
            r"/(a)\1",
            r"pattern `/(a)\1`, byte 4: backreferences are not supported",
        ),
        (
            "/(?-u:\\xFF)",
            "pattern `/(?-u:\\xFF)`, byte 6: pattern can match invalid UTF-8",
        ),
    ] {
        let message = try_router([regex(pattern)]).expect_err(pattern).to_string();
        assert_eq!(message, error);
    }
}

#[test]
fn build_rejects_oversized_regexes() {
    let deep = "(".repeat(500) + &")".repeat(500);
    let long = format!("/{}", "a".repeat(5000));
    for (pattern, reason) in [
        (
            regex(r"/(((a{100}){100}){100})"),
            "byte 0: the regex compiles to more than 1048576 bytes",
        ),
        (
            regex(r"/\pL{5000}"),
            "byte 0: the regex compiles to more than 1048576 bytes",
        ),
        (
            regex(r"/(?:){4294967295}x{4294967295}"),
            "byte 0: the regex compiles to more than 1048576 bytes",
        ),
        (regex(r"/x{4294967296}"), "byte 3: decimal literal invalid"),
        (
            regex(deep),
            "byte 250: exceed the maximum number of nested parentheses/brackets (250)",
        ),
        (
            Pattern::from(r"/{id:((\w{50}){50}){50}}"),
            "byte 5: the regex compiles to more than 1048576 bytes",
        ),
        (
            Pattern::from(r"/{a}-{b:((\w{50}){50}){50}}"),
            "byte 8: the regex compiles to more than 1048576 bytes",
        ),
        (
            Pattern::from(long),
            "byte 4096: a pattern is limited to 4096 bytes",
        ),
    ] {
        let message = try_router([pattern.clone()]).expect_err(reason).to_string();
        assert!(message.ends_with(reason), "{pattern:.40?}: {message:.200}");
    }
}

#[test]
fn build_rejects_conflicting_rules() {
    let rule = |text: &str| Rule::new(text);
    for (first, second, error) in [
        (
            rule("/a"),
            rule("/a"),
            "`/a` conflicts with `/a`: they match the same paths",
        ),
        (
            rule("/{a}"),
            rule("/{b}"),
            "`/{b}` conflicts with `/{a}`: they match the same paths",
        ),
        (
            rule("/{a}/b"),
            rule("/{c}/b"),
            "`/{c}/b` conflicts with `/{a}/b`: they match the same paths",
        ),
        (
            rule("/x{a}.y"),
            rule("/x{b}.y"),
            "`/x{b}.y` conflicts with `/x{a}.y`: they match the same paths",
        ),
        (
            rule("/{*a}"),
            rule("/{*b}"),
            "`/{*b}` conflicts with `/{*a}`: they match the same paths",
        ),
        (
            rule("/{a:[0-9]}"),
            rule("/{b:[0-9]}"),
            "`/{b:[0-9]}` conflicts with `/{a:[0-9]}`: they match the same paths",
        ),
        (
            rule("/{a}-{b}"),
            rule("/{c}-{d}"),
            "`/{c}-{d}` conflicts with `/{a}-{b}`: they match the same paths",
        ),
        (
            rule("/a").host("A.example"),
            rule("/a").host("a.example"),
            "`a.example/a` conflicts with `A.example/a`: they match the same paths",
        ),
        (
            rule("/a").host("{a}.example"),
            rule("/a").host("{b}.example"),
            "`{b}.example/a` conflicts with `{a}.example/a`: they match the same paths",
        ),
        (
            rule("/a").host(Host::regex("a+")),
            rule("/a").host(Host::regex("a+")),
            "`a+/a` conflicts with `a+/a`: they match the same paths",
        ),
        (
            regex("/a+").into(),
            regex("/a+").into(),
            "`/a+` conflicts with `/a+`: they match the same paths",
        ),
        (
            rule("/a").name("x"),
            rule("/b").name("x"),
            "duplicate route name `x`: `/b` and `/a`",
        ),
    ] {
        let built = Router::builder().route(first, 1).route(second, 2).build();
        assert_eq!(built.expect_err(error).to_string(), error);
    }
}

#[test]
fn build_accepts_overlapping_patterns_that_differ() {
    for patterns in [
        ["/a", "/a/"],
        ["/a", "/A"],
        ["/{a}", "/{a}/"],
        ["/{a}", "/{*a}"],
        ["/{a}/b", "/{c}/d"],
        ["/{a}", "/{a:[0-9]+}"],
        ["/{a}.x", "/{a}.y"],
        ["/{a}x", "/y{a}"],
        ["/{{}}", "/{a}"],
        ["/{{{a}", "/{a}"],
    ] {
        assert!(try_router(patterns).is_ok(), "{patterns:?}");
    }
}

#[test]
fn mount_prepends_the_prefix() {
    let users = Router::builder()
        .route(Rule::new("/").name("users"), 1)
        .route(Rule::new("/{id}").name("user").host("*.example"), 2)
        .route("", 3);
    let api = Router::builder().mount("/users", users).route("/", 4);
    let router = Router::builder()
        .mount("/v{version}/api", api)
        .build()
        .expect("the rules are valid");
    for (path, expected) in [
        ("/v1/api/", "/v{version}/api/ version=1"),
        ("/v1/api", "NotFound"),
        ("/v1/api/users", "/v{version}/api/users version=1"),
        ("/v1/api/users/", "/v{version}/api/users/ version=1"),
        (
            "/v1/api/users/7",
            "/v{version}/api/users/{id} version=1 id=7",
        ),
        ("/users/7", "NotFound"),
    ] {
        assert_eq!(found(&router, Some("a.example"), path), expected, "{path}");
    }
    assert_eq!(found(&router, None, "/v1/api/users/7"), "NotFound");
    let url = router.reverse("user", ["2", "7"]);
    assert_eq!(url.as_deref(), Ok("/v2/api/users/7"));
}

#[test]
fn mount_rejects_invalid_prefixes_and_regexes() {
    let rules = |pattern: Pattern| Router::builder().route(pattern, ());
    for (prefix, pattern, error) in [
        (
            "",
            "/a".into(),
            "prefix ``: must start with `/` and must not end with `/`",
        ),
        (
            "/",
            "/a".into(),
            "prefix `/`: must start with `/` and must not end with `/`",
        ),
        (
            "api",
            "/a".into(),
            "prefix `api`: must start with `/` and must not end with `/`",
        ),
        (
            "/api/",
            "/a".into(),
            "prefix `/api/`: must start with `/` and must not end with `/`",
        ),
        (
            "/api",
            regex("/a"),
            "regex `/a` matches whole paths and cannot be mounted under `/api`",
        ),
        (
            "/{*x}",
            "/a".into(),
            "pattern `/{*x}/a`, byte 1: a rest parameter must be the whole last segment",
        ),
        (
            "/{x}",
            "/{x}".into(),
            "pattern `/{x}/{x}`, byte 5: duplicate parameter `x`",
        ),
    ] {
        let built = Router::builder().mount(prefix, rules(pattern)).build();
        assert_eq!(built.expect_err(error).to_string(), error);
        // A prefix is checked even without rules, and when it is nested.
        if error.starts_with("prefix") {
            let inner = Router::<()>::builder().mount(prefix, Router::builder());
            let built = Router::builder().mount("/outer", inner).build();
            assert_eq!(built.expect_err(error).to_string(), error);
        }
    }
}

#[test]
fn build_merging_merges_identical_rules_only() {
    let rules = || {
        Router::builder()
            .route(Rule::new("/{a}").name("get"), vec!["get"])
            .route(Rule::new("/{a}").name("post"), vec!["post"])
            .route(regex("/x/.+"), vec!["get"])
            .route(regex("/x/.+"), vec!["post"])
    };
    let merge = |all: &mut Vec<_>, more: Vec<_>| {
        all.extend(more);
        Ok(())
    };
    let router = rules().build_merging(merge).expect("all can be merged");
    for path in ["/1", "/x/y"] {
        let found = router.find(None, path).expect("there are rules");
        assert_eq!(*found.endpoint, ["get", "post"]);
    }
    for name in ["get", "post"] {
        assert_eq!(router.reverse(name, [1]).as_deref(), Ok("/1"));
    }

    let refused = rules().build_merging(|_, _| Err("two of them".to_owned()));
    assert_eq!(
        refused.expect_err("the closure refuses").to_string(),
        "`/{a}` conflicts with `/{a}`: two of them"
    );
    // The parameter names differ, so the endpoints could not read their values.
    let other = rules().route("/{b}", vec![]).build_merging(merge);
    assert_eq!(
        other.expect_err("the names differ").to_string(),
        "`/{b}` conflicts with `/{a}`: they match the same paths"
    );
}

#[test]
fn empty_router_finds_nothing() {
    let empty = router::<&str>([]);
    assert_eq!(found(&empty, None, "/"), "NotFound");
}
