//! A program for the tests, with settings that no example has a flag for; built as an example.
//!
//! Its arguments are `name=value`. It panics at any other, so as a replacement of `friendfeed` it
//! is a build that panics at start. With `hold=ADDRESS` it is a client instead.

use std::{
    env,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use squall::{Application, Limits, Server, get, post};

fn main() -> squall::Result<()> {
    let mut limits = Limits::default();
    let mut processes = 1;
    let mut count = 0;
    let mut held = None;
    for argument in env::args().skip(1) {
        let (name, value) = argument.split_once('=').expect("an argument is name=value");
        let number = || value.parse::<usize>().expect("a number");
        match name {
            "processes" => processes = number(),
            "drain_delay" => limits = limits.drain_delay(Duration::from_secs(number() as u64)),
            "max_connections" => limits = limits.max_connections(number()),
            "count" => count = number(),
            "hold" => held = Some(value.parse().expect("an address")),
            _ => panic!("{name} is no setting"),
        }
    }
    if let Some(address) = held {
        return Ok(hold(address, count)?);
    }
    let app = Application::new()
        .route("/", get(|| async { task_id().to_string() }))
        // Responds when the body is complete.
        .route("/echo", post(|body: String| async { body }))
        .route("/readyz", get(squall::readyz))
        .access_log(false);
    Server::new(app)
        .limits(limits)
        .bind("127.0.0.1:0")?
        .start(processes)
}

fn task_id() -> usize {
    squall::task_id().unwrap_or_default()
}

/// A busy machine needs long for thousands of connections, so a test waits for each step.
const STEP: usize = 500;

/// Sends a request on each of `count` connections, prints the number per task, and keeps them open.
fn hold(address: SocketAddr, count: usize) -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum;
    setrlimit(Resource::Nofile, Rlimit { current, maximum })?;
    let mut streams = Vec::new();
    let mut tasks = [0; 2];
    for number in 0..count {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n0") && !answer.ends_with(b"\r\n\r\n1") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece)?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer.extend_from_slice(&piece[..length]);
        }
        tasks[usize::from(answer.ends_with(b"1"))] += 1;
        streams.push(stream);
        if (number + 1) % STEP == 0 {
            writeln!(io::stdout(), "at {}", number + 1)?;
        }
    }
    writeln!(io::stdout(), "held: {} {}", tasks[0], tasks[1])?;
    loop {
        thread::park();
    }
}
