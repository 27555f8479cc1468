//! Parser of the PROXY protocol header, versions 1 and 2.
//!
//! Sections are those of <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>. The crate
//! `ppp` fails this file's tests: it accepts `+80` as a port, rejects `UNKNOWN` before many words
//! or bytes that are not UTF-8, and rejects `LOCAL` with an unknown family (2.1, 2.2).

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use crate::{Address, system::path_from_bytes};

/// The first bytes of version 1 (2.1).
const TEXT: &[u8] = b"PROXY ";

/// The longest header of version 1, with its line end (2.1).
const MAX_TEXT: usize = 107;

/// The signature of version 2 (2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The length of version 2 before the addresses: signature, version and command, family, length.
const FIXED: usize = 16;

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
        if agree(bytes, SIGNATURE) {
            version_2(bytes)
        } else if agree(bytes, TEXT) {
            version_1(bytes)
        } else {
            Err(ProxyHeaderError("it begins as neither version does"))
        }
    }
}

/// Whether one is a prefix of the other.
fn agree(bytes: &[u8], beginning: &[u8]) -> bool {
    bytes.iter().zip(beginning).all(|(a, b)| a == b)
}

fn version_1(bytes: &[u8]) -> Parsed {
    let bytes = &bytes[..bytes.len().min(MAX_TEXT)];
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
        return match bytes.len() {
            MAX_TEXT => Err(ProxyHeaderError("its line is longer than 107 bytes")),
            _ => Ok(None),
        };
    };
    let mut words = bytes[TEXT.len()..end]
        .strip_suffix(b"\r")
        .ok_or(ProxyHeaderError("its line does not end in CR LF"))?
        .split(|&byte| byte == b' ');
    let header = match words.next() {
        // The rest of the line is ignored (2.1).
        Some(b"UNKNOWN") => return Ok(Some((ProxyHeader::Local, end + 1))),
        Some(b"TCP4") => source::<Ipv4Addr>(words),
        Some(b"TCP6") => source::<Ipv6Addr>(words),
        _ => return Err(ProxyHeaderError("its protocol is unknown")),
    };
    let header = header.ok_or(ProxyHeaderError("its addresses or ports are malformed"))?;
    Ok(Some((header, end + 1)))
}

/// Parses exactly two addresses and two ports; returns the source.
fn source<'a, T: FromStr + Into<IpAddr>>(
    mut words: impl Iterator<Item = &'a [u8]>,
) -> Option<ProxyHeader> {
    let mut next = || str::from_utf8(words.next()?).ok();
    let ip: T = next()?.parse().ok()?;
    let _: T = next()?.parse().ok()?;
    let (port, _) = (port(next()?)?, port(next()?)?);
    words.next().is_none().then(|| proxied(ip, port))
}

/// Parses decimal digits without a sign or leading zeros.
fn port(word: &str) -> Option<u16> {
    let is_plain = word == "0" || word.starts_with(|first| matches!(first, '1'..='9'));
    word.parse().ok().filter(|_| is_plain)
}

fn version_2(bytes: &[u8]) -> Parsed {
    let Some(fixed) = bytes.first_chunk::<FIXED>() else {
        return Ok(None);
    };
    let [.., command, family, high, low] = *fixed;
    if !matches!(command, 0x20 | 0x21) {
        return Err(ProxyHeaderError("its version or command is unknown"));
    }
    let end = FIXED + usize::from(u16::from_be_bytes([high, low]));
    let Some(block) = bytes.get(FIXED..end) else {
        return Ok(None);
    };
    // The family of a local connection is ignored (2.2).
    let header = match (command, family >> 4, family & 0x0f) {
        (0x20, ..) | (_, 0, 0..=2) | (_, 1..=3, 0) => Some(ProxyHeader::Local),
        (_, 1, 1) => ipv4(block),
        (_, 2, 1) => ipv6(block),
        (_, 3, 1) => unix(block),
        (_, 1..=3, 2) => return Err(ProxyHeaderError("it is for datagrams")),
        _ => return Err(ProxyHeaderError("its family or transport is unknown")),
    };
    let header = header.ok_or(ProxyHeaderError("it is too short for its addresses"))?;
    Ok(Some((header, end)))
}

