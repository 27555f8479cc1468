//! WebSockets beside other crates: memory of an idle connection, CPU time of a message, a broadcast.
//!
//! `cargo xtask bench websocket [ROUNDS] [SERVER…]`; benches/README.md explains the figures.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod client;
mod servers;

use std::{env, time::Duration};

use benches::{
    Result, Server, be_the_load,
    compare::{self, Run, chosen},
};

use crate::{client::Client, servers::SERVERS};

/// Messages that are echoed, a number of times.
struct Case {
    name: &'static str,
    length: usize,
    /// Messages of one write of the client.
    batch: usize,
    writes: usize,
}

const CASES: [Case; 4] = [
    Case {
        name: "20 B, one by one",
        length: 20,
        batch: 1,
        writes: 20_000,
    },
    Case {
        name: "20 B, 50 in a write",
        length: 20,
        batch: 50,
        writes: 4_000,
    },
    Case {
        name: "64 KiB",
        length: 64 * 1024,
        batch: 1,
        writes: 4_000,
    },
    Case {
        name: "1 MiB",
        length: 1024 * 1024,
        batch: 1,
        writes: 300,
    },
];

/// Idle connections, and sockets of a broadcast.
const SOCKETS: usize = 1000;

const BROADCASTS: usize = 100;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--serve", name] => {
            let server = SERVERS.iter().find(|(known, _)| known == name);
            let (_, serve) = server.ok_or_else(|| format!("there is no server {name}"))?;
            serve()
        }
        [] => run(7, &[]),
        [rounds, names @ ..] => run(rounds.parse()?, names),
    }
}

fn run(rounds: usize, names: &[&str]) -> Result<()> {
    be_the_load()?;
    let names = chosen(SERVERS, names);
    println!("an idle connection, of {SOCKETS}, after one message each");
    println!("{:<28} {:>8}", "server", "KiB each");
    for name in &names {
        println!("{name:<28} {:>8.1}", idle(name)?);
    }
    println!();
    let echoing: Vec<&str> = names
        .into_iter()
        .filter(|name| !["squall-deflate", "upgrade"].contains(name))
        .collect();
    for case in &CASES {
        println!("{}: {rounds} rounds, medians", case.name);
        compare::compare(&echoing, rounds, |name| echo(name, case))?;
    }
    println!("a message to {SOCKETS} sockets: {rounds} rounds, medians, for each socket");
    compare::compare(&echoing, rounds, broadcast)
}

/// The memory of a connection in KiB: what the server has more after many of them.
fn idle(name: &str) -> Result<f64> {
    let server = Server::start(name)?;
    let open = |count: usize| -> Result<Vec<Client>> {
        (0..count)
            .map(|_| {
                let mut client = Client::connect(server.address(), "/echo")?;
                client.send(&client::frame(&[b'x'; 20]))?;
                client.skip_frame()?;
                Ok(client)
            })
            .collect()
    };
    // Allocations that a server makes once are not counted.
    let _first = open(50)?;
    let before = server.memory()?;
    let _clients = open(SOCKETS)?;
    let grown = server.memory()?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "they are far below 2^52")]
    Ok(grown as f64 / 1024.0 / SOCKETS as f64)
}

fn echo(name: &str, case: &Case) -> Result<Run> {
    let server = Server::start(name)?;
    let mut client = Client::connect(server.address(), "/echo")?;
    let payload: Vec<u8> = (0..=u8::MAX).cycle().take(case.length).collect();
    let sent = client::frame(&payload).repeat(case.batch);
    let wanted = client::answer(&payload).repeat(case.batch);
    let mut measure = |writes: usize| -> Result<Duration> {
        let before = server.cpu_time()?;
        for _ in 0..writes {
            client.send(&sent)?;
            client.expect(&wanted)?;
        }
        Ok(server.cpu_time()? - before)
    };
    measure(case.writes / 10)?;
    Ok(Run::new(
        (case.writes * case.batch) as u64,
        measure(case.writes)?,
    ))
}

fn broadcast(name: &str) -> Result<Run> {
    let server = Server::start(name)?;
    let payload = [b'x'; 100];
    let wanted = client::answer(&payload);
    let mut publisher = Client::connect(server.address(), "/publish")?;
    let subscriber = |_| Client::connect(server.address(), "/subscribe");
    let mut subscribers: Vec<Client> = (0..SOCKETS).map(subscriber).collect::<Result<_>>()?;
    // The last handshake may be answered before its handler has subscribed.
    publisher.wait_for_subscribers(SOCKETS)?;
    let mut measure = |count: usize| -> Result<Duration> {
        let before = server.cpu_time()?;
        for _ in 0..count {
            publisher.send(&client::frame(&payload))?;
            for subscriber in &mut subscribers {
                subscriber.expect(&wanted)?;
            }
        }
        Ok(server.cpu_time()? - before)
    };
    measure(BROADCASTS / 10)?;
    Ok(Run::new(
        (BROADCASTS * SOCKETS) as u64,
        measure(BROADCASTS)?,
    ))
}
