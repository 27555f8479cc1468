//! The example as a process: flags, requests, log and signals.

use std::{net::TcpListener, path::Path, process::Command};

use testkit::{Running, Signal, Wire, temp_dir, wait_until};

use crate::program::{Friendfeed, address, command, example};

#[test]
fn every_page_responds_over_tcp_and_unix_socket() {
    let Some(curl) = testkit::outside("curl") else {
        return;
    };
    let dir = temp_dir();
    let socket = dir.path().join("friendfeed.sock");
    let socket = socket.to_str().expect("a path in UTF-8");
    let site = Friendfeed::start(&["--unix", socket]);
    let port = site.address.port();
    let pid = site.running.pid();
    let over_tcp = [format!("http://127.0.0.1:{port}")];
    let over_unix = ["--unix-socket", socket, "http://friendfeed"].map(str::to_owned);
    let mut asked = 0;
    for (place, client) in [(&over_tcp[..], "127.0.0.1"), (&over_unix[..], "unix")] {
        for version in ["--http1.1", "--http2-prior-knowledge"] {
            let ask = |path: &str, more: &[&str]| {
                let (url, options) = place.split_last().expect("a URL");
                let output = Command::new(&curl)
                    .args([
                        "--silent",
                        "--show-error",
                        "--max-time",
                        "30",
                        "--fail",
                        version,
                    ])
                    .args(["--noproxy", "*"])
                    .args(options)
                    .args(more)
                    .arg(format!("{url}{path}"))
                    .output()
                    .expect("curl starts");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(
                    output.status.success(),
                    "{place:?} {version} {path}: {said}"
                );
                String::from_utf8(output.stdout).expect("text")
            };
            assert!(ask("/", &[]).contains("<!doctype html>"));
            assert_eq!(ask("/echo", &["--data", "a=b"]), "a=b");
            let kind = ["--write-out", "%{content_type} %{http_code}"];
            assert_eq!(
                ask(
                    "/echo",
                    &[&["--data", "x", "--header", "content-type: a/b"][..], &kind].concat()
                ),
                "xa/b 200"
            );
            assert_eq!(ask("/users/7", &[]), "user 7\n");
            assert_eq!(ask("/slow?ms=1", &[]), "1 ms later\n");
            let whoami: serde_json::Value =
                serde_json::from_str(&ask("/whoami", &[])).expect("JSON");
            assert_eq!(whoami["remote_ip"], client);
            assert_eq!(whoami["scheme"], "http");
            assert_eq!(whoami["pid"], pid);
            assert_eq!(whoami["task_id"], serde_json::Value::Null);
            asked += 6;
        }
    }
    wait_until("every request is logged", || site.requests().len() >= asked);
    assert_eq!(site.requests().len(), asked);
}

#[test]
fn each_request_has_one_access_log_line() {
    let site = Friendfeed::start(&[]);
    let mut wire = site.wire();
    for target in [
        "/users/7?a=b",
        "/users/%0a%1b[2J",
        "/users/\u{1b}[2J",
        "/users/\"'\\\u{e9}",
    ] {
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let reply = wire.response();
        if reply.header("connection") == Some("close") {
            wire = site.wire();
        }
    }
    wire.send("GET /error HTTP/1.1\r\nHost: a\r\n\r\n");
    wire.response();
    let failure = site.running.wait_line(" /error: ");
    assert!(
        failure.contains("500 GET /error: No such file or directory (os error 2) (")
            && failure.contains("friendfeed/pages.rs:"),
        "{failure}"
    );
    site.running.wait_line(" /error (");
    let output = site.running.output();
    assert!(
        output.chars().all(|c| c == '\n' || !c.is_control()),
        "{output:?}"
    );
    for (line, begins, ends) in [
        (0, "200 GET /users/7?a=b (127.0.0.1) ", "ms"),
        (1, "404 GET /users/%0a%1b[2J (127.0.0.1) ", "is not a u64"),
        (2, "404 GET /users/\"'\\é (127.0.0.1) ", "is not a u64"),
        (3, "500 GET /error (127.0.0.1) ", "ms"),
    ] {
        let requests = site.requests();
        let entry = &requests[line];
        assert!(
            entry.starts_with(begins) && entry.ends_with(ends),
            "{entry:?}"
        );
    }
    for (level, part) in [
        (" INFO ", "200 GET"),
        (" WARN ", "404 GET"),
        ("ERROR ", "500 GET"),
    ] {
        assert!(site.running.wait_line(part).contains(level));
    }
}

#[test]
fn failing_handler_does_not_affect_other_requests() {
    let site = Friendfeed::start(&[]);
    let mut wire = site.wire();
    for (path, status) in [("/panic", 500), ("/error", 500), ("/users/7", 200)] {
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(wire.response().status, status, "{path}");
    }
    let line = site.running.wait_line("500 GET /panic");
    let said = ": a panic: a handler can panic, and the server lives on (";
    assert!(line.contains(said), "{line}");
    // The backtrace is resolved in the background, after both responses.
    site.running.wait_line("friendfeed::pages::panic");
    site.running.wait_line("friendfeed::pages::error");
}

