//! Handshakes as values: HTTP/1.1 (RFC 6455, section 4.2) and HTTP/2 (RFC 8441, section 5).

mod error;
mod origin;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header, request::Parts};
use sha1::{Digest, Sha1};

pub(crate) use self::origin::{OriginRule, check_allowed};
pub use self::{
    error::{HandshakeError, HandshakeFault},
    origin::OriginError,
};

/// The GUID that is appended to the key (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A handshake that may be accepted, but for its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// By `Upgrade`, with the value of `Sec-WebSocket-Accept`.
    Http1 { accept: HeaderValue },
    /// By an extended CONNECT.
    Http2,
}

impl Handshake {
    /// Checks a request. `protocol` is the pseudo-header `:protocol` of HTTP/2.
    pub(crate) fn check(parts: &Parts, protocol: Option<&str>) -> Result<Self, HandshakeFault> {
        match parts.version {
            Version::HTTP_11 => check_http1(parts),
            Version::HTTP_2 => check_http2(parts, protocol),
            _ => Err(HandshakeFault::HttpVersion),
        }
    }
}

fn check_http1(parts: &Parts) -> Result<Handshake, HandshakeFault> {
    if parts.method != Method::GET {
        return Err(HandshakeFault::Method);
    }
    if !has_token(&parts.headers, header::UPGRADE, "websocket") {
        return Err(HandshakeFault::Upgrade);
    }
    if !has_token(&parts.headers, header::CONNECTION, "upgrade") {
        return Err(HandshakeFault::Connection);
    }
    check_version(&parts.headers)?;
    // A body would be the first frames, or be read as a request by a proxy.
    let length = parts.headers.get_all(header::CONTENT_LENGTH);
    if length.iter().any(|length| length != "0")
        || parts.headers.contains_key(header::TRANSFER_ENCODING)
    {
        return Err(HandshakeFault::Body);
    }
    let key =
        single(&parts.headers, header::SEC_WEBSOCKET_KEY).map_err(|()| HandshakeFault::Key)?;
    let key = key.ok_or(HandshakeFault::Key)?.as_bytes();
    match BASE64_STANDARD.decode(key) {
        Ok(nonce) if nonce.len() == 16 => {}
        _ => return Err(HandshakeFault::Key),
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let accept = BASE64_STANDARD.encode(digest);
    let accept = HeaderValue::try_from(accept).expect("Base64 is valid in a header");
    Ok(Handshake::Http1 { accept })
}

fn check_http2(parts: &Parts, protocol: Option<&str>) -> Result<Handshake, HandshakeFault> {
    if parts.method != Method::CONNECT {
        return Err(HandshakeFault::Method);
    }
    if !protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket")) {
        return Err(HandshakeFault::Protocol);
    }
    check_version(&parts.headers)?;
    Ok(Handshake::Http2)
}

fn check_version(headers: &HeaderMap) -> Result<(), HandshakeFault> {
    match single(headers, header::SEC_WEBSOCKET_VERSION) {
        Ok(Some(version)) if version == "13" => Ok(()),
        _ => Err(HandshakeFault::Version),
    }
}

/// Selects the first subprotocol of the client that we have; names are compared as they are.
pub(crate) fn select_protocol(headers: &HeaderMap, ours: &[HeaderValue]) -> Option<HeaderValue> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let offered = lines
        .iter()
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    offered
        .map(<[u8]>::trim_ascii)
        .find_map(|offered| ours.iter().find(|ours| ours.as_bytes() == offered))
        .cloned()
}

/// Returns the lines of `Sec-WebSocket-Extensions` as one.
pub(crate) fn extensions(headers: &HeaderMap) -> String {
    let lines = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS);
    let lines: Vec<&str> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
    lines.join(",")
}

/// Returns the only line of a header, `None` without one, and an error if there are several.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, ()> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (line, None) => Ok(line),
        _ => Err(()),
    }
}

/// Whether a header, a list, has the word in any case of its letters.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let lines = headers.get_all(name);
    let mut words = lines
        .iter()
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    words.any(|word| word.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests;
