//! Pipelined HTTP/1.1 requests: a response only to what a strict reference reader takes for a request.
#![no_main]

use std::{net::SocketAddr, sync::OnceLock, thread};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use libfuzzer_sys::fuzz_target;
use squall_server::{BodyError, Incoming, Phase, Server, runtime};
use testkit::{assert_strict_framing, mirrored};
use tower::service_fn;

fuzz_target!(|input: (u8, Vec<u16>, &[u8])| {
    // Most inputs begin as a request does, which would rarely be guessed.
    let beginning = [
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        "GET /a HTTP/1.1\r\nHost: a\r\n",
        "",
    ];
    let (choice, cuts, bytes) = input;
    let beginning = beginning[usize::from(choice) % beginning.len()];
    let end = b"GET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n";
    let input = [beginning.as_bytes(), bytes, end].concat();
    if input.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
        // HTTP/2 has another framing.
        return;
    }
    let cuts = cuts.iter().map(|cut| usize::from(*cut) % input.len());
    assert_strict_framing(server(), &input, &cuts.collect::<Vec<_>>());
});

/// One server for all inputs, in a thread of its own.
fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listening = Server::new().bind("127.0.0.1:0").listen().expect("a port");
        let address = listening.addresses().find_map(squall_server::Address::tcp);
        let handle = listening.handle();
        let service = service_fn(async |request: Request<Incoming>| {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let mirrored = mirrored(head.method.as_str(), &head.uri.to_string(), &body);
            Ok::<_, BodyError>(Response::new(Full::from(mirrored)))
        });
        thread::spawn(move || runtime().expect("a runtime").block_on(listening.serve(service)));
        while handle.phase() < Phase::Serving {
            thread::yield_now();
        }
        address.expect("a TCP address")
    })
}