#[test]
fn head_response_has_no_body() {
    let site = Friendfeed::start(&[]);
    let mut wire = site.wire();
    for (path, status, length) in [
        ("/users/7", 200, Some("7")),
        ("/missing", 404, Some("14")),
        ("/panic", 500, Some("26")),
    ] {
        wire.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let reply = wire.response_to("HEAD");
        assert_eq!(
            (reply.status, reply.header("content-length")),
            (status, length),
            "{path}"
        );
    }
}

#[test]
fn signals_finish_pending_requests() {
    let dir = temp_dir();
    let socket = dir.path().join("friendfeed.sock");
    let flags = ["--threads", "2", "--unix", socket.to_str().expect("UTF-8")];
    for signal in [Signal::Term, Signal::Int, Signal::Quit] {
        // From the second start on, the socket file of the previous process exists.
        let mut site = Friendfeed::start(&flags);
        let mut wires = [site.wire(), Wire::connect_unix(&socket)];
        for wire in &mut wires {
            // The first response shows that the connection is accepted.
            wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(wire.response().status, 200, "{signal:?}");
            wire.send("GET /slow?ms=100 HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        site.running.signal(signal);
        for wire in &mut wires {
            let reply = wire.response();
            assert_eq!(
                (reply.status, reply.text()),
                (200, "100 ms later\n"),
                "{signal:?}"
            );
            wire.closed();
        }
        assert_eq!(site.running.wait().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn all_threads_serve() {
    let site = Friendfeed::start(&["--threads", "2"]);
    let lines = site.running.output();
    assert_eq!(lines.matches("listening on").count(), 1, "{lines}");
    let mut wires: Vec<Wire> = (0..32).map(|_| site.wire()).collect();
    for wire in &mut wires {
        wire.send("GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for mut wire in wires {
        assert_eq!(wire.response().status, 200);
    }
    let tasks = std::fs::read_dir(format!("/proc/{}/task", site.running.pid())).expect("Linux");
    assert_eq!(tasks.count(), 2);
}

#[test]
fn invalid_flags_end_the_start_with_a_message() {
    let site = Friendfeed::start(&[]);
    let taken = site.address.port().to_string();
    let in_use = format!("127.0.0.1:{taken} is in use by another process");
    for (flags, status, said) in [
        (&["--port", &*taken][..], 1, &*in_use),
        (&["--port", &taken, "--threads", "2"], 1, &in_use),
        (&["--address", "garbage"], 2, "'garbage'"),
        (
            &["--address", "192.0.2.1", "--port", "0"],
            1,
            "cannot listen on 192.0.2.1:0",
        ),
        (&["--port", "65536"], 2, "65536"),
        (
            &["--threads", "0", "--port", "0"],
            1,
            "threads(0): expected 1 to 1024",
        ),
        (
            &["--unix", "/no/such/directory/socket", "--port", "0"],
            1,
            "/no/such/directory/socket",
        ),
    ] {
        let mut second = Running::spawn(command().args(flags));
        assert_eq!(second.wait().code(), Some(status), "{flags:?}");
        let output = second.output();
        assert!(output.contains(said), "{flags:?}: {output}");
        assert!(!output.contains("listening on"), "{flags:?}: {output}");
    }
    let mut wire = site.wire();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.response().status, 200);
}

#[test]
fn passed_in_socket_replaces_the_flags() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("an address").port().to_string();
    let dir = temp_dir();
    let socket = dir.path().join("activated.sock");
    let program = example();
    let mut running = Running::spawn(
        Command::new(activate)
            .env_remove("RUST_LOG")
            .arg("--listen")
            .arg(&socket)
            .args([&program, Path::new("--port"), Path::new(&taken)]),
    );
    running.wait_line("Listening on");
    // systemd-socket-activate starts the program at the first connection.
    let mut wire = Wire::connect_unix(&socket);
    wire.send("GET /users/7 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.response().text(), "user 7\n");
    running.wait_line(&format!("listening on unix:{}", socket.display()));
    running.signal(Signal::Term);
    wire.closed();
    assert_eq!(running.wait().code(), Some(0));
}

#[test]
fn passed_in_tcp_socket_is_served() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    let port = testkit::free_port();
    let running = Running::spawn(
        Command::new(activate)
            .env_remove("RUST_LOG")
            .arg("--listen")
            .arg(format!("127.0.0.1:{port}"))
            .arg(example()),
    );
    running.wait_line("Listening on");
    let mut wire = Wire::connect(([127, 0, 0, 1], port).into());
    wire.send("GET /users/7 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.response().text(), "user 7\n");
    assert_eq!(address(&running).port(), port);
}