fn ipv4(block: &[u8]) -> Option<ProxyHeader> {
    let [a, b, c, d, _, _, _, _, high, low, _, _] = *block.first_chunk::<12>()?;
    Some(proxied([a, b, c, d], u16::from_be_bytes([high, low])))
}

fn ipv6(block: &[u8]) -> Option<ProxyHeader> {
    let [high, low, _, _] = *block.get(32..)?.first_chunk::<4>()?;
    let ip = *block.first_chunk::<16>()?;
    Some(proxied(ip, u16::from_be_bytes([high, low])))
}

/// Parses two paths of 108 bytes, padded with zeros; returns the source.
fn unix(block: &[u8]) -> Option<ProxyHeader> {
    let source = &block.get(..216)?[..108];
    let path = source.split(|&byte| byte == 0).next().unwrap_or_default();
    let path = path_from_bytes(path);
    Some(ProxyHeader::Proxied(path.as_path().into()))
}

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
    use super::*;

    fn v2(rest: &[u8]) -> Vec<u8> {
        [SIGNATURE, rest].concat()
    }

    /// Complete headers, with the expected client.
    fn good() -> Vec<(Vec<u8>, String)> {
        let text = |line: &str| format!("PROXY {line}\r\n").into_bytes();
        let longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let ipv4 = b"\xc0\0\x02\x01\xc6\x33\x64\x01\x12\x67\x01\xbb";
        let ipv6 = |ip: &str| {
            let ip = ip.parse::<Ipv6Addr>().unwrap().octets();
            [&ip[..], &ip[..], b"\x12\x67\x01\xbb"].concat()
        };
        let unix = |path: &[u8]| {
            let mut block = [0; 216];
            block[..path.len()].copy_from_slice(path);
            block.to_vec()
        };
        let headers = [
            (
                text("TCP4 192.0.2.1 198.51.100.1 4711 443"),
                "192.0.2.1:4711",
            ),
            (text("TCP4 0.0.0.0 0.0.0.0 0 0"), "0.0.0.0:0"),
            (
                text("TCP4 255.255.255.255 255.255.255.255 65535 65535"),
                "255.255.255.255:65535",
            ),
            (
                text("TCP6 2001:db8::1 2001:DB8::2 4711 443"),
                "[2001:db8::1]:4711",
            ),
            (text("TCP6 :: ::1 1 2"), "[::]:1"),
            (text("TCP6 ::ffff:192.0.2.1 ::1 1 2"), "192.0.2.1:1"),
            (
                text(&format!("TCP6 {longest} {longest} 65535 65535")),
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            ),
            (text("UNKNOWN"), "local"),
            (text("UNKNOWN "), "local"),
            (text("UNKNOWN a b c d e f g h"), "local"),
            (b"PROXY UNKNOWN \xff\xfe\0\r\r\n".to_vec(), "local"),
            (
                text(&format!("UNKNOWN {longest} {longest} 65535 65535")),
                "local",
            ),
            (v2(b"\x20\0\0\0"), "local"),
            (v2(b"\x20\x11\0\0"), "local"),
            (v2(b"\x20\xff\0\x03abc"), "local"),
            (v2(b"\x21\0\0\0"), "local"),
            (v2(b"\x21\0\0\x07\x04\0\x04abcd"), "local"),
            (v2(b"\x21\x10\0\0"), "local"),
            (v2(b"\x21\x01\0\0"), "local"),
            (
                v2(&[b"\x21\x11\0\x0c", &ipv4[..]].concat()),
                "192.0.2.1:4711",
            ),
            (
                v2(&[b"\x21\x11\0\x13", &ipv4[..], b"\x04\0\x04abcd"].concat()),
                "192.0.2.1:4711",
            ),
            // Malformed TLVs are skipped by the header's length.
            (
                v2(&[b"\x21\x11\0\x0f", &ipv4[..], b"\x04\xff\xff"].concat()),
                "192.0.2.1:4711",
            ),
            (
                v2(&[b"\x21\x11\xff\xff", &ipv4[..], &[0; 65535 - 12]].concat()),
                "192.0.2.1:4711",
            ),
            (
                v2(&[b"\x21\x21\0\x24", &ipv6("2001:db8::1")[..]].concat()),
                "[2001:db8::1]:4711",
            ),
            (
                v2(&[b"\x21\x21\0\x24", &ipv6("::ffff:192.0.2.1")[..]].concat()),
                "192.0.2.1:4711",
            ),
            (
                v2(&[b"\x21\x31\0\xd8", &unix(b"/run/app.sock")[..]].concat()),
                "unix:/run/app.sock",
            ),
            (
                v2(&[b"\x21\x31\0\xd8", &unix(b"\0abstract")[..]].concat()),
                "unix:",
            ),
        ];
        // A path without a terminating zero.
        let path = [b'x'; 108];
        let full = (
            v2(&[b"\x21\x31\0\xd8", &unix(&path)[..]].concat()),
            format!("unix:{}", "x".repeat(108)),
        );
        let headers = headers.map(|(bytes, says)| (bytes, says.to_owned()));
        headers.into_iter().chain([full]).collect()
    }

    fn show(header: &ProxyHeader) -> String {
        match header {
            ProxyHeader::Local => "local".to_owned(),
            ProxyHeader::Proxied(address) => address.to_string(),
        }
    }

    #[test]
    fn complete_headers_parse_and_following_bytes_are_left() {
        for (bytes, says) in good() {
            for behind in [
                &b""[..],
                b"GET / HTTP/1.1\r\n",
                b"\x16\x03\x01\xff",
                b"\r\n",
                b"PROXY ",
            ] {
                let all = [&bytes[..], behind].concat();
                let (header, length) = ProxyHeader::parse(&all).unwrap().unwrap();
                assert_eq!(show(&header), says, "{}", bytes.escape_ascii());
                assert_eq!(length, bytes.len(), "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn incomplete_header_is_none() {
        for (bytes, _) in good() {
            for length in 0..bytes.len().min(300) {
                let part = &bytes[..length];
                assert_eq!(
                    ProxyHeader::parse(part),
                    Ok(None),
                    "{}",
                    part.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn malformed_lines_are_errors() {
        let said = |line: &[u8]| match ProxyHeader::parse(line) {
            Err(error) => error.0,
            other => panic!("{}: {other:?}", line.escape_ascii()),
        };
        for line in [
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
            assert_eq!(said(line), "it begins as neither version does");
        }
        for line in [
            "",
            " ",
            " UNKNOWN",
            "unknown",
            "UNKNOWNX",
            "TCP",
            "TCP5 192.0.2.1 192.0.2.2 1 2",
            "tcp4 192.0.2.1 192.0.2.2 1 2",
            "TCP4\t192.0.2.1 192.0.2.2 1 2",
            " TCP4 192.0.2.1 192.0.2.2 1 2",
            "UDP4 192.0.2.1 192.0.2.2 1 2",
        ] {
            assert_eq!(
                said(format!("PROXY {line}\r\n").as_bytes()),
                "its protocol is unknown",
                "{line}"
            );
        }
        for line in [
            "TCP4",
            "TCP4 ",
            "TCP4 192.0.2.1",
            "TCP4 192.0.2.1 192.0.2.2",
            "TCP4 192.0.2.1 192.0.2.2 1",
            "TCP4 192.0.2.1 192.0.2.2 1 ",
            "TCP4 192.0.2.1 192.0.2.2 1 2 ",
            "TCP4 192.0.2.1 192.0.2.2 1 2 3",
            "TCP4  192.0.2.1 192.0.2.2 1 2",
            "TCP4 192.0.2.1  192.0.2.2 1 2",
            "TCP4 192.0.2.1 192.0.2.2 1  2",
            "TCP4 192.0.2.1 192.0.2.2 1 2\r",
            "TCP4 192.0.2.1\r192.0.2.2 1 2",
            "TCP4 192.0.2.1,192.0.2.2 1 2",
            "TCP4 192.0.2.256 192.0.2.2 1 2",
            "TCP4 192.0.2.01 192.0.2.2 1 2",
            "TCP4 192.0.2 192.0.2.2 1 2",
            "TCP4 3221225985 192.0.2.2 1 2",
            "TCP4 0xc0.0.2.1 192.0.2.2 1 2",
            "TCP4 192.0.2.1/32 192.0.2.2 1 2",
            "TCP4 192.0.2.1:1 192.0.2.2 1 2",
            "TCP4 2001:db8::1 192.0.2.2 1 2",
            "TCP4 192.0.2.1 2001:db8::1 1 2",
            "TCP4 localhost 192.0.2.2 1 2",
            "TCP4 192.0.2.1 somewhere 1 2",
            "TCP4 192.0.2.1 192.0.2.2 +1 2",
            "TCP4 192.0.2.1 192.0.2.2 1 +2",
            "TCP4 192.0.2.1 192.0.2.2 -1 2",
            "TCP4 192.0.2.1 192.0.2.2 01 2",
            "TCP4 192.0.2.1 192.0.2.2 00 2",
            "TCP4 192.0.2.1 192.0.2.2 1 65536",
            "TCP4 192.0.2.1 192.0.2.2 65536 1",
            "TCP4 192.0.2.1 192.0.2.2 0x1 2",
            "TCP4 192.0.2.1 192.0.2.2 http 2",
            "TCP4 192.0.2.1 192.0.2.2 1.0 2",
            "TCP4 \u{661}92.0.2.1 192.0.2.2 1 2",
            "TCP6 192.0.2.1 192.0.2.2 1 2",
            "TCP6 ::1 192.0.2.2 1 2",
            "TCP6 [::1] ::1 1 2",
            "TCP6 ::1%eth0 ::1 1 2",
            "TCP6 ::1::2 ::1 1 2",
            "TCP6 :::: ::1 1 2",
            "TCP6 1:2:3:4:5:6:7 ::1 1 2",
            "TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2",
            "TCP6 fffff::1 ::1 1 2",
            "TCP6 g::1 ::1 1 2",
        ] {
            assert_eq!(
                said(format!("PROXY {line}\r\n").as_bytes()),
                "its addresses or ports are malformed",
                "{line}"
            );
        }
        assert_eq!(
            said(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"),
            "its line does not end in CR LF"
        );
        assert_eq!(said(b"PROXY \n"), "its line does not end in CR LF");
        // 107 bytes and no end, and one that would end with the next byte.
        for line in [
            "a".repeat(94),
            "a".repeat(93) + "\r",
            "a".repeat(95) + "\r\n",
        ] {
            let line = format!("PROXY UNKNOWN{line}");
            assert_eq!(said(line.as_bytes()), "its line is longer than 107 bytes");
        }
    }

    #[test]
    fn malformed_binary_headers_are_errors() {
        for (rest, says) in [
            (&b"\x22\x11\0\0"[..], "its version or command is unknown"),
            (b"\x2f\x11\0\0", "its version or command is unknown"),
            (b"\x11\x11\0\0", "its version or command is unknown"),
            (b"\x01\x11\0\0", "its version or command is unknown"),
            (b"\x31\x11\0\0", "its version or command is unknown"),
            (b"\0\0\0\0", "its version or command is unknown"),
            // An error before the rest has arrived.
            (b"\x22\x11\xff\xff", "its version or command is unknown"),
            (b"\x21\x41\0\0", "its family or transport is unknown"),
            (b"\x21\xf1\0\0", "its family or transport is unknown"),
            (b"\x21\x13\0\0", "its family or transport is unknown"),
            (b"\x21\x03\0\0", "its family or transport is unknown"),
            (b"\x21\x1f\0\0", "its family or transport is unknown"),
            (b"\x21\x12\0\x0cabcdefghijkl", "it is for datagrams"),
            (b"\x21\x22\0\0", "it is for datagrams"),
            (b"\x21\x32\0\0", "it is for datagrams"),
            (b"\x21\x11\0\0", "it is too short for its addresses"),
            (
                b"\x21\x11\0\x0babcdefghijk",
                "it is too short for its addresses",
            ),
            (
                b"\x21\x21\0\x0cabcdefghijkl",
                "it is too short for its addresses",
            ),
            (
                b"\x21\x21\0\x23abcdefghijklmnopqrstuvwxyzabcdefghi",
                "it is too short for its addresses",
            ),
            (
                b"\x21\x31\0\x0cabcdefghijkl",
                "it is too short for its addresses",
            ),
        ] {
            let bytes = v2(rest);
            let error = ProxyHeader::parse(&bytes).unwrap_err();
            assert_eq!(error.0, says, "{}", rest.escape_ascii());
        }
    }
}
