//! `X-Forwarded-For`: the chain is walked as by a naive reference reader, for any header of a client.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use squall_xheaders::{ClientAddr, Peer, TrustedProxies, XHeaders};

fn client(lines: &[HeaderValue]) -> Option<ClientAddr> {
    let proxies = TrustedProxies::new(["unix:", "10.0.0.0/8"]).expect("they are networks");
    let mut request = Request::new(());
    for line in lines {
        request
            .headers_mut()
            .append("x-forwarded-for", line.clone());
    }
    let xheaders = XHeaders::haproxy().trusted_proxies(proxies);
    let client = xheaders.client(Some(Peer::Unix.into()), &request);
    client.expect("one header cannot contradict itself").addr()
}

/// Returns the client address, if all elements up to it are plain IPv4 addresses.
fn simply_read(lines: &[HeaderValue]) -> Option<Ipv4Addr> {
    let mut read = None;
    for line in lines.iter().rev() {
        for element in line.to_str().ok()?.rsplit(',') {
            let ip: Ipv4Addr = element.trim_matches([' ', '\t']).parse().ok()?;
            read = Some(ip);
            if ip.octets()[0] != 10 {
                return read;
            }
        }
    }
    read
}

fuzz_target!(|value: &[u8]| {
    let lines: Result<Vec<HeaderValue>, _> = value
        .split(|&byte| byte == b'\n')
        .map(HeaderValue::from_bytes)
        .collect();
    let Ok(mut lines) = lines else {
        return;
    };
    let told = client(&lines);
    if let Some(ip) = simply_read(&lines) {
        assert_eq!(
            told.map(|addr| addr.ip()),
            Some(IpAddr::V4(ip)),
            "{lines:?}"
        );
    }
    if let Some(addr) = told {
        let again = HeaderValue::try_from(addr.to_string()).expect("an address is ASCII");
        assert_eq!(client(&[again]), Some(addr), "{lines:?}");
    }

    let last = lines.pop().expect("there is a line");
    let joined = [last.as_bytes(), b", 203.0.113.7, 10.0.0.1"].concat();
    lines.push(HeaderValue::from_bytes(&joined).expect("both parts are"));
    let told = client(&lines).expect("the proxy tells it");
    assert_eq!(told.to_string(), "203.0.113.7", "{lines:?}");
});
