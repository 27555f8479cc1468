//! The CPU time that a static file costs over loopback, in squall, nginx and others.
//!
//! `cargo xtask bench static-files [SECONDS] [ROUNDS] [SERVER…]`; benches/README.md explains the figures.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod servers;

use std::{env, fs, net::TcpStream};

use benches::{
    Result, Server,
    compare::{self, Run, chosen},
};
use testkit::Wire;

use crate::servers::SERVERS;

/// A file that is requested repeatedly.
struct Case {
    name: &'static str,
    length: usize,
    /// Whether the client has it already.
    is_known: bool,
    connections: u32,
}

const CASES: [Case; 4] = [
    Case {
        name: "304",
        length: KIB,
        is_known: true,
        connections: 64,
    },
    Case {
        name: "1 KiB",
        length: KIB,
        is_known: false,
        connections: 64,
    },
    Case {
        name: "100 KiB",
        length: 100 * KIB,
        is_known: false,
        connections: 64,
    },
    Case {
        name: "10 MiB",
        length: 10 * KIB * KIB,
        is_known: false,
        // A response that is incomplete when the time is up is not counted.
        connections: 4,
    },
];

const KIB: usize = 1024;

/// Every server serves this folder of its working directory under its name.
const FOLDER: &str = "static";

impl Case {
    fn path(&self) -> String {
        format!("/{FOLDER}/{}.txt", self.length)
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--serve", name] => {
            let server = SERVERS.iter().find(|(known, _)| known == name);
            let (_, serve) = server.ok_or_else(|| format!("there is no server {name}"))?;
            serve()
        }
        [] => compare(3, 7, &[]),
        [seconds] => compare(seconds.parse()?, 7, &[]),
        [seconds, rounds, names @ ..] => compare(seconds.parse()?, rounds.parse()?, names),
    }
}

/// Measures all servers that are named, or simply all, and the first one in any case.
fn compare(seconds: u64, rounds: usize, names: &[&str]) -> Result<()> {
    let site = testkit::temp_dir();
    env::set_current_dir(site.path())?;
    fs::create_dir(FOLDER)?;
    for case in &CASES {
        fs::write(&case.path()[1..], vec![b'x'; case.length])?;
    }
    for case in &CASES {
        println!(
            "{}: {rounds} rounds of {seconds} s, medians of the rounds",
            case.name
        );
        compare::compare(&chosen(SERVERS, names), rounds, |name| {
            measure(name, case, seconds)
        })?;
    }
    Ok(())
}

fn measure(name: &str, case: &Case, seconds: u64) -> Result<Run> {
    let server = Server::start(name)?;
    let header = check(&server, case)?;
    Run::of(&server, &case.path(), &header, case.connections, seconds)
}

/// Sees that the server answers as it should, and returns the header to ask with.
fn check(server: &Server, case: &Case) -> Result<String> {
    testkit::wait_until("the server to listen", || {
        TcpStream::connect(server.address()).is_ok()
    });
    let mut wire = Wire::connect(server.address());
    let mut ask = |header: &str| {
        let path = case.path();
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n"
        ));
        wire.response()
    };
    let keep_alive = "Connection: keep-alive".to_owned();
    let reply = ask(&keep_alive);
    if (reply.status, reply.body.len()) != (200, case.length) {
        return Err(reply.head.into());
    }
    if !case.is_known {
        return Ok(keep_alive);
    }
    let tag = reply.header("etag").ok_or("no ETag")?;
    let header = format!("If-None-Match: {tag}");
    let reply = ask(&header);
    if reply.status != 304 {
        return Err(reply.head.into());
    }
    Ok(header)
}
