//! Addresses, from X-Forwarded-For and X-Real-IP.

use squall_xheaders::{TrustedProxies, XHeaders};

use crate::case::{check, settings, trust};

#[test]
fn an_untrusted_peer_is_the_client() {
    let cases = [
        ("192.0.2.1", "", "192.0.2.1:9"),
        ("192.0.2.1", "x-forwarded-for: 203.0.113.7", "192.0.2.1:9"),
        ("192.0.2.1", "x-forwarded-for: 127.0.0.1", "192.0.2.1:9"),
        ("192.0.2.1", "x-real-ip: 203.0.113.7", "192.0.2.1:9"),
        ("192.0.2.1", "x-forwarded-proto: https", "192.0.2.1:9"),
        ("192.0.2.1", "x-scheme: https", "192.0.2.1:9"),
        (
            "192.0.2.1",
            "x-real-ip: 1.1.1.1\nx-forwarded-for: 2.2.2.2",
            "192.0.2.1:9",
        ),
        (
            "192.0.2.1",
            "x-scheme: http\nx-forwarded-proto: https",
            "192.0.2.1:9",
        ),
        (
            "192.0.2.1",
            "host: a\nx-forwarded-host: b",
            "192.0.2.1:9 @a",
        ),
        (
            "2001:db8::1",
            "x-forwarded-for: 203.0.113.7",
            "[2001:db8::1]:9",
        ),
        (
            "::ffff:192.0.2.1",
            "x-forwarded-for: 203.0.113.7",
            "192.0.2.1:9",
        ),
        ("11.0.0.1", "x-forwarded-for: 203.0.113.7", "11.0.0.1:9"),
        (
            "2001:db8:b::1",
            "x-forwarded-for: 203.0.113.7",
            "[2001:db8:b::1]:9",
        ),
        ("unix:", "x-forwarded-for: 203.0.113.7", "-"),
        ("-", "x-forwarded-for: 203.0.113.7", "unknown"),
        ("-", "", "unknown"),
    ];
    check(&settings(), &cases);
}

