//! TCP addresses: taken, refused, of both families, shared, and those that overlap.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
};

use squall_listen::{Bind, Endpoint, ListenError, Listener};
use testkit::free_port;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn listen_all(binds: &[Bind]) -> Result<Vec<Listener>, ListenError> {
    let mut endpoints = Endpoint::plan(binds)?;
    Endpoint::reserve(&mut endpoints)?;
    endpoints.iter_mut().map(Endpoint::listen).collect()
}

/// Which of the listeners gets a connection to this address.
fn receiver(listeners: &[Listener], ip: IpAddr, port: u16) -> Option<usize> {
    let client = TcpStream::connect((ip, port)).ok()?;
    let client = client.local_addr().expect("it is connected");
    testkit::wait_for("the connection to be accepted", || {
        listeners.iter().position(|listener| {
            let squall_listen::ListenerSocket::Tcp(socket) = listener.socket() else {
                panic!("TCP was bound");
            };
            socket
                .set_nonblocking(true)
                .expect("a listener can be nonblocking");
            socket.accept().is_ok_and(|(_, peer)| {
                (peer.ip().to_canonical(), peer.port()) == (client.ip(), client.port())
            })
        })
    })
    .into()
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for reuse_port in [false, true] {
        let error = Bind::from(address).reuse_port(reuse_port).listen();
        let error = error.unwrap_err();
        assert!(error.is_address_in_use() && !error.is_config());
        assert_eq!(
            error.to_string(),
            format!("{address} is in use by another process; stop it or choose another address")
        );
    }
}

/// IPv4 alone would be served, and clients of IPv6 would reach the other process.
#[test]
fn a_bare_port_is_refused_when_one_family_is_in_use() {
    for taken in ["[::1]:0", "127.0.0.1:0", "0.0.0.0:0", "[::]:0"] {
        let taken = Bind::new(taken).listen().unwrap().remove(0);
        let port = taken.address().tcp().unwrap().port();
        let mut endpoints = Endpoint::plan([&Bind::from(port)]).unwrap();
        let error = Endpoint::reserve(&mut endpoints).unwrap_err();
        assert!(error.is_address_in_use(), "{:?}: {error}", taken.address());
    }
}

#[test]
fn an_address_of_another_machine_is_named() {
    // TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849).
    for address in ["192.0.2.1:0", "[2001:db8::1]:0"] {
        let ListenError::Bind {
            address: named,
            source,
        } = Bind::new(address).listen().unwrap_err()
        else {
            panic!("{address}");
        };
        assert_eq!(named.to_string(), address);
        assert_eq!(source.kind(), ErrorKind::AddrNotAvailable, "{address}");
    }
}

#[test]
fn both_families_or_one() {
    for (text, reached, refused) in [
        ("0", &[V4, V6][..], &[][..]),
        ("[::]:0", &[V4, V6], &[]),
        ("0.0.0.0:0", &[V4], &[V6]),
        ("[::1]:0", &[V6], &[V4]),
        ("127.0.0.1:0", &[V4], &[V6]),
    ] {
        let listener = Bind::new(text).listen().unwrap().remove(0);
        let port = listener.address().tcp().unwrap().port();
        for ip in reached {
            assert!(TcpStream::connect((*ip, port)).is_ok(), "{text} {ip}");
        }
        for ip in refused {
            assert!(TcpStream::connect((*ip, port)).is_err(), "{text} {ip}");
        }
    }
}

