//! The example beside axum: it closes its sockets in order before it ends.

use std::process::Command;

use testkit::{Running, Signal, Wire, wait_for};

#[test]
fn sockets_are_closed_before_the_program_ends() {
    let example = std::env::current_exe().unwrap();
    let example = example
        .parent()
        .unwrap()
        .with_file_name("examples/axum_websocket");
    let port = testkit::free_port();
    let mut child = Running::spawn(Command::new(example).arg(port.to_string()));
    let address = ([127, 0, 0, 1], port).into();
    wait_for("a connection", || {
        std::net::TcpStream::connect(address).ok()
    });
    let open = || {
        let mut wire = Wire::connect(address);
        wire.send(format!(
            "GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        assert_eq!(wire.response().status, 101);
        wire
    };
    let (mut one, mut two) = (open(), open());
    one.send(b"\x81\x85\0\0\0\0Hello");
    assert_eq!(two.read_exact(b"\x81\x05Hello".len()), b"\x81\x05Hello");
    assert_eq!(one.read_exact(b"\x81\x05Hello".len()), b"\x81\x05Hello");
    child.signal(Signal::Int);
    for wire in [&mut one, &mut two] {
        assert_eq!(
            wire.read_exact(b"\x88\x17\x03\xe9the server shuts down".len()),
            b"\x88\x17\x03\xe9the server shuts down"
        );
        wire.send(b"\x88\x82\0\0\0\0\x03\xe9");
        wire.closed();
    }
    assert!(child.wait().success());
}
