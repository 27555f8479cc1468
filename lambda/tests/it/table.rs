//! The table of requests: the function responds as squall's own server does, behind each gateway.

use crate::{
    events::{ALL, Answer, Function, Request},
    native,
};

const fn get(target: &'static str) -> Request {
    with("GET", target, &[], b"")
}

const fn with(
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
) -> Request {
    Request {
        method,
        target,
        headers,
        body,
    }
}

const BROWSER: &[(&str, &str)] = &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
const JSON: &[(&str, &str)] = &[("accept", "application/json")];
const GZIP: &[(&str, &str)] = &[("accept-encoding", "gzip")];

const ROWS: &[Request] = &[
    get("/"),
    with("HEAD", "/", &[], b""),
    with("OPTIONS", "/", &[], b""),
    with("POST", "/", JSON, b""),
    with("PURGE", "/", &[], b""),
    get("/page"),
    with("GET", "/page", GZIP, b""),
    with("HEAD", "/page", GZIP, b""),
    get("/json"),
    get("/cookies"),
    get("/latin-1"),
    get("/untyped"),
    get("/empty"),
    get("/moved"),
    with("GET", "/error", BROWSER, b""),
    with("GET", "/nowhere", BROWSER, b""),
    with("GET", "/nowhere", JSON, b""),
    get("/users/7"),
    get("/users/caf%C3%A9"),
    get("/users/a%2Fb"),
    get("/users/7/"),
    get("/query?a=1&b=%C3%A4&a=2"),
    get("/query?a=x%20y"),
    with(
        "GET",
        "/header",
        &[("cookie", "a=1; b=2"), ("x-test", "one")],
        b"",
    ),
    with(
        "POST",
        "/echo",
        &[("content-type", "text/x-test")],
        b"hello",
    ),
    with(
        "PUT",
        "/echo",
        &[("content-type", "application/octet-stream")],
        b"\0\xff\x80",
    ),
    with(
        "POST",
        "/echo",
        &[("content-type", "text/plain")],
        "Grüße".as_bytes(),
    ),
    get("/static/images/logo.png"),
    with(
        "GET",
        "/static/images/logo.png",
        &[("range", "bytes=1-7")],
        b"",
    ),
    with(
        "GET",
        "/static/images/logo.png",
        &[("if-none-match", "*")],
        b"",
    ),
    get("/static/styles.css"),
    with("GET", "/static/styles.css", GZIP, b""),
    get("/static/%2e%2e/main.rs"),
    get("/robots.txt"),
];

/// Headers of the connection and of the server; a gateway measures the body itself.
const OF_THE_SERVER: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

fn normal(mut answer: Answer) -> Answer {
    let id = answer.header("x-request-id").map(str::to_owned);
    answer
        .headers
        .retain(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()));
    if let Some(id) = id {
        for (name, value) in &mut answer.headers {
            if name == "x-request-id" {
                value.clear();
            }
        }
        let text = answer.text().replace(&id, "");
        answer.body = text.into_bytes();
    }
    answer
}

fn shown(answer: Answer) -> String {
    let text = answer.body.escape_ascii();
    format!("{} {:?} {text}", answer.status, answer.headers)
}

#[test]
fn function_responds_as_squalls_server() {
    let server = native::start();
    let function = Function::start(&[]);
    let mut differences = Vec::new();
    for &request in ROWS {
        let expected = normal(native::ask(server, request));
        for gateway in ALL {
            let found = normal(function.ask(gateway, request));
            if found != expected {
                let [found, expected] = [found, expected.clone()].map(shown);
                differences.push(format!("{gateway:?}: {request:?}\n{found}\n{expected}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}
