//! The rows of the tables: which peers do which work.

use crate::growth::{self, Growing};

/// Rows of one table.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The others are compared with the first one.
    pub(crate) peers: &'static [&'static str],
    /// The content that the peers serve.
    pub(crate) scene: &'static str,
    pub(crate) work: Work,
    /// In the order in which the work is measured.
    pub(crate) figures: &'static [Figure],
}

#[derive(Debug)]
pub(crate) enum Work {
    /// wrk repeats a GET request.
    Wrk {
        path: &'static str,
        connections: u32,
        style: Style,
    },
    /// h2load repeats a GET request over HTTP/2, on 16 connections with 32 streams each.
    Http2 { path: &'static str },
    /// wrk repeats the request of a signed-in user for the home page.
    Page,
    /// Connections are kept after one request.
    Idle,
    /// From the start of the program to the end of its first response.
    Start,
    /// The program's file without symbols.
    Size,
    /// Single requests under callgrind.
    Instructions { path: &'static str },
    /// wrk repeats a request while there is this much of something.
    Growth(Growing, u32),
}

/// How a connection is used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// One request after the other.
    KeepAlive,
    /// Sixteen requests at a time.
    Pipelined,
    /// A single request.
    Close,
    /// One request after the other, each with the entity tag of the response.
    NotModified,
}

/// The unit of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// CPU time of the server for a request, in microseconds; shown as a ratio to the baseline.
    Cpu,
    /// The 99th percentile of the latency, in milliseconds.
    P99,
    /// Memory for each connection, in KiB.
    Memory,
    /// Time, in milliseconds.
    Time,
    /// Length of a file, in MiB.
    Size,
    /// Instructions in user mode for a request; shown as a ratio to the baseline.
    Instructions,
}

/// All that serve the scene `app`.
const ALL: &[&str] = &[
    "hyper",
    "squall",
    "squall-server",
    "axum",
    "actix",
    "ntex",
    "xitca",
    "may",
    "nginx",
    "tornado",
    "granian",
];

/// Peers that read a parameter of a path, or a value as JSON.
const ROUTERS: &[&str] = &[
    "hyper", "squall", "axum", "actix", "ntex", "xitca", "may", "tornado", "granian",
];

/// Peers that close a connection when the client requests it: may_minihttp does not.
const CLOSE: &[&str] = &[
    "hyper", "squall", "axum", "actix", "ntex", "xitca", "nginx", "tornado", "granian",
];

const FILES: &[&str] = &["nginx", "squall", "hyper", "axum", "actix"];

const HTTP2: &[&str] = &["hyper", "squall", "actix", "nginx", "nghttpd"];

const PAGE: &[&str] = &["axum", "squall", "squall-mimalloc", "actix", "tornado"];

const BUILT: &[&str] = &["hyper", "squall", "axum", "actix", "ntex", "xitca", "may"];

const fn cpu(
    name: &'static str,
    title: &'static str,
    peers: &'static [&'static str],
    work: Work,
) -> Row {
    Row {
        name,
        title,
        peers,
        scene: "app",
        work,
        figures: &[Figure::Cpu],
    }
}

const fn get(path: &'static str, style: Style) -> Work {
    Work::Wrk {
        path,
        connections: 64,
        style,
    }
}

const fn instructions(name: &'static str, title: &'static str, path: &'static str) -> Row {
    Row {
        figures: &[Figure::Instructions],
        ..cpu(name, title, BUILT, Work::Instructions { path })
    }
}

const fn file(name: &'static str, path: &'static str, connections: u32) -> Row {
    let work = Work::Wrk {
        path,
        connections,
        style: Style::KeepAlive,
    };
    Row {
        scene: "files",
        ..cpu(name, name, FILES, work)
    }
}

const REQUESTS: &[Row] = &[
    cpu(
        "plaintext",
        "plaintext, 64 connections",
        ALL,
        get("/", Style::KeepAlive),
    ),
    cpu("json", "json", ROUTERS, get("/json", Style::KeepAlive)),
    cpu(
        "user",
        "/users/{id}",
        ROUTERS,
        get("/users/7", Style::KeepAlive),
    ),
    cpu(
        "pipelined",
        "pipelined ×16",
        ALL,
        get("/", Style::Pipelined),
    ),
    cpu(
        "close",
        "a connection a request",
        CLOSE,
        get("/", Style::Close),
    ),
    Row {
        figures: &[Figure::Cpu, Figure::P99],
        ..cpu(
            "many",
            "1,024 connections",
            ALL,
            Work::Wrk {
                path: "/",
                connections: 1024,
                style: Style::KeepAlive,
            },
        )
    },
];

/// Returns all tables, in the order of the page.
pub(crate) fn sections() -> impl Iterator<Item = &'static Section> {
    SECTIONS.iter().chain(growth::SECTIONS)
}

const SECTIONS: &[Section] = &[
    Section {
        name: "requests",
        title: "CPU time of a request, as a ratio to bare hyper",
        rows: REQUESTS,
    },
    Section {
        name: "instructions",
        title: "Instructions of a request in user mode, as a ratio to bare hyper",
        rows: &[
            instructions("plaintext-instructions", "plaintext", "/"),
            instructions("json-instructions", "json", "/json"),
            instructions("user-instructions", "/users/{id}", "/users/7"),
        ],
    },
    Section {
        name: "files",
        title: "CPU time of a static file, as a ratio to nginx",
        rows: &[
            Row {
                scene: "files",
                ..cpu(
                    "304",
                    "304 Not Modified",
                    &["nginx", "squall", "axum", "actix"],
                    get("/static/1KiB.txt", Style::NotModified),
                )
            },
            file("1KiB", "/static/1KiB.txt", 64),
            file("100KiB", "/static/100KiB.txt", 64),
            // wrk does not count a response that is incomplete when the time is up.
            file("10MiB", "/static/10MiB.txt", 4),
            file("50MiB", "/static/50MiB.txt", 4),
        ],
    },
    Section {
        name: "http2",
        title: "CPU time of a request over HTTP/2, as a ratio to bare hyper",
        rows: &[Row {
            scene: "http2",
            ..cpu(
                "http2-plaintext",
                "plaintext, 16 connections × 32 streams",
                HTTP2,
                Work::Http2 { path: "/" },
            )
        }],
    },
    Section {
        name: "footprint",
        title: "Memory, start and size",
        rows: &[
            Row {
                figures: &[Figure::Memory],
                ..cpu("idle", "an idle kept connection", ALL, Work::Idle)
            },
            Row {
                figures: &[Figure::Time],
                ..cpu("start", "start to first response", ALL, Work::Start)
            },
            Row {
                figures: &[Figure::Size],
                ..cpu("size", "program without symbols", BUILT, Work::Size)
            },
        ],
    },
    Section {
        name: "page",
        title: "A whole page, CPU time as a ratio to axum",
        rows: &[Row {
            scene: "page",
            figures: &[Figure::Cpu, Figure::P99],
            ..cpu("home", "friendfeed's home", PAGE, Work::Page)
        }],
    },
    Section {
        name: "page-instructions",
        title: "Instructions of a whole page in user mode, as a ratio to axum",
        rows: &[Row {
            scene: "page",
            figures: &[Figure::Instructions],
            ..cpu(
                "home-instructions",
                "friendfeed's home",
                &["axum", "squall", "actix"],
                Work::Instructions { path: "/" },
            )
        }],
    },
];
