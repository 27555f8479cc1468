//! Log lines, and how often they are written.

use std::{
    io,
    sync::{Arc, Mutex},
};

use http::{HeaderValue, Request, Response};
use squall_xheaders::Connection;
use tower::{Layer, Service, service_fn};

use crate::case::{connection, request, settings};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the lines that the layer logs for these requests.
fn logged<P: AsRef<str>>(requests: impl IntoIterator<Item = (P, Request<()>)>) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let layer = settings().layer(|extensions| extensions.get::<Connection>().copied());
        for (peer, mut request) in requests {
            if let Some(connection) = connection(peer.as_ref()) {
                request.extensions_mut().insert(connection);
            }
            // The layer logs in `call`, so the future need not run.
            let service = service_fn(async |_| Ok::<_, ()>(Response::new(())));
            drop(layer.layer(service).call(request));
        }
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn count(lines: &[String], needle: &str) -> usize {
    lines.iter().filter(|line| line.contains(needle)).count()
}

#[test]
fn a_fault_is_logged_once_for_each_peer() {
    const UNTRUSTED: &str = "that is not a trusted proxy";
    const MALFORMED: &str = "malformed forwarding header";
    const CONTRADICTION: &str = "contradict";
    for (peers, lines, needle, said) in [
        (
            &["192.0.2.1", "192.0.2.1"][..],
            "x-scheme: https",
            UNTRUSTED,
            1,
        ),
        (
            &["192.0.2.1", "::ffff:192.0.2.1"],
            "x-scheme: https",
            UNTRUSTED,
            1,
        ),
        (
            &["192.0.2.1", "192.0.2.2", "192.0.2.1"],
            "x-scheme: https",
            UNTRUSTED,
            2,
        ),
        (&["unix:", "unix:"], "x-scheme: https", UNTRUSTED, 1),
        (&["-", "-"], "x-scheme: https", UNTRUSTED, 1),
        (&["192.0.2.1"], "x-forwarded-for: garbage", UNTRUSTED, 1),
        (
            &["127.0.0.1", "127.0.0.1"],
            "x-forwarded-for: garbage",
            MALFORMED,
            1,
        ),
        (
            &["127.0.0.1", "::1"],
            "x-forwarded-for: garbage",
            MALFORMED,
            2,
        ),
        (&["127.0.0.1"], "x-forwarded-for:", MALFORMED, 1),
        (
            &["127.0.0.1"],
            "x-forwarded-for: garbage, 10.0.0.1",
            MALFORMED,
            1,
        ),
        (&["127.0.0.1"], "x-real-ip: 1.2.3.4:65536", MALFORMED, 1),
        (&["127.0.0.1"], "x-scheme: ftp", MALFORMED, 1),
        (
            &["127.0.0.1"],
            "x-scheme: http\nx-forwarded-proto: https",
            CONTRADICTION,
            1,
        ),
        // Nothing to log.
        (&["192.0.2.1", "127.0.0.1"], "host: a", "", 0),
        (&["192.0.2.1"], "forwarded: for=6.6.6.6", "", 0),
        (&["127.0.0.1"], "x-forwarded-for: 203.0.113.7", "", 0),
        (
            &["127.0.0.1"],
            "x-forwarded-for: garbage, 203.0.113.7",
            "",
            0,
        ),
        (&["127.0.0.1"], "x-forwarded-for: unknown", "", 0),
        (&["127.0.0.1"], "x-forwarded-for: 6.6.6.6, _hidden", "", 0),
        (&["127.0.0.1"], "x-forwarded-for: unix:", "", 0),
    ] {
        let logged = logged(peers.iter().map(|peer| (*peer, request(lines))));
        assert_eq!(
            count(&logged, needle),
            said,
            "{peers:?} {lines}: {logged:?}"
        );
        assert_eq!(logged.len(), said, "{logged:?}");
    }
}

#[test]
fn a_contradiction_is_logged_with_advice() {
    for (lines, advice) in [
        (
            "x-forwarded-for: 6.6.6.6\nx-real-ip: 203.0.113.7",
            "XHeaders::nginx()",
        ),
        (
            "x-scheme: http\nx-forwarded-proto: https",
            "the scheme is unknown",
        ),
    ] {
        let logged = logged([("127.0.0.1", request(lines))]);
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].contains(advice), "{logged:?}");
    }
}

#[test]
fn a_value_is_logged_escaped_and_cut() {
    let mut request = request("");
    let value = [&[b'x'; 60_000][..], b"\xff\t\""].concat();
    let value = HeaderValue::from_bytes(&value).unwrap();
    request.headers_mut().insert("x-forwarded-for", value);
    let lines = logged([("192.0.2.1", request)]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].len() < 400, "{lines:?}");
    assert!(lines[0].contains("192.0.2.1") && lines[0].contains("x-forwarded-for"));
    assert!(lines[0].is_ascii() && !lines[0].contains('\t'), "{lines:?}");
}

#[test]
fn untrusted_peers_cannot_fill_the_log() {
    let strangers = (0..3000_u32).map(|n| format!("192.0.{}.{}", n / 250, n % 250));
    let strangers = strangers.map(|peer| (peer, request("x-scheme: https")));
    // The limit is separate for each kind, so a fault of a proxy is still logged.
    let proxy = ("127.0.0.1".to_owned(), request("x-scheme: garbage"));
    let lines = logged(strangers.chain([proxy]));
    assert_eq!(count(&lines, "that is not a trusted proxy"), 1024);
    assert_eq!(lines.len(), 1025);
}
