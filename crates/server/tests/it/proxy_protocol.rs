//! PROXY protocol: trusted balancers, valid and invalid headers, and the bytes behind them.

use std::{net::TcpStream, process::Command};

use squall_server::{Bind, Limits, Server, Stop, TrustedProxies};
use testkit::{Wire, outside, temp_dir, wait_until};

use crate::{
    harness::{ENOUGH, TestServer, get},
    process::{Process, program},
};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\r\n";

/// The same as [`V1`], with something behind the addresses.
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\
    \xc0\0\x02\x01\xc6\x33\x64\x01\x12\x67\x01\xbb\x04\0\x04abcd";

const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn server(proxies: &[&str], limits: Limits) -> TestServer {
    let proxies = TrustedProxies::new(proxies).unwrap();
    let server = Server::new().bind("127.0.0.1:0").limits(limits);
    TestServer::with(server.proxy_protocol(proxies))
}

/// A server for balancers on this machine.
fn local() -> TestServer {
    server(&["127.0.0.0/8"], Limits::default())
}

#[test]
fn header_sets_the_client_address() {
    let server = local();
    for (header, client) in [
        (V1, "192.0.2.1:4711 by 127.0.0.1:"),
        (V2, "192.0.2.1:4711 by 127.0.0.1:"),
        (
            b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
            "[2001:db8::1]:1 by 127.",
        ),
        (b"PROXY UNKNOWN whatever\r\n", "127.0.0.1:"),
        (LOCAL, "127.0.0.1:"),
    ] {
        let mut wire = server.wire();
        wire.send([header, get("/client").as_bytes()].concat());
        let reply = wire.response();
        assert!(reply.text().starts_with(client), "{}", reply.text());
        assert_eq!(reply.text().ends_with(" by itself"), client == "127.0.0.1:");
        // It is sent once, and holds for the connection.
        wire.send(get("/client"));
        assert_eq!(wire.response().text(), reply.text());
        wire.send(header);
        assert_eq!(wire.response().status, 400);
        wire.closed();
    }
}

#[test]
fn may_come_byte_by_byte() {
    let server = local();
    for header in [V1, V2, LOCAL] {
        let mut wire = server.wire();
        let all = [header, get("/client").as_bytes()].concat();
        for byte in all {
            wire.send([byte]);
        }
        assert_eq!(wire.response().status, 200);
    }
    // Longer than what is looked at in one piece, with a request right behind it.
    let mut long = V2.to_vec();
    long[14..16].copy_from_slice(&u16::MAX.to_be_bytes());
    long.resize(16 + usize::from(u16::MAX), b'x');
    long.extend(get("/client").bytes());
    let mut wire = server.wire();
    wire.send(long);
    assert!(wire.response().text().starts_with("192.0.2.1:4711"));
}

