//! Bodies in both directions: streams, large ones in constant memory, those without a length, and those that break off.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use testkit::{Wire, wait_until};

use crate::containers::{ALL, Container, PROBE, Site};

/// Servers that pass the bytes of a stream on as they come.
const SIZE: usize = 100 * 1024 * 1024;

/// Memory that a process may need more for 100 MiB than for a small body, in KiB.
const SLACK: u64 = 24 * 1024;

fn each(test: impl Fn(Container, &Site)) {
    for container in ALL {
        if let Some(site) = container.start(PROBE) {
            test(container, &site);
        }
    }
}

#[test]
fn streams_and_wholes_arrive_complete() {
    each(|container, site| {
        for (path, status, body) in [
            ("/", 200, "Hello, world"),
            ("/stream", 200, "one two three"),
            ("/empty", 200, ""),
            ("/no-content", 204, ""),
            ("/untyped", 200, "untyped"),
            ("/unknown-status", 299, "unknown"),
            ("/down?bytes=0", 200, ""),
            ("/up", 200, "0 0"),
            ("/moved", 303, ""),
        ] {
            let reply = site.get(path);
            assert_eq!(
                (reply.status, reply.text()),
                (status, body),
                "{container:?} {path}: {}",
                reply.head
            );
        }
        let reply = site.get("/down?bytes=200000");
        assert_eq!(reply.body.len(), 200_000, "{container:?}");
        let reply = site.get("/headers");
        let cookies = reply.head.to_lowercase().matches("set-cookie: ").count();
        assert_eq!(cookies, 2, "{container:?}: {}", reply.head);
        assert!(
            !reply.head.contains("timeout=5"),
            "{container:?}: {}",
            reply.head
        );
        let reply = site.get("/untyped");
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream")
        );
    });
}

#[test]
fn a_head_has_the_length_of_the_body_and_none_of_it() {
    each(|container, site| {
        let reply = site.send(b"HEAD / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n");
        assert_eq!(
            reply.header("content-length"),
            Some("12"),
            "{container:?}: {}",
            reply.head
        );
    });
}

#[test]
fn what_arrives_is_what_was_sent() {
    each(|container, site| {
        let reply = site.send(
            b"PATCH /request?a=b%20c HTTP/1.1\r\nHost: site.example\r\nX-Text: caf\xe9\r\nCookie: a=b\r\n\
              Content-Type: text/x-test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
        );
        let text = reply.text();
        for line in [
            "PATCH /request?a=b%20c HTTP/1.1 Some(2)",
            "content-length: 2",
            "content-type: text/x-test",
            "cookie: a=b",
            "host: site.example",
            // granian drops the value of a header that is not ASCII.
            if container == Container::Granian {
                "x-text: "
            } else {
                "x-text: caf\\xe9"
            },
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{container:?}: no {line:?} in {text}"
            );
        }
    });
}

