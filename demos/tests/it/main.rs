//! The demos as processes, driven over HTTP; and the table of their lines.

mod blog;
mod chat;
mod file_upload;
mod lines;
mod websocket;

use std::{collections::BTreeMap, net::SocketAddr, process::Command};

use testkit::{Reply, Running, Wire};

/// A demo that listens on a free port.
struct Demo {
    running: Running,
    address: SocketAddr,
}

impl Demo {
    fn start(program: &str, flags: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.env_remove("RUST_LOG").args(["--port", "0"]);
        let running = Running::spawn(command.args(flags));
        let line = running.wait_line("listening on http://");
        let port = line
            .rsplit(':')
            .next()
            .and_then(|rest| rest.split(' ').next());
        let port = port.and_then(|port| port.parse().ok());
        let port: u16 = port.unwrap_or_else(|| panic!("no port in {line:?}"));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { running, address }
    }

    fn visitor(&self) -> Visitor {
        Visitor {
            wire: Wire::connect(self.address),
            cookies: BTreeMap::new(),
        }
    }

    /// Returns the number of lines of the log with this text.
    fn logged(&self, text: &str) -> usize {
        let output = self.running.output();
        output.lines().filter(|line| line.contains(text)).count()
    }
}

/// A client with cookies.
struct Visitor {
    wire: Wire,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn get(&mut self, target: &str) -> Reply {
        self.send("GET", target, "", "");
        self.reply()
    }

    /// Sends a form with the XSRF token.
    fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Reply {
        self.send_form(target, fields);
        self.reply()
    }

    fn send_form(&mut self, target: &str, fields: &[(&str, &str)]) {
        let token = self.cookies.get("_xsrf").cloned().unwrap_or_default();
        let fields = fields.iter().copied().chain([("_xsrf", token.as_str())]);
        let encode = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02x}")).collect() };
        let pairs = fields.map(|(name, value)| format!("{name}={}", encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.send("POST", target, "application/x-www-form-urlencoded", &body);
    }

    fn send(&mut self, method: &str, target: &str, media_type: &str, body: &str) {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        self.wire.send(format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\
             Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    /// Reads the response, and keeps its cookies.
    fn reply(&mut self) -> Reply {
        let reply = self.wire.response();
        for line in reply.head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            let pair = value
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='));
            if let (true, Some((key, value))) = (name.eq_ignore_ascii_case("set-cookie"), pair) {
                if value.is_empty() {
                    self.cookies.remove(key);
                } else {
                    self.cookies.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        reply
    }
}

#[test]
fn helloworld_says_hello() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_helloworld"), &[]);
    let mut visitor = demo.visitor();
    let reply = visitor.get("/");
    assert_eq!((reply.status, reply.text()), (200, "Hello, world"));
    assert_eq!(visitor.get("/other").status, 404);
    visitor.send("POST", "/", "", "");
    assert_eq!(visitor.reply().status, 405);
}
