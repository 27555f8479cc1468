//! Version 1 of the PROXY protocol header: a line of text (2.1).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use super::{Parsed, ProxyHeader, ProxyHeaderError, proxied};

/// The first bytes.
pub(super) const PREFIX: &[u8] = b"PROXY ";

/// The longest header, with its line end.
const MAX_LENGTH: usize = 107;

/// Parses a header that begins with as much of [`PREFIX`] as there is.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let bytes = &bytes[..bytes.len().min(MAX_LENGTH)];
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
        return match bytes.len() {
            MAX_LENGTH => Err(ProxyHeaderError("its line is longer than 107 bytes")),
            _ => Ok(None),
        };
    };
    let mut words = bytes[PREFIX.len()..end]
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

#[cfg(test)]
mod tests {
    use crate::proxy_protocol::header::tests::{assert_client, assert_error};

    /// The header of the words behind `PROXY `.
    fn line(words: &str) -> Vec<u8> {
        format!("PROXY {words}\r\n").into_bytes()
    }

    #[test]
    fn whole_lines_name_the_client() {
        for (words, client) in [
            ("TCP4 192.0.2.1 198.51.100.1 4711 443", "192.0.2.1:4711"),
            ("TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0:0"),
            (
                "TCP4 255.255.255.255 255.255.255.255 65535 65535",
                "255.255.255.255:65535",
            ),
            (
                "TCP6 2001:db8::1 2001:DB8::2 4711 443",
                "[2001:db8::1]:4711",
            ),
            ("TCP6 :: ::1 1 2", "[::]:1"),
            ("TCP6 ::ffff:192.0.2.1 ::1 1 2", "192.0.2.1:1"),
            ("UNKNOWN", "local"),
            ("UNKNOWN ", "local"),
            ("UNKNOWN a b c d e f g h", "local"),
        ] {
            assert_client(&line(words), client);
        }
        let ip = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest = format!("TCP6 {ip} {ip} 65535 65535");
        assert_client(&line(&longest), &format!("[{ip}]:65535"));
        let longest = format!("UNKNOWN {ip} {ip} 65535 65535");
        assert_client(&line(&longest), "local");
        assert_client(b"PROXY UNKNOWN \xff\xfe\0\r\r\n", "local");
    }

    #[test]
    fn malformed_lines_are_errors() {
        for words in [
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
            assert_error(&line(words), "its protocol is unknown");
        }
        for words in [
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
            assert_error(&line(words), "its addresses or ports are malformed");
        }
        for bytes in [&b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"[..], b"PROXY \n"] {
            assert_error(bytes, "its line does not end in CR LF");
        }
        // 107 bytes and no end, and one that would end with the next byte.
        for line in [
            "a".repeat(94),
            "a".repeat(93) + "\r",
            "a".repeat(95) + "\r\n",
        ] {
            let line = format!("PROXY UNKNOWN{line}");
            assert_error(line.as_bytes(), "its line is longer than 107 bytes");
        }
    }
}
