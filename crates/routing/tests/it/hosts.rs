//! Host matching.

use squall_routing::{Host, RouteView, Router, Rule, regex};

use crate::found;

#[test]
fn find_follows_host_precedence() {
    let at = |host: Host, pattern: &str| Rule::new(pattern).host(host);
    let router = Router::builder()
        .route("/", "any")
        .route("/any", "any")
        .route(at(Host::regex("(www|m).example.com"), "/"), "regex")
        .route(at(Host::regex("(www|m).example.com"), "/regex"), "regex")
        .route(at(Host::regex("www.*"), "/"), "later regex")
        .route(at("*.example.com".into(), "/"), "*")
        .route(at("*.example.com".into(), "/wild"), "*")
        .route(at("{tenant}.example.com".into(), "/"), "tenant")
        .route(at("{tenant}.example.com".into(), "/{page}/"), "tenant page")
        .route(at("*.a.example.com".into(), "/"), "*.a")
        .route(at("www.example.com".into(), "/"), "exact")
        .route(at("[::1]".into(), "/"), "loopback")
        .route(at("127.0.0.1".into(), "/"), "loopback 4")
        .build()
        .expect("the rules are valid");
    for (host, path, expected) in [
        (None, "/", "any"),
        (Some("www.example.com"), "/", "exact"),
        // Case, port and a trailing dot are ignored.
        (Some("WWW.Example.COM"), "/", "exact"),
        (Some("www.example.com:8888"), "/", "exact"),
        (Some("www.example.com:"), "/", "exact"),
        (Some("www.example.com."), "/", "exact"),
        (Some("www.example.com.:80"), "/", "exact"),
        (Some("[::1]"), "/", "loopback"),
        (Some("[::1]:8888"), "/", "loopback"),
        (Some("127.0.0.1:8888"), "/", "loopback 4"),
        // No match under one host: the next host is tried.
        (Some("www.example.com"), "/wild", "*"),
        (Some("www.example.com"), "/regex", "regex"),
        (Some("www.example.com"), "/any", "any"),
        (Some("www.example.com"), "/none", ""),
        (Some("m.example.com"), "/", "tenant"),
        (Some("m.example.com"), "/regex", "regex"),
        (Some("a.b.example.com"), "/", "*"),
        (Some("b.a.example.com"), "/", "*.a"),
        (Some("a.example.com"), "/", "tenant"),
        (Some("example.com"), "/", "any"),
        (Some("xexample.com"), "/", "any"),
        (Some("www.elsewhere.example"), "/", "later regex"),
        (Some("www.example.com.evil.example"), "/", "later regex"),
        // An invalid host matches only rules for any host.
        (Some(""), "/", "any"),
        (Some("."), "/", "any"),
        (Some(":80"), "/", "any"),
        (Some(".example.com"), "/", "any"),
        (Some("a..example.com"), "/", "any"),
        (Some("www.example.com:port"), "/", "any"),
        (Some("www.example.com:80:80"), "/", "any"),
        (Some("user@www.example.com"), "/", "any"),
        (Some("www.example.com/"), "/", "any"),
        (Some("www.example.com "), "/", "any"),
        (Some("www .example.com"), "/", "any"),
        (Some("ü.example.com"), "/", "any"),
        (Some("::1"), "/", "any"),
        (Some("["), "/", "any"),
        (Some("[]"), "/", "any"),
        (Some("[::1"), "/", "any"),
        (Some("[::1]x"), "/", "any"),
        (Some("[::1]x:80"), "/", "any"),
        (Some("[é]"), "/", "any"),
        (Some("\0"), "/", "any"),
    ] {
        let endpoint = router.find(host, path).map_or("", |found| *found.endpoint);
        assert_eq!(endpoint, expected, "{host:?} {path}");
    }
    for (host, path, expected) in [
        ("acme.example.com", "/x/", "/{page}/ tenant=acme page=x"),
        (
            "ACME.example.com:80",
            "/%41/",
            "/{page}/ tenant=acme page=A",
        ),
        ("acme.example.com", "/", "/ tenant=acme"),
        ("b.a.example.com", "/", "/"),
    ] {
        assert_eq!(found(&router, Some(host), path), expected, "{host} {path}");
    }
}

