//! The adapter for WSGI servers beside callables of Python's: CPU time of a request.
//!
//! `cargo xtask bench wsgi [ROUNDS] [SERVER…]`. Each WSGI server runs all of them, each in one worker on the CPU of the servers, and they
//! take turns under the same load. All return the same status, headers and body. `plain` does nothing else, `headers` reads the
//! headers as any application does, `flask` is the smallest application of Flask.
#![expect(clippy::print_stdout, reason = "the results are for people")]

use std::{
    collections::HashMap,
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use benches::{
    Result, Server,
    compare::{Run, compare},
    outside,
    wrk::Load,
};
use testkit::{Wire, free_port, temp_dir};

/// The response of the example `hello_wsgi`, without the machinery to choose it.
const PLAIN: &str = r#"
def application(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain; charset=utf-8"), ("content-length", "12")])
    return [b"Hello, world"]
"#;

/// The same after the least that an application does.
const HEADERS: &str = r#"
def application(environ, start_response):
    headers = {}
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            headers[name[5:].replace("_", "-").lower()] = value
    start_response("200 OK", [("content-type", "text/plain; charset=utf-8"), ("content-length", "12")])
    return [b"Hello, world"]
"#;

const FLASK: &str = r#"
from flask import Flask, Response

application = Flask(__name__)

@application.route("/")
def home():
    return Response("Hello, world", content_type="text/plain; charset=utf-8")
"#;

const SCRIPTS: [(&str, &str); 3] = [
    ("plain_wsgi", PLAIN),
    ("headers_wsgi", HEADERS),
    ("flask_wsgi", FLASK),
];

const APPLICATIONS: [&str; 4] = ["plain_wsgi", "headers_wsgi", "hello_wsgi", "flask_wsgi"];

/// The servers, with their program and its threads for Python. granian's own benchmarks have one. With several on one CPU, a
/// callable in Python that takes longer adds more than that time as well.
const SERVERS: [(&str, &str, &str); 3] = [
    ("gunicorn", "gunicorn", "4"),
    ("granian-1", "granian", "1"),
    ("granian-4", "granian", "4"),
];

const LOAD: Load<'static> = Load {
    path: "/",
    connections: 8,
    seconds: 2,
    headers: &[],
    script: None,
};

fn main() -> Result<()> {
    let rounds = env::args().nth(1).map_or(Ok(9), |rounds| rounds.parse())?;
    let names: Vec<String> = env::args().skip(2).collect();
    let files = temp_dir();
    let module = env::current_exe()?.with_file_name("examples/libhello_wsgi.so");
    symlink(module, files.path().join("hello_wsgi.so"))?;
    for (module, script) in SCRIPTS {
        fs::write(files.path().join(format!("{module}.py")), script)?;
    }
    for (name, program, threads) in SERVERS {
        if !names.is_empty() && !names.iter().any(|chosen| chosen == name) {
            continue;
        }
        let start = |application| start(program, threads, application, files.path());
        let servers = APPLICATIONS
            .into_iter()
            .map(|application| Ok((application, start(application)?)))
            .collect::<Result<HashMap<_, _>>>()?;
        let expected = response(&servers[APPLICATIONS[0]]);
        for (application, server) in &servers {
            assert_eq!(response(server), expected, "{application} responds alike");
        }
        println!("{name}, {rounds} rounds");
        compare(&APPLICATIONS, rounds, |application| {
            measure(&servers[application])
        })?;
        for server in servers.into_values() {
            server.stop()?;
        }
    }
    Ok(())
}

fn start(program: &str, threads: &str, application: &str, files: &Path) -> Result<Server> {
    let port = free_port();
    // `env` passes its variables on: neither of the others logs requests.
    let mut command = Command::new(outside("env")?);
    command
        .arg(format!("PYTHONPATH={}", files.display()))
        .arg("RUST_LOG=warn")
        .arg(outside(program)?);
    match program {
        "gunicorn" => command
            .args(["--bind", &format!("127.0.0.1:{port}"), "--workers", "1"])
            .args(["--threads", threads, "--no-control-socket"]),
        _ => command
            .args(["--interface", "wsgi", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .args(["--workers", "1", "--blocking-threads", threads]),
    };
    command.arg(format!("{application}:application"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut server = Server::spawn(&command, address)?;
    server.wait()?;
    Ok(server)
}

/// Returns its response, without what differs from second to second.
fn response(server: &Server) -> String {
    let mut wire = Wire::connect(server.address());
    wire.send("GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n");
    let reply = wire.response();
    let lines = reply.head.lines().map(str::to_ascii_lowercase);
    let lines = lines.filter(|line| !line.starts_with("date: "));
    format!("{}\n{}", lines.collect::<Vec<_>>().join("\n"), reply.text())
}

fn measure(server: &Server) -> Result<Run> {
    let before = server.cpu_time()?;
    let report = LOAD.run(server)?;
    Ok(Run::new(report.requests, server.cpu_time()? - before))
}
