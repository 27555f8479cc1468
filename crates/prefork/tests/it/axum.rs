//! The example `axum_prefork`.

use std::{net::SocketAddr, process::Command};

use testkit::{Running, Signal, Wire, wait_for, wait_until};

use crate::house::{example, free_ports};

fn text(address: SocketAddr, path: &str) -> String {
    let mut wire = Wire::connect(address);
    wire.send(format!(
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    ));
    wire.response().text().to_owned()
}

#[test]
fn it_serves_reloads_and_counts() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_ports()));
    let directory = testkit::temp_dir();
    let mut command = Command::new(example("axum_prefork"));
    command
        .arg(address.to_string())
        .env("TMPDIR", directory.path());
    let mut running = Running::spawn(command.env_remove("XDG_RUNTIME_DIR"));
    wait_for("the port", || std::net::TcpStream::connect(address).ok());
    for _ in 0..10 {
        assert_eq!(text(address, "/"), "Hello, world\n");
    }
    running.signal(Signal::Hup);
    wait_until("the new generation", || {
        text(address, "/metrics").contains("squall_generation 2")
    });
    assert_eq!(text(address, "/"), "Hello, world\n");
    running.signal(Signal::Term);
    assert!(running.wait().success());
}