#[test]
fn build_rejects_invalid_hosts() {
    for (host, error) in [
        ("", "host ``: not a host"),
        (".", "host `.`: not a host"),
        ("a b", "host `a b`: not a host"),
        ("example.com/", "host `example.com/`: not a host"),
        (
            "http://example.com",
            "host `http://example.com`: not a host",
        ),
        ("::1", "host `::1`: not a host"),
        ("[1.2.3.4]", "host `[1.2.3.4]`: not a host"),
        ("a.*.example", "host `a.*.example`: not a host"),
        ("a*.example", "host `a*.example`: not a host"),
        ("a.{b}", "host `a.{b}`: not a host"),
        ("{a.b}.example", "host `{a.b}.example`: not a host"),
        (
            "example.com:80",
            "host `example.com:80`: a rule's host must not have a port or a trailing dot",
        ),
        (
            "example.com.",
            "host `example.com.`: a rule's host must not have a port or a trailing dot",
        ),
        (
            "*.example:80",
            "host `*.example:80`: a rule's host must not have a port or a trailing dot",
        ),
        (
            "bücher.example",
            "host `bücher.example`: write it in ASCII (`xn--…`)",
        ),
        (
            "*.bücher.example",
            "host `*.bücher.example`: write it in ASCII (`xn--…`)",
        ),
        ("*", "host `*`: a wildcard needs a domain after it"),
        (
            "{tenant}",
            "host `{tenant}`: a wildcard needs a domain after it",
        ),
        ("*.", "host `*.`: not a host"),
        ("*..example", "host `*..example`: not a host"),
        (
            "{}.example",
            "host `{}.example`: `` is not a valid parameter name",
        ),
        (
            "{1}.example",
            "host `{1}.example`: `1` is not a valid parameter name",
        ),
    ] {
        let built = Router::builder()
            .route(Rule::new("/").host(host), ())
            .build();
        assert_eq!(built.expect_err(error).to_string(), error);
    }
    for (regex, error) in [
        ("(", "host `(`: byte 0: unclosed group"),
        (
            r"((\w{100}){100}){100}",
            r"host `((\w{100}){100}){100}`: byte 0: the regex compiles to more than 1048576 bytes",
        ),
    ] {
        let rule = Rule::new("/").host(Host::regex(regex));
        let built = Router::builder().route(rule, ()).build();
        assert_eq!(built.expect_err(error).to_string(), error);
    }
    let twice = Rule::new("/{tenant}").host("{tenant}.example");
    let built = Router::builder().route(twice, ()).build();
    assert_eq!(
        built.expect_err("a duplicate parameter").to_string(),
        "pattern `/{tenant}`, byte 2: `tenant` is already a parameter of the host"
    );
}

#[test]
fn routes_are_listed_in_the_order_in_which_they_are_tried() {
    let router = Router::builder()
        .route(regex("/regex"), ())
        .route("/{*rest}", ())
        .route("/{any}", ())
        .route("/{id:[0-9]+}", ())
        .route("/{name}.json", ())
        .route("/fixed", ())
        .route("/fixed/{id}", ())
        .route(Rule::new("/tenant").host("{tenant}.example"), ())
        .route(Rule::new("/wild").host("*.example"), ())
        .route(Rule::new("/other").host("other.example"), ())
        .route(Rule::new("/exact").host("a.example"), ())
        .build()
        .expect("the rules are valid");
    let listed = |host| -> Vec<String> {
        let routes = router.routes(host);
        let text = |route: RouteView<'_, ()>| {
            let mark = if route.is_tried { "" } else { "not " };
            format!("{mark}{}{}", route.host.unwrap_or_default(), route.pattern)
        };
        routes.map(text).collect()
    };
    let any = [
        "/fixed",
        "/fixed/{id}",
        "/{name}.json",
        "/{id:[0-9]+}",
        "/{any}",
        "/{*rest}",
        "/regex",
    ];
    let of_host = [
        "a.example/exact",
        "{tenant}.example/tenant",
        "*.example/wild",
    ];
    let mut wanted = of_host.to_vec();
    wanted.extend(any);
    wanted.push("not other.example/other");
    assert_eq!(listed(Some("A.example:80")), wanted);
    let mut wanted = any.to_vec();
    let others = [
        "not {tenant}.example/tenant",
        "not *.example/wild",
        "not other.example/other",
        "not a.example/exact",
    ];
    wanted.extend(others);
    assert_eq!(listed(Some("localhost")), wanted);
    assert_eq!(listed(None), wanted);
}
