//! Properties of matching and reversing for arbitrary rules, paths and values.

use std::collections::HashMap;

use proptest::prelude::*;
use squall_routing::{Pattern, Router, regex};

use crate::{router, try_router};

/// Overlapping segments, in order of precedence.
const SEGMENTS: [&str; 6] = ["a", "ab", "a{x}b", "a{x}", "{x}", "{*x}"];

/// A reference implementation of segment matching, after the documentation.
fn matches(segment: &str, text: &str) -> bool {
    match segment {
        "{x}" => !text.is_empty(),
        "a{x}" => text.len() > 1 && text.starts_with('a'),
        "a{x}b" => text.len() > 2 && text.starts_with('a') && text.ends_with('b'),
        literal => text == literal,
    }
}

/// The precedence of each segment if the pattern matches the path.
fn ranks(pattern: &[usize], path: &str) -> Option<Vec<usize>> {
    let mut rest = path;
    for (i, segment) in pattern.iter().enumerate() {
        rest = rest.strip_prefix('/')?;
        if SEGMENTS[*segment] == "{*x}" {
            return (!rest.is_empty()).then(|| pattern[..=i].to_vec());
        }
        let (text, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if !matches(SEGMENTS[*segment], text) {
            return None;
        }
        rest = after;
    }
    rest.is_empty().then(|| {
        // Two literals that match the same text are the same literal.
        pattern.to_vec()
    })
}

fn text(pattern: &[usize]) -> String {
    let segments = pattern.iter().enumerate();
    segments
        .map(|(i, segment)| format!("/{}", SEGMENTS[*segment].replace('x', &format!("x{i}"))))
        .collect()
}

fn patterns() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let rest = SEGMENTS.len() - 1;
    let pattern = (prop::collection::vec(0..rest, 1..5), any::<bool>()).prop_map(
        move |(mut pattern, has_rest)| {
            pattern.extend(has_rest.then_some(rest));
            pattern
        },
    );
    prop::collection::vec(pattern, 1..30)
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "ab", "abb", "b", "aab", "c", ""]);
    prop::collection::vec(segment, 1..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// Any text, often of parts that have a meaning in a pattern or a path.
fn value() -> impl Strategy<Value = String> {
    let parts = [
        "a", "x", "\u{e9}", ".", "..", "/", "//", ",", ".json", "%", "%2F", "%C3", "?", "#", "\\",
        "\n", " ", "+",
    ];
    let parts = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..5);
    prop_oneof![parts.prop_map(|parts| parts.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn tree_agrees_with_reference_search(mut patterns in patterns(), path in path()) {
        patterns.sort();
        patterns.dedup();
        let expected = patterns.iter().filter_map(|pattern| ranks(pattern, &path)).min();
        // The order of registration does not affect these patterns.
        patterns.reverse();
        let router = router(patterns.iter().map(|pattern| text(pattern)));
        let found = router.find(None, &path).ok();
        prop_assert_eq!(
            found.map(|found| found.captures.pattern().to_owned()),
            expected.map(|pattern| text(&pattern))
        );
    }

    #[test]
    fn reversed_path_is_found_with_the_same_values(
        a in value(), b in value(), which in 0..5usize,
    ) {
        let patterns = [
            Pattern::from("/0/{a}/{b}"),
            "/1/{a}x{b}.json".into(),
            "/2/{a:[^é]+}/{*b}".into(),
            regex("/3/(.*)/(?P<b>[^/]+)"),
            regex("/4/([^/]+),([a-z]*)"),
        ];
        let router = router(patterns);
        let Ok(url) = router.reverse(&which.to_string(), [&a, &b]) else {
            // Only values without a valid path are rejected.
            let dots = [a.as_str(), b.as_str()].iter().any(|v| v.split('/').any(|s| s == "." || s == ".."));
            prop_assert!(which != 0 || a.is_empty() || b.is_empty() || dots);
            return Ok(());
        };
        prop_assert!(url.is_ascii() && url.starts_with('/') && !url.starts_with("//"));
        prop_assert!(url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#'));
        let found = router.find(None, &url).expect("a reversed path is found");
        prop_assert_eq!(found.endpoint, &which.to_string());
        let values: Vec<&str> = found.captures.params(&url).map(|(_, value)| value).collect();
        prop_assert_eq!(values, [&a, &b]);
    }

    #[test]
    fn find_never_panics(host in prop::option::of(value()), path in value(), bytes in any::<Vec<u8>>()) {
        let router = Router::builder()
            .route("/{a}.{b}/{*c}", 0)
            .route(squall_routing::Rule::new("/{a:.+}x").host("{h}.é".replace('é', "com")), 1)
            .route(regex("(?s).*"), 2)
            .build()
            .expect("the rules are valid");
        let bytes = String::from_utf8_lossy(&bytes);
        for path in [path.as_str(), &format!("/{path}"), &bytes, &format!("/{bytes}")] {
            for host in [host.as_deref(), Some(path), Some(&format!("{path}.com"))] {
                if let Ok(found) = router.find(host, path) {
                    let values: HashMap<_, _> = found.captures.params(path).collect();
                    prop_assert!(values.len() <= 3);
                }
            }
        }
    }

    #[test]
    fn build_never_panics(pattern in any::<String>(), soup in "[/{}*:a(\\[\\]+%.\\\\)-]{0,20}") {
        for text in [&pattern, &soup, &format!("/{pattern}"), &format!("/{soup}")] {
            let _ = try_router([Pattern::from(text.as_str())]);
            let _ = try_router([regex(text.as_str())]);
        }
    }

    #[test]
    fn parameter_captures_any_segment(value in prop_oneof![4 => "[^/%]{1,40}", 1 => "[.a\\\\ ]{1,3}"]) {
        let router = router(["/x/{value}/y"]);
        let path = format!("/x/{value}/y");
        let found = router.find(None, &path).expect("a segment matches");
        prop_assert_eq!(found.captures.get(&path, "value"), Some(value.as_str()));
    }
}
