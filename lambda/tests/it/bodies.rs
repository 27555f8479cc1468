//! Bodies that are not text, and streams.

use std::io::Read;

use testkit::Outcome;

use crate::events::{ALL, Function, Gateway, ROOT, Request, event};

const fn get(target: &'static str, headers: &'static [(&'static str, &'static str)]) -> Request {
    Request {
        method: "GET",
        target,
        headers,
        body: b"",
    }
}

#[test]
fn binary_file_and_compressed_response_come_out_whole() {
    let function = Function::start(&[]);
    let file = std::fs::read(format!("{ROOT}/static/images/logo.png")).expect("it is there");
    assert!(String::from_utf8(file.clone()).is_err());
    for gateway in ALL {
        let answer = function.ask(gateway, get("/static/images/logo.png", &[]));
        assert!(answer.body == file, "{gateway:?}");
        let answer = function.ask(gateway, get("/page", &[("accept-encoding", "gzip")]));
        assert_eq!(
            answer.header("content-encoding"),
            Some("gzip"),
            "{gateway:?}"
        );
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(&answer.body[..]);
        decoder.read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "<p>Grüße ".repeat(100), "{gateway:?}");
    }
}

#[test]
fn body_that_ends_early_is_an_error() {
    let function = Function::start(&[]);
    let answer = function.ask(Gateway::Http, get("/fails", &[]));
    assert_eq!(answer.status, 500);
    function
        .running
        .wait_line("the body of the response has ended early");
    assert_eq!(
        function.ask(Gateway::Http, get("/", &[])).text(),
        "Hello, world"
    );
}

#[test]
fn streamed_response_has_a_prelude_and_its_cookies() {
    let function = Function::start(&[("RESPONSES", "streamed")]);
    let event = event(Gateway::FunctionUrl, get("/cookies", &[]));
    function.api.send(event.to_string());
    let Outcome::Streamed { prelude, body } = function.api.outcome() else {
        panic!("{}", function.running.output());
    };
    assert_eq!(prelude["statusCode"], 200);
    assert_eq!(
        prelude["cookies"],
        serde_json::json!(["a=1; Path=/", "b=2; Path=/"])
    );
    assert_eq!(body, b"cookies");
}

#[test]
fn streamed_response_arrives_in_its_chunks() {
    let function = Function::start(&[("RESPONSES", "streamed")]);
    let event = event(Gateway::FunctionUrl, get("/parts", &[]));
    function.api.send(event.to_string());
    let prelude = function.api.chunk();
    assert!(prelude.starts_with(b"{"), "{}", prelude.escape_ascii());
    for expected in [&[0; 8][..], b"one ", b"two"] {
        assert_eq!(function.api.chunk(), expected);
    }
}
