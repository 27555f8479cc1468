//! Frames: the start of a trace, and its source lines.

use std::{collections::BTreeMap, num::ParseIntError, pin::Pin};

use http::Request;
use serde_json::Value;

use crate::case::{Outer, Result, request, respond, shown};

/// The error of another crate, converted two functions below the handler.
async fn innermost() -> Result<()> {
    serde_json::from_str::<Value>("{")?; // here: another crate
    Ok(())
}

async fn nested(_: Request<()>) -> Result<()> {
    middle().await?; // here: the outer function
    Ok(())
}

async fn middle() -> Result<()> {
    // A boxed future, as of a handler, adds a poll frame.
    let boxed: Pin<Box<dyn Future<Output = Result<()>>>> = Box::pin(innermost());
    boxed.await // here: the middle function
}

fn parse(number: &str) -> std::result::Result<u32, ParseIntError> {
    number.parse()
}

async fn own_error(_: Request<()>) -> Result<()> {
    let number = parse("seven") // here: the beginning of a chain
        .map(|number| number + 1)
        .or_else(|_| parse("eight"))
        .map_err(|error| Outer(error.to_string(), std::io::Error::other("cause")))?;
    assert_eq!(number, 8);
    Ok(())
}

async fn in_a_closure(_: Request<()>) -> Result<()> {
    let parsed: Result<Vec<u32>> = ["1", "x"]
        .into_iter()
        .map(|number| {
            Ok(number.parse::<u32>()?) // here: a closure that is no future
        })
        .collect();
    parsed.map(drop) // here: the function with the closure
}

async fn panics(_: Request<()>) -> Result<()> {
    let users: Vec<String> = Vec::new();
    assert_ne!(users[7], ""); // here: an index
    Ok(())
}

async fn unwraps(_: Request<()>) -> Result<()> {
    let map: BTreeMap<u8, u8> = BTreeMap::new();
    map.get(&1).unwrap(); // here: an unwrap
    Ok(())
}

async fn panics_in_a_library(_: Request<()>) -> Result<()> {
    // Splits inside a multi-byte character.
    let text = "é".to_owned();
    let _ = text.split_at(1); // here: a panic of another crate
    Ok(())
}

async fn frames<F: Future<Output = Result<()>>>(
    handler: impl Fn(Request<()>) -> F,
) -> (Value, Vec<(String, bool, String)>) {
    let request = request("application/json").body(()).unwrap();
    let response = respond(shown(), request, handler).await;
    let page: Value = serde_json::from_str(response.body()).unwrap();
    let own = page["frames"].as_array().unwrap().iter();
    let own = own.filter(|frame| frame["library"].is_null());
    let own = own.map(|frame| {
        let source = frame["source"].as_array().unwrap();
        let line = source.iter().find(|line| line[0] == frame["line"]);
        let line = line.unwrap_or_else(|| panic!("no such line: {frame}"));
        let name = frame["name"].as_str().unwrap().to_owned();
        let line = line[1].as_str().unwrap().trim().to_owned();
        (name, frame["async"] == true, line)
    });
    let own = own.collect();
    (page, own)
}

/// Expected frames: the function, whether it is a future, and the text after `here: ` in its line.
fn check(own: &[(String, bool, String)], wanted: &[(&str, bool, &str)]) {
    let found: Vec<_> = own
        .iter()
        .take(wanted.len())
        .map(|(name, is_async, line)| {
            let name = name.rsplit("::").next().unwrap();
            let said = line.split_once("// here: ").map_or("", |(_, said)| said);
            (name, *is_async, said)
        })
        .collect();
    assert_eq!(found, wanted, "{own:#?}");
}

#[tokio::test]
async fn question_marks_in_nested_futures_are_frames() {
    let (page, own) = frames(nested).await;
    check(
        &own,
        &[
            ("innermost", true, "another crate"),
            ("middle", true, "the middle function"),
            ("nested", true, "the outer function"),
        ],
    );
    assert_eq!(page["kind"], "serde_json::error::Error");
    assert_eq!(page["frames"][0]["file"], "crates/debug/tests/it/frames.rs");
    // Executor frames, which are the same for all requests, are removed.
    assert!(!page.to_string().contains("tokio::runtime"), "{page:#}");
}

#[tokio::test]
async fn question_marks_in_chains_and_closures_are_frames() {
    let (page, own) = frames(own_error).await;
    check(&own, &[("own_error", true, "the beginning of a chain")]);
    assert_eq!(page["error"], "invalid digit found in string");
    assert_eq!(page["causes"], serde_json::json!(["cause"]));

    let (_, own) = frames(in_a_closure).await;
    let closure = ("in_a_closure", false, "a closure that is no future");
    check(&own, &[closure]);
}

#[tokio::test]
async fn panic_trace_starts_in_the_application() {
    let (page, own) = frames(panics).await;
    check(&own, &[("panics", true, "an index")]);
    assert_eq!(page["kind"], "panic");
    let message = "index out of bounds: the len is 0 but the index is 7";
    assert_eq!(page["error"], message);

    let (_, own) = frames(unwraps).await;
    check(&own, &[("unwraps", true, "an unwrap")]);

    let (_, own) = frames(panics_in_a_library).await;
    check(
        &own,
        &[("panics_in_a_library", true, "a panic of another crate")],
    );
}

#[tokio::test]
async fn library_frames_are_named_and_folded() {
    let (page, _) = frames(nested).await;
    let libraries = page["frames"].as_array().unwrap().iter();
    let libraries: Vec<_> = libraries
        .filter_map(|frame| frame["library"].as_str())
        .collect();
    assert!(libraries.contains(&"core"), "{libraries:?}");

    let request = request("text/html").body(()).unwrap();
    let tracebacks = shown().library("it");
    let response = respond(tracebacks, request, nested).await;
    assert!(response.body().contains("<details class=\"libraries\">"));
    assert!(!response.body().contains("<details class=\"call\" open>"));
}

#[tokio::test]
async fn frame_without_source_file_has_no_lines() {
    // The source of the standard library usually is not installed.
    let (page, _) = frames(nested).await;
    let core = page["frames"].as_array().unwrap().iter();
    let mut core = core.filter(|frame| frame["library"] == "core");
    let frame = core.next().unwrap();
    let file = frame["file"].as_str().unwrap();
    assert!(
        file.starts_with("core/src/") && frame["line"].is_u64(),
        "{frame}"
    );
    assert_eq!(frame["source"].as_array().unwrap().len(), 0, "{frame}");
}
