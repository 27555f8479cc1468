//! One sample: a peer is started, checked and loaded.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use benches::{Result, Server, h2load, outside, wrk::Load};
use testkit::{Wire, wait_until};

use crate::{
    check::{check, check_http2, check_not_modified, sign_in},
    growth, instructions,
    programs::{binary, command},
    rows::{Row, Style, Work},
};

/// A script of wrk that sends sixteen requests at a time.
const PIPELINED: &str = "\
function init()
  requests = string.rep(wrk.format(), 16)
end

function request()
  return requests
end
";

/// Connections that are opened at once, before they become idle.
const BATCH: usize = 250;

/// Batches of idle connections. The first one is not counted: it brings allocations that a server makes once.
const BATCHES: usize = 5;

/// Returns the figures of the row for one peer.
pub(crate) fn measure(row: &Row, peer: &str, site: &Path, seconds: u64) -> Result<Vec<f64>> {
    match &row.work {
        Work::Size => return Ok(vec![size(peer)?]),
        Work::Start => return Ok(vec![start(peer, row.scene, site)?]),
        Work::Instructions { path } => {
            return Ok(vec![instructions::measure(peer, row.scene, site, path)?]);
        }
        Work::Growth(of, count) => {
            return Ok(vec![growth::measure(*of, *count, peer, site, seconds)?]);
        }
        _ => {}
    }
    let server = serve(peer, row.scene, site)?;
    match &row.work {
        Work::Wrk {
            path,
            connections,
            style,
        } => wrk(&server, site, path, *connections, style, seconds),
        Work::Http2 { path } => {
            check_http2(&server, path)?;
            let before = server.cpu_time()?;
            let requests = h2load::run(&server, path, 16, 32, seconds)?;
            Ok(vec![each(server.cpu_time()? - before, requests)])
        }
        Work::Page => {
            let headers = sign_in(server.address())?;
            let (cpu, p99) = cost(
                &server,
                &Load {
                    path: "/",
                    headers: &headers,
                    connections: 64,
                    seconds,
                    script: None,
                },
            )?;
            Ok(vec![cpu, p99])
        }
        Work::Idle => Ok(vec![idle(&server)?]),
        Work::Start | Work::Size | Work::Instructions { .. } | Work::Growth(..) => {
            unreachable!("returned above")
        }
    }
}

/// Starts a peer, and waits until it listens.
pub(crate) fn serve(peer: &str, scene: &str, site: &Path) -> Result<Server> {
    let address = ([127, 0, 0, 1], testkit::free_port()).into();
    let mut server = Server::spawn(&command(peer, scene, address, site)?, address)?;
    server.wait()?;
    Ok(server)
}

/// Returns the CPU time of a request in microseconds, and the 99th percentile of its latency in milliseconds.
pub(crate) fn cost(server: &Server, load: &Load<'_>) -> Result<(f64, f64)> {
    let before = server.cpu_time()?;
    let report = load.run(server)?;
    let spent = server.cpu_time()? - before;
    let p99 = report.p99.ok_or("wrk printed no latency")?;
    Ok((each(spent, report.requests), p99.as_secs_f64() * 1e3))
}

#[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
fn each(spent: Duration, requests: u64) -> f64 {
    spent.as_secs_f64() * 1e6 / requests as f64
}

fn wrk(
    server: &Server,
    site: &Path,
    path: &str,
    connections: u32,
    style: &Style,
    seconds: u64,
) -> Result<Vec<f64>> {
    let header = match style {
        Style::Close => "Connection: close".to_owned(),
        _ => "Connection: keep-alive".to_owned(),
    };
    let tag = check(server.address(), path, &header)?;
    let headers = match style {
        Style::NotModified => vec![format!("If-None-Match: {}", tag.ok_or("no ETag")?)],
        _ => vec![header],
    };
    if *style == Style::NotModified {
        check_not_modified(server.address(), path, &headers[0])?;
    }
    let script = site.join("pipelined.lua");
    fs::write(&script, PIPELINED)?;
    let load = Load {
        path,
        headers: &headers,
        connections,
        seconds,
        script: (*style == Style::Pipelined).then_some(&*script),
    };
    let (cpu, p99) = cost(server, &load)?;
    Ok(vec![cpu, p99])
}

/// Returns the memory of a kept connection in KiB, when it has been idle for 1.5 s.
fn idle(server: &Server) -> Result<f64> {
    let limit = Duration::from_millis(1500);
    let mut connections = Vec::new();
    let mut first = None;
    for _ in 0..BATCHES {
        for _ in 0..BATCH {
            let mut wire = Wire::connect(server.address());
            wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let reply = wire.response();
            if reply.status != 200 {
                return Err(reply.head.into());
            }
            connections.push(wire);
        }
        let start = Instant::now();
        wait_until("connections to be idle", || start.elapsed() >= limit);
        first = first.or(Some(server.memory()?));
    }
    let grown = server.memory()?.saturating_sub(first.unwrap_or_default());
    #[expect(clippy::cast_precision_loss, reason = "they are far below 2^52")]
    Ok(grown as f64 / 1024.0 / (BATCH * (BATCHES - 1)) as f64)
}

/// Returns the time from the start of a program to its first response, in milliseconds.
fn start(peer: &str, scene: &str, site: &Path) -> Result<f64> {
    let address = ([127, 0, 0, 1], testkit::free_port()).into();
    let command = command(peer, scene, address, site)?;
    let begun = Instant::now();
    let _server = Server::spawn(&command, address)?;
    let limit = Duration::from_secs(30);
    while begun.elapsed() < limit {
        // Until the program listens, a connection is refused.
        if first_response(address, limit).is_ok() {
            return Ok(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    Err("no response within 30 s".into())
}

fn first_response(address: SocketAddr, limit: Duration) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    if start == *b"HTTP/1.1 200" {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&start).into())
    }
}

/// Returns the length of a program without symbols, in MiB.
fn size(peer: &str) -> Result<f64> {
    let stripped = testkit::temp_dir();
    let stripped = stripped.path().join(peer);
    let status = Command::new(outside("strip")?)
        .arg("-o")
        .arg(&stripped)
        .arg(binary(peer))
        .status()?;
    if !status.success() {
        return Err("strip failed".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
    Ok(fs::metadata(&stripped)?.len() as f64 / (1024.0 * 1024.0))
}
