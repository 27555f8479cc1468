//! The demo `websocket`: a message reaches all sockets, and a malformed one ends its own.

use testkit::{Browser, Wire, wait_until};

use crate::Demo;

fn start() -> Demo {
    Demo::start(env!("CARGO_BIN_EXE_websocket_chat"), &[])
}

fn open(demo: &Demo) -> Wire {
    let mut wire = Wire::connect(demo.address);
    wire.send(format!(
        "GET /chatsocket HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        demo.address
    ));
    assert_eq!(wire.response().status, 101);
    wire
}

/// Sends a text, whose mask is zero, with at most 125 bytes.
fn send(wire: &mut Wire, text: &str) {
    let length = u8::try_from(text.len()).expect("a short text");
    wire.send([&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat());
}

/// Reads a frame with at most 65,535 bytes.
fn receive(wire: &mut Wire) -> (u8, Vec<u8>) {
    let head = wire.read_exact(2);
    let length = match head[1] {
        126 => wire
            .read_exact(2)
            .iter()
            .fold(0, |length, &byte| length << 8 | usize::from(byte)),
        length => usize::from(length),
    };
    (head[0] & 15, wire.read_exact(length))
}

fn receive_text(wire: &mut Wire) -> String {
    let (opcode, payload) = receive(wire);
    assert_eq!(opcode, 1, "{payload:?}");
    String::from_utf8(payload).expect("a text")
}

#[test]
fn message_reaches_all_sockets_and_the_page() {
    let demo = start();
    let (mut ada, mut bob) = (open(&demo), open(&demo));
    send(&mut ada, r#"{"body": "1"}"#);
    assert!(receive_text(&mut ada).contains(r#""body":"1""#));
    // Bob's handler may have started after the first message.
    send(
        &mut bob,
        r#"{"body": "a <b>", "id": "forged", "html": "forged"}"#,
    );
    let message = receive_text(&mut ada);
    assert!(
        message.contains("a &lt;b&gt;</div>") && !message.contains("forged"),
        "{message}"
    );
    drop(bob);
    send(&mut ada, r#"{"body": "3"}"#);
    assert!(receive_text(&mut ada).contains(r#""body":"3""#));
    let page = demo.visitor().get("/");
    assert_eq!(page.text().matches("class=\"message\"").count(), 3);
}

#[test]
fn malformed_messages_close_their_socket_with_the_reason() {
    let demo = start();
    for (index, (text, reason)) in [
        ("{", "EOF while parsing"),
        ("{}", "missing field `body`"),
        (r#"{"body": 1}"#, "body: invalid type: integer `1`"),
        (r#"{"body": "a"} x"#, "trailing characters"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut wire = open(&demo);
        send(&mut wire, text);
        let (opcode, payload) = receive(&mut wire);
        assert_eq!(
            (opcode, &payload[..2]),
            (8, &1008_u16.to_be_bytes()[..]),
            "{text}"
        );
        let sent = String::from_utf8_lossy(&payload[2..]);
        assert!(sent.starts_with(reason), "{text}: {sent}");
        wait_until("the line in the log", || demo.logged(" WARN ") == index + 1);
        assert_eq!(demo.logged(reason), 1, "{text}");
    }
    assert_eq!(demo.logged("ERROR"), 0);
}

#[test]
fn chromium_chats() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let demo = start();
    browser.open(&format!("http://{}/", demo.address));
    let is_open = || browser.run("return socket.readyState", &[]) == 1;
    wait_until("the socket is open", is_open);
    browser.type_into("#message", "hello <i>all</i>");
    browser.click("#messageform input[type=submit]");
    browser.wait_text("#inbox", "hello <i>all</i>");
    let mut other = open(&demo);
    send(&mut other, r#"{"body": "from another"}"#);
    browser.wait_text("#inbox", "from another");
}
