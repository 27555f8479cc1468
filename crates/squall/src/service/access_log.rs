//! Access log: one line for each request, as Tornado's `log_request`.

use std::{fmt, time::Instant};

use http::Method;
use squall_server::{Address, ConnectionInfo};
use tracing::Level;

use crate::{Error, xheaders::LoggedClient};

/// The target of the lines, for filters.
const TARGET: &str = "squall::access";

/// The status of the line of a request whose client closed the connection, or reset the stream,
/// before there was a response: 499, as nginx logs it. No client ever receives it.
pub const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Whether any line is logged; otherwise nothing is measured or recorded.
pub(crate) fn is_enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::ERROR)
}

/// The request metadata of a line. The request itself is gone when the line is written.
pub(crate) struct Entry<'a> {
    pub(crate) method: &'a Method,
    /// Path and query, with secrets hidden.
    pub(crate) target: &'a str,
    pub(crate) connection: Option<&'a ConnectionInfo>,
    /// The client that a trusted proxy names.
    pub(crate) source: Option<LoggedClient>,
    pub(crate) begun: Instant,
    pub(crate) status: u16,
    pub(crate) error: Option<&'a Error>,
}

impl Entry<'_> {
    /// Logs at `INFO` below 400, `WARN` below 500, and `ERROR` above.
    pub(crate) fn log(&self) {
        match self.status {
            ..400 => tracing::info!(target: TARGET, "{self}"),
            400..500 => tracing::warn!(target: TARGET, "{self}"),
            _ => tracing::error!(target: TARGET, "{self}"),
        }
    }
}

/// Writes `200 GET /path (127.0.0.1) 0.42ms`, and the error and its causes after colons.
impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.begun.elapsed().as_secs_f64() * 1000.0;
        write!(f, "{} {} ", self.status, self.method)?;
        escape(f, self.target)?;
        let peer = self.connection.map(ConnectionInfo::peer);
        match (&self.source, peer) {
            (Some(LoggedClient::Ip(ip)), _) => write!(f, " ({ip})")?,
            (Some(LoggedClient::Unknown), _) => f.write_str(" (unknown)")?,
            (None, Some(Address::Tcp(peer))) => write!(f, " ({})", peer.ip())?,
            (None, Some(_)) => f.write_str(" (unix)")?,
            (None, None) => f.write_str(" (-)")?,
        }
        write!(f, " {milliseconds:.2}ms")?;
        let causes = self.error.iter().flat_map(|error| error.chain());
        causes.into_iter().try_for_each(|cause| {
            f.write_str(": ")?;
            escape(f, &cause.to_string())
        })
    }
}

/// Escapes control characters, so that a path or an error cannot begin a new line or move a
/// terminal's cursor.
fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return f.write_str(text);
    }
    text.chars().try_for_each(|c| match c {
        '"' | '\'' | '\\' => write!(f, "{c}"),
        c => write!(f, "{}", c.escape_debug()),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use http::Method;
    use squall_server::ConnectionInfo;

    use super::Entry;
    use crate::Error;

    #[test]
    fn line_breaks_and_escape_sequences_are_escaped() {
        let error = Error::new("first\r\nGET /forged \x1b[2J\u{202e}é\"");
        let peer = "192.0.2.7:4711".parse().unwrap();
        let connection = ConnectionInfo::new(peer, "127.0.0.1:80".parse().unwrap(), 1);
        let line = Entry {
            method: &Method::GET,
            target: "/a?b=c",
            connection: Some(&connection),
            source: None,
            begun: Instant::now(),
            status: 500,
            error: Some(&error),
        }
        .to_string();
        let (head, rest) = line.split_once("ms: ").unwrap();
        assert!(head.starts_with("500 GET /a?b=c (192.0.2.7) "), "{line}");
        assert_eq!(rest, r#"first\r\nGET /forged \u{1b}[2J\u{202e}é""#);
    }
}
