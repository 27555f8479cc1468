//! A server's reading of pipelined HTTP/1.1 requests against the reference reader's.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::{ReferenceEnd, reference_requests};

/// The response of the server under test to each request, as `text/plain` of a known length.
#[must_use]
pub fn mirrored(method: &str, target: &str, body: &[u8]) -> String {
    format!("{method} {target} {}", body.escape_ascii())
}

/// Sends the input in segments that end at `cuts`, and compares the responses with the reference
/// reader's requests: each is the [mirror](mirrored) of the request that is next, and nothing follows a
/// refusal. Returns how many were answered, and what the reference reader found behind the last request.
///
/// # Panics
///
/// When a response is none to the next request, or follows a refusal.
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "it is an assertion first")]
pub fn assert_strict_framing(
    address: SocketAddr,
    input: &[u8],
    cuts: &[usize],
) -> (usize, ReferenceEnd) {
    let (requests, end) = reference_requests(input);
    let responses = exchange(address, input, cuts);
    let context = || {
        let input = input.escape_ascii();
        format!(
            "input {input}\ncuts {cuts:?}\nread as {requests:?} {end:?}\nanswered {responses:?}"
        )
    };
    for (i, (status, body)) in responses.iter().enumerate() {
        let is_last = i + 1 == responses.len();
        if *status != 200 {
            assert!(is_last, "a response follows a refusal: {}", context());
            continue;
        }
        let Some(request) = requests.get(i) else {
            panic!("a response to no request: {}", context());
        };
        let wanted = mirrored(&request.method, &request.target, &request.body);
        assert_eq!(
            *body,
            wanted,
            "a response to another request: {}",
            context()
        );
        assert!(
            is_last || !request.is_last,
            "a response after the last: {}",
            context()
        );
    }
    let answered = responses.iter().filter(|(status, _)| *status == 200);
    (answered.count(), end)
}

/// The statuses and bodies that come back until the server closes.
fn exchange(address: SocketAddr, input: &[u8], cuts: &[usize]) -> Vec<(u16, String)> {
    let mut client = TcpStream::connect(address).expect("the server listens");
    client.set_nodelay(true).expect("a TCP socket");
    let patience = Some(Duration::from_secs(30));
    client.set_read_timeout(patience).expect("a time-out");
    let mut cuts = [cuts, &[0, input.len()]].concat();
    cuts.sort_unstable();
    for ends in cuts.windows(2) {
        // It may have refused and closed already.
        let _ = client.write_all(&input[ends[0]..ends[1]]);
        thread::yield_now();
    }
    let _ = client.shutdown(Shutdown::Write);
    let mut output = Vec::new();
    // A reset takes nothing away from what came before it.
    let _ = client.read_to_end(&mut output);
    responses(&output)
}

fn responses(mut output: &[u8]) -> Vec<(u16, String)> {
    let mut responses = Vec::new();
    while !output.is_empty() {
        let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let end = end.expect("the head of a response ends") + 4;
        let head = String::from_utf8_lossy(&output[..end]).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let body = &output[end..][..length.unwrap_or(0)];
        let body = String::from_utf8_lossy(body).into_owned();
        output = &output[end + body.len()..];
        if status != Some(100) {
            responses.push((status.expect("a status"), body));
        }
    }
    responses
}
