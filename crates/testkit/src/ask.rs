//! Questions to a program of another language, all in one process, since many take their time to start.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

/// Gives a program one question a line, in JSON, and returns its answers, one a line.
///
/// # Panics
///
/// When it does not start, or does not answer each question; the message includes its standard error.
#[must_use]
#[track_caller]
pub fn ask_all(program: &mut Command, questions: &[Value]) -> Vec<Value> {
    let program = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let lines: String = questions
        .iter()
        .map(|question| format!("{question}\n"))
        .collect();
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program that ends early has printed its reason to standard error.
    let _ = stdin.write_all(lines.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let answers = String::from_utf8_lossy(&output.stdout);
    let answers: Vec<Value> = answers
        .lines()
        .map(|line| line.parse().expect("an answer in JSON"))
        .collect();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(answers.len(), questions.len(), "{log}");
    answers
}
