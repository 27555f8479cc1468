//! `XHeaders::hops`, and the presets.

use squall_xheaders::{Header, XHeaders};

use crate::case::check;

#[test]
fn counted_hops() {
    let tables = [
        (
            0,
            &[
                (
                    "127.0.0.1",
                    "x-forwarded-for: 203.0.113.7\nx-scheme: https",
                    "127.0.0.1:9",
                ),
                ("127.0.0.1", "x-real-ip: 203.0.113.7", "127.0.0.1:9"),
            ][..],
        ),
        (
            1,
            &[
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6, 203.0.113.7",
                    "203.0.113.7",
                ),
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6, 127.0.0.1",
                    "127.0.0.1",
                ),
                ("127.0.0.1", "x-real-ip: 203.0.113.7", "203.0.113.7"),
                ("192.0.2.1", "x-forwarded-for: 203.0.113.7", "192.0.2.1:9"),
                ("127.0.0.1", "x-forwarded-for: 6.6.6.6, garbage", "unknown"),
            ],
        ),
        (
            2,
            &[
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6, 203.0.113.7, 198.51.100.1",
                    "203.0.113.7",
                ),
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6\nx-forwarded-for: 203.0.113.7\nx-forwarded-for: 198.51.100.1",
                    "203.0.113.7",
                ),
                // A chain shorter than `hops`: the first.
                ("127.0.0.1", "x-forwarded-for: 203.0.113.7", "203.0.113.7"),
                // A hop in between may be hidden.
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6, 203.0.113.7, unknown",
                    "203.0.113.7",
                ),
                (
                    "127.0.0.1",
                    "x-forwarded-for: 6.6.6.6, garbage, 198.51.100.1",
                    "unknown",
                ),
                // X-Real-IP has the address of a proxy.
                (
                    "127.0.0.1",
                    "x-forwarded-for: 203.0.113.7, 198.51.100.1\nx-real-ip: 198.51.100.1",
                    "203.0.113.7",
                ),
                ("127.0.0.1", "x-real-ip: 198.51.100.1", "127.0.0.1:9"),
            ],
        ),
        (
            1_000_000,
            &[(
                "127.0.0.1",
                "x-forwarded-for: 203.0.113.7, 198.51.100.1",
                "203.0.113.7",
            )],
        ),
    ];
    for (hops, cases) in tables {
        check(&XHeaders::new().hops(hops), cases);
    }
}

#[test]
fn counted_hops_of_forwarded() {
    let cases = [(
        "127.0.0.1",
        "forwarded: for=6.6.6.6, for=203.0.113.7;proto=https;host=a, for=198.51.100.1;proto=http",
        "203.0.113.7 https @a",
    )];
    check(&XHeaders::forwarded().hops(2), &cases);
}

#[test]
fn presets() {
    let all = "x-real-ip: 1.1.1.1\nx-forwarded-for: 2.2.2.2, 3.3.3.3\nx-scheme: http\nx-forwarded-proto: https\nforwarded: for=4.4.4.4;host=a";
    for (settings, wanted) in [
        (XHeaders::new(), "unknown https"),
        (XHeaders::nginx(), "1.1.1.1"),
        (XHeaders::haproxy(), "3.3.3.3 https"),
        (XHeaders::cdn(2), "2.2.2.2 https"),
        (XHeaders::forwarded(), "4.4.4.4 @a"),
        (XHeaders::new().headers([]), "127.0.0.1:9"),
    ] {
        check(&settings, &[("127.0.0.1", all, wanted)]);
    }
}

#[test]
fn presets_read_the_headers_of_their_proxy_only() {
    let all = "cf-connecting-ip: 1.1.1.1\nfastly-client-ip: 2.2.2.2\ntrue-client-ip: 3.3.3.3\n\
               x-client-ip: 4.4.4.4\nx-forwarded-for: 5.5.5.5\nx-real-ip: 6.6.6.6\nforwarded: for=7.7.7.7\n\
               x-forwarded-proto: https";
    for (settings, wanted) in [
        (XHeaders::cloudflare(), "1.1.1.1 https"),
        (XHeaders::fastly(), "2.2.2.2"),
        (XHeaders::akamai(), "3.3.3.3"),
        (XHeaders::new().headers([Header::XClientIp]), "4.4.4.4"),
        (XHeaders::haproxy(), "5.5.5.5 https"),
        (XHeaders::nginx(), "6.6.6.6"),
        (XHeaders::forwarded(), "7.7.7.7"),
        // The edge sets the header, so the number of hops does not matter.
        (XHeaders::cloudflare().hops(3), "1.1.1.1 https"),
    ] {
        check(&settings, &[("127.0.0.1", all, wanted)]);
        check(&settings, &[("192.0.2.1", all, "192.0.2.1:9")]);
    }
    // The headers of CDNs are not read unless they are named.
    let opt_in = "cf-connecting-ip: 1.1.1.1\nfastly-client-ip: 2.2.2.2\ntrue-client-ip: 3.3.3.3\nx-client-ip: 4.4.4.4";
    check(&XHeaders::new(), &[("127.0.0.1", opt_in, "127.0.0.1:9")]);
    let edge = XHeaders::cloudflare();
    for (lines, wanted) in [
        ("cf-connecting-ip: 2001:db8::1", "2001:db8::1"),
        (
            "cf-connecting-ip: 6.6.6.6\ncf-connecting-ip: 1.1.1.1",
            "1.1.1.1",
        ),
        ("cf-connecting-ip: 6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("cf-connecting-ip:", "unknown"),
        ("cf-connecting-ip: localhost", "unknown"),
        ("cf-connecting-ip: 1.1.1.1, ", "unknown"),
        ("CF_Connecting_IP: 1.1.1.1", "127.0.0.1:9"),
    ] {
        check(&edge, &[("127.0.0.1", lines, wanted)]);
    }
}
