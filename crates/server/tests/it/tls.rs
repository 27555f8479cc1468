//! HTTPS: real clients, names, certificates of clients, files that change, and the same deadlines
//! as without.

use std::{
    fs,
    io::{Read, Write},
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use squall_server::{ClientCertificates, Limits, Server, Stop, Tls, TrustedProxies};
use testkit::{Wire, outside, wait_until};

use crate::{
    authority::{Authority, Pair, connect, open, shake_hands},
    frames::{Client, GOAWAY},
    harness::{ENOUGH, TestServer, get},
    process::{Process, program},
};

const SHORT: Duration = Duration::from_millis(500);

fn tls(pair: &Pair) -> Tls {
    Tls::new(&pair.chain, &pair.key)
}

fn serve(tls: Tls, limits: Limits) -> TestServer {
    TestServer::with(Server::new().bind_tls("127.0.0.1:0", tls).limits(limits))
}

/// An authority, and a server with a certificate for a.test that it has issued.
fn simple(limits: Limits) -> (Authority, TestServer) {
    let authority = Authority::new();
    let server = serve(tls(&authority.issue("a", &["a.test"])), limits);
    (authority, server)
}

/// The certificate that the server shows to a client that asks for this name, or for none.
fn shown(authority: &Authority, address: SocketAddr, name: &str) -> Vec<u8> {
    let client = connect(authority.gullible_client(), address, name).unwrap();
    client.conn.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn curl() {
    let Some(curl) = outside("curl") else { return };
    let (authority, server) = simple(Limits::default());
    let port = server.address().port();
    let ask = |options: &[&str]| {
        let mut command = Command::new(&curl);
        command
            .args(["--silent", "--show-error", "--max-time", "30"])
            .args(["--write-out", " over %{http_version}", "--cacert"])
            .arg(authority.path())
            .args(["--resolve", &format!("a.test:{port}:127.0.0.1")])
            .arg(format!("https://a.test:{port}/tls"))
            .args(options);
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert_eq!(ask(&["--http2"]), "a.test h2 0 over 2");
    assert_eq!(ask(&["--http1.1"]), "a.test http/1.1 0 over 1.1");
    assert_eq!(
        ask(&["--http1.1", "--no-alpn"]),
        "a.test no protocol 0 over 1.1"
    );
    assert_eq!(ask(&["--tls-max", "1.2", "--http2"]), "a.test h2 0 over 2");
    let old = ask(&["--tls-max", "1.1"]);
    assert!(old.contains("alert") || old.contains("SSL"), "{old}");
}

#[test]
fn openssl() {
    let Some(openssl) = outside("openssl") else {
        return;
    };
    let (authority, server) = simple(Limits::default());
    for (version, offered, agreed) in [
        ("-tls1_3", "h2,http/1.1", "h2"),
        ("-tls1_2", "http/1.1", "http/1.1"),
        ("-tls1_3", "http/1.1,h2", "h2"),
    ] {
        let mut command = Command::new(&openssl);
        command
            .args([
                "s_client",
                "-connect",
                &server.address().to_string(),
                version,
            ])
            .args(["-servername", "a.test", "-verify_hostname", "a.test"])
            .args(["-verify_return_error", "-alpn", offered, "-CAfile"])
            .arg(authority.path());
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("Verify return code: 0 (ok)"), "{text}");
        assert!(
            text.contains(&format!("ALPN protocol: {agreed}\n")),
            "{text}"
        );
    }
}

#[test]
fn the_name_chooses_the_certificate() {
    let authority = Authority::new();
    let first = authority.issue("a", &["a.test", "*.a.test"]);
    let second = authority.issue("b", &["b.test", "127.0.0.1"]);
    let all = tls(&first).certificate(&second.chain, &second.key);
    let server = serve(all, Limits::default());
    for (name, expected) in [
        ("a.test", &first),
        ("A.TEST", &first),
        ("x.a.test", &first),
        ("b.test", &second),
        ("B.test", &second),
        // No name matches: the first certificate.
        ("x.y.a.test", &first),
        ("x.b.test", &first),
        ("c.test", &first),
        // A client that asks for an address sends no name.
        ("127.0.0.1", &first),
    ] {
        assert_eq!(
            shown(&authority, server.address(), name),
            *expected.own(),
            "{name}"
        );
    }
}

/// Clients may support one kind of signature only.
#[test]
fn the_kind_of_key_chooses_among_certificates_of_one_name() {
    let authority = Authority::new();
    let ed25519 = authority.issue_with("ed", &["a.test"], &rcgen::PKCS_ED25519, |_| {});
    let ecdsa = authority.issue("ec", &["a.test"]);
    let both = tls(&ed25519).certificate(&ecdsa.chain, &ecdsa.key);
    let server = serve(both, Limits::default());
    assert_eq!(
        shown(&authority, server.address(), "a.test"),
        *ed25519.own()
    );
    let Some(openssl) = outside("openssl") else {
        return;
    };
    let mut command = Command::new(openssl);
    command
        .args(["s_client", "-connect", &server.address().to_string()])
        .args([
            "-servername",
            "a.test",
            "-sigalgs",
            "ecdsa_secp256r1_sha256",
        ]);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // OpenSSL 3.5 prints `ecdsa_secp256r1_sha256`, earlier versions `ECDSA`.
    let text = text.to_lowercase();
    assert!(text.contains("peer signature type: ecdsa"), "{text}");
}

#[test]
fn certificates_of_clients() {
    let authority = Authority::new();
    let strange = Authority::new();
    let own = authority.issue("a", &["a.test"]);
    let good = authority.issue("client", &["client.test"]);
    let expired = authority.issue_expired("expired", &["client.test"]);
    let foreign = strange.issue("client", &["client.test"]);
    for (need, without) in [
        (ClientCertificates::Required, false),
        (ClientCertificates::Optional, true),
    ] {
        let settings = tls(&own).client_certificates(authority.path(), need);
        let server = serve(settings, Limits::default());
        for (shows, is_served) in [
            (None, without),
            (Some(&good), true),
            (Some(&expired), false),
            (Some(&foreign), false),
        ] {
            let config = authority.client(shows);
            let mut client = connect(config, server.address(), "a.test").unwrap();
            let _ = client.write_all(get("/tls").as_bytes());
            // A client that is refused gets an alert instead of an answer.
            let is_refused = client.read(&mut [0; 1]).is_err();
            assert_eq!(is_refused, !is_served, "{need:?} {shows:?}");
            if is_served {
                let mut wire = Wire::over(
                    connect(authority.client(shows), server.address(), "a.test").unwrap(),
                );
                wire.send(get("/tls"));
                let certificates = usize::from(shows.is_some());
                let expected = format!("a.test no protocol {certificates}");
                assert_eq!(wire.response().text(), expected);
            }
        }
    }
}

#[test]
fn files_that_cannot_be_used() {
    let authority = Authority::new();
    let good = authority.issue("good", &["a.test"]);
    let other = authority.issue("other", &["a.test"]);
    let file = |name: &str, text: &str| {
        let path = authority.dir().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let missing = authority.dir().join("missing.pem");
    let empty = file("empty.pem", "");
    let text = file("text.pem", "no PEM at all\n");
    let cut = file("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let garbage = file(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let bad_key = file(
        "bad.key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    let encrypted = file(
        "encrypted.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let legacy = |kind: &str, end: &str| {
        let header = format!("Proc-Type: 4,ENCRYPTED{end}DEK-Info: AES-256-CBC,00AA{end}{end}");
        format!(
            "-----BEGIN {kind} PRIVATE KEY-----{end}{header}AAAA{end}-----END {kind} PRIVATE KEY-----{end}"
        )
    };
    let encrypted_rsa = file("rsa.key", &legacy("RSA", "\n"));
    let encrypted_ec = file("ec.key", &legacy("EC", "\r\n"));
    for (chain, key, said) in [
        (&missing, &good.key, "cannot read DIR/missing.pem"),
        (&good.chain, &missing, "cannot read DIR/missing.pem"),
        (&empty, &good.key, "no certificate in DIR/empty.pem"),
        (&text, &good.key, "no certificate in DIR/text.pem"),
        (&good.key, &good.key, "no certificate in DIR/good.key"),
        (&cut, &good.key, "DIR/cut.pem is not PEM: "),
        (
            &garbage,
            &good.key,
            "cannot use what is in DIR/garbage.pem: ",
        ),
        (&good.chain, &empty, "no private key in DIR/empty.pem"),
        (&good.chain, &good.chain, "no private key in DIR/good.pem"),
        (
            &good.chain,
            &encrypted,
            "the private key in DIR/encrypted.key is encrypted; decrypt it with `openssl pkey",
        ),
        (
            &good.chain,
            &encrypted_rsa,
            "the private key in DIR/rsa.key is encrypted; decrypt it",
        ),
        (
            &good.chain,
            &encrypted_ec,
            "the private key in DIR/ec.key is encrypted; decrypt it",
        ),
        (&good.chain, &bad_key, "cannot use what is in DIR/bad.key: "),
        (
            &good.chain,
            &other.key,
            "the key in DIR/other.key is not that of the certificate in DIR/good.pem",
        ),
    ] {
        let said = said.replace("DIR", &authority.dir().display().to_string());
        let error = Tls::new(chain, key).check().unwrap_err().to_string();
        assert!(error.contains(&said), "{error}");
        // A second one is looked at like the first.
        let error = tls(&good).certificate(chain, key).check().unwrap_err();
        assert!(error.to_string().contains(&said), "{error}");
        let error = Server::new()
            .bind_tls("127.0.0.1:0", Tls::new(chain, key))
            .listen()
            .unwrap_err();
        assert!(error.to_string().contains(&said), "{error}");
    }
    for authorities in [&missing, &empty, &garbage] {
        let settings = tls(&good).client_certificates(authorities, ClientCertificates::Required);
        let error = settings.check().unwrap_err().to_string();
        assert!(
            error.contains(&authorities.display().to_string()),
            "{error}"
        );
    }
}

/// Asks again and again over new connections, over one that stays, and counts what went wrong.
fn load(
    authority: &Authority,
    address: SocketAddr,
    stop: &AtomicBool,
    asked: &AtomicUsize,
) -> usize {
    let mut kept = authority.wire(address, "a.test");
    let mut errors = 0;
    while !stop.load(Ordering::Relaxed) {
        kept.send(get("/"));
        errors += usize::from(kept.response().text() != "hello");
        match connect(authority.client(None), address, "a.test") {
            Ok(client) => {
                let mut wire = Wire::over(client);
                wire.send(get("/"));
                errors += usize::from(wire.response().text() != "hello");
            }
            Err(_) => errors += 1,
        }
        asked.fetch_add(2, Ordering::Relaxed);
    }
    errors
}

#[test]
fn new_certificates_under_load() {
    let (authority, server) = simple(Limits::default());
    let (stop, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let address = server.address();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| load(&authority, address, &stop, &asked)))
            .collect();
        for round in 0..10 {
            let before = asked.load(Ordering::Relaxed);
            let new = authority.issue("a", &["a.test"]);
            // By order, and by a look of its own.
            if round % 5 != 0 {
                server.handle.reload_certificates();
            }
            wait_until("the new certificate is shown, under load", || {
                shown(&authority, address, "a.test") == *new.own()
                    && asked.load(Ordering::Relaxed) > before + 10
            });
        }
        stop.store(true, Ordering::Relaxed);
        let errors: usize = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum();
        assert_eq!(errors, 0, "of {asked:?}");
    });
}

