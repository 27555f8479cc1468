//! Autobahn's cases, run by kosoku: 301 of the protocol, and 216 of compression, which take minutes.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

use crate::{gateway::Gateway, site::Site};

/// The cases of the protocol: all but those of compression.
const CORE: [&str; 4] = ["-x", "12.*", "-x", "13.*"];

fn run(kosoku: &Path, url: &str, selection: &[&str]) -> BTreeMap<String, String> {
    let reports = testkit::temp_dir();
    let output = Command::new(kosoku)
        .args(["-m", "fuzzingclient", "-p", "2", "-o"])
        .arg(reports.path())
        .args(selection)
        .arg(url)
        .output()
        .unwrap();
    // It fails if a case does; the table says which.
    let index = fs::read_to_string(reports.path().join("index.json"));
    let index = index.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let index: Value = index.parse().unwrap();
    let [cases] = &*index.as_object().unwrap().values().collect::<Vec<_>>() else {
        panic!("one server: {index}");
    };
    let outcome = |case: &Value| {
        let part = |name: &str| case[name].as_str().unwrap().to_owned();
        format!("{} {}", part("behavior"), part("behaviorClose"))
    };
    let cases = cases.as_object().unwrap().iter();
    cases
        .map(|(name, case)| (name.clone(), outcome(case)))
        .collect()
}

/// Cases that are informational have no right or wrong outcome.
fn assert_passed(cases: &BTreeMap<String, String>, count: usize) {
    let is_good = |outcome: &str| ["OK OK", "INFORMATIONAL INFORMATIONAL"].contains(&outcome);
    let bad: Vec<_> = cases
        .iter()
        .filter(|(_, outcome)| !is_good(outcome))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(cases.len(), count);
}

#[test]
fn core_cases() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    let cases = run(&kosoku, &site.url("/big"), &CORE);
    assert_passed(&cases, 301);
}

#[test]
fn core_cases_over_http2() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    let gateway = Gateway::start(&site);
    let cases = run(&kosoku, &gateway.url("/big"), &CORE);
    assert_passed(&cases, 301);
}

#[test]
#[ignore = "takes minutes; cargo xtask websocket runs it"]
fn compression_cases() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    for path in ["/deflate", "/takeover"] {
        let cases = run(&kosoku, &site.url(path), &["-i", "12.*", "-i", "13.*"]);
        assert_passed(&cases, 216);
    }
}
