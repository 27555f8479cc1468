//! A supervised service under systemd's socket activation, and as process 1 of a container.

use std::process::Command;

use rustix::process::Signal;
use testkit::{Running, Wire, free_port, temp_dir, wait_for, wait_until};

use crate::{
    load::under_load,
    program::{address, example},
    supervised::{children, quiet, signal, wait_gone},
};

#[test]
fn supervisor_works_as_process_1() {
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
        // Some systems do not allow user namespaces.
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
        // Process 1 adopts orphans: it must reap them, and not take them for workers.
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
    // Inside, process ids differ.
    assert!(account.pids.iter().all(|pid| *pid < 100), "{account:?}");
    signal(first, Signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn supervisor_serves_on_a_systemd_socket() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    for processes in ["1", "2"] {
        let directory = temp_dir();
        let port = free_port();
        let mut command = Command::new(&activate);
        quiet(&mut command, directory.path());
        // systemd-socket-activate passes only the environment variables of `-E`.
        let mut running = Running::spawn(
            command
                .arg(format!("--listen=127.0.0.1:{port}"))
                .args(["--setenv=TMPDIR", "--setenv=RUST_LOG"])
                .arg(example())
                .args(["--port", "1", "--processes", processes]),
        );
        running.wait_line("Listening on");
        let address = ([127, 0, 0, 1], port).into();
        // The program starts at the first connection, which waits in the backlog.
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
