//! A program with the bind options of its arguments: a way of running it, options as `name=value`,
//! then addresses.

use std::env;

use squall::{Application, Bind, Error, Server, get};

fn main() -> squall::Result<()> {
    let mut arguments = env::args().skip(1);
    let way = arguments
        .next()
        .ok_or_else(|| Error::new("no way of running"))?;
    let mut options: Vec<Box<dyn Fn(Bind) -> Bind>> = Vec::new();
    let mut addresses = Vec::new();
    for argument in arguments {
        match argument.split_once('=') {
            Some(("unix_mode", mode)) => {
                let mode = u32::from_str_radix(mode, 8)?;
                options.push(Box::new(move |bind| bind.unix_mode(mode)));
            }
            Some(("backlog", backlog)) => {
                let backlog = backlog.parse()?;
                options.push(Box::new(move |bind| bind.backlog(backlog)));
            }
            Some(("reuse_port", reuse_port)) => {
                let reuse_port = reuse_port.parse()?;
                options.push(Box::new(move |bind| bind.reuse_port(reuse_port)));
            }
            _ => addresses.push(argument),
        }
    }
    let application = Application::new()
        .route("/", get(|| async { "hello" }))
        .debug(way == "debug");
    let mut server = Server::new(application);
    for address in addresses {
        let bind = options
            .iter()
            .fold(Bind::new(address), |bind, set| set(bind));
        server = server.bind(bind)?;
    }
    server.start(if way == "2" { 2 } else { 1 })
}
