//! Sockets: made, refused, replaced and passed in; and what a request learns of its ends.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::OwnedFd,
        unix::net::{UnixListener, UnixStream},
    },
    process::Command,
};

use command_fds::{CommandFdExt, FdMapping};
use squall_server::{Address, Bind, Limits, Listener, Server};
use testkit::{Running, Wire, wait_until};

use crate::{
    harness::{TestServer, get},
    process::{Process, program},
};

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for threads in [1, 2] {
        let server = Server::new().bind(address).threads(threads);
        let error = server.listen().unwrap_err();
        assert!(error.is_address_in_use(), "{error}");
        assert_eq!(
            error.to_string(),
            format!("{address} is in use by another process; stop it or choose another address")
        );
    }
    // The sockets of a second copy of the program do not join those of the first one's threads.
    let first = Server::new()
        .bind("127.0.0.1:0")
        .threads(2)
        .listen()
        .unwrap();
    let address = first.addresses().next().unwrap().tcp().unwrap();
    let error = Server::new().bind(address).threads(2).listen().unwrap_err();
    assert!(error.is_address_in_use(), "{error}");
}

#[test]
fn the_file_of_a_unix_socket_is_removed_when_the_server_stops() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("s");
    for threads in [1, 2] {
        let server = Server::new().bind(Bind::unix(&path)).threads(threads);
        let server = TestServer::with(server);
        let mut wire = Wire::connect_unix(&path);
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
        drop(server);
        assert!(!path.exists(), "{threads} threads");
    }
}

#[test]
fn both_families_or_one() {
    let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    for (text, reached, not) in [
        ("0", &[v4, v6][..], &[][..]),
        ("[::]:0", &[v4, v6], &[]),
        ("0.0.0.0:0", &[v4], &[v6]),
        ("[::1]:0", &[v6], &[v4]),
        ("127.0.0.1:0", &[v4], &[v6]),
    ] {
        let server = TestServer::with(Server::new().bind(text));
        let port = server.address().port();
        for ip in reached {
            let mut wire = Wire::connect(SocketAddr::new(*ip, port));
            wire.send(get("/connection"));
            let reply = wire.response();
            let [peer, local, _] = reply.text().split(' ').collect::<Vec<_>>()[..] else {
                panic!("{}", reply.text());
            };
            // An IPv4 client of a socket for both is shown as what it is.
            let (peer, local): (SocketAddr, SocketAddr) =
                (peer.parse().unwrap(), local.parse().unwrap());
            assert_eq!(peer.ip(), *ip, "{text}");
            assert_eq!(local, SocketAddr::new(*ip, port), "{text}");
        }
        for ip in not {
            assert!(TcpStream::connect((*ip, port)).is_err(), "{text} {ip}");
        }
    }
}

#[test]
fn a_name_is_all_of_its_addresses() {
    let port = testkit::free_port();
    let text = format!("localhost:{port}");
    let server = TestServer::with(Server::new().bind(text.clone()));
    assert_eq!(server.addresses, Address::resolve(&text).unwrap());
    for address in &server.addresses {
        let mut wire = Wire::connect(address.tcp().unwrap());
        wire.send(get("/"));
        assert_eq!(wire.response().status, 200, "{address}");
    }
}

#[test]
fn one_application_on_several_listeners() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("s");
    let made = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = TestServer::with(
        Server::new()
            .bind("127.0.0.1:0")
            .bind("127.0.0.1:0")
            .bind(Bind::unix(&path))
            .listener(made.try_into().unwrap()),
    );
    assert_eq!(server.addresses.len(), 4);
    let mut ids = Vec::new();
    for address in &server.addresses {
        let mut wire = match address {
            Address::Unix(path) => Wire::connect_unix(path),
            address => Wire::connect(address.tcp().unwrap()),
        };
        let mut answers = Vec::new();
        for _ in 0..2 {
            wire.send(get("/connection"));
            answers.push(wire.response().text().to_owned());
        }
        assert_eq!(answers[0], answers[1], "one connection");
        let [_, local, id] = answers[0].split(' ').collect::<Vec<_>>()[..] else {
            panic!("{answers:?}");
        };
        assert_eq!(local, address.to_string());
        ids.push(id.parse::<u64>().unwrap());
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

#[test]
fn a_unix_client_has_no_address() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("s");
    let server = TestServer::with(Server::new().bind(Bind::unix(&path)));
    let mut wire = Wire::connect_unix(server.path());
    wire.send(get("/connection"));
    let told = wire.response().text().to_owned();
    assert!(
        told.starts_with(&format!("unix: unix:{} ", path.display())),
        "{told}"
    );
}

#[test]
fn several_threads_serve() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("s");
    let server = TestServer::with(
        Server::new()
            .bind("127.0.0.1:0")
            .bind(Bind::unix(&path))
            .limits(Limits::default())
            .threads(2),
    );
    assert_eq!(server.addresses.len(), 2);
    let connect: [&dyn Fn() -> Wire; 2] =
        [&|| server.wire(), &|| Wire::connect_unix(server.path())];
    for connect in connect {
        let mut threads = Vec::new();
        // All at once, so that neither thread can take all for itself.
        wait_until("both threads have answered", || {
            let mut wires: Vec<Wire> = (0..32).map(|_| connect()).collect();
            for wire in &mut wires {
                wire.send(get("/thread"));
            }
            for wire in &mut wires {
                threads.push(wire.response().text().to_owned());
            }
            threads.sort();
            threads.dedup();
            threads.len() == 2
        });
    }
}

