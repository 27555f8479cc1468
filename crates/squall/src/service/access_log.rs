//! Access log: one line for each request, as Tornado's `log_request`.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, Instant},
};

use http::Method;
use squall_server::{Address, ConnectionInfo};
use tracing::Level;

use crate::{Error, xheaders::LoggedClient};

/// The target of the lines, for filters.
pub(crate) const TARGET: &str = "squall::access";

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
        let elapsed = self.begun.elapsed();
        decimal(f, self.status)?;
        f.write_str(" ")?;
        f.write_str(self.method.as_str())?;
        f.write_str(" ")?;
        escape(f, self.target)?;
        f.write_str(" (")?;
        match (&self.source, self.connection.map(ConnectionInfo::peer)) {
            (Some(LoggedClient::Ip(ip)), _) => address(f, *ip)?,
            (Some(LoggedClient::Unknown), _) => f.write_str("unknown")?,
            (None, Some(Address::Tcp(peer))) => address(f, peer.ip())?,
            (None, Some(_)) => f.write_str("unix")?,
            (None, None) => f.write_str("-")?,
        }
        f.write_str(") ")?;
        milliseconds(f, elapsed)?;
        match self.error.and_then(Error::causes) {
            Some(causes) => {
                f.write_str(": ")?;
                escape(f, &causes)
            }
            None => Ok(()),
        }
    }
}

// The next three write what `fmt` would, in a fifth of its time: it is most of a line's.

fn decimal(f: &mut fmt::Formatter<'_>, number: impl itoa::Integer) -> fmt::Result {
    f.write_str(itoa::Buffer::new().format(number))
}

fn address(f: &mut fmt::Formatter<'_>, address: IpAddr) -> fmt::Result {
    let IpAddr::V4(address) = address else {
        return write!(f, "{address}");
    };
    for (i, octet) in address.octets().into_iter().enumerate() {
        if i > 0 {
            f.write_str(".")?;
        }
        decimal(f, octet)?;
    }
    Ok(())
}

/// Writes milliseconds, rounded to two places.
fn milliseconds(f: &mut fmt::Formatter<'_>, time: Duration) -> fmt::Result {
    let hundredths = (time.as_nanos() + 5_000) / 10_000;
    decimal(f, hundredths / 100)?;
    f.write_str(if hundredths % 100 < 10 { ".0" } else { "." })?;
    decimal(f, hundredths % 100)?;
    f.write_str("ms")
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
    use std::{
        fmt,
        time::{Duration, Instant},
    };

    use http::Method;
    use squall_server::ConnectionInfo;

    use super::{Entry, address, milliseconds};
    use crate::Error;

    /// Formats with a function.
    struct With<F>(F);

    impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for With<F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }

    #[test]
    fn times_are_rounded_to_two_places_of_a_millisecond() {
        for (nanoseconds, text) in [
            (0, "0.00ms"),
            (4_999, "0.00ms"),
            (5_000, "0.01ms"),
            (94_999, "0.09ms"),
            (95_000, "0.10ms"),
            (999_999, "1.00ms"),
            (12_345_678, "12.35ms"),
            (3_600_000_000_000, "3600000.00ms"),
        ] {
            let time = Duration::from_nanos(nanoseconds);
            assert_eq!(
                With(|f: &mut fmt::Formatter<'_>| milliseconds(f, time)).to_string(),
                text
            );
        }
        let longest = With(|f: &mut fmt::Formatter<'_>| milliseconds(f, Duration::MAX));
        assert_eq!(longest.to_string(), "18446744073709551616000.00ms");
    }

    #[test]
    fn addresses_are_written_as_the_standard_library_does() {
        for text in [
            "0.0.0.0",
            "127.0.0.1",
            "192.0.2.99",
            "255.255.255.255",
            "::",
            "2001:db8::1",
        ] {
            let ip = text.parse().unwrap();
            assert_eq!(
                With(|f: &mut fmt::Formatter<'_>| address(f, ip)).to_string(),
                text
            );
        }
    }

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
