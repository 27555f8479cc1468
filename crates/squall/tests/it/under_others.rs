//! A service in several processes under somebody who has his own ideas: systemd, a container.

use std::process::Command;

use rustix::process::Signal;
use testkit::{Running, Wire, free_port, temp_dir, wait_for, wait_until};

use crate::{
    load::under_load,
    program::{address, example},
    supervised::{children, quiet, signal, wait_gone},
};

#[test]
fn as_the_first_process_of_a_container() {
    let (Some(unshare), Some(nsenter)) = (testkit::outside("unshare"), testkit::outside("nsenter"))
    else {
        return;
    };
    let enter = [
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--mount-proc",
    ];
    let may = Command::new(&unshare).args(enter).arg("true").output();
    if !may.expect("it is there").status.success() {
        // Some systems keep namespaces from ordinary users.
        return;
    }
    let directory = temp_dir();
    let mut command = Command::new(unshare);
    quiet(&mut command, directory.path());
    command.args(enter).arg("--kill-child").arg(example());
    let mut container = Running::spawn(command.args(["--port", "0", "--processes", "2"]));
    let address = address(&container);
    let first = children(container.pid())[0];
    container.wait_line("task 0");
    container.wait_line("task 1");
    let workers = children(first);
    assert_eq!(workers.len(), 2);
    let account = under_load(address, || {
        // An orphan comes to the first process, and must not stay as a zombie or pass for a worker.
        let orphan = Command::new(nsenter)
            .args(["--target", &first.to_string(), "--user", "--pid", "--mount"])
            .args(["sh", "-c", "sleep 0.01 & echo $!"])
            .output()
            .expect("it is there");
        assert!(orphan.status.success(), "{orphan:?}");
        wait_until("the orphan to be gone", || children(first) == workers);
        signal(first, Signal::HUP);
        container.wait_line("reloaded");
        wait_gone(&workers);
    });
    account.nothing_is_lost();
    // They are numbered inside.
    assert!(account.pids.iter().all(|pid| *pid < 100), "{account:?}");
    signal(first, Signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn on_a_socket_of_systemd() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    for processes in ["1", "2"] {
        let directory = temp_dir();
        let port = free_port();
        let mut command = Command::new(&activate);
        quiet(&mut command, directory.path());
        // systemd-socket-activate hands down only the environment that it is told to.
        let mut running = Running::spawn(
            command
                .arg(format!("--listen=127.0.0.1:{port}"))
                .args(["--setenv=TMPDIR", "--setenv=RUST_LOG"])
                .arg(example())
                .args(["--port", "1", "--processes", processes]),
        );
        running.wait_line("Listening on");
        let address = ([127, 0, 0, 1], port).into();
        // It starts with the first connection, which waits for it.
        let mut wire = Wire::connect(address);
        wire.send("GET /users/7 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(wire.response().text(), "user 7\n");
        if processes == "2" {
            let workers = wait_for("both workers", || {
                let workers = children(running.pid());
                (workers.len() == 2).then_some(workers)
            });
            let account = under_load(address, || {
                running.signal(testkit::Signal::Hup);
                wait_gone(&workers);
            });
            account.nothing_is_lost();
        }
        running.signal(testkit::Signal::Term);
        assert_eq!(running.wait().code(), Some(0), "{processes}");
    }
}