#[test]
fn broken_files_change_nothing_and_are_logged_once() {
    let authority = Authority::new();
    let pair = authority.issue("a", &["a.test"]);
    let mut command = Command::new(program());
    command
        .arg("127.0.0.1:0")
        .env("TLS_CHAIN", &pair.chain)
        .env("TLS_KEY", &pair.key);
    let process = Process::spawn(&mut command);
    let address = process.address();
    let first = pair.own();
    fs::write(&pair.chain, "broken").unwrap();
    let line = process.running.wait_line("the old ones stay");
    assert!(line.contains("ERROR") && line.contains("a.pem"), "{line}");
    assert_eq!(shown(&authority, address, "a.test"), *first);
    let second = authority.issue_expired("a", &["a.test"]);
    let line = process.running.wait_line("clients will refuse");
    assert!(line.contains("WARN") && line.contains("a.pem"), "{line}");
    wait_until("the new certificate is shown", || {
        shown(&authority, address, "a.test") == *second.own()
    });
    // Logged after that.
    process.running.wait_line("read the certificates again");
    let output = process.running.output();
    assert_eq!(output.matches("the old ones stay").count(), 1, "{output}");
    assert_eq!(
        output.matches("read the certificates again").count(),
        1,
        "{output}"
    );
}

#[test]
fn plain_http_on_a_tls_port_gets_a_400_that_names_https() {
    let (_authority, server) = simple(Limits::default());
    let mut wire = server.wire();
    wire.send(get("/"));
    let reply = wire.response();
    assert_eq!(
        (reply.status, reply.text()),
        (400, "this port speaks HTTPS\n")
    );
    wire.closed();
    assert!(server.app.seen.lock().unwrap().is_empty());
}

