//! Properties that hold for arbitrary headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderValue, Request};
use proptest::prelude::*;
use squall_xheaders::{Contradictions, Header, XHeaders};

use crate::case::{connection, settings, tell};

const ALL: [Header; 11] = [
    Header::CfConnectingIp,
    Header::FastlyClientIp,
    Header::TrueClientIp,
    Header::XClientIp,
    Header::Forwarded,
    Header::XForwardedFor,
    Header::XForwardedHost,
    Header::XForwardedPort,
    Header::XForwardedProto,
    Header::XRealIp,
    Header::XScheme,
];

fn told(settings: &XHeaders, peer: &str, lines: &[(Header, HeaderValue)]) -> String {
    let mut request = Request::new(());
    for (header, value) in lines {
        let headers = request.headers_mut();
        headers.append(header.name(), value.clone());
    }
    let client = settings.client(connection(peer), &request);
    client.map_or_else(|error| error.to_string(), |client| tell(&client))
}

/// Header values, mostly of tokens that have a meaning in one of the headers.
fn values() -> impl Strategy<Value = HeaderValue> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            ",", ", ", ";", "=", "\"", "\\", "\\\"", "[", "]", ":", "%", "_x", "unknown", "unix:",
            "for=", "proto=", "host=", "203.0.113.7", "10.0.0.1", "::1", "[::ffff:10.0.0.1]",
            "https", "example.com", "80", "65536", "\"[2001:db8::7]:80\"",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..12).prop_filter_map("not a value", |pieces| {
        HeaderValue::from_bytes(&pieces.concat()).ok()
    })
}

fn headers() -> impl Strategy<Value = Vec<(Header, HeaderValue)>> {
    prop::collection::vec((prop::sample::select(ALL.to_vec()), values()), 0..8)
}

/// The elements that proxies append, in order: the client, then trusted hops.
fn added() -> impl Strategy<Value = (Header, Vec<String>)> {
    let client = r"203\.0\.113\.[1-9](:[1-9]{1,4})?";
    let hops = prop::collection::vec(r"10\.0\.0\.[1-9]", 0..4);
    let chain = (client, hops)
        .prop_map(|(client, hops)| (Header::XForwardedFor, [vec![client], hops].concat()));
    let client =
        r#"for="\[2001:db8::[1-9]\](:[1-9]{1,4})?";proto=https?;ext="([a,;=]|\\["\\a]){0,5}""#;
    let hops = prop::collection::vec(r"(proto=http;)?for=10\.0\.0\.[1-9]", 0..4);
    let forwarded = (client, hops)
        .prop_map(|(client, hops)| (Header::Forwarded, [vec![client], hops].concat()));
    let single = prop::sample::select(vec![
        (Header::XRealIp, "203.0.113.7"),
        (Header::XScheme, "https"),
        (Header::XForwardedProto, "http"),
        (Header::XForwardedHost, "example.com"),
        (Header::XForwardedPort, "8443"),
    ])
    .prop_map(|(header, text)| (header, vec![text.to_owned()]));
    prop_oneof![chain, forwarded, single]
}

/// Addresses with runs of zeros, with another address in them, and any.
fn ips() -> impl Strategy<Value = Ipv6Addr> {
    let special = [
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::203.0.113.7",
        "2001:db8::1:0:0:1",
    ];
    prop_oneof![
        prop::sample::select(special.map(|ip| ip.parse().unwrap()).to_vec()),
        any::<u128>().prop_map(Ipv6Addr::from_bits),
    ]
}

proptest! {
    #[test]
    fn forged_elements_before_those_of_proxies_change_nothing(
        (header, added) in added(),
        forged in values(),
        breaks in any::<u8>(),
    ) {
        let settings = settings().headers([header]);
        let honest: Vec<_> = added.iter().map(|text| (header, text.parse().unwrap())).collect();
        // Each proxy appends to the same line, or adds a line.
        let mut lines = vec![forged.as_bytes().to_vec()];
        for (at, text) in added.iter().enumerate() {
            if breaks >> at & 1 == 1 {
                lines.push(text.clone().into_bytes());
            } else {
                let line = lines.last_mut().unwrap();
                line.extend_from_slice(b", ");
                line.extend_from_slice(text.as_bytes());
            }
        }
        let lines: Vec<_> = lines
            .iter()
            .map(|line| (header, HeaderValue::from_bytes(line).unwrap()))
            .collect();
        prop_assert_eq!(
            told(&settings, "127.0.0.1", &lines),
            told(&settings, "127.0.0.1", &honest)
        );
        let counted = settings.hops(added.len());
        prop_assert_eq!(
            told(&counted, "127.0.0.1", &lines),
            told(&counted, "127.0.0.1", &honest)
        );
    }

    #[test]
    fn headers_of_untrusted_peers_change_nothing(lines in headers()) {
        let settings = settings().headers(ALL);
        prop_assert_eq!(told(&settings, "192.0.2.1", &lines), "192.0.2.1:9");
        prop_assert_eq!(told(&settings, "unix:", &lines), "-");
        prop_assert_eq!(told(&settings.hops(0), "127.0.0.1", &lines), "127.0.0.1:9");
    }

    #[test]
    fn contradictions_are_never_refused_when_ignored(lines in headers(), hops in prop::option::of(0_usize..4)) {
        let mut settings = settings().headers(ALL).contradictions(Contradictions::Ignore);
        if let Some(hops) = hops {
            settings = settings.hops(hops);
        }
        let answer = told(&settings, "127.0.0.1", &lines);
        prop_assert!(!answer.contains("contradicts"), "{}", answer);
    }

    #[test]
    fn an_address_is_the_same_in_each_of_its_forms(
        ip in ips(),
        port in 1_u16..,
    ) {
        let settings = XHeaders::haproxy();
        let mut forms = vec![ip.to_string(), format!("[{ip}]"), format!("\"{ip}\"")];
        forms.extend([format!("[{ip}]:{port}"), format!("[{ip}%eth0]:_p"), format!("{ip}%1")]);
        same(&settings, &forms, ip.into());
        let ip = Ipv4Addr::from_bits(ip.to_bits() as u32);
        let mapped = ip.to_ipv6_mapped();
        let mut forms = vec![ip.to_string(), format!("{ip}:{port}"), format!("\"{ip}:{port}\"")];
        forms.extend([mapped.to_string(), format!("[{mapped}]:{port}")]);
        same(&settings, &forms, ip.into());
    }
}

fn same(settings: &XHeaders, forms: &[String], ip: IpAddr) {
    for form in forms {
        let request = Request::builder().header("x-forwarded-for", form);
        let client = settings.client(connection("::1"), &request.body(()).unwrap());
        assert_eq!(client.unwrap().ip(), Some(ip.to_canonical()), "{form}");
    }
}
