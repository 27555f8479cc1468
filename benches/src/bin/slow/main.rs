//! Latency of a normal client beside thousands of clients that send one byte a second.
//!
//! `cargo xtask bench slow [SECONDS] [ROUNDS] [CLIENTS]`; benches/README.md explains the figures.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod clients;
mod server;

use std::{
    env,
    net::SocketAddr,
    time::{Duration, Instant},
};

use benches::{Result, Server, be_the_load, compare::median};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::Wire;

/// Slower than this, and the bench fails: p99 among slow clients against p99 without them.
const LIMIT: f64 = 2.0;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--serve", _] => server::serve(),
        [] => compare(60, 3, 5_000),
        [seconds] => compare(seconds.parse()?, 3, 5_000),
        [seconds, rounds] => compare(seconds.parse()?, rounds.parse()?, 5_000),
        [seconds, rounds, clients, ..] => {
            compare(seconds.parse()?, rounds.parse()?, clients.parse()?)
        }
    }
}

/// How the others ask.
#[derive(Clone, Copy)]
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

/// The modes take turns of this length, so that what disturbs the machine disturbs both.
const TURN: Duration = Duration::from_millis(500);

fn compare(seconds: u64, rounds: usize, clients: usize) -> Result<()> {
    be_the_load()?;
    raise_descriptor_limit()?;
    println!(
        "{clients} clients that send a byte a second: {rounds} rounds of {seconds} s without and with them"
    );
    let time = Duration::from_secs(seconds);
    let server = Server::start("squall-server")?;
    let mut runs: [Vec<[Waits; 2]>; MODES.len()] = Default::default();
    for _ in 0..rounds {
        let quiet = measure(server.address(), time);
        let slow = clients::start(server.addresses(), clients)?;
        let among = measure(server.address(), time);
        println!("they have opened {} connections", slow.opened());
        for (runs, pair) in runs.iter_mut().zip(quiet.into_iter().zip(among)) {
            runs.push(pair.into());
        }
    }
    println!(
        "{:<24} {:>11} {:>11} {:>11} {:>11} {:>11}",
        "µs for others, medians", "p50 without", "p99", "p50 among", "p99", "ratio p99"
    );
    let mut worst = 0.0_f64;
    for (mode, runs) in MODES.iter().zip(&runs) {
        let of_runs = |figure: fn(&[Waits; 2]) -> f64| median(runs.iter().map(figure).collect());
        let ratio = of_runs(|[quiet, among]| among.p99 / quiet.p99);
        println!(
            "{:<24} {:>11.0} {:>11.0} {:>11.0} {:>11.0} {ratio:>11.2}",
            mode.name,
            of_runs(|[quiet, _]| quiet.p50),
            of_runs(|[quiet, _]| quiet.p99),
            of_runs(|[_, among]| among.p50),
            of_runs(|[_, among]| among.p99),
        );
        worst = worst.max(ratio);
    }
    if worst > LIMIT {
        return Err(format!("others wait {worst:.2} times as long: more than {LIMIT}").into());
    }
    Ok(())
}

/// How long others wait for an answer, in microseconds.
struct Waits {
    p50: f64,
    p99: f64,
}

/// Asks for that long in all modes together.
fn measure(address: SocketAddr, time: Duration) -> [Waits; MODES.len()] {
    let mut waits: [Vec<Duration>; MODES.len()] = Default::default();
    let begin = Instant::now();
    while begin.elapsed() < time {
        for (mode, waits) in MODES.iter().zip(&mut waits) {
            ask(address, *mode, waits);
        }
    }
    waits.map(|mut waits| {
        waits.sort();
        let part = |percent: usize| waits[waits.len() * percent / 100].as_secs_f64() * 1e6;
        Waits {
            p50: part(50),
            p99: part(99),
        }
    })
}

/// Asks again and again for one turn, at least once, and notes how long each answer took.
fn ask(address: SocketAddr, mode: Mode, waits: &mut Vec<Duration>) {
    let begin = Instant::now();
    let mut kept = None;
    loop {
        let asked = Instant::now();
        let mut wire = kept.take().unwrap_or_else(|| Wire::connect(address));
        wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(wire.response().text(), "hello");
        waits.push(asked.elapsed());
        kept = mode.keeps_alive.then_some(wire);
        if begin.elapsed() > TURN {
            return;
        }
    }
}

fn raise_descriptor_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
