//! The CPU time that a request costs over loopback, in squall and beside it: "Hello, world!".
//!
//! `cargo xtask bench plaintext [SECONDS] [ROUNDS] [SERVER…]`; benches/README.md explains the figures.
#![expect(clippy::print_stdout, reason = "the results are for people")]

use std::{convert::Infallible, env, net::TcpListener};

use benches::{
    Result, Server, bare,
    bare::current_thread,
    compare::{self, Run, chosen},
    listen,
};
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use tokio::runtime::Runtime;

const HELLO: &str = "Hello, world!";

type Serve = fn(TcpListener) -> Result<()>;

/// The first one is what the others are compared with.
const SERVERS: &[(&str, Serve)] = &[
    ("bare-hyper", bare_hyper),
    ("squall-server", squall_server),
    ("squall", squall),
    ("squall-logged", squall_logged),
    ("axum", axum),
    ("axum-current-thread", axum_current_thread),
];

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--serve", name] => {
            let server = SERVERS.iter().find(|(known, _)| known == name);
            let (_, serve) = server.ok_or_else(|| format!("there is no server {name}"))?;
            serve(listen()?)
        }
        [] => compare(4, 7, &[]),
        [seconds] => compare(seconds.parse()?, 7, &[]),
        [seconds, rounds, names @ ..] => compare(seconds.parse()?, rounds.parse()?, names),
    }
}

/// Measures all servers that are named, or simply all, and the first one in any case.
fn compare(seconds: u64, rounds: usize, names: &[&str]) -> Result<()> {
    for (mode, keep_alive) in [("keep-alive", true), ("a connection a request", false)] {
        println!("plaintext, {mode}: {rounds} rounds of {seconds} s, medians of the rounds");
        compare::compare(&chosen(SERVERS, names), rounds, |name| {
            measure(name, seconds, keep_alive)
        })?;
    }
    Ok(())
}

fn measure(name: &str, seconds: u64, keep_alive: bool) -> Result<Run> {
    let server = Server::start(name)?;
    let mut lines: Vec<String> = server.answer()?.lines().map(str::to_lowercase).collect();
    // Which order the header lines have is each server's own matter.
    lines[1..].sort();
    let wanted = [
        "http/1.1 200 ok",
        "",
        "connection: close",
        "content-length: 13",
        "content-type: text/plain; charset=utf-8",
        "hello, world!",
    ];
    if lines != wanted {
        return Err(format!("{name} answers {lines:?}").into());
    }
    let connection = if keep_alive {
        "Connection: keep-alive"
    } else {
        "Connection: close"
    };
    Run::of(&server, "/", connection, 64, seconds)
}

fn bare_hyper(listener: TcpListener) -> Result<()> {
    let answer = async |_: Request<Incoming>| Ok::<_, Infallible>(hello());
    bare::serve(listener, true, service_fn(answer))
}

fn squall_server(listener: TcpListener) -> Result<()> {
    let service =
        tower::service_fn(async |_: Request<squall_server::Incoming>| Ok::<_, Infallible>(hello()));
    let server = squall_server::Server::new().listener(listener.try_into()?);
    Ok(server.listen()?.run(service)?)
}

fn squall(listener: TcpListener) -> Result<()> {
    serve_squall(listener, false)
}

/// As a program has it that asks for nothing; stderr is /dev/null.
fn squall_logged(listener: TcpListener) -> Result<()> {
    serve_squall(listener, true)
}

fn serve_squall(listener: TcpListener, access_log: bool) -> Result<()> {
    let app = squall::Application::new()
        .route("/", squall::get(async || HELLO))
        .access_log(access_log);
    let server = squall::Server::new(app).listener(listener.try_into()?);
    server.start(1).map_err(|error| format!("{error:?}").into())
}

/// On the runtime of `#[tokio::main]`.
fn axum(listener: TcpListener) -> Result<()> {
    serve_axum(&Runtime::new()?, listener)
}

fn axum_current_thread(listener: TcpListener) -> Result<()> {
    serve_axum(&current_thread()?, listener)
}

fn serve_axum(runtime: &Runtime, listener: TcpListener) -> Result<()> {
    let router = axum::Router::new().route("/", axum::routing::get(async || HELLO));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        Ok(axum::serve(listener, router).await?)
    })
}

fn hello() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(HELLO.as_bytes())));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
