//! WebSockets of the example: handshakes, the chat in a browser, and reloads under open sockets.

use std::{net::SocketAddr, path::Path, thread};

use squall::{
    Application, CookieSecret, CurrentUser, Error, Response, WebSocket, WebSocketUpgrade, get,
    http::StatusCode,
};
use testkit::{Browser, Wire, wait_until};

use crate::{
    program::Friendfeed,
    sse::Serving,
    supervised::{Supervised, wait_gone},
};

const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Requests an upgrade with more header lines.
pub(crate) fn handshake(address: SocketAddr, path: &str, lines: &str) -> (Wire, testkit::Reply) {
    let mut wire = Wire::connect(address);
    wire.send(format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\n{HANDSHAKE}{lines}\r\n"
    ));
    let reply = wire.response();
    (wire, reply)
}

pub(crate) fn open(address: SocketAddr, path: &str) -> Wire {
    let (wire, reply) = handshake(address, path, "");
    assert_eq!(reply.status, 101, "{}", reply.head);
    wire
}

/// Sends a frame of a client, whose mask is zero, with at most 125 bytes.
pub(crate) fn send(wire: &mut Wire, opcode: u8, payload: &[u8]) {
    let length = u8::try_from(payload.len()).expect("a short payload");
    let head = [0x80 | opcode, 0x80 | length, 0, 0, 0, 0];
    wire.send([&head, payload].concat());
}

/// Reads a short frame of a server.
pub(crate) fn receive(wire: &mut Wire) -> (u8, Vec<u8>) {
    let head = wire.read_exact(2);
    assert!(head[1] < 126, "a long frame: {head:?}");
    (head[0] & 15, wire.read_exact(usize::from(head[1])))
}

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(message) = socket.recv().await {
            socket.send(message?).await?;
        }
        Ok(())
    })
}

/// Ends with the error that the first message asks for.
async fn failing(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(message) = socket.recv().await {
            match message?.as_text() {
                Some("fail") => return Err(Error::new("secret")),
                Some("refuse") => {
                    let refusal = Error::refusal(StatusCode::BAD_REQUEST, "no such room");
                    return Err(refusal.with_field("room"));
                }
                Some("panic") => panic!("secret"),
                Some("end") => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    })
}

#[test]
fn error_of_a_handler_is_the_close_frame() {
    let application = Application::new().route("/", get(failing));
    let site = Serving::start(application);
    for (text, code, reason) in [
        ("end", 1000_u16, ""),
        ("fail", 1011, "the server failed"),
        ("refuse", 1008, "no such room"),
        ("panic", 1011, "the server failed"),
    ] {
        let mut wire = open(site.address, "/");
        send(&mut wire, 1, text.as_bytes());
        let (opcode, payload) = receive(&mut wire);
        assert_eq!(opcode, 8, "{text}");
        assert_eq!(&payload[..2], code.to_be_bytes(), "{text}");
        assert_eq!(String::from_utf8_lossy(&payload[2..]), reason, "{text}");
        // The handler's end passes on to the connection.
        send(&mut wire, 8, &payload[..2]);
        wire.closed();
    }
    site.stopped();
}

#[test]
fn refused_handshakes_are_refusals() {
    let site = Friendfeed::start(&[]);
    let own = format!("Origin: http://{}\r\n", site.address);
    for (lines, status, reason) in [
        ("", 101, ""),
        (&*own, 101, ""),
        ("Origin: http://evil.example\r\n", 403, "another site"),
        ("Origin: null\r\n", 403, "another site"),
        ("Sec-WebSocket-Key: again\r\n", 400, "Sec-WebSocket-Key"),
    ] {
        let (_wire, reply) = handshake(site.address, "/ws/echo", lines);
        assert_eq!(reply.status, status, "{lines}: {}", reply.head);
        if status != 101 {
            let text = reply.text().to_lowercase();
            assert!(text.contains(&reason.to_lowercase()), "{lines}: {text}");
        }
    }
    let mut wire = Wire::connect(site.address);
    wire.send("GET /ws/echo HTTP/1.1\r\nHost: a\r\n\r\n");
    let plain = wire.response();
    assert_eq!(
        (plain.status, plain.header("upgrade")),
        (426, Some("websocket"))
    );
}

