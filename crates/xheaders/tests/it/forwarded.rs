//! `Forwarded`, RFC 7239.

use squall_xheaders::{Header, XHeaders};

use crate::case::{check, settings, trust};

#[test]
fn elements() {
    let settings = settings().headers([Header::Forwarded]);
    let cases = [
        (
            "192.0.2.1",
            "forwarded: for=6.6.6.6;proto=https;host=b",
            "192.0.2.1:9",
        ),
        ("127.0.0.1", "forwarded: for=203.0.113.7", "203.0.113.7"),
        (
            "127.0.0.1",
            "forwarded: For=203.0.113.7;PROTO=HTTPS;HoSt=A",
            "203.0.113.7 https @A",
        ),
        ("127.0.0.1", "FORWARDED: for=203.0.113.7", "203.0.113.7"),
        (
            "127.0.0.1",
            "forwarded: proto=https;by=10.0.0.1;for=203.0.113.7",
            "203.0.113.7 https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"203.0.113.7:4711\"",
            "203.0.113.7:4711",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7:4711",
            "203.0.113.7:4711",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"[2001:db8::7]\"",
            "2001:db8::7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"[2001:db8::7]:99\"",
            "[2001:db8::7]:99",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"[2001:db8::7]:_p\"",
            "2001:db8::7",
        ),
        ("127.0.0.1", "forwarded: for=[2001:db8::7]", "2001:db8::7"),
        ("127.0.0.1", "forwarded: for=2001:db8::7", "2001:db8::7"),
        (
            "127.0.0.1",
            "forwarded: for=\"\\203.0.113.7\"",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"::ffff:203.0.113.7\"",
            "203.0.113.7",
        ),
        // Scheme and host come from the same element as the address.
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6;proto=https;host=b, for=203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;proto=https, for=10.0.0.1;proto=http",
            "203.0.113.7 https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;host=a, for=10.0.0.1;host=b",
            "203.0.113.7 @a",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7, for=10.0.0.1;proto=https;host=b",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=10.0.0.2;proto=https, for=10.0.0.1",
            "10.0.0.2 https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6\nforwarded: for=203.0.113.7, for=10.0.0.1\nforwarded: for=10.0.0.2",
            "203.0.113.7",
        ),
        // Hidden, absent or malformed node: the rest of the element counts.
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=unknown;proto=https",
            "unknown https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=_x;proto=https, for=10.0.0.1",
            "unknown https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=\"_x:_y\"",
            "unknown",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, proto=https",
            "127.0.0.1:9 https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=garbage;proto=https",
            "unknown https",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=10.0.0.1;proto=ftp",
            "6.6.6.6",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;proto=ftp",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;host=\"a/b\"",
            "203.0.113.7",
        ),
        // Malformed elements: neither they nor the elements before them count.
        ("127.0.0.1", "forwarded: for=6.6.6.6, garbage", "unknown"),
        ("127.0.0.1", "forwarded: for=6.6.6.6,", "unknown"),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=a;for=7.7.7.7",
            "unknown",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=\"7.7.7.7",
            "unknown",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=7.7.7.7\"",
            "unknown",
        ),
        (
            "127.0.0.1",
            "forwarded: for=6.6.6.6, for=7.7.7.7;;proto=https",
            "unknown",
        ),
        ("127.0.0.1", "forwarded: 203.0.113.7", "unknown"),
        // A forged quotation mark does not reach into the proxy's element.
        (
            "127.0.0.1",
            "forwarded: for=\"6.6.6.6, for=203.0.113.7",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\", for=\"[2001:db8::7]\"",
            "2001:db8::7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"\\, for=\"[2001:db8::7]\"",
            "2001:db8::7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"x\nforwarded: for=\"[2001:db8::7]\"",
            "2001:db8::7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=\"6.6.6.6, for=203.0.113.7;ext=\", for=10.0.0.1",
            "unknown",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;ext=\"a, for=6.6.6.6\"",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;ext=\"a; for=6.6.6.6\"",
            "203.0.113.7",
        ),
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;ext=\"\\\", for=6.6.6.6\"",
            "203.0.113.7",
        ),
    ];
    check(&settings, &cases);
}

#[test]
fn forwarded_preset_reads_no_other_header() {
    let cases = [
        (
            "127.0.0.1",
            "forwarded: for=203.0.113.7;proto=https\nx-forwarded-for: 6.6.6.6\nx-real-ip: 7.7.7.7\nx-scheme: http\nx-forwarded-proto: http",
            "203.0.113.7 https",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6\nx-scheme: https",
            "127.0.0.1:9",
        ),
    ];
    check(&XHeaders::forwarded(), &cases);
}

#[test]
fn unix_sockets() {
    let settings = XHeaders::forwarded().trusted_proxies(trust(&["unix:"]));
    let cases = [
        ("unix:", "forwarded: for=203.0.113.7", "203.0.113.7"),
        (
            "unix:",
            "forwarded: for=203.0.113.7, for=\"unix:\"",
            "203.0.113.7",
        ),
    ];
    check(&settings, &cases);
}
