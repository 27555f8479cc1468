//! The example `redis_chat`: its members are connected to two processes, with a real Redis or Valkey between them.

use std::{path::PathBuf, process::Command};

use testkit::{Running, Signal, TempDir, Wire, temp_dir, wait_for, wait_until};

use crate::{
    supervised::Supervised,
    websocket::{handshake, open, receive, send},
};

/// The close code of a member that has missed messages.
const TRY_AGAIN_LATER: u16 = 1013;

/// A broker on a unix socket in a directory of its own, so that another one can follow it there.
struct Broker {
    program: PathBuf,
    running: Running,
    directory: TempDir,
}

impl Broker {
    fn start() -> Option<Self> {
        let (program, directory) = (testkit::outside("redis-server")?, temp_dir());
        let running = Self::run(&program, &directory);
        Some(Self {
            program,
            running,
            directory,
        })
    }

    fn run(program: &PathBuf, directory: &TempDir) -> Running {
        let running = Running::spawn(
            Command::new(program)
                .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
                .arg("--dir")
                .arg(directory.path())
                .current_dir(directory.path()),
        );
        running.wait_line("eady to accept connections");
        running
    }

    fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.directory.path().display())
    }

    fn kill(&mut self) {
        self.running.signal(Signal::Kill);
        self.running.wait();
    }

    fn start_again(&mut self) {
        self.running = Self::run(&self.program, &self.directory);
    }
}

/// Opens sockets until both processes have some.
fn members_of_both(site: &Supervised) -> Vec<Wire> {
    wait_until("both processes to have the broker", || {
        // One process may refuse a handshake while the other accepts the next.
        (0..8).all(|_| handshake(site.address, "/socket", "").1.status == 101)
    });
    let wait_count = |count: usize| {
        wait_for("the sockets to be counted", || {
            let status = site.status();
            (status.total().websockets == count as u64).then_some(status)
        })
    };
    wait_count(0);
    let mut members = Vec::new();
    loop {
        members.push(open(site.address, "/socket"));
        let status = wait_count(members.len());
        let mut workers = status.workers.iter();
        if workers.all(|worker| worker.counters.websockets > 0) {
            return members;
        }
    }
}

/// Each member says something; all members get all of it, once, in the same order.
fn all_get_all(members: &mut [Wire], round: &str) {
    let entry = |id: usize| format!(r#"{{"id":"{round}-{id}","text":"hello"}}"#);
    for (id, member) in members.iter_mut().enumerate() {
        send(member, 1, entry(id).as_bytes());
    }
    let count = members.len();
    let mut received = members.iter_mut().map(|member| -> Vec<String> {
        let messages = (0..count).map(|_| receive(member));
        messages
            .map(|(opcode, payload)| {
                assert_eq!(opcode, 1, "{payload:?}");
                String::from_utf8(payload).expect("a text")
            })
            .collect()
    });
    let first = received.next().expect("a member");
    assert!(received.all(|others| others == first));
    let mut expected: Vec<_> = (0..count).map(entry).collect();
    let mut sorted = first;
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
}

#[test]
fn messages_cross_processes_and_a_lost_broker_is_reported() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let url = broker.url();
    let flags = ["--port", "0", "--processes", "2", "--redis", &url];
    let site = Supervised::start("redis_chat", &flags);
    site.settled(2);
    let mut members = members_of_both(&site);
    all_get_all(&mut members, "before");
    // Not entries: no member gets them, and their sender stays.
    send(&mut members[0], 1, b"no JSON");
    send(&mut members[0], 2, br#"{"id":"binary","text":""}"#);
    all_get_all(&mut members, "again");

    broker.kill();
    for member in &mut members {
        let (opcode, payload) = receive(member);
        let code = TRY_AGAIN_LATER.to_be_bytes();
        assert_eq!((opcode, &payload[..2]), (8, &code[..]));
        send(member, 8, &code);
        member.closed();
    }
    let (_, refused) = handshake(site.address, "/socket", "");
    assert_eq!(refused.status, 503, "{}", refused.head);

    broker.start_again();
    let mut members = members_of_both(&site);
    all_get_all(&mut members, "after");
    site.client().reload().expect("the build is good");
    for member in &mut members {
        assert_eq!(receive(member).1[..2], 1001_u16.to_be_bytes());
    }
}

#[test]
fn a_malformed_address_of_the_broker_ends_the_program() {
    let mut command = Command::new(crate::program::built("redis_chat"));
    let output = command
        .args(["--port", "0", "--redis", "nonsense"])
        .output();
    let output = output.expect("it was built");
    assert_ne!(output.status.code(), Some(0));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("URL"), "{error}");
}
