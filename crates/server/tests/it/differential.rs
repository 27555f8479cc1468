//! Requests that were made by chance, valid and damaged: squall against a strict reference reader.

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use squall_server::{BodyError, Incoming, Serve, Server};
use testkit::ReferenceEnd;

use crate::harness::TestServer;

/// Fragments to insert: delimiters, and parts of requests.
const DAMAGE: &[&str] = &[
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    "\"",
    "=",
    "0",
    "5",
    "-",
    "x",
    ",",
    "\u{7f}",
    "0\r\n",
    "0\r\n\r\n",
    "1\r\n",
    "A: b\r\n",
    "A: b\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    ";a",
    ";a=\"",
    "\u{e9}",
];

/// One request, valid in its framing.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let data = || vec(select(b"ab\r\n0:;5 ".as_slice()), 0..20);
    let extension = select(&["", ";a", ";a=b", " ; a = \"b\\\"\"", ";a=\"\";b"][..]);
    let trailers = select(&["", "A: b\r\n", "A:\r\nB: c d\r\n"][..]);
    let chunks = vec((vec(select(b"ab\r\n0".as_slice()), 1..20), extension), 0..4);
    let coding = select(&["chunked", "Chunked", "CHUNKED"][..]);
    let chunked = (chunks, trailers, coding).prop_map(|(chunks, trailers, coding)| {
        let mut body = Vec::new();
        for (data, extension) in chunks {
            body.extend(format!("{:x}{extension}\r\n", data.len()).into_bytes());
            body.extend(data);
            body.extend(b"\r\n");
        }
        body.extend(format!("0\r\n{trailers}\r\n").into_bytes());
        (format!("Transfer-Encoding: {coding}\r\n"), body)
    });
    let sized = data().prop_map(|data| (format!("Content-Length: {}\r\n", data.len()), data));
    let bodyless = Just((String::new(), Vec::new()));
    let body = prop_oneof![2 => bodyless, 2 => sized, 3 => chunked];
    let fields = select(&["", "A: b\r\n", "Cookie: a=\"b\"\r\nX: \r\n"][..]);
    (0_u32..1000, body, fields, any::<bool>()).prop_map(|(path, (framing, body), fields, first)| {
        let (before, after) = if first { (fields, "") } else { ("", fields) };
        let head = format!("POST /{path} HTTP/1.1\r\nHost: a\r\n{before}{framing}{after}\r\n");
        [head.into_bytes(), body].concat()
    })
}

/// A change at a place that is given in parts of the whole.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Insert(f64, &'static str),
    Remove(f64, usize),
    Replace(f64, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0.0..1.0, select(DAMAGE)).prop_map(|(at, text)| Damage::Insert(at, text)),
        (0.0..1.0, 1_usize..4).prop_map(|(at, length)| Damage::Remove(at, length)),
        (0.0..1.0, select(DAMAGE)).prop_map(|(at, text)| Damage::Replace(at, text)),
    ]
}

fn apply(damage: Damage, input: &mut Vec<u8>) {
    let place = |at: f64, input: &[u8]| (at * input.len() as f64) as usize;
    match damage {
        Damage::Insert(at, text) => {
            let at = place(at, input);
            input.splice(at..at, text.bytes());
        }
        Damage::Remove(at, length) => {
            let at = place(at, input);
            input.drain(at..input.len().min(at + length));
        }
        Damage::Replace(at, text) => {
            let at = place(at, input);
            input.splice(at..input.len().min(at + text.len()), text.bytes());
        }
    }
}

/// Answers with all that it got.
fn mirror() -> impl Serve {
    tower::service_fn(async |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let target = head.uri.to_string();
        let mirrored = testkit::mirrored(head.method.as_str(), &target, &body);
        Ok::<_, BodyError>(Response::new(Full::new(mirrored.into())))
    })
}

/// More cases with `PROPTEST_CASES`.
#[test]
fn responses_match_a_strict_reading_of_the_requests() {
    let server = TestServer::serving(Server::new().bind("127.0.0.1:0"), |_| mirror());
    let address = server.address();
    let input = (
        vec(request(), 1..5),
        vec(damage(), 0..3),
        vec(0.0..1.0, 0..5),
    );
    TestRunner::default()
        .run(&input, |(requests, damages, cuts)| {
            let mut input = requests.concat();
            for damage in &damages {
                apply(*damage, &mut input);
            }
            let cuts: Vec<usize> = cuts
                .iter()
                .map(|at| (at * input.len() as f64) as usize)
                .collect();
            let outcome = testkit::assert_strict_framing(address, &input, &cuts);
            if damages.is_empty() {
                assert_eq!(outcome, (requests.len(), ReferenceEnd::Clean));
            }
            Ok(())
        })
        .unwrap();
}
