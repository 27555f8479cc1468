//! Programs of other languages under `squall supervise`: real gunicorn, uvicorn and Node, and a
//! program that takes its sockets as Go's do.

mod bad_deploys;
mod reloads;

use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use testkit::{Running, Signal, TempDir, temp_dir, wait_for};

use crate::fixture::{Finished, run, squall};

/// A program, and the application that it serves.
pub(crate) struct Program {
    /// The outside program, without which a test is skipped.
    find: fn() -> Option<PathBuf>,
    arguments: &'static [&'static str],
    file: &'static str,
    source: &'static str,
    /// A line that ends the program at its start.
    crash: &'static str,
    /// A line that keeps it from accepting connections.
    hang: &'static str,
}

const PYTHON: Program = Program {
    find: || testkit::outside("python3"),
    arguments: &["app.py"],
    file: "app.py",
    source: "",
    crash: "raise RuntimeError('a broken build')\n",
    hang: "import time; time.sleep(1000)\n",
};

pub(crate) const GUNICORN: Program = Program {
    find: || testkit::outside("gunicorn"),
    arguments: &["--no-control-socket", "app"],
    source: include_str!("wsgi.py"),
    ..PYTHON
};

pub(crate) const GUNICORN_THREADS: Program = Program {
    arguments: &["--no-control-socket", "--threads", "4", "app"],
    ..GUNICORN
};

pub(crate) const UVICORN: Program = Program {
    find: || testkit::outside("uvicorn"),
    arguments: &["--fd", "3", "app:application"],
    source: include_str!("asgi.py"),
    ..PYTHON
};

pub(crate) const GO_STYLE: Program = Program {
    source: include_str!("activation.py"),
    ..PYTHON
};

pub(crate) const NODE: Program = Program {
    find: || testkit::outside("node"),
    arguments: &["app.js"],
    file: "app.js",
    source: include_str!("node.js"),
    crash: "throw new Error('a broken build');\n",
    hang: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n",
};

/// The fault of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Crash,
    Hang,
    /// `/healthz` responds with 503, all other paths with 200.
    Unhealthy,
}

/// A supervised program on 127.0.0.1.
pub(crate) struct Service {
    pub(crate) running: Running,
    pub(crate) address: Option<SocketAddr>,
    program: Program,
    directory: TempDir,
}

impl Service {
    /// Starts two processes of the version `first`; `None` where the program is missing.
    pub(crate) fn start(program: Program, options: &str) -> Option<Self> {
        Self::start_with(program, options, Fault::None)
    }

    pub(crate) fn start_with(program: Program, options: &str, fault: Fault) -> Option<Self> {
        let outside = (program.find)()?;
        let directory = temp_dir();
        deploy(&program, directory.path(), "first", fault);
        let mut command = squall(directory.path());
        command
            .args(["supervise", "--processes", "2", "--cwd"])
            .arg(directory.path())
            .args(options.split_whitespace())
            .arg("--")
            .arg(outside)
            .args(program.arguments)
            // It is found by a time in whole seconds, and two versions may be of one second.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(directory.path());
        let running = Running::spawn(&mut command);
        let line = running.wait_line("listening address=");
        let (_, address) = line.split_once("address=").expect("it was asked for");
        Some(Self {
            address: address.trim().parse().ok(),
            running,
            program,
            directory,
        })
    }

    pub(crate) fn deploy(&self, version: &str, fault: Fault) {
        deploy(&self.program, self.directory.path(), version, fault);
    }

    pub(crate) fn run(&self, arguments: &str) -> Finished {
        run(self.directory.path(), arguments)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<String> {
        match self.address {
            Some(address) => ask(TcpStream::connect(address)?, path),
            None => ask(UnixStream::connect(self.path("app.sock"))?, path),
        }
    }

    /// Waits until exactly two workers are running and ready; returns the status as JSON.
    pub(crate) fn settled(&self) -> serde_json::Value {
        wait_for("the workers to settle", || {
            let result = self.run("status --json");
            let status: serde_json::Value = serde_json::from_str(&result.output).ok()?;
            let workers = status["workers"].as_array()?;
            let all_ready = workers.iter().all(|worker| worker["state"] == "ready");
            (all_ready && workers.len() == 2 && status["state"] == "running").then_some(status)
        })
    }

    pub(crate) fn stop(&mut self) {
        self.running.signal(Signal::Term);
        assert_eq!(self.running.wait().code(), Some(0));
    }
}

fn deploy(program: &Program, directory: &Path, version: &str, fault: Fault) {
    let health = if fault == Fault::Unhealthy {
        "503 Service Unavailable"
    } else {
        "200 OK"
    };
    let source = program
        .source
        .replace("VERSION", version)
        .replace("HEALTH", health);
    let first = match fault {
        Fault::Crash => program.crash,
        Fault::Hang => program.hang,
        Fault::None | Fault::Unhealthy => "",
    };
    let beside = directory.join("new");
    fs::write(&beside, format!("{first}{source}")).expect("there is room");
    fs::rename(beside, directory.join(program.file)).expect("it is ours");
}

/// Sends one request over a connection of its own, and returns the body.
fn ask(mut stream: impl Read + Write, path: &str) -> io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let (head, body) = response
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    assert_eq!(head.split(' ').nth(1), Some("200"), "{response}");
    Ok(body.to_owned())
}

/// Requests that clients have sent, and errors.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) refused: u64,
    /// The connection was closed or reset before the response.
    pub(crate) lost: u64,
}

/// Runs `work` while eight clients send requests, each over a connection of its own.
pub(crate) fn under_load(service: &Service, work: impl FnOnce()) -> Load {
    let address = service.address.expect("TCP");
    let over = AtomicBool::new(false);
    let client = || {
        let mut load = Load::default();
        while !over.load(SeqCst) {
            load.requests += 1;
            let Ok(stream) = TcpStream::connect(address) else {
                load.refused += 1;
                continue;
            };
            let limit = Some(Duration::from_secs(30));
            stream.set_read_timeout(limit).expect("it is not zero");
            load.lost += u64::from(ask(stream, "/").is_err());
        }
        load
    };
    thread::scope(|scope| {
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        // Also when `work` panics: the scope waits for its threads.
        let end = Over(&over);
        work();
        drop(end);
        let mut all = Load::default();
        for client in clients {
            let load = client.join().expect("each response is complete");
            all.requests += load.requests;
            all.refused += load.refused;
            all.lost += load.lost;
        }
        all
    })
}
