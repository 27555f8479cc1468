//! Parser of the PROXY protocol header, versions 1 and 2.
//!
//! Sections are those of <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>. The crate
//! `ppp` fails the tests here: it accepts `+80` as a port, rejects `UNKNOWN` before many words or
//! bytes that are not UTF-8, and rejects `LOCAL` with an unknown family (2.1, 2.2).

mod version_1;
mod version_2;

use std::{
    error::Error,
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::Address;

/// A header of the PROXY protocol: the client of a connection, if any.
///
/// # Examples
///
/// ```
/// use squall_server::ProxyHeader;
///
/// let bytes = b"PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\r\nGET / HTTP/1.1\r\n";
/// let (header, length) = ProxyHeader::parse(bytes)?.expect("it is all there");
/// assert_eq!(header, ProxyHeader::Proxied("192.0.2.1:4711".parse().unwrap()));
/// assert!(bytes[length..].starts_with(b"GET"));
///
/// assert_eq!(ProxyHeader::parse(&bytes[..20])?, None);
/// # Ok::<(), squall_server::ProxyHeaderError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyHeader {
    /// `LOCAL` and `UNKNOWN`: the proxy's own connection, or one of an unknown client.
    Local,
    /// The proxy forwards the connection of this client. An IPv4-mapped IPv6 address is converted
    /// to IPv4; an unnamed unix socket has the empty path.
    Proxied(Address),
}

/// Bytes that are not the beginning of a valid PROXY protocol header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyHeaderError(&'static str);

type Parsed = Result<Option<(ProxyHeader, usize)>, ProxyHeaderError>;

impl ProxyHeader {
    /// Parses the header at the beginning of `bytes`, and returns it with its length, or `None` if
    /// it is incomplete.
    ///
    /// Destination addresses, and version 2's additional fields (TLVs), are skipped.
    ///
    /// # Errors
    ///
    /// If no further bytes can complete a valid header. A header for datagrams is an error too.
    pub fn parse(bytes: &[u8]) -> Parsed {
        if agree(bytes, version_2::SIGNATURE) {
            version_2::parse(bytes)
        } else if agree(bytes, version_1::PREFIX) {
            version_1::parse(bytes)
        } else {
            Err(ProxyHeaderError("it begins as neither version does"))
        }
    }
}

/// Whether one is a prefix of the other.
fn agree(bytes: &[u8], beginning: &[u8]) -> bool {
    bytes.iter().zip(beginning).all(|(a, b)| a == b)
}

/// Returns the header of a client with an IP address.
fn proxied(ip: impl Into<IpAddr>, port: u16) -> ProxyHeader {
    ProxyHeader::Proxied(SocketAddr::new(ip.into().to_canonical(), port).into())
}

impl fmt::Display for ProxyHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no header of the PROXY protocol: {}", self.0)
    }
}

impl Error for ProxyHeaderError {}

#[cfg(test)]
mod tests {
    use super::ProxyHeader;

    /// Asserts that the header has this client, whatever follows it, and that no part of it is a
    /// header.
    pub(super) fn assert_client(header: &[u8], client: &str) {
        for behind in [
            &b""[..],
            b"GET / HTTP/1.1\r\n",
            b"\x16\x03\x01\xff",
            b"\r\n",
            b"PROXY ",
        ] {
            let all = [header, behind].concat();
            let (found, length) = ProxyHeader::parse(&all).unwrap().unwrap();
            let found = match found {
                ProxyHeader::Local => "local".to_owned(),
                ProxyHeader::Proxied(address) => address.to_string(),
            };
            assert_eq!(found, client, "{}", header.escape_ascii());
            assert_eq!(length, header.len(), "{}", header.escape_ascii());
        }
        for length in 0..header.len().min(300) {
            let part = &header[..length];
            let parsed = ProxyHeader::parse(part);
            assert_eq!(parsed, Ok(None), "{}", part.escape_ascii());
        }
    }

    pub(super) fn assert_error(bytes: &[u8], error: &str) {
        match ProxyHeader::parse(bytes) {
            Err(found) => assert_eq!(found.0, error, "{}", bytes.escape_ascii()),
            other => panic!("{}: {other:?}", bytes.escape_ascii()),
        }
    }

    #[test]
    fn bytes_that_begin_as_neither_version_are_an_error() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"POST / HTTP/1.1\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01",
            b"\r\r",
            b"\n",
            b" PROXY UNKNOWN\r\n",
            b"proxy UNKNOWN\r\n",
            b"PROXY\tUNKNOWN\r\n",
            b"PROXY\rTCP4\r192.0.2.1\r192.0.2.2\r1\r2\r\n",
            b"PROXY\r\n",
            b"PROXYv2",
            b"\xef\xbb\xbfPROXY UNKNOWN\r\n",
            b"\r\n\r\n\0\r\nQUIT\r",
            b"\r\n\r\n\0\r\nquit\n",
        ] {
            assert_error(bytes, "it begins as neither version does");
        }
    }
}
