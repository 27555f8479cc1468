//! The responses that a peer has to send before it is measured.

use std::{net::SocketAddr, process::Command};

use benches::{Result, Server, outside};
use testkit::{Reply, Wire};

use crate::programs::FILES;

/// Requests a path as wrk will, and returns the header lines to request it with.
///
/// # Errors
///
/// When the response has another status, type or body.
pub(crate) fn check(address: SocketAddr, path: &str, header: &str) -> Result<Option<String>> {
    let reply = get(address, path, &[header.to_owned()]);
    let kind = reply.header("content-type").unwrap_or_default();
    let (kind_wanted, body_wanted) = wanted(path);
    if reply.status != 200 || !kind.starts_with(kind_wanted) || reply.body != body_wanted {
        let start = &reply.body[..reply.body.len().min(200)];
        let start = String::from_utf8_lossy(start);
        return Err(format!("the response to {path} is wrong: {}{start}", reply.head).into());
    }
    Ok(reply.header("etag").map(str::to_owned))
}

/// Returns an error unless the response to a known entity tag is a 304.
pub(crate) fn check_not_modified(address: SocketAddr, path: &str, header: &str) -> Result<()> {
    match get(address, path, &[header.to_owned()]) {
        reply if reply.status == 304 => Ok(()),
        reply => Err(reply.head.into()),
    }
}

/// Returns an error unless the response to a request with a body is right.
pub(crate) fn check_body(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
    wanted: &str,
) -> Result<()> {
    let mut wire = Wire::connect(address);
    let length = body.len();
    wire.send(format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
    ));
    let reply = wire.response();
    if reply.status != 200 || reply.body != wanted.as_bytes() {
        return Err(format!("the response to {path} is wrong: {}", reply.head).into());
    }
    Ok(())
}

/// Returns an error unless the response over HTTP/2 is right. A file server has another type.
pub(crate) fn check_http2(server: &Server, path: &str) -> Result<()> {
    let output = Command::new(outside("curl")?)
        .args(["--silent", "--fail", "--http2-prior-knowledge"])
        .arg(format!("http://{}{path}", server.address()))
        .output()?;
    if !output.status.success() || output.stdout != wanted(path).1 {
        let body = String::from_utf8_lossy(&output.stdout).into_owned();
        return Err(format!("the response over HTTP/2 is wrong: {body}").into());
    }
    Ok(())
}

/// Signs in, and returns the header lines with which the page is requested. These have a cookie of the user and one with the
/// XSRF token, so the page is a response to a known user in German.
pub(crate) fn sign_in(address: SocketAddr) -> Result<Vec<String>> {
    let mut headers = vec![
        "Connection: keep-alive".to_owned(),
        "Accept-Language: de, en;q=0.5".to_owned(),
    ];
    let mut cookies = cookies(&get(address, "/sign-in", &headers));
    headers.push(format!("Cookie: {}", cookies.join("; ")));
    cookies.extend(self::cookies(&get(address, "/", &headers)));
    headers.pop();
    headers.push(format!("Cookie: {}", cookies.join("; ")));
    let reply = get(address, "/", &headers);
    let wanted = [
        "anna",
        "Startseite",
        "eine Funktion, die scheitert",
        "styles.css?v=",
        "name=\"_xsrf\"",
        "en_US",
    ];
    let page = reply.text();
    match wanted.iter().find(|part| !page.contains(**part)) {
        None if reply.status == 200 => Ok(headers),
        missing => Err(format!("the page lacks {missing:?}: {}{page}", reply.head).into()),
    }
}

/// Returns `NAME=VALUE` of each cookie that a response sets.
fn cookies(reply: &Reply) -> Vec<String> {
    let lines = reply.head.lines().filter_map(|line| line.split_once(": "));
    let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs = cookies.filter_map(|(_, value)| value.split(';').next());
    pairs.map(str::to_owned).collect()
}

fn get(address: SocketAddr, path: &str, headers: &[String]) -> Reply {
    let mut wire = Wire::connect(address);
    let headers = headers.join("\r\n");
    wire.send(format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"
    ));
    wire.response()
}

/// The type and the body of the response to a path.
fn wanted(path: &str) -> (&'static str, Vec<u8>) {
    let file = FILES
        .iter()
        .find(|(name, _)| path == format!("/static/{name}.txt"));
    match (path, file) {
        (_, Some((_, length))) => ("text/plain", vec![b'x'; *length]),
        ("/json", _) => (
            "application/json",
            br#"{"message":"Hello, world!"}"#.to_vec(),
        ),
        (path, _) => match path.strip_prefix("/users/") {
            Some(id) => ("text/plain", id.into()),
            None => ("text/plain", b"Hello, world!".to_vec()),
        },
    }
}
