//! Autobahn's cases, run by kosoku: 301 of the protocol, and 216 of compression, which take minutes.

use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};

use serde_json::Value;
use testkit::despite_standstills;

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
fn is_good(outcome: &str) -> bool {
    ["OK OK", "INFORMATIONAL INFORMATIONAL"].contains(&outcome)
}

/// kosoku allows a second for the end of a connection, so cases that fail while the machine stands
/// still are run again.
fn assert_pass(kosoku: &Path, url: &str, selection: &[&str], count: usize) {
    let mut left: Option<BTreeMap<String, String>> = None;
    let passed = despite_standstills(Duration::from_millis(250), || {
        let names = left.iter().flat_map(BTreeMap::keys);
        let again: Vec<&str> = names.flat_map(|name| ["-i", name]).collect();
        let selection = if left.is_some() {
            &again[..]
        } else {
            selection
        };
        let mut cases = run(kosoku, url, selection);
        assert_eq!(cases.len(), left.as_ref().map_or(count, BTreeMap::len));
        cases.retain(|_, outcome| !is_good(outcome));
        let bad = left.insert(cases);
        if bad.is_empty() { Ok(()) } else { Err(()) }
    });
    assert_eq!(passed, Ok(()), "{left:#?}");
}

#[test]
fn core_cases() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    assert_pass(&kosoku, &site.url("/big"), &CORE, 301);
}

#[test]
fn core_cases_over_http2() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    let gateway = Gateway::start(&site);
    assert_pass(&kosoku, &gateway.url("/big"), &CORE, 301);
}

#[test]
#[ignore = "takes minutes; cargo xtask websocket runs it"]
fn compression_cases() {
    let Some(kosoku) = testkit::outside("kosoku") else {
        return;
    };
    let site = Site::start();
    for path in ["/deflate", "/takeover"] {
        let selection = ["-i", "12.*", "-i", "13.*"];
        assert_pass(&kosoku, &site.url(path), &selection, 216);
    }
}