/// Each fault has its status, its reason in the response, and one line in the log. Nothing of the request is taken for a second one.
#[test]
fn faulty_handshakes_have_a_status_and_one_line() {
    let site = Friendfeed::start(&[]);
    let with = |lines: &str| format!("{HANDSHAKE}{lines}\r\n");
    let without = |name: &str| {
        let lines = HANDSHAKE.split_inclusive("\r\n");
        let lines: String = lines.filter(|line| !line.starts_with(name)).collect();
        format!("{lines}\r\n")
    };
    let key = "Sec-WebSocket-Key";
    let table = [
        ("GET", "1.1", without("Upgrade"), 426, "upgrade"),
        ("GET", "1.1", without("Connection"), 400, "connection"),
        (
            "GET",
            "1.1",
            without("Sec-WebSocket-Version"),
            426,
            "version",
        ),
        (
            "GET",
            "1.1",
            with("Sec-WebSocket-Version: 13\r\n"),
            426,
            "version",
        ),
        ("GET", "1.1", with("").replace("13", "12"), 426, "version"),
        ("GET", "1.1", without(key), 400, "key"),
        ("GET", "1.1", with("Sec-WebSocket-Key: a\r\n"), 400, "key"),
        ("GET", "1.1", with("").replace("dGhl", "dG"), 400, "key"),
        (
            "GET",
            "1.1",
            with("Content-Length: 2\r\n") + "ab",
            400,
            "body",
        ),
        (
            "GET",
            "1.1",
            with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
            400,
            "body",
        ),
        ("GET", "1.0", with(""), 400, "http/1.1"),
        ("HEAD", "1.1", with(""), 405, ""),
        ("POST", "1.1", with("Content-Length: 0\r\n"), 405, ""),
        (
            "GET",
            "1.1",
            with("Origin: http://evil.example\r\n"),
            403,
            "site",
        ),
        (
            "GET",
            "1.1",
            with("Origin: a\r\nOrigin: b\r\n"),
            403,
            "site",
        ),
    ];
    for (row, (method, version, rest, status, reason)) in table.iter().enumerate() {
        let target = format!("/ws/echo?{row}");
        let mut wire = Wire::connect(site.address);
        wire.send(format!(
            "{method} {target} HTTP/{version}\r\nHost: a\r\n{rest}"
        ));
        let reply = wire.response_to(method);
        assert_eq!(reply.status, *status, "{method} {rest}: {}", reply.head);
        let text = reply.text().to_lowercase();
        assert!(text.contains(reason), "{method} {rest}: {text}");
        wire.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let after = wire.read_all();
        let after = String::from_utf8_lossy(&after);
        let is_one = after.is_empty()
            || after.starts_with("HTTP/1.1 200 ") && after.matches("HTTP/1.").count() == 1;
        assert!(is_one, "{method} {rest}: {after}");
        let line = format!("{status} {method} {target} ");
        let count = || {
            site.requests()
                .iter()
                .filter(|found| found.starts_with(&line))
                .count()
        };
        wait_until("the line of the log", || count() > 0);
        assert_eq!(count(), 1, "{line}");
    }
    assert!(!site.running.output().contains("panicked"));
}

