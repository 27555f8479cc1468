//! What others notice of thousands of clients that send one byte a second.
//!
//! `cargo xtask bench slow [SECONDS] [CLIENTS]`; benches/README.md says how to read it.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod clients;
mod server;

use std::{
    env,
    net::SocketAddr,
    time::{Duration, Instant},
};

use benches::{Result, Server, be_the_load};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::Wire;

/// Slower than this, and the bench fails: p99 among slow clients against p99 without them.
const LIMIT: f64 = 2.0;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--serve", _] => server::serve(),
        [] => compare(60, 5_000),
        [seconds] => compare(seconds.parse()?, 5_000),
        [seconds, clients, ..] => compare(seconds.parse()?, clients.parse()?),
    }
}

fn compare(seconds: u64, clients: usize) -> Result<()> {
    be_the_load()?;
    raise_descriptor_limit()?;
    println!("{clients} clients that send a byte a second, for {seconds} s");
    let time = Duration::from_secs(seconds) / 2;
    let server = Server::start("squall-server")?;
    let quiet = measure(&server, time)?;
    let slow = clients::start(server.addresses(), clients)?;
    let disturbed = measure(&server, time)?;
    println!("{} connections were opened for them", slow.opened());
    println!(
        "{:<24} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "µs for others", "quiet p50", "p99", "slow p50", "p99", "ratio p99"
    );
    let mut worst = 0.0_f64;
    for (mode, (quiet, disturbed)) in MODES.iter().zip(quiet.iter().zip(&disturbed)) {
        let ratio = disturbed.p99 / quiet.p99;
        println!(
            "{:<24} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {ratio:>9.2}",
            mode.name, quiet.p50, quiet.p99, disturbed.p50, disturbed.p99
        );
        worst = worst.max(ratio);
    }
    if worst > LIMIT {
        return Err(format!("others wait {worst:.2} times as long: more than {LIMIT}").into());
    }
    Ok(())
}

/// How the others ask.
struct Mode {
    name: &'static str,
    keeps_alive: bool,
}

const MODES: [Mode; 2] = [
    Mode {
        name: "keep-alive",
        keeps_alive: true,
    },
    Mode {
        name: "a connection a request",
        keeps_alive: false,
    },
];

/// How long others wait for an answer, in microseconds.
struct Waits {
    p50: f64,
    p99: f64,
}

/// Asks in each mode for that long.
fn measure(server: &Server, time: Duration) -> Result<Vec<Waits>> {
    let waits = MODES.iter().map(|mode| {
        let mut waits = ask(server.address(), mode.keeps_alive, time);
        waits.sort();
        let part = |percent: usize| {
            let wait = waits.get(waits.len() * percent / 100);
            Ok::<_, String>(wait.ok_or("nobody answers")?.as_secs_f64() * 1e6)
        };
        Ok(Waits {
            p50: part(50)?,
            p99: part(99)?,
        })
    });
    waits.collect()
}

fn ask(address: SocketAddr, keeps_alive: bool, time: Duration) -> Vec<Duration> {
    let mut waits = Vec::new();
    let begin = Instant::now();
    let mut kept = None;
    while begin.elapsed() < time {
        let asked = Instant::now();
        let mut wire = kept.take().unwrap_or_else(|| Wire::connect(address));
        wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(wire.response().text(), "hello");
        waits.push(asked.elapsed());
        kept = keeps_alive.then_some(wire);
    }
    waits
}

fn raise_descriptor_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
