//! The application under test, as a program: it serves the sockets that are passed in and the
//! addresses among its arguments.
//!
//! With the argument `grandchild` it takes the sockets and shows what a child of its own inherits.

#![expect(
    clippy::unwrap_used,
    reason = "where the application cannot go on, its test has failed"
)]

use std::{
    env,
    process::{Command, ExitCode},
    time::Duration,
};

use squall_server::{Limits, Server, StartError, TrustedProxies, inherited};

mod app;

#[expect(clippy::print_stderr, reason = "the test that started this reads it")]
fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the test that started this reads it")]
fn run() -> Result<(), StartError> {
    let mut limits = Limits::default();
    if let Some(timeout) = env::var("HEAD_TIMEOUT_MS").ok().map(|text| text.parse()) {
        limits = limits.head_timeout(Duration::from_millis(timeout.expect("milliseconds")));
    }
    let mut server = Server::new().limits(limits);
    if let Ok(proxies) = env::var("PROXY_PROTOCOL") {
        let proxies = TrustedProxies::new([proxies]).expect("a network");
        server = server.proxy_protocol(proxies);
    }
    for passed in inherited()? {
        println!(
            "inherited {} as {:?}",
            passed.listener.address(),
            passed.name
        );
        server = server.listener(passed.listener);
    }
    for argument in env::args().skip(1) {
        if argument == "grandchild" {
            let script = "env | grep -e ^LISTEN_ -e ^HOME=; ls -l /proc/self/fd; echo the end";
            let shown = Command::new("sh").args(["-c", script]).status();
            assert!(shown.is_ok_and(|status| status.success()));
            return Ok(());
        }
        server = bind(server, argument);
    }
    let listening = server.listen()?;
    for address in listening.addresses() {
        println!("listening on {address}");
    }
    listening.run(app::App::default().service())
}

/// With the certificate and key of `TLS_CHAIN` and `TLS_KEY`, where these are set.
fn bind(server: Server, address: String) -> Server {
    #[cfg(feature = "tls")]
    if let (Ok(chain), Ok(key)) = (env::var("TLS_CHAIN"), env::var("TLS_KEY")) {
        return server.bind_tls(address, squall_server::Tls::new(chain, key));
    }
    server.bind(address)
}
