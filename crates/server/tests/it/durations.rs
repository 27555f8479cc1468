//! Limits with extreme durations: a server with any of them serves, and stops in any mode.

use std::time::Duration;

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use squall_server::{Limits, Phase, Server, Stop};
use testkit::wait_until;

use crate::harness::{TestServer, get};

type Setter = fn(Limits, Duration) -> Limits;

/// Every setter that takes a duration, and whether zero is a configuration error.
const SETTERS: [(Setter, bool); 7] = [
    (Limits::head_timeout, true),
    (Limits::keep_alive_timeout, true),
    (Limits::body_timeout, true),
    (Limits::drain_delay, false),
    (Limits::shutdown_timeout, false),
    (Limits::idle_grace, false),
    (Limits::tcp_keepalive, false),
];
const HEAD_TIMEOUT: usize = 0;
const BODY_TIMEOUT: usize = 2;
const DRAIN_DELAY: usize = 3;
const SHUTDOWN_TIMEOUT: usize = 4;

const EDGES: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_secs(u32::MAX as u64),
    Duration::from_secs(i64::MAX as u64),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];

const MODES: [Stop; 3] = [Stop::Graceful, Stop::Quick, Stop::Now];

/// Far more than a request takes.
const PATIENT: Duration = Duration::from_secs(600);

/// Serves with these limits, one for each setter, and stops.
fn serve_and_stop(durations: [Duration; SETTERS.len()], stop: Stop) {
    let mut limits = Limits::default();
    for ((set, _), duration) in SETTERS.iter().zip(durations) {
        limits = set(limits, duration);
    }
    let longest = limits.longest_shutdown();
    assert!(longest >= durations[DRAIN_DELAY].max(durations[SHUTDOWN_TIMEOUT]));
    let server = Server::new().bind("127.0.0.1:0").limits(limits);
    let mut settings = SETTERS.iter().zip(durations);
    if settings.any(|((_, rejects_zero), duration)| *rejects_zero && duration.is_zero()) {
        let error = server.listen().unwrap_err().to_string();
        assert!(error.contains("(0ns): expected more than zero"), "{error}");
        return;
    }
    let server = TestServer::with(server);
    let mut idle = server.wire();
    idle.send(get("/"));
    let mut waiting = server.wire();
    waiting.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
    // With a shorter time a connection may or may not end before its request is read.
    if durations[HEAD_TIMEOUT] >= PATIENT {
        assert_eq!(idle.response().text(), "hello");
        server.wait_seen(2);
        if durations[BODY_TIMEOUT] >= PATIENT {
            waiting.send("echo");
            assert_eq!(waiting.response().text(), "echo");
        }
    }
    server.handle.stop(stop);
    wait_until("the server stops", || {
        server.handle.phase() >= Phase::Leaving
    });
    server.handle.stop(Stop::Now);
    wait_until("the server has stopped", || {
        server.handle.phase() == Phase::Stopped
    });
    server.join();
}

#[test]
fn a_server_with_one_extreme_duration_serves_and_stops() {
    let cases = (0..SETTERS.len()).flat_map(|setter| EDGES.map(|edge| (setter, edge)));
    for ((setter, edge), stop) in cases.zip(MODES.into_iter().cycle()) {
        let mut durations = [PATIENT; SETTERS.len()];
        durations[setter] = edge;
        serve_and_stop(durations, stop);
    }
}

#[test]
fn a_server_with_any_durations_serves_and_stops() {
    let edges = select(&EDGES[..]);
    let any = (any::<u64>(), 0..1_000_000_000_u32);
    let any = any.prop_map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds));
    let short = (0..10_000_000_u64).prop_map(Duration::from_nanos);
    let duration = prop_oneof![edges, any, short];
    let durations = proptest::array::uniform7(duration);
    let config = Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&(durations, select(&MODES[..])), |(durations, stop)| {
        serve_and_stop(durations, stop);
        Ok(())
    });
    run.unwrap();
}
