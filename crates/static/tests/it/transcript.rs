//! Tables of requests and expected responses.
//!
//! A request is its method and path, then one header per line. A response is its status, then
//! headers with their exact values or `-` for a missing one, and after an empty line the body.
//! `{v:NAME}` stands for the version of a file, `{etag:PATH}` for the entity tag of a GET response,
//! and `{date}` for the modification time of all files.

use std::net::SocketAddr;

use testkit::{Reply, Wire};

use crate::site::{DATE, SITE};

pub(crate) type Case = (&'static str, &'static str);

/// Checks all cases, and reports all failures.
#[track_caller]
pub(crate) fn check(cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(request, wanted)| {
            let reply = send(SITE.address, request);
            let wanted = filled(SITE.address, wanted);
            let failure = failure(&reply, &wanted)?;
            Some(format!(
                "{request}\n  {failure}\n  {}",
                reply.head.replace('\n', "\n  ")
            ))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

pub(crate) fn send(address: SocketAddr, request: &str) -> Reply {
    let request = filled(address, request);
    let (start, headers) = request.split_once('\n').unwrap_or((&request, ""));
    let mut text = format!("{start} HTTP/1.1\r\nhost: localhost\r\n");
    for header in headers.lines() {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    let mut wire = Wire::connect(address);
    wire.send(&text);
    wire.response_to(start.split(' ').next().unwrap())
}

fn failure(reply: &Reply, wanted: &str) -> Option<String> {
    let (head, body) = match wanted.split_once("\n\n") {
        Some((head, body)) => (head, Some(body)),
        None => (wanted, None),
    };
    let mut lines = head.lines();
    let status = lines.next().unwrap();
    if reply.status.to_string() != status {
        return Some(format!("status {} instead of {status}", reply.status));
    }
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let value = Some(value).filter(|value| *value != "-");
        if reply.header(name) != value {
            return Some(format!(
                "{name} {:?} instead of {value:?}",
                reply.header(name)
            ));
        }
    }
    let found = String::from_utf8_lossy(&reply.body);
    body.filter(|body| *body != found)
        .map(|body| format!("body {found:?} instead of {body:?}"))
}

fn filled(address: SocketAddr, text: &str) -> String {
    let mut text = text.replace("{date}", DATE);
    while let Some((before, rest)) = text.split_once('{') {
        let (placeholder, after) = rest.split_once('}').unwrap();
        let value = match placeholder.split_once(':').unwrap() {
            ("v", name) => version(name),
            ("etag", path) => send(address, &format!("GET {path}"))
                .header("etag")
                .unwrap()
                .to_owned(),
            _ => panic!("unknown placeholder {placeholder}"),
        };
        text = format!("{before}{value}{after}");
    }
    text
}

pub(crate) fn version(name: &str) -> String {
    SITE.urls.url(name).rsplit_once("?v=").unwrap().1.to_owned()
}