/// Each row has addresses on one port, and which of them receives a client of IPv4 and of IPv6.
#[test]
fn addresses_of_one_program_may_overlap() {
    for (texts, v4, v6) in [
        (&["[::]", "0.0.0.0"][..], Some(1), Some(0)),
        (&["0.0.0.0", "[::]"], Some(0), Some(1)),
        (&["0.0.0.0", "127.0.0.1"], Some(1), None),
        (&["127.0.0.1", "0.0.0.0"], Some(0), None),
        (&["[::]", "127.0.0.1"], Some(1), Some(0)),
        (&["[::]", "[::1]"], Some(0), Some(1)),
        (&["127.0.0.1", "[::1]"], Some(0), Some(1)),
        (&["[::]", "0.0.0.0", "127.0.0.1", "[::1]"], Some(2), Some(3)),
    ] {
        let port = free_port();
        let binds: Vec<Bind> = texts
            .iter()
            .map(|text| Bind::new(format!("{text}:{port}")))
            .collect();
        let listeners = listen_all(&binds).unwrap_or_else(|error| panic!("{texts:?}: {error}"));
        for (ip, expected) in [(V4, v4), (V6, v6)] {
            assert_eq!(receiver(&listeners, ip, port), expected, "{texts:?} {ip}");
        }
        // Sockets of this program share the port, those of another one do not.
        let error = listen_all(&binds).unwrap_err();
        assert!(error.is_address_in_use(), "{texts:?}: {error}");
    }
}

#[test]
fn an_address_that_comes_twice_is_a_configuration_error() {
    for texts in [
        ["127.0.0.1:8888", "127.0.0.1:8888"],
        ["8888", "[::]:8888"],
        ["localhost:8888", "127.0.0.1:8888"],
        ["unix:/tmp/a", "unix:/tmp/a"],
    ] {
        let binds = texts.map(Bind::new);
        let error = Endpoint::plan(&binds).unwrap_err();
        assert!(error.is_config(), "{error}");
        assert!(error.to_string().ends_with("is bound twice: remove one"));
    }
    // Port 0 is another port each time.
    assert_eq!(
        listen_all(&["127.0.0.1:0", "127.0.0.1:0"].map(Bind::new))
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn listeners_of_one_endpoint_share_a_port() {
    for reuse_port in [false, true] {
        let bind = Bind::new("127.0.0.1:0").reuse_port(reuse_port);
        let mut endpoints = Endpoint::plan([&bind]).unwrap();
        Endpoint::reserve(&mut endpoints).unwrap();
        let mut listeners: Vec<Listener> = (0..2)
            .map(|_| endpoints[0].listen_shared().unwrap())
            .collect();
        let port = listeners[0].address().tcp().unwrap().port();
        // Both have a queue of their own.
        let mut seen = [false; 2];
        testkit::wait_until("both to receive a connection", || {
            seen[receiver(&listeners, V4, port).unwrap()] = true;
            seen == [true; 2]
        });
        // One that was closed comes back.
        listeners.remove(0);
        listeners.push(endpoints[0].listen_shared().unwrap());

        let second = bind_to(port).reuse_port(reuse_port);
        let second = second.listen();
        assert_eq!(second.is_ok(), reuse_port, "{second:?}");
        let alone = bind_to(port).listen().unwrap_err();
        assert!(alone.is_address_in_use(), "{alone}");
    }
}

fn bind_to(port: u16) -> Bind {
    Bind::from(SocketAddr::new(V4, port))
}

#[test]
fn nothing_stays_bound_when_one_address_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free_port();
    let binds = [bind_to(port), Bind::from(taken.local_addr().unwrap())];
    let mut endpoints = Endpoint::plan(&binds).unwrap();
    assert!(Endpoint::reserve(&mut endpoints).is_err());
    bind_to(port).listen().unwrap();
}

#[test]
fn hosts_and_ports() {
    for bind in [
        Bind::from(("127.0.0.1", 0)),
        Bind::from((Ipv4Addr::LOCALHOST, 0)),
        Bind::from((V4, 0)),
        Bind::from((V6, 0)),
        Bind::from(("::1", 0)),
        Bind::from(("[::1]", 0)),
        Bind::from(("localhost", 0)),
    ] {
        assert!(!bind.listen().unwrap().is_empty(), "{bind:?}");
    }
}
