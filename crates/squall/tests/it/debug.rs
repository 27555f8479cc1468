//! Debug mode: the traceback page, and the requests that may see it.

use std::path::Path;

use testkit::{Browser, Reply, Wire};

use crate::program::Friendfeed;

#[test]
fn error_and_panic_show_the_traceback_page() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let site = Friendfeed::start(&["--debug"]);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    for (path, title, line) in [
        (
            "error?token=s3cret",
            "No such file or directory",
            "Ok(fs::read_to_string(\"there/is/no/such/file\")?)",
        ),
        (
            "panic",
            "a handler can panic, and the server lives on",
            "panic!(\"a handler can panic, and the server lives on\");",
        ),
    ] {
        browser.open(&format!("http://{}/{path}", site.address));
        browser.wait_text("h1", title);
        browser.wait_text("body", line);
        browser.wait_text("body", "crates/squall/examples/friendfeed/pages.rs");
        let name = path.split('?').next().expect("a name");
        let all = browser.text("body").expect("a page");
        assert!(
            all.contains(&format!("/{name}")) && !all.contains("s3cret"),
            "{all}"
        );
        for (device, width, height, dark) in
            [("desktop", 1280, 900, false), ("phone", 390, 844, true)]
        {
            browser.look(width, height, dark);
            browser.screenshot(pictures.join(format!("{name}-{device}.png")));
        }
    }
    let log = site.running.output();
    assert!(!log.contains("s3cret"), "{log}");
}

#[test]
fn remote_clients_get_the_status_only() {
    let site = Friendfeed::start(&["--debug", "--xheaders"]);
    let ask = |head: &str| -> Reply {
        let mut wire = Wire::connect(site.address);
        wire.send(format!("GET /error HTTP/1.1\r\n{head}\r\n\r\n"));
        wire.response()
    };
    let page = ask("Host: localhost");
    assert!(page.text().contains("pages.rs"), "{}", page.text());
    for head in [
        "Host: evil.example",
        "Host: localhost.evil.example",
        "Host: 127.0.0.1.nip.io",
        "Host: localhost\r\nX-Forwarded-For: 192.0.2.7",
        "Host: localhost\r\nX-Real-IP: 127.0.0.1",
        "Host: localhost\r\nForwarded: for=192.0.2.7",
        "Host: localhost\r\nVia: 1.1 proxy",
    ] {
        let reply = ask(head);
        let said = (reply.status, reply.text());
        assert_eq!(said, (500, "500 Internal Server Error\n"), "{head}");
        let id = reply.header("x-request-id").expect("an id");
        let line = site.running.wait_line(&format!("request_id={id}"));
        assert!(line.contains("No such file or directory"), "{line}");
    }
}

/// The traceback page, the script in pages and the live-reload endpoints have one condition.
#[test]
fn traceback_page_and_live_reload_are_for_the_same_requests() {
    let site = Friendfeed::start(&["--debug", "--xheaders"]);
    for (version, head, is_local) in [
        ("1.1", "Host: localhost", true),
        ("1.1", "Host: LOCALHOST:1", true),
        ("1.1", "Host: app.localhost", true),
        ("1.1", "Host: 127.0.0.1:8888", true),
        ("1.1", "Host: [::1]", true),
        ("1.1", "Host: .localhost", false),
        ("1.1", "Host: evil.example", false),
        ("1.1", "Host: localhost.evil.example", false),
        ("1.1", "Host: 10.0.0.1", false),
        ("1.0", "Host: localhost", false),
        ("1.1", "Host: localhost\r\nX-Forwarded-For: 8.8.8.8", false),
        (
            "1.1",
            "Host: localhost\r\nX-Forwarded-For: 127.0.0.1",
            false,
        ),
        ("1.1", "Host: localhost\r\nX-Real-IP: 127.0.0.1", false),
        ("1.1", "Host: localhost\r\nX-Scheme: https", false),
        ("1.1", "Host: localhost\r\nForwarded: for=8.8.8.8", false),
        ("1.1", "Host: localhost\r\nCF-Connecting-IP: 8.8.8.8", false),
        ("1.1", "Host: localhost\r\nTrue-Client-IP: 8.8.8.8", false),
        ("1.1", "Host: localhost\r\nVia: 1.1 proxy", false),
        ("1.1", "Host: localhost\r\nX_Forwarded_For: 8.8.8.8", false),
        ("1.1", "Host: localhost\r\nX-Real_IP: 127.0.0.1", false),
        ("1.1", "Host: localhost\r\nX_Scheme: https", false),
        ("1.1", "Host: localhost\r\nX_Other: 1", true),
        // The client's address is unknown.
        (
            "1.1",
            "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.2",
            false,
        ),
        (
            "1.1",
            "Host: localhost\r\nSec-Fetch-Site: same-origin",
            true,
        ),
        ("1.1", "Host: localhost\r\nSec-Fetch-Site: same-site", true),
        (
            "1.1",
            "Host: localhost\r\nSec-Fetch-Site: cross-site",
            false,
        ),
        (
            "1.1",
            "Host: localhost\r\nOrigin: http://localhost:9999",
            true,
        ),
        (
            "1.1",
            "Host: localhost\r\nOrigin: http://evil.example",
            false,
        ),
        ("1.1", "Host: localhost\r\nOrigin: null", false),
    ] {
        let request = |path: &str| -> Reply {
            let mut wire = Wire::connect(site.address);
            wire.send(format!("GET {path} HTTP/{version}\r\n{head}\r\n\r\n"));
            wire.response()
        };
        let page = request("/error");
        assert_eq!(page.status, 500, "{head}");
        assert_eq!(
            page.text().contains("pages.rs"),
            is_local,
            "{version} {head}"
        );
        let script = request("/_squall/live.js");
        assert_eq!(script.status == 200, is_local, "{version} {head}");
        let page = request("/");
        assert_eq!(
            page.text().contains("_squall"),
            is_local,
            "{version} {head}"
        );
        // A local request would get a stream without end.
        if !is_local {
            assert_eq!(request("/_squall/live").status, 404, "{version} {head}");
        }
    }
}

#[test]
fn requests_and_environment_cannot_enable_debug_mode() {
    let site = Friendfeed::start_with(&[], |command| {
        for name in [
            "DEBUG",
            "SQUALL_DEBUG",
            "FRIENDFEED_DEBUG",
            "RUST_BACKTRACE",
        ] {
            command.env(name, "1");
        }
    });
    let mut wire = site.wire();
    wire.send("GET /error?debug=true HTTP/1.1\r\nHost: localhost\r\nX-Debug: 1\r\nAccept: text/html\r\n\r\n");
    let reply = wire.response();
    assert!(!reply.text().contains("pages.rs"), "{}", reply.text());
    assert!(
        reply.text().contains("Something went wrong here"),
        "{}",
        reply.text()
    );
    wire.send("GET /_squall/live.js HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(wire.response().status, 404);
}

#[test]
fn debug_mode_with_two_processes_is_an_error() {
    let mut command = crate::program::command();
    let output = command
        .args(["--debug", "--port", "0", "--processes", "2"])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("start(2): debug mode needs a single process"),
        "{said}"
    );
}

#[tokio::test]
async fn factory_in_debug_mode_needs_server_debug() {
    let server = squall::Server::from_fn(|_| async { Ok(squall::Application::new().debug(true)) });
    let error = server
        .bind("127.0.0.1:0")
        .expect("an address")
        .serve()
        .await;
    let error = error.expect_err("Server::debug is not set").to_string();
    assert!(error.contains("Server::debug(true)"), "{error}");
}
