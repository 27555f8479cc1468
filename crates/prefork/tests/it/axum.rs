//! The example `axum_prefork`.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use testkit::{Running, Signal, free_port, wait_for};

use crate::house::example;

/// Waits for a response that contains `expected`. In a graceful shutdown, axum closes a connection
/// whose request has not arrived yet, so a request is sent again.
fn wait_text(address: SocketAddr, path: &str, expected: &str) {
    wait_for(expected, || {
        let response = get(address, path).ok()?;
        response.contains(expected).then_some(())
    });
}

fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

#[test]
fn it_serves_reloads_and_counts() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let directory = testkit::temp_dir();
    let mut command = Command::new(example("axum_prefork"));
    command
        .arg(address.to_string())
        .env("TMPDIR", directory.path());
    let mut running = Running::spawn(command.env_remove("XDG_RUNTIME_DIR"));
    wait_for("the port", || TcpStream::connect(address).ok());
    for _ in 0..10 {
        let response = get(address, "/").expect("no worker stops");
        assert!(response.ends_with("\r\n\r\nHello, world\n"), "{response}");
    }
    running.signal(Signal::Hup);
    wait_text(address, "/metrics", "squall_generation 2");
    wait_text(address, "/", "\r\n\r\nHello, world\n");
    running.signal(Signal::Term);
    assert!(running.wait().success());
}