/// Runs the program with these sockets from descriptor 3 on, and these variables.
fn pass(sockets: Vec<OwnedFd>, variables: &[(&str, &str)], argument: Option<&str>) -> Process {
    let mut command = Command::new(program());
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] {
        command.env_remove(name);
    }
    command.args(argument).envs(variables.iter().copied());
    let mappings = sockets.into_iter().zip(3..);
    let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping {
        parent_fd,
        child_fd,
    });
    command.fd_mappings(mappings.collect()).unwrap();
    Process::spawn(&mut command)
}

fn tcp() -> (OwnedFd, SocketAddr) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (socket.into(), address)
}

#[test]
fn sockets_that_are_passed_in_are_served() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("s");
    let unix = UnixListener::bind(&path).unwrap().into();
    let (socket, address) = tcp();
    let variables = [("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "web:")];
    let process = pass(vec![socket, unix], &variables, None);
    process
        .running
        .wait_line(&format!("inherited {address} as Some(\"web\")"));
    process
        .running
        .wait_line(&format!("inherited unix:{} as None", path.display()));
    for mut wire in [Wire::connect(address), Wire::connect_unix(&path)] {
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
    }
}

#[test]
fn sockets_are_for_the_process_that_listen_pid_names() {
    let (socket, address) = tcp();
    // The shell becomes the program, so that its id is the program's.
    let script = "LISTEN_PID=$$ exec \"$0\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(program());
    command.env("LISTEN_FDS", "1");
    command
        .fd_mappings(vec![FdMapping {
            parent_fd: socket,
            child_fd: 3,
        }])
        .unwrap();
    let named = Process::spawn(&mut command);
    named
        .running
        .wait_line(&format!("inherited {address} as None"));

    let variables = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    let other = pass(vec![tcp().0], &variables, Some("127.0.0.1:0"));
    let listening = other.address();
    assert!(!other.running.output().contains("inherited"));
    let mut wire = Wire::connect(listening);
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}

#[test]
fn descriptors_that_are_passed_in_must_be_listening_sockets() {
    let file = || OwnedFd::from(fs::File::open("/dev/null").unwrap());
    let udp = || OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
    let connected = || {
        let (_, address) = tcp();
        let listener = TcpListener::bind(address).unwrap();
        OwnedFd::from(TcpStream::connect(listener.local_addr().unwrap()).unwrap())
    };
    let pair = || OwnedFd::from(UnixStream::pair().unwrap().0);
    let good = || tcp().0;
    for (sockets, count, said) in [
        (vec![file()], "1", "inherited socket 0"),
        (vec![udp()], "1", "inherited socket 0"),
        (vec![connected()], "1", "inherited socket 0"),
        (vec![pair()], "1", "inherited socket 0"),
        (vec![good(), file()], "2", "inherited socket 1"),
        (vec![good()], "2", "inherited socket 1"),
        (vec![], "1", "inherited socket 0"),
        (vec![good()], "x", "LISTEN_FDS=\"x\""),
        (vec![good()], "-1", "LISTEN_FDS=\"-1\""),
        (vec![good()], "1x", "LISTEN_FDS=\"1x\""),
        (vec![good()], " 1", "LISTEN_FDS=\" 1\""),
        (
            vec![good()],
            "18446744073709551616",
            "LISTEN_FDS=\"18446744073709551616\"",
        ),
        (vec![good()], "4000000000", "LISTEN_FDS=\"4000000000\""),
    ] {
        let mut process = pass(sockets, &[("LISTEN_FDS", count)], Some("127.0.0.1:0"));
        let line = process.running.wait_line("failed: ");
        assert!(line.contains(said), "LISTEN_FDS={count:?}: {line}");
        assert!(!process.running.wait().success());
    }
    for count in ["0", ""] {
        let process = pass(vec![], &[("LISTEN_FDS", count)], Some("127.0.0.1:0"));
        process.address();
    }
}

#[test]
fn children_of_the_process_inherit_nothing() {
    let mut process = pass(
        vec![tcp().0, tcp().0],
        &[("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "a:b")],
        Some("grandchild"),
    );
    process.running.wait_line("the end");
    let shown = process.running.output();
    assert!(shown.contains("HOME="), "the environment is shown: {shown}");
    assert!(
        shown.contains("0 -> /dev/null"),
        "the descriptors are shown: {shown}"
    );
    assert!(!shown.contains("LISTEN_FDS="), "{shown}");
    assert!(!shown.contains("LISTEN_PID="), "{shown}");
    assert!(!shown.contains("socket:"), "{shown}");
    assert!(process.running.wait().success());
}

#[test]
fn program_that_cannot_listen_prints_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (argument, said) in [
        (&*address, format!("{address} is in use by another process")),
        ("nonsense", "\"nonsense\" is not an address".into()),
    ] {
        let mut running = Running::spawn(Command::new(program()).arg(argument));
        running.wait_line(&said);
        assert!(!running.wait().success());
    }
}

/// Both accept from one queue.
#[test]
fn a_clone_of_a_listener_is_the_same_socket() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let listener = Listener::try_from(socket).unwrap();
    let clone = listener.try_clone().unwrap();
    assert_eq!(clone.address(), &Address::Tcp(address));
    drop(listener);
    let server = TestServer::with(Server::new().listener(clone));
    let mut wire = Wire::connect(address);
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    drop(server);
}
