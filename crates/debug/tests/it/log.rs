//! Log lines.

use http::Request;
use squall_debug::Tracebacks;
use testkit::wait_until;

use crate::case::{Log, Outer, Result, request, respond, shown};

async fn fails(_: Request<()>) -> Result<()> {
    let cause = std::io::Error::other("first\r\nERROR forged\u{202e}\x1b[2J");
    Err(Outer("cannot\nread".to_owned(), cause).into())
}

#[tokio::test]
async fn failure_and_backtrace_are_logged_with_the_request_id() {
    for tracebacks in [Tracebacks::new(), shown()] {
        let log = Log::default();
        let listening = log.listen();
        let request = request("*/*")
            .uri("/a?token=s3cret&b=%0Ac")
            .body(())
            .unwrap();
        let response = respond(tracebacks, request, fails).await;
        drop(listening);
        // A background thread resolves the backtrace.
        wait_until("the backtrace", || log.text().contains("    at "));
        let text = log.text();
        let mut lines = text.lines();
        let first = lines.next().unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        let wanted = "500 GET /a?token=[hidden]&b=%0Ac: cannot\\nread: first\\r\\nERROR forged\\u{202e}\\u{1b}[2J ";
        assert!(first.contains("ERROR") && first.contains(wanted), "{first}");
        assert!(first.contains(&format!("request_id={id}")), "{first}");
        let place = "(crates/debug/tests/it/log.rs:11)";
        assert!(first.contains(place), "{first}");
        let head = lines.next().unwrap();
        assert!(
            head.contains(&format!("backtrace request_id={id}")),
            "{head}"
        );
        let second = lines.next().unwrap();
        assert!(
            second.starts_with("    at it::log::fails (crates/debug/tests/it/log.rs:"),
            "{second}"
        );
        assert!(lines.all(|line| line.starts_with("    at ")), "{text}");
    }
}

#[tokio::test]
async fn panic_is_logged_as_one() {
    let log = Log::default();
    let listening = log.listen();
    let request = request("*/*").uri("/a").body(()).unwrap();
    let response = respond(Tracebacks::new(), request, async |_| panic!("two\nlines")).await;
    drop(listening);
    wait_until("the backtrace", || log.text().contains("    at "));
    assert_eq!(response.body(), "500 Internal Server Error\n");
    assert!(
        log.text().contains("500 GET /a: a panic: two\\nlines "),
        "{}",
        log.text()
    );
    assert!(
        log.text().contains("(crates/debug/tests/it/log.rs:"),
        "{}",
        log.text()
    );
}