#[test]
fn connection_that_is_not_tls_is_closed() {
    let (_authority, server) = simple(Limits::default());
    for bytes in [
        &b"\x16\x03\x01\xff\xff"[..],
        b"\0\0\0\0\0\0\0\0",
        b"\x80\x2e\x01\x03\x01\0\x15\0\0\0",
    ] {
        let mut wire = server.wire();
        wire.send(bytes);
        // The output, if any, is an alert.
        let said = wire.read_all();
        assert!(said.is_empty() || said[0] == 21, "{said:?}");
    }
    drop(server.wire());
    server.wait_connections(0);
}

#[test]
fn the_handshake_and_the_first_head_have_one_deadline() {
    let (authority, server) = simple(Limits::default().head_timeout(ENOUGH));
    // Hands are shaken, and of a head comes nothing, or a part.
    let mut shaken = authority.wire(server.address(), "a.test");
    let mut part = authority.wire(server.address(), "a.test");
    part.send("GET / HT");
    // Nothing, and a handshake that dribbles in.
    let mut silent = server.wire();
    let mut hello = open(server.address());
    let mut bytes = client_hello(&authority).into_iter();
    wait_until("the dribbling client is cut off", || {
        let next = bytes.next().expect("the hello is longer than patience");
        hello.write_all(&[next]).is_err()
    });
    silent.closed();
    // In the way of TLS.
    shaken.closed();
    assert_eq!(part.response().status, 408);
    part.closed();
    server.wait_connections(0);
}

