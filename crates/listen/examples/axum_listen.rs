//! An axum application on any address: TCP, a unix socket, or sockets that systemd passes in.
//!
//! ```console
//! $ cargo run -p squall-listen --example axum_listen -- 8888 unix:/tmp/app.sock
//! $ curl http://localhost:8888/
//! $ curl --unix-socket /tmp/app.sock http://localhost/
//! $ systemd-socket-activate -l 9000 target/debug/examples/axum_listen
//! ```

use std::error::Error;

use axum::{Router, routing::get};
use squall_listen::{Bind, Endpoint, Listener, ListenerSocket, inherited};
use tokio::{
    net::{TcpListener, UnixListener},
    task::JoinSet,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let passed = inherited()?.into_iter().map(|socket| socket.listener);
    let mut listeners: Vec<Listener> = passed.collect();
    if listeners.is_empty() {
        let binds: Vec<Bind> = std::env::args().skip(1).map(Bind::new).collect();
        let mut endpoints = Endpoint::plan(&binds)?;
        Endpoint::reserve(&mut endpoints)?;
        for endpoint in &mut endpoints {
            listeners.push(endpoint.listen()?);
        }
    }
    let app = Router::new().route("/", get(|| async { "Hello, world\n" }));
    let mut servers = JoinSet::new();
    let mut files = Vec::new();
    for listener in listeners {
        println(&format!("listening on {}", listener.address()));
        let (socket, file) = listener.into_parts();
        files.extend(file);
        let app = app.clone();
        match socket {
            ListenerSocket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                let socket = TcpListener::from_std(socket)?;
                servers.spawn(axum::serve(socket, app).into_future());
            }
            ListenerSocket::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let socket = UnixListener::from_std(socket)?;
                servers.spawn(axum::serve(socket, app).into_future());
            }
        }
    }
    tokio::select! {
        Some(ended) = servers.join_next() => Ok(ended??),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

#[expect(clippy::print_stdout, reason = "a program may print")]
fn println(line: &str) {
    println!("{line}");
}
