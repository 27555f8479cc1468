//! `Forwarded`: a client cannot change the elements that trusted proxies add.
#![no_main]

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use squall_xheaders::{Client, Peer, Scheme, TrustedProxies, XHeaders};

/// Elements added by two proxies: on a line of their own, and appended to the client's.
const ADDED: [&str; 2] = [
    r#"for="[2001:db8::7]:4711";proto=https;host="a:81";ext="\",;\\""#,
    "for=10.0.0.1;proto=http",
];

fn client(lines: &[HeaderValue]) -> Client {
    let proxies = TrustedProxies::new(["unix:", "10.0.0.0/8"]).expect("they are networks");
    let mut request = Request::new(());
    for line in lines {
        request.headers_mut().append("forwarded", line.clone());
    }
    let xheaders = XHeaders::forwarded().trusted_proxies(proxies);
    let client = xheaders.client(Some(Peer::Unix.into()), &request);
    client.expect("one header cannot contradict itself")
}

fuzz_target!(|value: &[u8]| {
    let Ok(forged) = HeaderValue::from_bytes(value) else {
        return;
    };
    let believed = client(std::slice::from_ref(&forged));
    if let Some(addr) = believed.addr() {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        assert!(text.contains("for="), "{addr} from {text:?}");
        assert_eq!(addr.ip(), addr.ip().to_canonical());
    }

    let [outer, inner] = ADDED.map(HeaderValue::from_static);
    let joined = [value, b", ", ADDED[0].as_bytes()].concat();
    let joined = HeaderValue::from_bytes(&joined).expect("both parts are");
    let all = [joined.as_bytes(), b",", ADDED[1].as_bytes()].concat();
    let all = HeaderValue::from_bytes(&all).expect("both parts are");
    for lines in [
        &[forged, outer, inner.clone()][..],
        &[joined, inner],
        &[all],
    ] {
        let client = client(lines);
        let addr = client.addr().expect("the proxy tells it");
        assert_eq!(addr.to_string(), "[2001:db8::7]:4711", "{lines:?}");
        assert_eq!(client.scheme(), Scheme::Https, "{lines:?}");
        assert_eq!(client.host().expect("the proxy tells it").as_str(), "a:81");
    }
});
