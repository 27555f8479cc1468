//! The shutdown signal of requests: an event stream ends as the shutdown begins, and is whole.

use std::time::Duration;

use squall_server::{Limits, Phase, Stop};
use testkit::wait_until;

use crate::{
    frames::{Client, DATA, END_STREAM, GOAWAY, HEADERS},
    harness::{TestServer, get},
};

/// Longer than any test: a request that ends only then has failed.
const LONG: Duration = Duration::from_secs(600);

const EVENTS: &str = "data: first\n\ndata: last\n\n";

#[test]
fn an_event_stream_over_http1_ends_at_the_signal() {
    let server = TestServer::new(Limits::default().shutdown_timeout(LONG));
    let mut wire = server.wire();
    wire.send(get("/events"));
    server.wait_seen(1);
    server.handle.stop(Stop::Graceful);
    // Reads to the last chunk, which a connection that is cut off lacks.
    assert_eq!(wire.response().text(), EVENTS);
    wire.closed();
    server.join();
}

#[test]
fn an_event_stream_over_http2_ends_at_the_signal() {
    let server = TestServer::new(Limits::default().shutdown_timeout(LONG));
    let mut client = Client::connect(server.address());
    client.get(1, "/events");
    client.wait(|frame| frame.kind == HEADERS);
    server.handle.stop(Stop::Graceful);
    let mut body = Vec::new();
    let mut ended = false;
    while !ended {
        let frame = client.wait(|frame| frame.kind == DATA);
        body.extend(frame.payload);
        ended = frame.flags & END_STREAM != 0;
    }
    assert_eq!(String::from_utf8(body).unwrap(), EVENTS);
    client.rest();
    server.join();
}

/// Load balancers still choose this server, so the stream would only come back.
#[test]
fn an_event_stream_goes_on_while_the_server_leaves() {
    let limits = Limits::default().drain_delay(LONG).shutdown_timeout(LONG);
    let server = TestServer::new(limits);
    let mut wire = server.wire();
    wire.send(get("/events"));
    server.wait_seen(1);
    server.handle.stop(Stop::Graceful);
    wait_until("it leaves", || server.handle.phase() == Phase::Leaving);
    let signal = server.handle.shutdown_signal();
    assert!(!signal.is_received());
    let mut other = server.wire();
    other.send(get("/"));
    assert_eq!(other.response().text(), "hello");
    drop(other);
    // A faster stop mode ends the delay.
    server.handle.stop(Stop::Quick);
    assert_eq!(wire.response().text(), EVENTS);
    assert!(signal.is_received());
    server.join();
}

#[test]
fn an_event_stream_that_begins_during_the_shutdown_ends_at_once() {
    let limits = Limits::default().idle_grace(LONG).shutdown_timeout(LONG);
    let server = TestServer::new(limits);
    let mut wire = server.wire();
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    let mut client = Client::connect(server.address());
    client.get(1, "/");
    assert_eq!(client.response(1), (200, "hello".into()));
    server.handle.stop(Stop::Graceful);
    wait_until("it drains", || server.handle.phase() == Phase::Draining);
    wire.send(get("/events"));
    let reply = wire.response();
    assert_eq!(reply.text(), EVENTS);
    assert_eq!(reply.header("connection"), Some("close"));
    wire.closed();
    // It crosses the GOAWAY.
    client.wait(|frame| frame.kind == GOAWAY);
    client.get(3, "/events");
    assert_eq!(client.response(3), (200, EVENTS.into()));
    drop(client);
    server.join();
}
