//! Under systemd, or something that speaks like it.

use std::{os::unix::net::UnixDatagram, path::Path, process::Command, rc::Rc};

use testkit::{Running, Signal, free_port, wait_for};

use crate::house::{Program, Service, fixture, get};

struct Manager(UnixDatagram);

impl Manager {
    fn bind(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("the path is free");
        // A read with a timeout would end with EINTR when the machine goes on after a standstill.
        socket.set_nonblocking(true).expect("a socket can be");
        Self(socket)
    }

    #[track_caller]
    fn next(&self, expected: &str) -> String {
        let mut buffer = [0; 1000];
        let length = wait_for(expected, || self.0.recv(&mut buffer).ok());
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// The next message that is no sign of life.
    #[track_caller]
    fn receives(&self, expected: &str) {
        loop {
            let message = self.next(expected);
            if message != "WATCHDOG=1" {
                assert!(
                    message.contains(expected),
                    "{message:?} is not {expected:?}"
                );
                return;
            }
        }
    }
}

#[test]
fn service_manager_gets_readiness_status_and_stop() {
    let directory = Rc::new(testkit::temp_dir());
    let path = directory.path().join("manager");
    let manager = Manager::bind(&path);
    let program = Program::new("");
    // `Service::run` takes the manager of the tests away.
    let mut command = Command::new("env");
    command.arg(format!("NOTIFY_SOCKET={}", path.display()));
    command.arg("WATCHDOG_USEC=200000").arg(program.path());
    let mut service = Service::run(&mut command, &directory);
    manager.receives("READY=1\nMAINPID=");
    service.running.signal(Signal::Hup);
    manager.receives("RELOADING=1\nMONOTONIC_USEC=");
    manager.receives("READY=1");
    assert_eq!(manager.next("a sign of life"), "WATCHDOG=1");
    program.deploy("panic");
    service.running.signal(Signal::Hup);
    manager.receives("RELOADING=1");
    manager.receives("READY=1");
    service.running.signal(Signal::Usr2);
    manager.receives("RELOADING=1");
    manager.receives("READY=1");
    program.deploy("");
    service.running.signal(Signal::Usr2);
    manager.receives("RELOADING=1");
    // The reload is over, and so is the replacement.
    manager.receives("RELOADING=1");
    manager.receives("READY=1");
    service.running.signal(Signal::Term);
    manager.receives("STOPPING=1");
    assert!(service.running.wait().success());
}

#[test]
fn sockets_are_taken_over_from_systemd() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    let directory = testkit::temp_dir();
    let port = free_port();
    let mut command = Command::new(activate);
    command
        .arg(format!("--listen=127.0.0.1:{port}"))
        .arg("--fdname=web")
        .arg(fixture())
        .arg(format!("control={}/control", directory.path().display()))
        .env("TMPDIR", directory.path());
    let mut running = Running::spawn(&mut command);
    running.wait_line("Listening on");
    let address = ([127, 0, 0, 1], port).into();
    let page = get(address, "/").expect("the connection waits for the program to start");
    assert_eq!(page.field("generation"), "1");
    running.signal(Signal::Hup);
    running.wait_line("reloaded");
    let page = wait_for("the new generation", || {
        get(address, "/")
            .ok()
            .filter(|page| page.field("generation") == "2")
    });
    assert_ne!(page.field("task"), "none");
    running.signal(Signal::Term);
    assert!(running.wait().success());
}

#[test]
fn nonsense_in_listen_fds() {
    let cases = [
        ("LISTEN_FDS=99999999999", "LISTEN_FDS=\"99999999999\""),
        ("LISTEN_FDS=-1", "LISTEN_FDS=\"-1\""),
        ("LISTEN_FDS=many", "LISTEN_FDS=\"many\""),
        ("LISTEN_FDS=3", "cannot listen on inherited socket 0"),
        (
            "LISTEN_FDS=1 LISTEN_FDNAMES=a:b:c",
            "cannot listen on inherited socket 0 (\"a\")",
        ),
    ];
    for (environment, expected) in cases {
        let program = Program::new("");
        let mut command = Command::new("env");
        command.args(environment.split(' ')).arg(program.path());
        let mut service = Service::run(&mut command, &program.directory);
        assert_eq!(service.running.wait().code(), Some(2), "{environment}");
        let output = service.running.output();
        assert!(output.contains(expected), "{environment}: {output}");
    }
    // For another process, or nothing at all.
    for environment in ["LISTEN_FDS=1 LISTEN_PID=1", "LISTEN_FDS=0", "LISTEN_FDS="] {
        let program = Program::new("");
        let mut command = Command::new("env");
        command.args(environment.split(' ')).arg(program.path());
        let mut service = Service::run(&mut command, &program.directory);
        service.settled(2);
        service.stop();
    }
}
