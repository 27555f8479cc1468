//! The table of requests: the example `friendfeed` gives the same statuses, headers and bodies in each server as in
//! squall's own.

use std::{
    fs::{self, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use testkit::{Reply, Running, Wire, temp_dir};

use crate::containers::{ALL, Container, FRIENDFEED, Options, PACKAGE, SECRET, Site, native};

/// A request, and the servers in which it has another response.
struct Row {
    request: &'static str,
    differs: &'static [Difference],
}

/// Another server's response, and the reason.
struct Difference {
    in_servers: &'static [Container],
    status: u16,
    /// A part of the body.
    body: &'static str,
}

const fn row(request: &'static str) -> Row {
    Row {
        request,
        differs: &[],
    }
}

const fn differs(request: &'static str, differs: &'static [Difference]) -> Row {
    Row { request, differs }
}

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// `HOST` is the rest of a usual head; lines end as in HTTP.
const ROWS: &[Row] = &[
    row("GET / HTTP/1.1\nHOST\n\n"),
    row("HEAD / HTTP/1.1\nHOST\n\n"),
    row("GET /?q=%C3%A4&r=/?:@ HTTP/1.1\nHOST\n\n"),
    row("OPTIONS / HTTP/1.1\nHOST\n\n"),
    row("POST / HTTP/1.1\nHOST\nContent-Length: 0\n\n"),
    row("PURGE / HTTP/1.1\nHOST\n\n"),
    row("GET /nowhere HTTP/1.1\nHOST\nAccept: BROWSER\n\n"),
    row("GET /nowhere HTTP/1.1\nHOST\nAccept: application/json\n\n"),
    row("GET /nowhere HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("HEAD /nowhere HTTP/1.1\nHOST\n\n"),
    row("GET /users/7 HTTP/1.1\nHOST\n\n"),
    row("GET /users/7/ HTTP/1.1\nHOST\n\n"),
    row("GET /users/x HTTP/1.1\nHOST\n\n"),
    row("GET /users/%37 HTTP/1.1\nHOST\n\n"),
    row("GET /caf%C3%A9%20x HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /slow?ms=5 HTTP/1.1\nHOST\n\n"),
    row("GET /slow?ms=x HTTP/1.1\nHOST\nAccept: application/json\n\n"),
    row("GET /error HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /panic HTTP/1.1\nHOST\nAccept: application/json\n\n"),
    row("GET /me HTTP/1.1\nHOST\n\n"),
    row("GET /me?a=b HTTP/1.1\nHOST\n\n"),
    row("POST /me HTTP/1.1\nHOST\nContent-Length: 0\nAccept: text/plain\n\n"),
    row("GET /login?next=/me HTTP/1.1\nHOST\nAccept-Language: de\n\n"),
    row("GET /language/de HTTP/1.1\nHOST\n\n"),
    row("GET / HTTP/1.1\nHOST\nCookie: locale=de; a=b\n\n"),
    row("GET /language/%0D%0A HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("POST /logout HTTP/1.1\nHOST\nContent-Length: 0\nAccept: text/plain\n\n"),
    // Static files.
    row("GET /static/styles.css HTTP/1.1\nHOST\n\n"),
    row("HEAD /static/styles.css HTTP/1.1\nHOST\n\n"),
    row("GET /static/styles.css HTTP/1.1\nHOST\nRange: bytes=2-9\n\n"),
    row("GET /static/styles.css HTTP/1.1\nHOST\nRange: bytes=900000-\n\n"),
    row("GET /static/styles.css HTTP/1.1\nHOST\nIf-None-Match: *\n\n"),
    row("GET /static/images/logo.png?v=0 HTTP/1.1\nHOST\n\n"),
    row("GET /static/images HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /static/%2e%2e%2fmain.rs HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /static/%2e%2e%5cmain.rs HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /static_url/images/logo.png HTTP/1.1\nHOST\n\n"),
    row("GET /apple-touch-icon.png HTTP/1.1\nHOST\n\n"),
    row("GET /favicon.ico HTTP/1.1\nHOST\n\n"),
    row("GET /robots.txt HTTP/1.1\nHOST\n\n"),
    // Bodies.
    row("POST /echo HTTP/1.1\nHOST\nContent-Type: text/x-test\nContent-Length: 5\n\nhello"),
    row("PUT /echo HTTP/1.1\nHOST\nContent-Length: 0\n\n"),
    row("GET /echo HTTP/1.1\nHOST\n\n"),
    differs(
        "POST /echo HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        &[
            Difference {
                in_servers: &[Container::Uwsgi, Container::Validate],
                status: 411,
                body: "does not mark the end of a chunked body",
            },
            // Apache itself, unless `WSGIChunkedRequest` is on.
            Difference {
                in_servers: &[Container::ModWsgi],
                status: 411,
                body: "Length Required",
            },
        ],
    ),
    row("PUT /files/a.txt HTTP/1.1\nHOST\nContent-Length: 5\n\nhello"),
    // These servers pass the path decoded only: it has one segment more.
    differs(
        "PUT /files/..%2Fa.txt HTTP/1.1\nHOST\nAccept: application/json\nContent-Length: 0\n\n",
        &[Difference {
            in_servers: &[Container::Granian, Container::Validate],
            status: 404,
            body: "Not Found",
        }],
    ),
    row(
        "POST /login HTTP/1.1\nHOST\nAccept: text/plain\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 8\n\nname=Ada",
    ),
    // No handshake, and one that a WSGI server cannot pass on.
    row("GET /chat/socket HTTP/1.1\nHOST\nAccept: text/plain\n\n"),
    row("GET /chat HTTP/1.1\nHOST\n\n"),
    row("GET /healthz HTTP/1.1\nHOST\n\n"),
    row("GET /readyz HTTP/1.1\nHOST\n\n"),
];

/// Starts the example in squall's own server.
fn start_native(uploads: &Path) -> (SocketAddr, Running) {
    let running = Running::spawn(
        Command::new(native())
            .args(["--port", "0", "--uploads"])
            .arg(uploads)
            .arg("--site")
            .arg(Path::new(PACKAGE).join("../crates/squall/examples/friendfeed"))
            .env("COOKIE_SECRET", SECRET)
            .env("RUST_BACKTRACE", "0"),
    );
    let line = running.wait_line("listening on http://");
    let address = line
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let address = address.and_then(|text| text.parse().ok());
    (address.expect("an address"), running)
}

fn bytes(request: &str) -> Vec<u8> {
    let (head, body) = request.split_once("\n\n").expect("a head ends");
    let head = head
        .replace("HOST", "Host: site.example\nConnection: close")
        .replace("BROWSER", BROWSER)
        .replace('\n', "\r\n");
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn ask(address: SocketAddr, request: &str) -> Reply {
    let mut wire = Wire::connect(address);
    wire.send(bytes(request));
    wire.response_to(request.split(' ').next().expect("a method"))
}

/// Headers of the connection and of the server. An application may not set them in WSGI.
const OF_THE_SERVER: [&str; 7] = [
    "connection",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Returns the headers of a response that are the application's, without what differs from request to request.
fn headers(reply: &Reply) -> Vec<(String, String)> {
    let lines = reply
        .head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'));
    let mut headers: Vec<_> = lines
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()))
        .map(|(name, value)| match name.as_str() {
            "x-request-id" => (name, "an id".to_owned()),
            "set-cookie" => {
                let attributes = value
                    .split_once(';')
                    .map_or("", |(_, attributes)| attributes);
                let cookie = value.split('=').next().unwrap_or_default();
                (name, format!("{cookie};{attributes}"))
            }
            _ => (name, value),
        })
        .collect();
    headers.sort();
    // Apache writes one line of several with the same name.
    headers.dedup_by(|(name, value), (kept, first)| {
        let is_list = name == kept && name == "vary";
        if is_list {
            *first = format!("{first},{value}");
        }
        is_list
    });
    headers
}

/// Returns the body without tokens and ids.
fn body(reply: &Reply) -> Vec<u8> {
    let id = reply.header("x-request-id").unwrap_or("no id");
    let text = String::from_utf8_lossy(&reply.body).replace(id, "an id");
    let mut parts = text.split("value=\"2|");
    let first = parts.next().unwrap_or_default().to_owned();
    let masked = parts.fold(first, |text, part| {
        let after = part.split_once('"').map_or("", |(_, after)| after);
        text + "value=\"a token\"" + after
    });
    if masked == String::from_utf8_lossy(&reply.body) {
        return reply.body.clone();
    }
    masked.into_bytes()
}

/// Compares a response with that of squall's own server. WSGI has no frames of unknown length, so a short stream has a
/// length; and where a response has no type, the adapter sets one.
fn compare(container: Container, request: &str, found: &Reply, native: &Reply) {
    let context = format!("{container:?}: {request:?}\n{}", found.head);
    assert_eq!(found.status, native.status, "{context}");
    assert_eq!(
        String::from_utf8_lossy(&body(found)),
        String::from_utf8_lossy(&body(native)),
        "{context}"
    );
    let added: &[&str] = match (
        native.header("content-length"),
        native.header("content-type"),
    ) {
        (None, None) => &["content-length", "content-type"],
        (None, Some(_)) => &["content-length"],
        (Some(_), None) => &["content-type"],
        (Some(_), Some(_)) => &[],
    };
    let mut found = headers(found);
    found.retain(|(name, _)| !added.contains(&name.as_str()));
    assert_eq!(found, headers(native), "{context}");
}

fn check(container: Container) {
    let (uploads, others) = (temp_dir(), temp_dir());
    let (native, _running) = start_native(uploads.path());
    // Apache belongs to another user.
    let everyone = Permissions::from_mode(0o777);
    fs::set_permissions(others.path(), everyone).expect("it is ours");
    let others = others.path().to_string_lossy().into_owned();
    let options = Options {
        variables: &[("FRIENDFEED_UPLOADS", &others), ("RUST_BACKTRACE", "0")],
        ..FRIENDFEED
    };
    let Some(site) = container.start(options) else {
        return;
    };
    for row in ROWS {
        let found = ask(site.address, row.request);
        let difference = row
            .differs
            .iter()
            .find(|difference| difference.in_servers.contains(&container));
        if let Some(difference) = difference {
            let context = format!("{container:?}: {:?}\n{}", row.request, found.head);
            assert_eq!(found.status, difference.status, "{context}");
            assert!(
                found.text().contains(difference.body),
                "{context}{}",
                found.text()
            );
            continue;
        }
        compare(container, row.request, &found, &ask(native, row.request));
    }
    check_handshake(container, &site);
    let log = site.stop();
    assert!(!log.contains("AssertionError"), "{log}");
}

/// The handshake of a WebSocket gets 501, with a reason.
fn check_handshake(container: Container, site: &Site) {
    let reply = site.send(
        b"GET /chat/socket HTTP/1.1\r\nHost: site.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAccept: text/html\r\n\r\n",
    );
    assert_eq!(reply.status, 501, "{container:?}: {}", reply.head);
    assert!(
        reply.text().contains("cannot become a WebSocket"),
        "{}",
        reply.text()
    );
    assert!(reply.text().contains("<html"), "{}", reply.text());
}

macro_rules! in_each {
    ($($name:ident: $container:ident,)*) => {
        $(
            #[test]
            fn $name() {
                check(Container::$container);
            }
        )*
    };
}

in_each! {
    validator_finds_nothing_and_responses_are_those_of_squalls_server: Validate,
    gunicorn_sync_responds_as_squalls_server: GunicornSync,
    gunicorn_gthread_responds_as_squalls_server: GunicornThreads,
    uwsgi_responds_as_squalls_server: Uwsgi,
    waitress_responds_as_squalls_server: Waitress,
    granian_responds_as_squalls_server: Granian,
    mod_wsgi_responds_as_squalls_server: ModWsgi,
}

#[test]
fn trusted_proxies_name_the_client_and_other_peers_do_not() {
    for container in ALL {
        for (proxies, expected) in [("127.0.0.1", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")] {
            let options = Options {
                variables: &[("FRIENDFEED_TRUSTED_PROXIES", proxies)],
                // waitress removes the headers itself.
                arguments: if container == Container::Waitress {
                    &["--no-clear-untrusted-proxy-headers"]
                } else {
                    &[]
                },
                ..FRIENDFEED
            };
            let Some(site) = container.start(options) else {
                continue;
            };
            let reply = site.send(
                b"GET /whoami HTTP/1.1\r\nHost: site.example\r\nX-Forwarded-For: 203.0.113.7\r\n\
                  X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n",
            );
            let address = format!("\"remote_ip\":\"{expected}\"");
            assert!(
                reply.text().contains(&address),
                "{container:?}: {}",
                reply.text()
            );
        }
    }
}
