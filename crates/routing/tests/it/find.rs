//! Matching: the rule that a path matches, and the captured values.

use squall_routing::{Captures, Pattern, Router, regex};

use crate::{found, router};

#[test]
fn find_captures_values() {
    let router = router([
        Pattern::from("/"),
        "/users/{id}".into(),
        "/users/{id}/posts/{post}".into(),
        "/reports/{name}.json".into(),
        "/v{major}/x".into(),
        "/img-{id:[0-9]+}.png".into(),
        "/compare/{base}...{head}".into(),
        "/date/{y:[0-9]{4}}-{m:(?:0[1-9]|1[0-2])}".into(),
        "/code/{letters:[a-z]+}{digits:[0-9]+}".into(),
        "/opt/{a:[0-9]*}-{b:[0-9]*}".into(),
        "/p{dropped}/1".into(),
        "/{kept}/2".into(),
        "/files/{*path}".into(),
        "/{{braces}}/{a}".into(),
        "/100%/{x}".into(),
        "/café/{plat}".into(),
        "/a//b".into(),
        regex(r"/(apple-touch-icon\.png)"),
        regex(r"/wiki/(?P<page>[^/]+)(/edit)?"),
    ]);
    for (path, expected) in [
        ("/", "/"),
        ("/users/7", "/users/{id} id=7"),
        ("/users/", "NotFound"),
        ("/users", "NotFound"),
        ("/users/7/", "NotFound"),
        ("/users//posts/1", "NotFound"),
        ("/users/7/posts/8", "/users/{id}/posts/{post} id=7 post=8"),
        ("/users/ü", "/users/{id} id=ü"),
        ("/users/..", "/users/{id} id=.."),
        ("/reports/a.json", "/reports/{name}.json name=a"),
        ("/reports/a.json.json", "/reports/{name}.json name=a.json"),
        ("/reports/.json", "NotFound"),
        ("/reports/a.jso", "NotFound"),
        ("/reports/a/b.json", "NotFound"),
        ("/v12/x", "/v{major}/x major=12"),
        ("/v/x", "NotFound"),
        ("/img-7.png", "/img-{id:[0-9]+}.png id=7"),
        ("/img-7a.png", "NotFound"),
        ("/img-.png", "NotFound"),
        ("/compare/a...b", "/compare/{base}...{head} base=a head=b"),
        (
            "/compare/a...b...c",
            "/compare/{base}...{head} base=a...b head=c",
        ),
        ("/compare/...b", "NotFound"),
        ("/compare/a...", "NotFound"),
        (
            "/compare/a\n...b",
            "/compare/{base}...{head} base=a\n head=b",
        ),
        (
            "/date/2026-11",
            "/date/{y:[0-9]{4}}-{m:(?:0[1-9]|1[0-2])} y=2026 m=11",
        ),
        ("/date/2026-13", "NotFound"),
        (
            "/code/ab12",
            "/code/{letters:[a-z]+}{digits:[0-9]+} letters=ab digits=12",
        ),
        ("/opt/1-2", "/opt/{a:[0-9]*}-{b:[0-9]*} a=1 b=2"),
        ("/opt/1-", "NotFound"),
        ("/opt/-2", "NotFound"),
        ("/px/2", "/{kept}/2 kept=px"),
        ("/files/a", "/files/{*path} path=a"),
        ("/files/a/b/", "/files/{*path} path=a/b/"),
        ("/files//etc", "/files/{*path} path=/etc"),
        ("/files/", "NotFound"),
        ("/{braces}/x", "/{{braces}}/{a} a=x"),
        ("/100%25/y", "/100%/{x} x=y"),
        ("/a//b", "/a//b"),
        (
            "/apple-touch-icon.png",
            r"/(apple-touch-icon\.png) 1=apple-touch-icon.png",
        ),
        ("/apple-touch-icon.png\n", "NotFound"),
        ("/x/apple-touch-icon.png", "NotFound"),
        ("/apple-touch-icon.pngx", "NotFound"),
        ("/wiki/Rust", "/wiki/(?P<page>[^/]+)(/edit)? page=Rust"),
        (
            "/wiki/Rust/edit",
            "/wiki/(?P<page>[^/]+)(/edit)? page=Rust 2=/edit",
        ),
    ] {
        assert_eq!(found(&router, None, path), expected, "{path:?}");
    }
}

