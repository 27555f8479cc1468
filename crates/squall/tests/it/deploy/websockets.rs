//! WebSockets through nginx and HAProxy: messages, the origin check, and a deploy of the processes behind.

use std::{net::SocketAddr, process::Command};

use serde_json::{Value, json};
use testkit::{Browser, temp_dir};

use super::{
    certificate,
    haproxy::{BEHIND_NGINX, BY_HEADERS, Haproxy, bind_tls},
    nginx::Nginx,
    supervisord::Site,
};
use crate::websocket::{open, receive, send};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/deploy/ask_websockets.py"
);

/// Opens `/ws/echo` at a proxy with many origins. The site's own origin is that which a browser in front of the proxy
/// sees, and no header of a client changes it.
#[track_caller]
fn messages_and_origins_pass(address: SocketAddr, scheme: &str) {
    let Some(python) = testkit::outside("python-with-websockets") else {
        return;
    };
    let (other, socket_scheme) = match scheme {
        "https" => ("http", "wss"),
        _ => ("https", "ws"),
    };
    let (own, evil) = (format!("{scheme}://{address}"), "http://evil.example");
    let other_scheme = format!("{other}://{address}");
    let other_port = format!("{scheme}://127.0.0.1:1");
    let forged_host = json!({"X-Forwarded-Host": "evil.example"});
    let forged_scheme = json!({"X-Scheme": other, "X-Forwarded-Proto": other});
    let forwarded = json!({"Forwarded": "host=evil.example;proto=http"});
    let question = |origin: Value, headers: Value, compression: Value| {
        let url = format!("{socket_scheme}://{address}/ws/echo");
        json!({"url": url, "origin": origin, "headers": headers, "compression": compression})
    };
    let deflate = if cfg!(feature = "websocket-deflate") {
        json!(["permessage-deflate"])
    } else {
        json!([])
    };
    let answer =
        |extensions: Value| json!({"status": 101, "is_same": true, "extensions": extensions});
    let refused = json!({"status": 403});
    let table = [
        (json!(own), json!({}), Value::Null, answer(json!([]))),
        (json!(own), json!({}), json!("deflate"), answer(deflate)),
        (Value::Null, json!({}), Value::Null, answer(json!([]))),
        (json!(evil), json!({}), Value::Null, refused.clone()),
        (json!("null"), json!({}), Value::Null, refused.clone()),
        (json!(other_scheme), json!({}), Value::Null, refused.clone()),
        (json!(other_port), json!({}), Value::Null, refused.clone()),
        (json!(evil), forged_host, Value::Null, refused.clone()),
        (json!(evil), forwarded, Value::Null, refused.clone()),
        (json!(other_scheme), forged_scheme, Value::Null, refused),
    ];
    let questions: Vec<_> = table
        .iter()
        .map(|(origin, headers, compression, _)| {
            question(origin.clone(), headers.clone(), compression.clone())
        })
        .collect();
    let answers = testkit::ask_all(Command::new(python).arg(SCRIPT), &questions);
    for ((answer, question), (.., expected)) in answers.iter().zip(&questions).zip(&table) {
        assert_eq!(answer, expected, "{question}");
    }
}

/// A restart of all processes closes the socket with 1001, and the proxy passes the close frame on.
#[track_caller]
fn chat_outlives_a_deploy(site: &Site, address: SocketAddr) {
    let chat = || open(address, "/chat/socket?room=deploy");
    let entry = |id: &str| format!(r#"{{"id":"{id}","name":"Ada","text":"hello"}}"#);
    let mut socket = chat();
    send(&mut socket, 1, entry("before").as_bytes());
    assert_eq!(receive(&mut socket), (1, entry("before").into_bytes()));
    site.restart_one_after_the_other();
    let (opcode, close) = receive(&mut socket);
    assert_eq!((opcode, &close[..2]), (8, &1001_u16.to_be_bytes()[..]));
    send(&mut socket, 8, &close[..2]);
    socket.closed();
    let mut again = chat();
    send(&mut again, 1, entry("after").as_bytes());
    assert_eq!(receive(&mut again), (1, entry("after").into_bytes()));
}

/// The page's script and a real browser: its `Origin` is that of the page.
fn chromium_chats_at(address: SocketAddr) {
    let Some(browser) = Browser::start_with(&["--ignore-certificate-errors"]) else {
        return;
    };
    browser.open(&format!("https://{address}/chat?room=proxy"));
    browser.wait_text("#state", "connected");
    browser.type_into("#text", "through the proxy");
    browser.click("#say button");
    browser.wait_text("#messages", "guest through the proxy");
}

#[test]
fn through_nginx() {
    let Some(site) = Site::start() else { return };
    let Some(nginx) = Nginx::start(site.ports(), &[]) else {
        return;
    };
    messages_and_origins_pass(nginx.address, "http");
    chat_outlives_a_deploy(&site, nginx.address);
}

#[test]
fn through_nginx_with_https() {
    let directory = temp_dir();
    let Some(certificate) = certificate(directory.path()) else {
        return;
    };
    let Some(site) = Site::start() else { return };
    let Some((_nginx, tls)) = Nginx::start_tls(site.ports(), &certificate) else {
        return;
    };
    messages_and_origins_pass(tls, "https");
    chromium_chats_at(tls);
}

#[test]
fn through_nginx_as_in_tornados_guide() {
    let Some(site) = Site::start() else { return };
    let Some(nginx) = Nginx::start_as_tornado(site.ports()) else {
        return;
    };
    messages_and_origins_pass(nginx.address, "http");
    chat_outlives_a_deploy(&site, nginx.address);
}

#[test]
fn through_haproxy() {
    let Some(site) = Site::start_for_haproxy() else {
        return;
    };
    let Some(haproxy) = Haproxy::start_before(site.ports(), &[]) else {
        return;
    };
    messages_and_origins_pass(haproxy.address, "http");
    chat_outlives_a_deploy(&site, haproxy.address);
}

/// HAProxy passes a handshake over HTTP/2 (RFC 8441) on as an upgrade of HTTP/1.1.
#[test]
fn through_haproxy_with_https_and_http2() {
    let directory = temp_dir();
    let Some((tls, bind)) = bind_tls(directory.path()) else {
        return;
    };
    let (bind, Some(site)) = (format!("{bind} alpn h2,http/1.1"), Site::start()) else {
        return;
    };
    let more = [BY_HEADERS, ("bind :80", &bind)];
    let Some(haproxy) = Haproxy::start_before(site.ports(), &more) else {
        return;
    };
    messages_and_origins_pass(haproxy.address, "http");
    messages_and_origins_pass(tls, "https");
    chromium_chats_at(tls);
}

#[test]
fn through_nginx_and_haproxy() {
    let directory = temp_dir();
    let Some(certificate) = certificate(directory.path()) else {
        return;
    };
    let Some(site) = Site::start() else { return };
    let more = [&BEHIND_NGINX[..], &[BY_HEADERS]].concat();
    let Some(haproxy) = Haproxy::start_before(site.ports(), &more) else {
        return;
    };
    let Some((nginx, tls)) = Nginx::start_tls([haproxy.address.port(); 4], &certificate) else {
        return;
    };
    messages_and_origins_pass(nginx.address, "http");
    messages_and_origins_pass(tls, "https");
}
