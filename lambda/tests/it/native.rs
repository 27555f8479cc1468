//! The same site in squall's own server.

use std::{net::SocketAddr, path::Path, sync::mpsc::channel, thread};

use testkit::Wire;

use crate::events::{Answer, ROOT, Request};

/// Serves in a thread that ends with the test.
pub(crate) fn start() -> SocketAddr {
    // A failure has an id where there is a log.
    squall::init_log();
    let (sender, address) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a free port");
            sender
                .send(listener.local_addr().expect("it is bound"))
                .expect("the test waits");
            squall::serve(listener, lambda::site(Path::new(ROOT)))
                .await
                .expect("it serves");
        });
    });
    address.recv().expect("it serves")
}

pub(crate) fn ask(server: SocketAddr, request: Request) -> Answer {
    let mut wire = Wire::connect(server);
    let Request {
        method,
        target,
        headers,
        body,
    } = request;
    let fields: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    wire.send(format!("{method} {target} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n{fields}{length}\r\n"));
    wire.send(body);
    let reply = wire.response_to(method);
    let mut headers: Vec<(String, String)> = reply
        .head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    headers.sort();
    Answer {
        status: reply.status.into(),
        headers,
        body: reply.body,
    }
}
