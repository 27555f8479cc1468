//! Cost of a match among the paths of GitHub's API: squall-routing beside matchit, which has
//! no regexes, and beside a `RegexSet`, which has nothing else.
//!
//! `parametric` is the sum over all paths with parameters, `literal` over those without; criterion
//! also says paths a second. Every match is checked, and reads the first parameter where there is
//! one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regex::{Regex, RegexSet};

/// In the order in which the first of several regexes that match is the right one.
const PATTERNS: &str = include_str!("../../crates/routing/tests/github.txt");

/// A path, the number of its pattern, and the name of its first parameter, which is its value too.
struct Case {
    path: String,
    route: usize,
    param: Option<&'static str>,
}

fn cases() -> (Vec<Case>, Vec<Case>) {
    let case = |(route, pattern): (usize, &'static str)| Case {
        path: pattern.replace(['{', '}'], ""),
        route,
        param: pattern
            .split_once('{')
            .and_then(|(_, rest)| Some(rest.split_once('}')?.0)),
    };
    PATTERNS
        .lines()
        .enumerate()
        .map(case)
        .partition(|case| case.param.is_some())
}

fn github(criterion: &mut Criterion) {
    let squall = PATTERNS
        .lines()
        .enumerate()
        .fold(
            squall_routing::Router::builder(),
            |rules, (route, pattern)| rules.route(pattern, route),
        )
        .build()
        .expect("GitHub's paths do not conflict");

    let mut matchit = matchit::Router::new();
    for (route, pattern) in PATTERNS.lines().enumerate() {
        matchit
            .insert(pattern, route)
            .expect("GitHub's paths do not conflict");
    }

    let params = Regex::new(r"\{[^}]*\}").expect("a valid regex");
    let regexes: Vec<String> = PATTERNS
        .lines()
        .map(|pattern| format!("^{}$", params.replace_all(pattern, "([^/]+)")))
        .collect();
    let set = RegexSet::new(&regexes).expect("valid regexes");
    let regexes: Vec<Regex> = regexes
        .iter()
        .map(|regex| Regex::new(regex).expect("a valid regex"))
        .collect();

    let (parametric, literal) = cases();
    for (name, cases) in [("parametric", parametric), ("literal", literal)] {
        let mut group = criterion.benchmark_group(format!("routing/{name}"));
        group.throughput(Throughput::Elements(cases.len() as u64));
        group.bench_function("squall-routing", |bencher| {
            bencher.iter(|| {
                for case in black_box(&cases) {
                    let path = case.path.as_str();
                    let found = squall.find(None, path).expect("there is a rule");
                    assert_eq!(*found.endpoint, case.route);
                    if let Some(param) = case.param {
                        assert_eq!(found.captures.get(path, param), Some(param));
                    }
                }
            });
        });
        group.bench_function("matchit", |bencher| {
            bencher.iter(|| {
                for case in black_box(&cases) {
                    let found = matchit.at(&case.path).expect("there is a rule");
                    assert_eq!(*found.value, case.route);
                    if let Some(param) = case.param {
                        assert_eq!(found.params.get(param), Some(param));
                    }
                }
            });
        });
        group.bench_function("regex", |bencher| {
            bencher.iter(|| {
                for case in black_box(&cases) {
                    let found = set.matches(&case.path).iter().next();
                    let route = found.expect("there is a rule");
                    assert_eq!(route, case.route);
                    let captures = regexes[route].captures(&case.path);
                    let captures = captures.expect("the set has found it");
                    if let Some(param) = case.param {
                        assert_eq!(&captures[1], param);
                    }
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, github);
criterion_main!(benches);