#[test]
fn leaves_http2_untouched_behind_it() {
    let server = local();
    let mut wire = server.wire();
    wire.send([V2, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"].concat());
    server.wait_connections(1);
    server.handle.stop(Stop::Graceful);
    // Settings come first.
    assert_eq!(wire.read_all()[3], 4);
}

#[test]
fn a_real_client_of_it() {
    let Some(curl) = outside("curl") else { return };
    let server = local();
    let url = format!("http://{}/client", server.address());
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let mut curl = Command::new(&curl);
        curl.args([
            "--silent",
            "--show-error",
            "--haproxy-protocol",
            version,
            &url,
        ]);
        let output = curl.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // curl names its own end.
        let (client, proxy) = text.split_once(" by ").unwrap();
        assert_eq!(client, proxy, "{version}");
    }
}

#[test]
fn bad_headers_are_refused_without_a_word() {
    let server = local();
    for bytes in [
        &b"GET /client HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n",
        b"PROXY TCP9 192.0.2.1 198.51.100.1 4711 443\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x31",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0cabcdefghijkl",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04abcd",
        &[&b"PROXY UNKNOWN "[..], &[b'x'; 100]].concat(),
    ] {
        let mut wire = server.wire();
        wire.send(bytes);
        if bytes.len() == 13 {
            // Not whole yet, and not wrong yet.
            wire.send(b"\x11\0\0");
        }
        wire.closed();
    }
    server.wait_connections(0);
    assert!(server.app.seen.lock().unwrap().is_empty());
}

#[test]
fn strangers_are_refused() {
    for proxies in [&["192.0.2.0/24"][..], &["::1"], &["unix:"], &[]] {
        let server = server(proxies, Limits::default());
        for header in [V1, V2, LOCAL, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""] {
            let mut wire = server.wire();
            wire.send(header);
            wire.closed();
        }
        assert!(server.app.seen.lock().unwrap().is_empty());
    }
}

#[test]
fn rejected_peer_is_logged_once() {
    for (proxies, said) in [
        ("192.0.2.0/24", "its peer is none of the proxies"),
        ("127.0.0.1", "refused a connection of a proxy"),
    ] {
        let mut command = Command::new(program());
        command.arg("127.0.0.1:0").env("PROXY_PROTOCOL", proxies);
        let mut process = Process::spawn(&mut command);
        let address = process.address();
        for _ in 0..3 {
            let mut wire = Wire::connect(address);
            wire.send(get("/"));
            wire.closed();
        }
        // A look whether the port is open is nothing to log.
        drop(TcpStream::connect(address).unwrap());
        process.running.signal(testkit::Signal::Term);
        assert!(process.running.wait().success());
        let output = process.running.output();
        let lines: Vec<&str> = output
            .lines()
            .filter(|line| line.contains("WARN"))
            .collect();
        assert_eq!(lines.len(), 1, "{output}");
        assert!(lines[0].contains(said) && lines[0].contains("peer=127.0.0.1:"));
    }
}

#[test]
fn peer_of_a_unix_socket_is_trusted_only_by_unix_in_the_proxies() {
    let dir = temp_dir();
    for (name, proxies, is_one) in [("a", "unix:", true), ("b", "127.0.0.1", false)] {
        let path = dir.path().join(name);
        let proxies = TrustedProxies::new([proxies]).unwrap();
        let bound = Server::new().bind(Bind::unix(&path));
        let server = TestServer::with(bound.proxy_protocol(proxies));
        let mut wire = Wire::connect_unix(server.path());
        wire.send(&V1[..20]);
        wire.send([&V1[20..], get("/client").as_bytes()].concat());
        if is_one {
            assert_eq!(wire.response().text(), "192.0.2.1:4711 by unix:");
        } else {
            wire.closed();
        }
    }
}

#[test]
fn the_header_and_the_first_head_have_one_deadline() {
    let server = server(&["127.0.0.1"], Limits::default().head_timeout(ENOUGH));
    // All at once, since each takes its time.
    let cases = [
        (&b""[..], false),
        (&V1[..20], false),
        (V1, false),
        (b"PROXY UNKNOWN\r\nGET", true),
    ];
    let wires = cases.map(|(start, is_answered)| {
        let mut wire = server.wire();
        wire.send(start);
        (wire, is_answered)
    });
    let mut stream = TcpStream::connect(server.address()).unwrap();
    for (mut wire, is_answered) in wires {
        if is_answered {
            assert_eq!(wire.response().status, 408);
        }
        wire.closed();
    }
    // Dribbling does not prolong it.
    let mut bytes = b"PROXY UNKNOWN ".iter().chain(std::iter::repeat(&b'x'));
    wait_until("the dribbling proxy is cut off", || {
        use std::io::Write;
        stream.write_all(&[*bytes.next().unwrap()]).is_err()
    });
    server.wait_connections(0);
}

#[test]
fn connection_with_only_a_proxy_header_makes_room() {
    let server = server(&["127.0.0.1"], Limits::default().max_connections(1));
    let mut first = server.wire();
    first.send(&V1[..20]);
    server.wait_connections(1);
    let mut second = server.wire();
    second.send([V1, get("/").as_bytes()].concat());
    assert_eq!(second.response().status, 200);
    first.closed();
}

#[test]
fn a_stop_does_not_wait_for_headers() {
    let limits = Limits::default().idle_grace(ENOUGH);
    let server = server(&["127.0.0.1"], limits);
    let mut late = server.wire();
    late.send(&V1[..20]);
    let mut never = server.wire();
    server.wait_connections(2);
    server.handle.stop(Stop::Graceful);
    late.send([&V1[20..], get("/client").as_bytes()].concat());
    let reply = late.response();
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(reply.text().starts_with("192.0.2.1:4711"));
    never.closed();
    server.join();
}
