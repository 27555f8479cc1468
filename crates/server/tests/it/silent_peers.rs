//! Ten thousand peers that connect and send nothing.

use std::{
    io::{ErrorKind, Read},
    net::TcpStream,
    process::Command,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::{Wire, wait_until};

use crate::{
    harness::get,
    process::{Process, program},
};

/// Descriptors for the other tests of this process.
const SPARE_DESCRIPTORS: u64 = 500;

/// As many peers as this process may have, up to 10,000.
fn peers() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let room = maximum.map_or(u64::MAX, |most| most.saturating_sub(SPARE_DESCRIPTORS));
    usize::try_from(room.min(10_000)).unwrap()
}

#[test]
fn are_gone_after_the_deadline_while_others_are_served() {
    // Long enough that they are all there at once.
    let mut process = Process::spawn(
        Command::new(program())
            .arg("127.0.0.1:0")
            .env("HEAD_TIMEOUT_MS", "5000"),
    );
    let address = process.address();
    let mut other = Wire::connect(address);
    let mut serve = || {
        other.send(get("/"));
        assert_eq!(other.response().text(), "hello");
    };
    let mut silent: Vec<TcpStream> = (0..peers())
        .map(|index| {
            if index % 100 == 0 {
                serve();
            }
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nonblocking(true).unwrap();
            stream
        })
        .collect();
    let many = silent.len();
    assert!(
        many > 400,
        "{many} are not many: raise the descriptor limit"
    );
    wait_until("all silent peers are gone", || {
        serve();
        silent.retain_mut(|stream| match stream.read(&mut [0]) {
            Ok(read) => {
                assert_eq!(read, 0, "nobody asked, so nothing is said");
                false
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        });
        silent.is_empty()
    });
    serve();
    drop(other);
    process.running.signal(testkit::Signal::Term);
    assert!(process.running.wait().success());
}