/// Returns the head of an upload.
fn upload(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: site\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

fn expected(length: usize) -> String {
    format!("{length} {}", length * usize::from(b'x'))
}

#[test]
fn uploads_arrive_complete_also_in_a_task() {
    each(|container, site| {
        // 70,000 bytes are more than a chunk, and more than a socket's first segment.
        for path in ["/up", "/up-in-a-task"] {
            for length in [1, 65_536, 70_000] {
                let mut request = upload(path, length).into_bytes();
                request.resize(request.len() + length, b'x');
                let reply = site.send(&request);
                assert_eq!(
                    reply.text(),
                    expected(length),
                    "{container:?} {path}: {}",
                    reply.head
                );
            }
        }
    });
}

#[test]
fn a_chunked_upload_is_read_whole_or_refused() {
    each(|container, site| {
        let mut request = b"POST /up HTTP/1.1\r\nHost: site\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
        for _ in 0..70 {
            request.extend_from_slice(b"3e8\r\n");
            request.resize(request.len() + 1000, b'x');
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"0\r\n\r\n");
        let reply = site.send(&request);
        match container {
            // Python's own server does not read chunks at all.
            Container::Uwsgi | Container::ModWsgi | Container::Validate => {
                assert_eq!(reply.status, 411, "{container:?}: {}", reply.head);
            }
            _ => assert_eq!(
                reply.text(),
                expected(70_000),
                "{container:?}: {}",
                reply.head
            ),
        }
    });
}

/// The client sends less than it has announced. A server may close the connection before the application has the
/// request; otherwise the body is an error, and never a shorter one.
#[test]
fn an_upload_that_breaks_off_is_an_error() {
    each(|container, site| {
        let mut stream = TcpStream::connect(site.address).expect("the server listens");
        let mut request = upload("/up", 1000).into_bytes();
        request.extend_from_slice(b"only this");
        stream.write_all(&request).expect("the server reads");
        stream.shutdown(Shutdown::Write).expect("it is open");
        let mut reply = Vec::new();
        // A reset is as good.
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(
            reply.is_empty()
                || reply.starts_with("HTTP/1.1 400")
                || reply.starts_with("HTTP/1.1 500")
                || reply.starts_with("HTTP/1.0 400"),
            "{container:?}: {reply}"
        );
        assert_eq!(site.get("/").status, 200, "{container:?}");
    });
}

#[test]
fn an_upload_above_the_limit_is_refused_before_it_is_read() {
    let Some(site) = Container::GunicornThreads.start(PROBE) else {
        return;
    };
    let reply = site.send(upload("/unread", 2 * 1024 * 1024).as_bytes());
    assert_eq!(reply.status, 413, "{}", reply.head);
}

#[test]
fn a_stream_that_fails_is_not_complete() {
    each(|container, site| {
        let mut wire = Wire::connect(site.address);
        wire.send("GET /fail-late HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n");
        let reply = String::from_utf8_lossy(&wire.read_all()).into_owned();
        // Apache ends the chunks in any case.
        let is_complete = reply.ends_with("0\r\n\r\n") && container != Container::ModWsgi;
        assert!(!is_complete, "{container:?}: {reply}");
        let reason = "the source of the stream broke";
        wait_until("the error is logged", || site.log().contains(reason));
        assert_eq!(site.get("/").status, 200, "{container:?}");
    });
}

#[test]
fn a_panic_of_a_layer_is_500_and_the_worker_lives_on() {
    each(|container, site| {
        let pid = site.worker();
        let reply =
            site.send(b"GET / HTTP/1.1\r\nHost: site\r\nX-Panic: now\r\nConnection: close\r\n\r\n");
        assert_eq!(reply.status, 500, "{container:?}: {}", reply.head);
        assert_eq!(site.worker(), pid, "{container:?}");
    });
}

/// A stream reaches its client while it goes on.
#[test]
fn an_endless_stream_arrives_bit_by_bit_and_ends_with_its_client() {
    for container in [
        Container::GunicornThreads,
        Container::Waitress,
        Container::Granian,
        Container::Uwsgi,
    ] {
        let Some(site) = container.start(crate::containers::FRIENDFEED) else {
            continue;
        };
        for _ in 0..10 {
            let mut wire = Wire::connect(site.address);
            wire.send("GET /sse HTTP/1.1\r\nHost: site\r\n\r\n");
            let mut read = String::new();
            while !read.contains("data: ") {
                read.push_str(&String::from_utf8_lossy(&wire.read_exact(1)));
            }
            if container == Container::Uwsgi {
                // It has one thread, which sees the end of its client at the next write.
                break;
            }
        }
    }
}

/// Returns the most memory that a process has had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse().ok())
        .expect("a number")
}

#[test]
fn a_hundred_mebibytes_go_up_and_down_in_constant_memory() {
    // The validator reads a body's chunks as any server does; it only takes longer.
    for container in ALL
        .into_iter()
        .filter(|container| *container != Container::Validate)
    {
        let Some(site) = container.start(PROBE) else {
            continue;
        };
        let pid = site.worker();
        transfer(&site, 1024 * 1024);
        let before = peak(pid);
        transfer(&site, SIZE);
        let grown = peak(pid) - before;
        assert_eq!(site.worker(), pid);
        // waitress collects a request's body in a file, and a response's in memory up to 1 MiB.
        assert!(grown < SLACK, "{container:?}: {grown} KiB more");
    }
}

/// Sends and gets so many bytes.
fn transfer(site: &Site, length: usize) {
    let chunk = vec![b'x'; 1024 * 1024];
    let mut stream = TcpStream::connect(site.address).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("it is open");
    stream
        .write_all(upload("/up", length).as_bytes())
        .expect("the server reads");
    for _ in 0..length / chunk.len() {
        stream.write_all(&chunk).expect("the server reads");
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a response");
    assert!(reply.ends_with(&expected(length)), "{reply}");
    let mut stream = TcpStream::connect(site.address).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("it is open");
    let request = format!("GET /down?bytes={length} HTTP/1.0\r\nHost: site\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("the server reads");
    let (mut received, mut buffer) = (0, vec![0; 1024 * 1024]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received += buffer[..count].iter().filter(|&&byte| byte == b'x').count(),
            // A read with a timeout ends so when the machine goes on after a standstill.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("no response: {error}"),
        }
    }
    assert!(
        (length..length + 64).contains(&received),
        "{received} of {length}"
    );
}
