//! Requests whose client disconnects before the response.

use std::{
    future::pending,
    io::{self, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

use squall::{Application, Body, CLIENT_CLOSED_REQUEST, get, http::Request};
use testkit::wait_until;
use tower::Service;

use crate::{program::Friendfeed, service};

/// The value of a counter in `/metrics`.
fn metric(program: &Friendfeed, name: &str) -> u64 {
    let mut wire = program.wire();
    wire.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let reply = wire.response();
    let mut lines = reply.text().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{name}: {reply:?}"))
}

/// A request of HTTP/2 with prior knowledge for `/slow`, as its frames.
fn slow_over_http2() -> Vec<u8> {
    let path = "/slow?ms=600000";
    let head = [
        &[0x82, 0x86, 0x01, 1, b'a', 0x04, path.len() as u8][..],
        path.as_bytes(),
    ]
    .concat();
    [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..],
        &[0, 0, head.len() as u8, 1, 5, 0, 0, 0, 1],
        &head,
    ]
    .concat()
}

#[test]
fn aborted_requests_are_logged_with_499_and_counted() {
    let program = Friendfeed::start(&[]);
    let over_http1 = b"GET /slow?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    for (i, request) in (0..).zip([over_http1, slow_over_http2()]) {
        assert_eq!(metric(&program, "squall_requests_aborted_total"), i);
        let mut client = TcpStream::connect(program.address).expect("a connection");
        client.write_all(&request).expect("it is read");
        // The request for the metrics is one of the two.
        wait_until("the request is under way", || {
            metric(&program, "squall_requests_in_flight") == 2
        });
        drop(client);
        let aborted = || {
            let lines = program.requests();
            let start = format!("{CLIENT_CLOSED_REQUEST} GET /slow?ms=600000 (127.0.0.1) ");
            lines.iter().filter(|line| line.starts_with(&start)).count()
        };
        wait_until("the line is logged", || aborted() as u64 == i + 1);
        wait_until("it is counted", || {
            metric(&program, "squall_requests_aborted_total") == i + 1
        });
    }
}

/// Returns the lines that are logged while a request is handled or dropped.
pub(crate) fn logged(application: Application<()>, target: &str) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("nobody panicked")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut service = service(application);
        let request = Request::get(target).body(Body::empty()).expect("a request");
        let mut response = Box::pin(service.call(request));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = response.as_mut().poll(&mut cx);
        drop(response);
    });
    let bytes = lines.0.lock().expect("nobody panicked").clone();
    let text = String::from_utf8(bytes).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn only_the_outer_application_logs_an_aborted_request() {
    let inner = || Application::new().route("/never", get(async || pending::<()>().await));
    let lines = logged(inner(), "/never");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("499 GET /never (-) "), "{lines:?}");
    let outer = Application::new().mount("/inner", service(inner()));
    let lines = logged(outer, "/inner/never");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("499 GET /inner/never (-) "), "{lines:?}");
    let outer = Application::new()
        .mount("/inner", service(inner()))
        .access_log(false);
    let lines = logged(outer, "/inner/never");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(logged(inner().access_log(false), "/never").is_empty());
}

#[test]
fn handled_and_never_polled_requests_have_one_line() {
    let app = || Application::new().route("/", get(async || "hello"));
    let lines = logged(app(), "/");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("200 GET / "), "{lines:?}");
    let panics =
        Application::new().route("/", get(async || -> &'static str { panic!("as asked") }));
    let lines = logged(panics, "/");
    assert!(!lines.iter().any(|line| line.contains("499 ")), "{lines:?}");
}
