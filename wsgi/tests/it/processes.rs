//! Processes and threads: forks before and after the first use, several workers, Python's lock, the end of a process.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    thread,
};

use testkit::temp_dir;

use crate::containers::{Container, Options, PROBE};

/// Sends so many requests, and returns the process ids. A connection is kept until the server closes it; uWSGI
/// does so after each response, without a word.
fn keep_asking(address: SocketAddr, requests: usize, keeps: bool) -> HashSet<String> {
    let mut pids = HashSet::new();
    let mut connection: Option<BufReader<TcpStream>> = None;
    for _ in 0..requests {
        let stream = connection.get_or_insert_with(|| {
            BufReader::new(TcpStream::connect(address).expect("the server listens"))
        });
        let request = b"GET /pid HTTP/1.1\r\nHost: site\r\n\r\n";
        stream
            .get_mut()
            .write_all(request)
            .expect("the server reads");
        let (mut length, mut is_last) = (0, false);
        let mut line = String::new();
        stream.read_line(&mut line).expect("a response");
        assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
        loop {
            line.clear();
            stream.read_line(&mut line).expect("a response");
            let header = line.trim_end().to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a number"),
                Some(("connection", "close")) => is_last = true,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        std::io::Read::read_exact(stream, &mut body).expect("a body");
        pids.insert(String::from_utf8(body).expect("a number"));
        if is_last || !keeps {
            connection = None;
        }
    }
    pids
}

/// Sends 10,000 requests on four connections.
fn load(address: SocketAddr, keeps: bool) -> HashSet<String> {
    let clients: Vec<_> = (0..4)
        .map(|_| thread::spawn(move || keep_asking(address, 2_500, keeps)))
        .collect();
    let pids = clients
        .into_iter()
        .map(|client| client.join().expect("no request failed"));
    pids.flatten().collect()
}

#[test]
fn two_workers_respond_to_ten_thousand_requests_without_an_error() {
    for (container, arguments) in [
        (Container::GunicornThreads, &["--preload"][..]),
        (Container::GunicornSync, &[]),
        (Container::Uwsgi, &[]),
        (Container::Granian, &[]),
        (Container::ModWsgi, &[]),
    ] {
        let options = Options {
            processes: 2,
            arguments,
            ..PROBE
        };
        let Some(site) = container.start(options) else {
            continue;
        };
        let pids = load(site.address, container != Container::Uwsgi);
        assert!((1..=2).contains(&pids.len()), "{container:?}: {pids:?}");
        let log = site.log();
        assert!(
            !log.contains("Traceback") && !log.contains("panicked"),
            "{container:?}: {log}"
        );
    }
}

/// Two requests wait for each other in one process: each waits without Python's lock.
#[test]
fn requests_wait_without_pythons_lock() {
    for container in [
        Container::GunicornThreads,
        Container::Waitress,
        Container::Granian,
        Container::ModWsgi,
        Container::Validate,
    ] {
        let Some(site) = container.start(PROBE) else {
            continue;
        };
        thread::scope(|scope| {
            let first = scope.spawn(|| site.get("/meet"));
            let second = site.get("/meet");
            assert_eq!(second.text(), "met", "{container:?}");
            assert_eq!(
                first.join().expect("a response").text(),
                "met",
                "{container:?}"
            );
        });
    }
}

#[test]
fn a_background_task_ends_before_its_process() {
    // uWSGI ends its workers without an orderly end of Python.
    for container in [Container::GunicornThreads, Container::GunicornSync] {
        let Some(site) = container.start(PROBE) else {
            continue;
        };
        let directory = temp_dir();
        let file = directory.path().join("done");
        let reply = site.get(&format!("/task?file={}", file.display()));
        assert_eq!(reply.text(), "later");
        site.stop();
        assert_eq!(
            fs::read_to_string(&file).ok().as_deref(),
            Some("done"),
            "{container:?}"
        );
    }
}

#[test]
fn a_configuration_error_ends_a_worker_that_starts_the_application_at_once() {
    let hook =
        "import probe_wsgi\n\ndef post_worker_init(worker):\n    probe_wsgi.application.start()\n";
    let options = Options {
        arguments: &["--config", "gunicorn.conf.py"],
        variables: &[("PROBE_BROKEN", "the database is down")],
        script: Some(("gunicorn.conf.py", hook)),
        ..PROBE
    };
    let Some(mut site) = Container::GunicornSync.start(options) else {
        return;
    };
    // gunicorn's status for a worker that cannot boot.
    assert_eq!(site.running.wait().code(), Some(3));
    let log = site.running.output();
    assert!(
        log.contains("the application cannot be made: the database is down"),
        "{log}"
    );
}

#[test]
fn a_configuration_error_is_500_with_its_reason_in_the_log() {
    let options = Options {
        variables: &[("PROBE_BROKEN", "the database is down")],
        ..PROBE
    };
    let Some(site) = Container::GunicornSync.start(options) else {
        return;
    };
    assert_eq!(site.get("/").status, 500);
    let log = site.stop();
    assert!(
        log.contains("the application cannot be made: the database is down"),
        "{log}"
    );
}
