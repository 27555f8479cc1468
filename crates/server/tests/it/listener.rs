//! Listeners that fail, and the settings of sockets that they accept.

use std::{
    fs,
    net::{Shutdown, TcpListener},
    thread,
    time::Duration,
};

use socket2::SockRef;
use squall_server::{Handle, Limits, Listener, Phase, Server, StartError, Stop, runtime};
use testkit::{Wire, wait_until};

use crate::{
    app::App,
    harness::{TestServer, get},
};

/// shutdown(2) of a listening socket makes accept(2) fail with EINVAL for ever.
#[test]
fn listener_that_fails_for_good_ends_the_server_with_its_address() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let failing = socket.try_clone().unwrap();
    let address = socket.local_addr().unwrap();
    let handle = Handle::new();
    let server = Server::new()
        .bind("127.0.0.1:0")
        .listener(Listener::try_from(socket).unwrap())
        .handle(handle.clone())
        .listen()
        .unwrap();
    let healthy = server.addresses().next().unwrap().tcp().unwrap();
    let app = App::default();
    let service = app.service();
    let served = thread::spawn(move || runtime().unwrap().block_on(server.serve(service)));
    wait_until("the server serves", || handle.phase() >= Phase::Serving);
    // Requests under way on the other listener are finished.
    let mut wire = Wire::connect(healthy);
    wire.send(get("/wait"));
    wait_until("the request arrives", || {
        app.seen.lock().unwrap().len() == 1
    });
    SockRef::from(&failing).shutdown(Shutdown::Read).unwrap();
    wait_until("the server stops", || handle.phase() >= Phase::Draining);
    app.gate.add_permits(1);
    let reply = wire.response();
    assert_eq!(
        (reply.text(), reply.header("connection")),
        ("waited", Some("close"))
    );
    let error = served.join().unwrap().unwrap_err();
    assert!(matches!(error, StartError::Accept { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("cannot accept on {address} any more")
    );
}

/// Whether the system will probe the client of the connection between these ports: the timer of a
/// socket in /proc/net/tcp is 2 for that.
fn is_probed(server: u16, client: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let mut rows = table.lines().skip(1).map(|row| row.split_whitespace());
    rows.any(|mut row| {
        let ends_in = |address: &str, port: u16| address.ends_with(&format!(":{port:04X}"));
        let is_it = ends_in(row.nth(1).unwrap(), server) && ends_in(row.next().unwrap(), client);
        is_it && row.nth(2).unwrap().starts_with("02:")
    })
}

#[test]
fn silent_clients_are_probed_unless_it_is_turned_off() {
    for (limits, wanted) in [
        (Limits::default(), true),
        (Limits::default().tcp_keepalive(Duration::MAX), true),
        (
            Limits::default().tcp_keepalive(Duration::from_nanos(1)),
            true,
        ),
        (Limits::default().tcp_keepalive(Duration::ZERO), false),
    ] {
        let server = TestServer::new(limits);
        let mut client = std::net::TcpStream::connect(server.address()).unwrap();
        std::io::Write::write_all(&mut client, get("/never").as_bytes()).unwrap();
        server.wait_seen(1);
        let ports = (server.address().port(), client.local_addr().unwrap().port());
        // The acknowledgement of the request may still be under way.
        if wanted {
            wait_until("the client is probed", || is_probed(ports.0, ports.1));
        } else {
            assert!(!is_probed(ports.0, ports.1), "{limits:?}");
        }
    }
}

#[test]
fn endless_durations_are_served_with() {
    let never = Duration::MAX;
    for how in [Stop::Graceful, Stop::Quick] {
        let limits = Limits::default()
            .head_timeout(never)
            .keep_alive_timeout(never)
            .body_timeout(never)
            .shutdown_timeout(never)
            .tcp_keepalive(never);
        assert_eq!(limits.longest_shutdown(), never);
        let server = TestServer::new(limits);
        let mut wire = server.wire();
        wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
        server.wait_seen(1);
        wire.send("lo");
        assert_eq!(wire.response().text(), "hello");
        drop(wire);
        server.wait_connections(0);
        server.handle.stop(how);
        server.join();
    }
    let limits = Limits::default().idle_grace(never).drain_delay(never);
    let server = TestServer::new(limits);
    let mut wire = server.wire();
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    server.handle.stop(Stop::Graceful);
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    server.handle.stop(Stop::Now);
    wire.closed();
}
