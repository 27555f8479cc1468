//! Where the workers listen.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, process::Command, rc::Rc};

use testkit::{Running, free_ports, stale_socket};

use crate::house::{Program, Service, fixture, get, get_unix};

#[test]
fn a_second_copy_on_the_same_port_is_refused() {
    let first = Program::new("");
    let mut service = first.service(&[]);
    service.settled(2);
    let address = service.address();
    let directory = testkit::temp_dir();
    let mut second = Command::new(fixture());
    second
        .arg(format!("listen={address}"))
        .arg(format!("control={}/control", directory.path().display()));
    let mut second = Running::spawn(&mut second);
    assert_eq!(second.wait().code(), Some(1));
    let output = second.output();
    assert!(
        output.contains(&format!(
            "{address} is in use by another process; stop it or choose another address: Address already in use"
        )),
        "{output}"
    );
    service.get();
    service.stop();
}

#[test]
fn the_kernel_spreads_connections_over_the_slots() {
    for (arguments, name) in [(vec![], "group"), (vec!["shared=1"], "shared")] {
        let mut service = Program::new("").service(&arguments);
        service.settled(2);
        let tasks: Vec<String> = (0..40)
            .map(|_| service.get().field("task").to_owned())
            .collect();
        if name == "group" {
            let first = tasks.iter().filter(|task| *task == "0").count();
            assert!((1..40).contains(&first), "{tasks:?}");
        }
        service.stop();
    }
}

#[test]
fn a_port_for_each_worker() {
    let first = free_ports(4);
    let mut service = Program::new("").service(&[&format!("ports={first}")]);
    let ask = |task: u16| get(SocketAddr::from(([127, 0, 0, 1], first + task)), "/");
    service.settled(2);
    for task in 0..2 {
        let page = ask(task).expect("the worker is ready");
        assert_eq!(page.field("task"), task.to_string());
    }
    // The address that `Service::run` adds is shared.
    service.get();
    let mut client = service.client();
    let error = client.scale(5).expect_err("there are four").to_string();
    assert!(error.contains("from 1 to 4"), "{error}");
    client.scale(4).expect("there are four");
    service.settled(4);
    assert_eq!(ask(3).expect("the worker is ready").field("task"), "3");
    client.scale(3).expect("there are four");
    testkit::wait_until("its port to be closed", || ask(3).is_err());
    service.stop();
}

#[test]
fn unix_sockets() {
    let program = Program::new("");
    let path = program.directory.path().join("app.sock");
    // A stale one makes way.
    stale_socket(&path);
    let listen = format!("listen=unix:{}", path.display());
    let mut service = program.service(&[&listen]);
    service.settled(2);
    assert_eq!(
        fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777,
        0o660
    );
    get_unix(&path).expect("the service answers");
    service.client().reload().expect("the build is good");
    get_unix(&path).expect("the service answers");

    let other = Program::new("");
    let mut second = other.service(&[&listen]);
    assert_eq!(second.running.wait().code(), Some(1));
    let output = second.running.output();
    assert!(output.contains("is in use by another process"), "{output}");
    get_unix(&path).expect("the first copy still answers");
    service.stop();
    assert!(!path.exists());

    fs::write(&path, "precious").expect("the path is free");
    let mut third = other.service(&[&listen]);
    assert_eq!(third.running.wait().code(), Some(1));
    assert_eq!(fs::read_to_string(&path).expect("it stays"), "precious");
}

#[test]
fn addresses_that_cannot_be() {
    let cases = [
        ("listen=192.0.2.1:80", 1, "cannot listen on 192.0.2.1:80: "),
        ("listen=nowhere", 2, "\"nowhere\" is not an address"),
        (
            "listen=unix:/missing/directory/socket",
            1,
            "cannot listen on unix:/missing",
        ),
        ("processes=1025", 2, "1025 processes are more than 1024"),
    ];
    for (argument, code, expected) in cases {
        let mut service = Program::new("").service(&[argument]);
        assert_eq!(service.running.wait().code(), Some(code), "{argument}");
        let output = service.running.output();
        assert!(output.contains(expected), "{argument}: {output}");
        assert!(!output.contains("worker started"), "{argument}: {output}");
    }
}

#[test]
fn no_permission_on_a_port() {
    // Root could, so the supervisor runs as nobody.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let Some(setpriv) = testkit::outside("setpriv") else {
        return;
    };
    let directory = Rc::new(testkit::temp_dir());
    let copy = directory.path().join("program");
    fs::copy(fixture(), &copy).expect("the temporary directory has room");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let mut command = Command::new(setpriv);
    command
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--bounding-set=-all",
        ])
        .arg(copy)
        .arg("listen=127.0.0.1:81");
    let mut service = Service::run(&mut command, &directory);
    let code = service.running.wait().code();
    let output = service.running.output();
    let unprivileged = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if unprivileged.is_ok_and(|start| start.trim() == "0") {
        // In this container every user may.
        return;
    }
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("cannot listen on 127.0.0.1:81: a port below 1024 needs"),
        "{output}"
    );
}
