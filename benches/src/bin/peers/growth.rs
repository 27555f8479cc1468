//! How the cost of a request grows: sections whose rows are the points of a plot.

use std::{
    fs,
    path::{Path, PathBuf},
};

use benches::{Result, Server, wrk::Load};

use crate::{
    check::{check, check_body},
    measure::{cost, serve},
    rows::{Figure, Row, Section, Work},
};

/// The quantity that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growing {
    Routes,
    Headers,
    /// Files of 100 bytes, each requested in turn.
    Files,
    Connections,
    /// Worker processes or threads, all on the one CPU of the server.
    Workers,
    /// Bytes of the request's body, of which the server returns the number.
    Body,
}

const fn point(
    of: Growing,
    count: u32,
    title: &'static str,
    peers: &'static [&'static str],
) -> Row {
    Row {
        name: title,
        title,
        peers,
        scene: "app",
        work: Work::Growth(of, count),
        figures: &[Figure::Cpu],
    }
}

const fn routes(count: u32, title: &'static str) -> Row {
    point(Growing::Routes, count, title, &["squall", "axum", "actix"])
}

const fn headers(count: u32, title: &'static str) -> Row {
    point(
        Growing::Headers,
        count,
        title,
        &["hyper", "squall", "axum", "actix"],
    )
}

const fn files(count: u32, title: &'static str) -> Row {
    point(
        Growing::Files,
        count,
        title,
        &["nginx", "squall", "axum", "actix"],
    )
}

const fn connections(count: u32, title: &'static str) -> Row {
    point(
        Growing::Connections,
        count,
        title,
        &["hyper", "squall", "axum", "actix", "nginx"],
    )
}

const fn workers(count: u32, title: &'static str) -> Row {
    point(
        Growing::Workers,
        count,
        title,
        &["nginx", "squall", "actix"],
    )
}

const fn body(count: u32, title: &'static str) -> Row {
    point(
        Growing::Body,
        count,
        title,
        &["hyper", "squall", "axum", "actix"],
    )
}

pub(crate) const SECTIONS: &[Section] = &[
    Section {
        name: "routes",
        title: "Routes with a parameter, of which the last is requested",
        rows: &[
            routes(10, "10 routes"),
            routes(100, "100 routes"),
            routes(1_000, "1,000 routes"),
            routes(10_000, "10,000 routes"),
        ],
    },
    Section {
        name: "headers",
        title: "Headers of the request",
        rows: &[
            headers(5, "5 headers"),
            headers(20, "20 headers"),
            headers(50, "50 headers"),
            headers(90, "90 headers"),
        ],
    },
    Section {
        name: "many-files",
        title: "Static files of 100 bytes, each requested in turn",
        rows: &[
            files(10, "10 files"),
            files(100, "100 files"),
            files(1_000, "1,000 files"),
            files(10_000, "10,000 files"),
            files(100_000, "100,000 files"),
        ],
    },
    Section {
        name: "connections",
        title: "Connections",
        rows: &[
            connections(1, "1 connection"),
            connections(10, "10 connections"),
            connections(100, "100 connections"),
            connections(1_000, "1,000 connections"),
            connections(10_000, "10,000 connections"),
        ],
    },
    Section {
        name: "workers",
        title: "Workers on one CPU",
        rows: &[
            workers(1, "1 worker"),
            workers(2, "2 workers"),
            workers(4, "4 workers"),
            workers(8, "8 workers"),
        ],
    },
    Section {
        name: "body",
        title: "Bytes of the request's body",
        rows: &[
            body(100, "100 bytes"),
            body(1_000, "1,000 bytes"),
            body(10_000, "10,000 bytes"),
            body(100_000, "100,000 bytes"),
            body(1_000_000, "1,000,000 bytes"),
        ],
    },
];

/// Returns the CPU time of a request in microseconds.
pub(crate) fn measure(
    of: Growing,
    count: u32,
    peer: &str,
    site: &Path,
    seconds: u64,
) -> Result<f64> {
    let keep_alive = || vec!["Connection: keep-alive".to_owned()];
    let run = |server: &Server, path: &str, headers: &[String], connections, script| {
        let load = Load {
            path,
            headers,
            connections,
            seconds,
            script,
        };
        Ok(cost(server, &load)?.0)
    };
    let script = site.join("growth.lua");
    match of {
        Growing::Routes => {
            let server = serve(peer, &format!("routes:{count}"), site)?;
            let path = format!("/r{}/7", count - 1);
            check_body(server.address(), "GET", &path, "", "7")?;
            run(&server, &path, &keep_alive(), 64, None)
        }
        Growing::Headers => {
            let server = serve(peer, "app", site)?;
            let headers: Vec<String> = (0..count)
                .map(|i| format!("X-Header-{i}: value {i} of a header"))
                .collect();
            check(server.address(), "/", &headers.join("\r\n"))?;
            run(&server, "/", &headers, 64, None)
        }
        Growing::Files => {
            let site = many_files(site, count)?;
            let server = serve(peer, "files", &site)?;
            let last = format!("/static/{}.txt", count - 1);
            check_body(server.address(), "GET", &last, "", FILE)?;
            fs::write(&script, in_turn(count))?;
            run(&server, "/", &keep_alive(), 64, Some(&script))
        }
        Growing::Connections => {
            let server = serve(peer, "app", site)?;
            check(server.address(), "/", "Connection: keep-alive")?;
            // Thousands of them take seconds to be open: a full backlog drops those that come too fast.
            let load = Load {
                path: "/",
                headers: &keep_alive(),
                connections: count,
                seconds: seconds.max(u64::from(count).div_ceil(1_500)),
                script: None,
            };
            Ok(cost(&server, &load)?.0)
        }
        Growing::Workers => {
            let server = serve(peer, &format!("workers:{count}"), site)?;
            check(server.address(), "/", "Connection: keep-alive")?;
            run(&server, "/", &keep_alive(), 64, None)
        }
        Growing::Body => {
            let server = serve(peer, "app", site)?;
            let body = "x".repeat(count as usize);
            check_body(
                server.address(),
                "POST",
                "/length",
                &body,
                &count.to_string(),
            )?;
            fs::write(&script, post(count))?;
            run(&server, "/length", &keep_alive(), 64, Some(&script))
        }
    }
}

/// The content of each of many files.
const FILE: &str = "0123456789012345678901234567890123456789012345678\n0123456789012345678901234567890123456789012345678\n";

/// Returns a site with that many files, which is made once.
fn many_files(site: &Path, count: u32) -> Result<PathBuf> {
    let site = site.join(format!("files-{count}"));
    let directory = site.join("static");
    if !directory.exists() {
        fs::create_dir_all(&directory)?;
        for i in 0..count {
            fs::write(directory.join(format!("{i}.txt")), FILE)?;
        }
    }
    Ok(site)
}

/// A script of wrk that requests one file after the other.
fn in_turn(count: u32) -> String {
    format!(
        "\
next_file = 0

function request()
  next_file = (next_file + 1) % {count}
  return wrk.format(nil, \"/static/\" .. next_file .. \".txt\")
end
"
    )
}

/// A script of wrk that sends a body.
fn post(length: u32) -> String {
    format!("wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", {length})\n")
}
