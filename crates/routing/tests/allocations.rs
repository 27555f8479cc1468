//! Allocation test: a match with up to four parameters does not allocate. It has its own binary,
//! since the counter replaces the global allocator.

use allocation_counter::measure;
use squall_routing::{Router, Rule, regex};

#[test]
fn match_with_four_parameters_does_not_allocate() {
    let github = include_str!("github.txt").lines();
    let router = github
        .fold(Router::builder(), |rules, pattern| rules.route(pattern, ()))
        .route("/limited/{a:[0-9]+}/{b:[a-z]+}", ())
        .route("/several/{a}-{b}-{c}", ())
        .route(regex("/regex/([0-9]+)/(?P<word>[a-z]+)"), ())
        .route(Rule::new("/exact/{a}").host("example.com"), ())
        .route(Rule::new("/wild/{a}").host("*.example.com"), ())
        .build()
        .expect("the rules are valid");
    let mut paths: Vec<String> = include_str!("github.txt")
        .lines()
        .filter(|pattern| pattern.matches('{').count() <= 4)
        .map(|pattern| pattern.replace(['{', '}'], ""))
        .collect();
    paths.extend(
        [
            "/limited/1/a",
            "/several/a-b-c",
            "/regex/1/a",
            "/exact/1",
            "/wild/1",
        ]
        .map(str::to_owned),
    );
    for path in paths {
        let host = Some(if path == "/wild/1" {
            "www.example.com"
        } else {
            "example.com"
        });
        // The first search of a regex on a thread allocates its cache.
        assert!(router.find(host, &path).is_ok(), "{path}");
        let info = measure(|| {
            let found = router.find(host, &path).expect("it was found before");
            assert!(found.captures.params(&path).count() <= 4);
            let kept = found.captures.clone();
            assert_eq!(kept.get(&path, "no such name"), None);
        });
        assert_eq!(info.count_total, 0, "{path}");
    }
}

/// Control: shows that the counter counts.
#[test]
fn match_with_five_parameters_allocates_once() {
    let router = Router::builder().route("/{a}/{b}/{c}/{d}/{e}", ());
    let router = router.build().expect("the rule is valid");
    let info = measure(|| assert!(router.find(None, "/1/2/3/4/5").is_ok()));
    assert_eq!(info.count_total, 1);
}