/// So it is for its time alone that the dribbling client is cut off.
#[test]
fn a_hello_that_comes_byte_by_byte_is_answered() {
    let (authority, server) = simple(Limits::default());
    let mut stream = open(server.address());
    stream.set_nodelay(true).unwrap();
    for byte in client_hello(&authority) {
        stream.write_all(&[byte]).unwrap();
    }
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(first, [22], "the server's hello");
}

/// The ClientHello, made long by unknown protocols.
fn client_hello(authority: &Authority) -> Vec<u8> {
    use tokio_rustls::rustls::{ClientConnection, pki_types::ServerName};
    let mut config = authority.client(None);
    config.alpn_protocols = (0..64).map(|index| vec![index; 200]).collect();
    let name = ServerName::try_from("a.test").unwrap();
    let mut connection = ClientConnection::new(config.into(), name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn connections_rest_and_end_as_without_tls() {
    let limits = Limits::default()
        .keep_alive_timeout(ENOUGH)
        .idle_grace(SHORT);
    let (authority, server) = simple(limits);
    let mut idle = authority.wire(server.address(), "a.test");
    for _ in 0..3 {
        idle.send(get("/"));
        assert_eq!(idle.response().text(), "hello");
    }
    idle.closed();
    let mut busy = authority.wire(server.address(), "a.test");
    busy.send(get("/wait"));
    server.wait_seen(4);
    let mut config = authority.client(None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let http2 = connect(config, server.address(), "a.test").unwrap();
    let mut http2 = Client::begin(http2);
    http2.get(1, "/");
    assert_eq!(http2.response(1).1, "hello");
    server.handle.stop(Stop::Graceful);
    http2.wait(|frame| frame.kind == GOAWAY);
    http2.rest();
    server.app.gate.add_permits(1);
    let reply = busy.response();
    assert_eq!(reply.text(), "waited");
    assert_eq!(reply.header("connection"), Some("close"));
    busy.closed();
    server.join();
}

#[test]
fn response_that_no_client_reads_is_cut_off() {
    let (authority, server) = simple(Limits::default().body_timeout(SHORT));
    let mut wire = authority.wire(server.address(), "a.test");
    wire.send(get("/big"));
    server.wait_seen(1);
    server.wait_connections(0);
}

#[test]
fn a_response_that_is_taken_slowly() {
    let limits = Limits::default()
        .head_timeout(ENOUGH)
        .body_timeout(3 * ENOUGH);
    let (authority, server) = simple(limits);
    let big = b"GET /huge HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let request = || {
        let client = connect(authority.client(None), server.address(), "a.test");
        let mut client = client.unwrap();
        client.write_all(big).unwrap();
        client
    };
    let mut client = request();
    let mut received = 0;
    let _stuck = request();
    server.wait_seen(2);
    // Until the stuck client is cut off: longer than a pause may be.
    while server.handle.connections() > 1 {
        // A pause: a silent connection runs out of its shorter time.
        server.wire().closed();
        // More than the system keeps for a socket, so that the server can go on.
        let mut chunk = vec![0; 2 << 20];
        client.read_exact(&mut chunk).unwrap();
        received += chunk.len();
    }
    assert!(received < 32 << 20, "the server was not kept waiting");
    // Ends in the way of TLS, or this would fail.
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert!(received + rest.len() > 64 << 20);
}

#[test]
fn an_upgrade() {
    let (authority, server) = simple(Limits::default());
    let config = authority.client(None);
    let mut client = connect(config, server.address(), "a.test").unwrap();
    client
        .write_all(
            b"GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nping",
        )
        .unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\nping") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        said.extend(byte);
    }
    assert!(said.starts_with(b"HTTP/1.1 101 "));
}

#[test]
fn tls_connection_without_a_request_makes_room() {
    let (authority, server) = simple(Limits::default().max_connections(2));
    let mut silent = server.wire();
    server.wait_connections(1);
    let shaken = authority.wire(server.address(), "a.test");
    for _ in 0..2 {
        let mut wire = authority.wire(server.address(), "a.test");
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
    }
    silent.closed();
    drop(shaken);
}

#[test]
fn behind_the_proxy_protocol() {
    let authority = Authority::new();
    let proxies = TrustedProxies::new(["127.0.0.1"]).unwrap();
    let server = TestServer::with(
        Server::new()
            .bind_tls("127.0.0.1:0", tls(&authority.issue("a", &["a.test"])))
            .proxy_protocol(proxies),
    );
    let v1 = b"PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\r\n";
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\
        \xc0\0\x02\x01\xc6\x33\x64\x01\x12\x67\x01\xbb\x04\0\x04abcd";
    for header in [&v1[..], &v2[..]] {
        for piece in [1, header.len()] {
            let mut stream = open(server.address());
            for piece in header.chunks(piece) {
                stream.write_all(piece).unwrap();
            }
            let client = shake_hands(authority.client(None), stream, "a.test").unwrap();
            let mut wire = Wire::over(client);
            wire.send(get("/client"));
            assert!(wire.response().text().starts_with("192.0.2.1:4711 by 127."));
        }
    }
    // The header and the handshake's beginning in one piece.
    let mut stream = open(server.address());
    stream
        .write_all(&[&v2[..], &client_hello(&authority)].concat())
        .unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(first, [22], "the server's hello");
    // TLS without the header is refused.
    let refused = connect(authority.client(None), server.address(), "a.test");
    assert!(refused.is_err());
}

#[test]
fn beside_a_plain_port() {
    let authority = Authority::new();
    let server = TestServer::with(
        Server::new()
            .bind("127.0.0.1:0")
            .bind_tls("127.0.0.1:0", tls(&authority.issue("a", &["a.test"])))
            .threads(2),
    );
    let mut plain = server.wire();
    plain.send(get("/"));
    assert_eq!(plain.response().text(), "hello");
    let address = server.addresses[1].tcp().unwrap();
    let mut wire = authority.wire(address, "a.test");
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}