/// The XSRF check of an application lets handshakes of its own pages pass, without a token.
#[test]
fn handshakes_need_no_token_but_the_right_origin() {
    let site = Serving::start(Application::new().xsrf_cookies(true).route("/", get(echo)));
    let own = format!("Origin: http://{}\r\n", site.address);
    let (mut wire, reply) = handshake(site.address, "/", &own);
    assert_eq!(reply.status, 101);
    send(&mut wire, 1, b"hello");
    assert_eq!(receive(&mut wire), (1, b"hello".to_vec()));
    let (_, refused) = handshake(site.address, "/", "Origin: http://evil.example\r\n");
    assert_eq!(refused.status, 403);
    site.handle.stop(squall::Stop::Graceful);
    assert_eq!(receive(&mut wire).0, 8);
    send(&mut wire, 8, &1001_u16.to_be_bytes());
    site.stopped();
}

/// A guard of pages guards a handshake: the client has to be signed in.
#[test]
fn handshakes_need_the_user_that_the_handler_extracts() {
    let greet = async |upgrade: WebSocketUpgrade, CurrentUser(name): CurrentUser| {
        upgrade.on_upgrade(async move |mut socket: WebSocket| Ok(socket.send(name).await?))
    };
    let secret = CookieSecret::generate().expect("random bytes");
    let ada = CookieSecret::new(secret.clone()).expect("a good secret");
    let ada = ada.create_signed_value("user", "Ada", std::time::SystemTime::now());
    let application = Application::new()
        .cookie_secret(secret)
        .login_url("/login")
        .route("/login", get(async || "sign in"))
        .route("/", get(greet));
    let site = Serving::start(application);
    let (_anonymous, refused) = handshake(site.address, "/", "");
    assert_eq!(
        (refused.status, refused.header("location")),
        (302, Some("/login?next=%2F"))
    );
    let (_forged, refused) = handshake(site.address, "/", "Cookie: user=Ada\r\n");
    assert_eq!(refused.status, 302);
    let cookie = format!("Cookie: user={ada}\r\n");
    let (mut wire, reply) = handshake(site.address, "/", &cookie);
    assert_eq!(reply.status, 101, "{}", reply.head);
    assert_eq!(receive(&mut wire), (1, b"Ada".to_vec()));
}

/// Each socket gets 1001 and no other end, and each message that was sent before it has its echo.
#[test]
fn reload_closes_500_sockets_and_loses_no_message() {
    let site = Supervised::friendfeed(&["--processes", "2"]);
    let old = site.pids(2);
    let mut sockets: Vec<_> = (0..500).map(|_| open(site.address, "/ws/echo")).collect();
    for socket in &mut sockets {
        send(socket, 1, b"before");
        assert_eq!(receive(socket), (1, b"before".to_vec()));
    }
    thread::scope(|scope| {
        let reload = scope.spawn(|| site.client().reload());
        for socket in &mut sockets {
            send(socket, 2, b"during");
        }
        for socket in &mut sockets {
            let mut frame = receive(socket);
            // A message that came after the close frame was sent has no echo; its sender knows.
            if frame == (2, b"during".to_vec()) {
                frame = receive(socket);
            }
            let (opcode, payload) = frame;
            assert_eq!((opcode, &payload[..2]), (8, &1001_u16.to_be_bytes()[..]));
            send(socket, 8, &payload[..2]);
            socket.closed();
        }
        reload.join().expect("no panic").expect("the build is good");
    });
    wait_gone(&old);
    let mut again = open(site.address, "/ws/echo");
    send(&mut again, 1, b"after");
    assert_eq!(receive(&mut again), (1, b"after".to_vec()));
}

/// Handshakes over HTTP/2 (RFC 8441) on one connection with prior knowledge, as frames.
fn handshakes_over_http2(path: &str, count: u8) -> Vec<u8> {
    let literal = |name: &str, value: &str| {
        let part = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        [&[0][..], &part(name), &part(value)].concat()
    };
    let head = [
        literal(":method", "CONNECT"),
        literal(":protocol", "websocket"),
        literal(":scheme", "http"),
        literal(":path", path),
        literal(":authority", "a"),
        literal("sec-websocket-version", "13"),
    ]
    .concat();
    let mut frames = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..count {
        // END_HEADERS, and no END_STREAM.
        frames.extend([0, 0, head.len() as u8, 1, 4, 0, 0, 0, 2 * stream + 1]);
        frames.extend(&head);
    }
    frames
}