#[test]
fn only_loopback_is_trusted_by_default() {
    let cases = [
        ("127.0.0.1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        ("127.255.0.1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        ("::1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        (
            "::ffff:127.0.0.1",
            "x-forwarded-for: 203.0.113.7",
            "203.0.113.7",
        ),
        ("10.0.0.1", "x-forwarded-for: 203.0.113.7", "10.0.0.1:9"),
        (
            "192.168.0.1",
            "x-forwarded-for: 203.0.113.7",
            "192.168.0.1:9",
        ),
        ("172.17.0.1", "x-forwarded-for: 203.0.113.7", "172.17.0.1:9"),
        (
            "169.254.0.1",
            "x-forwarded-for: 203.0.113.7",
            "169.254.0.1:9",
        ),
        ("fe80::1", "x-forwarded-for: 203.0.113.7", "[fe80::1]:9"),
        ("fd00::1", "x-forwarded-for: 203.0.113.7", "[fd00::1]:9"),
        ("::", "x-forwarded-for: 203.0.113.7", "[::]:9"),
        ("0.0.0.0", "x-forwarded-for: 203.0.113.7", "0.0.0.0:9"),
        ("unix:", "x-forwarded-for: 203.0.113.7", "-"),
    ];
    check(&XHeaders::new(), &cases);
    let default = XHeaders::default().trusted_proxies(TrustedProxies::default());
    check(&default, &cases);
}

#[test]
fn a_list_of_proxies_replaces_loopback() {
    let cases = [
        ("192.0.2.1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "x-forwarded-for: 203.0.113.7", "127.0.0.1:9"),
    ];
    check(
        &XHeaders::new().trusted_proxies(trust(&["192.0.2.1"])),
        &cases,
    );
    let cases = [("127.0.0.1", "x-forwarded-for: 203.0.113.7", "127.0.0.1:9")];
    check(&XHeaders::new().trusted_proxies(trust(&[])), &cases);
}

#[test]
fn unix_sockets_are_trusted_where_they_are_named() {
    let settings = XHeaders::new().trusted_proxies(trust(&["unix:", "10.0.0.0/8"]));
    let cases = [
        ("unix:", "", "-"),
        ("unix:", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        (
            "unix:",
            "x-forwarded-for: 203.0.113.7, 10.0.0.1",
            "203.0.113.7",
        ),
        (
            "unix:",
            "x-forwarded-for: 203.0.113.7, unix:",
            "203.0.113.7",
        ),
        ("unix:", "x-forwarded-for: unix:", "unknown"),
        ("unix:", "x-real-ip: unix:", "unknown"),
        (
            "unix:",
            "x-real-ip: unix:\nx-forwarded-for: 203.0.113.7",
            "203.0.113.7",
        ),
        ("unix:", "x-forwarded-for: garbage", "unknown"),
        (
            "10.0.0.1",
            "x-forwarded-for: 203.0.113.7, unix:",
            "203.0.113.7",
        ),
        ("127.0.0.1", "x-forwarded-for: 203.0.113.7", "127.0.0.1:9"),
    ];
    check(&settings, &cases);
    let cases = [(
        "127.0.0.1",
        "x-forwarded-for: 203.0.113.7, unix:",
        "unknown",
    )];
    check(&XHeaders::new(), &cases);
}

#[test]
fn chains_are_walked_from_the_right_past_trusted_hops() {
    let cases = [
        ("127.0.0.1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 10.0.0.6, 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, 10.0.0.1",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.7, 10.0.0.1, 10.0.0.2",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, 2001:db8:a::1",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, 2001:db8:b::1",
            "2001:db8:b::1",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, ::ffff:10.0.0.1",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, [::ffff:10.0.0.1]:80",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7, 10.0.0.1:4711",
            "203.0.113.7",
        ),
        // All are trusted: the leftmost.
        (
            "127.0.0.1",
            "x-forwarded-for: 10.0.0.1, 10.0.0.2",
            "10.0.0.1",
        ),
        ("127.0.0.1", "x-forwarded-for: 127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "x-real-ip: 10.0.0.1", "10.0.0.1"),
        // Several lines are one list.
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6\nx-forwarded-for: 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7\nx-forwarded-for: 10.0.0.1",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.7\nx-forwarded-for: 10.0.0.1, 10.0.0.2",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "X-Forwarded-For: 6.6.6.6\nx-FORWARDED-for: 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-real-ip: 6.6.6.6\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-real-ip: 6.6.6.6, 203.0.113.7",
            "203.0.113.7",
        ),
        ("127.0.0.1", "x-real-ip: 203.0.113.7, 10.0.0.1", "10.0.0.1"),
    ];
    check(&settings(), &cases);
}

#[test]
fn forms_of_addresses() {
    let cases = [
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7:4711",
            "203.0.113.7:4711",
        ),
        ("127.0.0.1", "x-forwarded-for: 203.0.113.7:0", "203.0.113.7"),
        ("127.0.0.1", "x-forwarded-for: 2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "x-forwarded-for: [2001:db8::7]", "2001:db8::7"),
        (
            "127.0.0.1",
            "x-forwarded-for: [2001:db8::7]:4711",
            "[2001:db8::7]:4711",
        ),
        ("127.0.0.1", "x-forwarded-for: fe80::7%eth0", "fe80::7"),
        (
            "127.0.0.1",
            "x-forwarded-for: [fe80::7%25eth0]:80",
            "[fe80::7]:80",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: ::ffff:203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: ::ffff:cb00:7107",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: \"203.0.113.7\"",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: \"[2001:db8::7]:80\"",
            "[2001:db8::7]:80",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for:  \t203.0.113.7 \t ",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6\t,\t203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6,203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-real-ip: 203.0.113.7:4711",
            "203.0.113.7:4711",
        ),
        ("127.0.0.1", "x-real-ip: [2001:db8::7]", "2001:db8::7"),
        ("127.0.0.1", "x-real-ip: ::ffff:203.0.113.7", "203.0.113.7"),
    ];
    check(&settings(), &cases);
}

#[test]
fn an_unreadable_address_makes_the_client_unknown() {
    let cases = [
        // No element is an address.
        ("127.0.0.1", "x-forwarded-for:", "unknown"),
        ("127.0.0.1", "x-forwarded-for: ,", "unknown"),
        ("127.0.0.1", "x-forwarded-for: unknown", "unknown"),
        ("127.0.0.1", "x-forwarded-for: _hidden", "unknown"),
        ("127.0.0.1", "x-forwarded-for: garbage", "unknown"),
        ("127.0.0.1", "x-forwarded-for: unix:", "unknown"),
        ("127.0.0.1", "x-real-ip: garbage", "unknown"),
        ("127.0.0.1", "x-real-ip:", "unknown"),
        // Elements before it are the client's.
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, unknown", "unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, _hidden", "unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, garbage", "unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6,", "unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, , ", "unknown"),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6\nx-forwarded-for:",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.7:65536",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.007",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 10.0.0.0/8",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 1.1.1.1 2.2.2.2",
            "unknown",
        ),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6; 7.7.7.7", "unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, \u{e9}", "unknown"),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, for=203.0.113.7",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: \"6.6.6.6, 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, 203.0.113.7\"",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: \"6.6.6.6, 203.0.113.7\"",
            "unknown",
        ),
        // Well-formed elements of proxies after the malformed one.
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, unknown, 10.0.0.1",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6, garbage, 10.0.0.1, 10.0.0.2",
            "unknown",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6,, 10.0.0.1",
            "unknown",
        ),
        // Malformed elements before the client's address are not read.
        (
            "127.0.0.1",
            "x-forwarded-for: garbage, 203.0.113.7",
            "203.0.113.7",
        ),
        ("127.0.0.1", "x-forwarded-for: , 203.0.113.7", "203.0.113.7"),
        (
            "127.0.0.1",
            "x-forwarded-for: \\\", 203.0.113.7",
            "203.0.113.7",
        ),
        // Another header may have the address.
        (
            "127.0.0.1",
            "x-forwarded-for: garbage\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7\nx-real-ip: garbage",
            "203.0.113.7",
        ),
    ];
    check(&settings(), &cases);
}

#[test]
fn names_with_underscores_are_not_these_headers() {
    let cases = [
        ("127.0.0.1", "x_forwarded_for: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x_real_ip: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded_for: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x_scheme: https", "127.0.0.1:9"),
        ("127.0.0.1", "x_forwarded_proto: https", "127.0.0.1:9"),
        (
            "127.0.0.1",
            "x-forwarded-for: 203.0.113.7\nx_forwarded_for: 6.6.6.6",
            "203.0.113.7",
        ),
    ];
    check(&settings(), &cases);
}

#[test]
fn other_headers_are_ignored() {
    let cases = [
        ("127.0.0.1", "client-ip: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "true-client-ip: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "cf-connecting-ip: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x-client-ip: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded: for=6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "forwarded-for: 6.6.6.6", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded-ssl: on", "127.0.0.1:9"),
        // Read only if the setting names them.
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6;proto=https;host=evil",
            "127.0.0.1:9",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: evil",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: 666",
            "127.0.0.1:9 @a",
        ),
    ];
    check(&settings(), &cases);
}
