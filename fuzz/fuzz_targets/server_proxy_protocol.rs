//! Headers of the PROXY protocol: no panic, and what is read of them does not depend on how they arrive.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use squall_server::{Address, ProxyHeader};

fuzz_target!(|input: (u8, &[u8])| {
    // Most inputs begin in the way of one of the versions, which would rarely be guessed.
    let beginning = [
        &b"PROXY "[..],
        b"PROXY TCP4 ",
        b"PROXY TCP6 ",
        b"\r\n\r\n\0\r\nQUIT\n",
        b"",
    ];
    let (choice, bytes) = input;
    let bytes = [beginning[usize::from(choice) % beginning.len()], bytes].concat();
    check(&bytes);
});

fn check(bytes: &[u8]) {
    let whole = ProxyHeader::parse(bytes);
    // As more and more arrives: nothing, until it is decided for good.
    let arrived = (0..=bytes.len()).map(|length| ProxyHeader::parse(&bytes[..length]));
    let decided = arrived.into_iter().find(|parsed| *parsed != Ok(None));
    assert_eq!(decided.unwrap_or(Ok(None)), whole);

    let Ok(Some((header, length))) = whole else {
        return;
    };
    assert!(length <= bytes.len());
    if bytes.starts_with(b"PROXY ") {
        assert!(length <= 107 && bytes[..length].ends_with(b"\r\n"));
    } else {
        let rest = u16::from_be_bytes([bytes[14], bytes[15]]);
        assert_eq!(length, 16 + usize::from(rest));
    }
    // An address survives being written and read again.
    if let ProxyHeader::Proxied(Address::Tcp(client)) = header {
        let (version, server) = match client {
            SocketAddr::V4(_) => ("TCP4", "192.0.2.1"),
            SocketAddr::V6(_) => ("TCP6", "2001:db8::1"),
        };
        let line = format!(
            "PROXY {version} {} {server} {} 443\r\n",
            client.ip(),
            client.port()
        );
        let again = ProxyHeader::parse(line.as_bytes());
        assert_eq!(again, Ok(Some((header, line.len()))));
    }
}