/// Sockets of HTTP/2 are streams of one connection, and each counts.
#[test]
fn open_sockets_are_counted() {
    let site = Supervised::friendfeed(&["--processes", "2"]);
    site.settled(2);
    let wait_count = |count: u64| {
        let line = format!("squall_websockets {count}");
        wait_until(&line, || {
            let (_, text) = site.ask("/metrics");
            text.lines().any(|found| found == line)
        });
        wait_until("the same in the status", || {
            site.status().total().websockets == count
        });
    };
    wait_count(0);
    let mut sockets: Vec<_> = (0..3).map(|_| open(site.address, "/ws/echo")).collect();
    wait_count(3);
    let (refused, reply) = handshake(site.address, "/ws/echo", "Origin: null\r\n");
    assert_eq!(reply.status, 403);
    drop(refused);
    let mut over_http2 = site.wire();
    over_http2.send(handshakes_over_http2("/ws/echo", 4));
    wait_count(7);
    wait_until("one connection for the four", || {
        site.status().total().connections == 3 + 1
    });
    // RST_STREAM of the first.
    over_http2.send([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]);
    wait_count(6);
    send(&mut sockets[0], 8, &1000_u16.to_be_bytes());
    wait_count(5);
    // The client vanishes.
    drop(sockets);
    wait_count(3);
    drop(over_http2);
    wait_count(0);
    let _socket = open(site.address, "/ws/echo");
    wait_count(1);
    for pid in site.pids(2) {
        crate::supervised::signal(pid, rustix::process::Signal::KILL);
        wait_gone(&[pid]);
    }
    wait_count(0);
}

/// Over TLS, Chromium opens the socket as a stream of the page's connection (RFC 8441).
#[cfg(feature = "tls")]
#[test]
fn chromium_chats_over_http2() {
    let Some(browser) = Browser::start_with(&["--ignore-certificate-errors"]) else {
        return;
    };
    let dir = testkit::temp_dir();
    let Some(site) = crate::https::start(dir.path(), &[]) else {
        return;
    };
    browser.open(&format!("https://{}/chat?room=tests", site.address));
    browser.wait_text("#state", "connected");
    browser.type_into("#text", "over HTTP/2");
    browser.click("#say button");
    browser.wait_text("#messages", "guest over HTTP/2");
    // The access log has one line for each handshake. Over HTTP/1.1 it were 101 for a GET.
    let handshake = "200 CONNECT /chat/socket?room=tests";
    let line = site.running.wait_line(" /chat/socket?");
    assert!(line.contains(handshake), "{line}");
}

#[test]
fn chromium_chats_and_goes_on_after_a_reload() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let site = Supervised::friendfeed(&["--processes", "2"]);
    let old = site.pids(2);
    browser.open(&format!("http://{}/chat?room=tests", site.address));
    browser.wait_text("#state", "connected");
    let say = |text: &str| {
        browser.type_into("#text", text);
        browser.click("#say button");
    };
    say("hello <b>all</b>");
    browser.wait_text("#messages", "guest hello <b>all</b>");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    for (width, dark) in [(1280, false), (360, true)] {
        browser.look(width, 800, dark);
        browser.screenshot(pictures.join(format!("chat-{width}.png")));
        let fits = browser.run(
            "return document.documentElement.scrollWidth <= innerWidth",
            &[],
        );
        assert_eq!(fits, true, "{width}");
    }
    site.client().reload().expect("the build is good");
    say("while connecting");
    browser.wait_text("#messages", "guest while connecting");
    wait_gone(&old);
    wait_until("the page to be connected", || {
        browser
            .text("#state")
            .is_some_and(|text| text == "connected")
    });
}