#[test]
fn find_decodes_percent_escapes_once() {
    let router = router([
        Pattern::from("/café"),
        "/tags/{tag}".into(),
        "/tags/{tag}/{page}".into(),
        "/n/{n:[0-9]+}".into(),
        "/c/{v:[^%]+}".into(),
        "/pair/{a}-{b}".into(),
        "/files/{*path}".into(),
        regex("/wiki/([^/]+)"),
    ]);
    for (path, expected) in [
        ("/caf%C3%A9", "/café"),
        ("/caf%c3%a9", "/café"),
        ("/café", "/café"),
        ("/%63af%C3%A9", "/café"),
        ("/tags/c%2Fc++", "/tags/{tag} tag=c/c++"),
        ("/tags/c%2fc/2", "/tags/{tag}/{page} tag=c/c page=2"),
        ("/tags%2Fx", "NotFound"),
        ("%2Ftags/x", "NotFound"),
        ("/tags/%2F", "/tags/{tag} tag=/"),
        // The result of decoding is not decoded again.
        ("/tags/%252F", "/tags/{tag} tag=%2F"),
        ("/tags/%2525", "/tags/{tag} tag=%25"),
        ("/tags/100%25", "/tags/{tag} tag=100%"),
        ("/tags/a+b", "/tags/{tag} tag=a+b"),
        ("/tags/%3F%23", "/tags/{tag} tag=?#"),
        ("/tags/%00", "/tags/{tag} tag=\0"),
        ("/tags/%2e%2e", "/tags/{tag} tag=.."),
        (
            "/tags/%E2%82%AC/%F0%9F%A6%80",
            "/tags/{tag}/{page} tag=€ page=🦀",
        ),
        ("/n/%37", "/n/{n:[0-9]+} n=7"),
        ("/c/a%2Fb", "NotFound"),
        ("/c/a%62", "/c/{v:[^%]+} v=ab"),
        ("/pair/%61-%2D", "/pair/{a}-{b} a=a b=-"),
        ("/files/a%2Fb/c%20d", "/files/{*path} path=a/b/c d"),
        ("/wiki/a%2Fb", "/wiki/([^/]+) 1=a/b"),
        ("/tags/%", "BadEncoding"),
        ("/tags/%2", "BadEncoding"),
        ("/tags/%2G", "BadEncoding"),
        ("/tags/%%32", "BadEncoding"),
        ("/tags/%FF", "BadEncoding"),
        ("/tags/%C3", "BadEncoding"),
        ("/tags/%C3/%A9", "BadEncoding"),
        ("/tags/%C0%AF", "BadEncoding"),
        ("/tags/%ED%A0%80", "BadEncoding"),
        ("/no/such/rule/%zz", "BadEncoding"),
    ] {
        assert_eq!(found(&router, None, path), expected, "{path:?}");
    }
}

#[test]
fn find_follows_precedence() {
    // Rules in order of registration, a path, and the rule that it matches.
    for (rules, path, expected) in [
        (&["/{a}", "/x"][..], "/x", "/x"),
        (&["/{a}", "/{b:[a-z]+}"], "/x", "/{b:[a-z]+}"),
        (&["/{a}", "/{b:[a-z]+}"], "/7", "/{a}"),
        (&["/{a}", "/{b}.json"], "/x.json", "/{b}.json"),
        (&["/{b:.+}", "/{a}.json"], "/x.json", "/{a}.json"),
        (&["/{a}n", "/{a}.json", "/{a}son"], "/x.json", "/{a}.json"),
        (
            &["/{a}.json", "/{a:[a-z]+}.json"],
            "/x.json",
            "/{a:[a-z]+}.json",
        ),
        (&["/{a:[a-z]+}", "/{b:[x-z]+}"], "/x", "/{a:[a-z]+}"),
        (&["/{b:[x-z]+}", "/{a:[a-z]+}"], "/x", "/{b:[x-z]+}"),
        (&["/a{x}", "/{x}b"], "/a-b", "/a{x}"),
        (&["/{x}b", "/a{x}"], "/a-b", "/{x}b"),
        (&["/{*r}", "/{a}"], "/x", "/{a}"),
        (&["/{*r}", "/{a}"], "/x/y", "/{*r}"),
        (&["/{*r}", "/x/{a}"], "/x/y", "/x/{a}"),
        (&["/{*r}", "/x/{a}"], "/x/", "/{*r}"),
        // The leftmost segment decides, not the number of parameters.
        (&["/{a}/y/z", "/x/{b}/{c}"], "/x/y/z", "/x/{b}/{c}"),
        (&["/x/{*r}", "/{a}/y"], "/x/y", "/x/{*r}"),
        // The search backtracks if the rest of the path does not match.
        (&["/x/y", "/{a}/z"], "/x/z", "/{a}/z"),
        (&["/x/{b}/1", "/{a}/y/2"], "/x/y/2", "/{a}/y/2"),
        (&["/{a:x}/1", "/{b}/2"], "/x/2", "/{b}/2"),
        (&["/xy", "/{a}"], "/x", "/{a}"),
        (&["/x", "/{a}"], "/xy", "/{a}"),
        (&["/x/y/z", "/{*r}"], "/x/y", "/{*r}"),
        (&["/a/{x}/c", "/{*r}"], "/a/b/d", "/{*r}"),
        // Regexes come last, in order of registration.
        (&["~/.*", "/{a}"], "/x", "/{a}"),
        (&["~/.*", "/{*r}"], "/x", "/{*r}"),
        (&["~/x.*", "~/.*", "/y"], "/x", "~/x.*"),
        (&["~/.*", "~/x.*", "/y"], "/x", "~/.*"),
        (&["~/[a-w]*", "~/x.*", "~/.*"], "/xy", "~/x.*"),
    ] {
        let patterns = rules.iter().map(|rule| match rule.strip_prefix('~') {
            Some(rule) => regex(rule),
            None => Pattern::from(*rule),
        });
        let router = router(patterns);
        let found = router.find(None, path).expect("a rule matches");
        let i: usize = found.endpoint.parse().expect("endpoints are numbers");
        assert_eq!(rules[i], expected, "{rules:?}: {path}");
    }
}

#[test]
fn find_handles_unusual_targets() {
    let all = router([Pattern::from("/"), "/{*rest}".into(), regex(".*")]);
    let long = format!("/{}", "x".repeat(64 * 1024));
    let many = "/x".repeat(32 * 1024);
    let escapes = format!("/{}", "%41".repeat(64 * 1024 / 3));
    for (path, expected) in [
        ("", "NotFound"),
        ("*", "NotFound"),
        ("example.com:443", "NotFound"),
        ("http://example.com/", "NotFound"),
        ("users", "NotFound"),
        ("//", "/{*rest} rest=/"),
        ("//evil.example", "/{*rest} rest=/evil.example"),
        ("/?", "/{*rest} rest=?"),
        (&long, &format!("/{{*rest}} rest={}", &long[1..])),
        (&many, &format!("/{{*rest}} rest={}", &many[1..])),
        (
            &escapes,
            &format!("/{{*rest}} rest={}", "A".repeat(64 * 1024 / 3)),
        ),
    ] {
        assert_eq!(found(&all, None, path), expected, "{path:.40}");
    }
}

/// A search visits each node at most once. Without this, the path would take 2^20 steps.
#[test]
fn find_takes_linear_time_without_a_match() {
    let patterns = (0..20).map(|i| {
        let segments = (0..20).map(|j| if i == j { "/a" } else { "/{x}" });
        let named = segments
            .enumerate()
            .map(|(j, segment)| segment.replace('x', &format!("x{j}")));
        named.collect::<String>() + "/end"
    });
    let router = router(patterns);
    assert_eq!(found(&router, None, &"/a".repeat(5000)), "NotFound");
}

#[test]
fn captures_outlive_router() {
    fn is_kept<C: Clone + Send + Sync + 'static>(_: &C) {}
    let path = "/users/7".to_owned();
    let captures: Captures = {
        let router = Router::builder().route("/users/{id}", ()).build();
        let router = router.expect("the rule is valid");
        router.find(None, &path).expect("a rule matches").captures
    };
    is_kept(&captures);
    assert_eq!(captures.get(&path, "id"), Some("7"));
    assert_eq!(captures.get(&path, "name"), None);
    // The values are meaningless for another path, but nothing panics.
    assert_eq!(captures.get("/", "id"), None);
    assert_eq!(captures.get("/users/é", "id"), None);
}

#[test]
fn find_captures_five_parameters() {
    let router = router(["/{a}/{b}/{c}/{d}/{e}"]);
    assert_eq!(
        found(&router, None, "/1/2/3/4/5"),
        "/{a}/{b}/{c}/{d}/{e} a=1 b=2 c=3 d=4 e=5"
    );
}

#[test]
fn find_matches_each_route_of_the_github_api() {
    let patterns: Vec<&str> = include_str!("../github.txt").lines().collect();
    let router = router(patterns.iter().copied());
    for pattern in patterns {
        let path = pattern.replace(['{', '}'], "");
        let found = router.find(None, &path).expect("a rule matches");
        assert_eq!(found.captures.pattern(), pattern);
        for (name, value) in found.captures.params(&path) {
            assert_eq!(name, value, "{pattern}");
        }
    }
}
