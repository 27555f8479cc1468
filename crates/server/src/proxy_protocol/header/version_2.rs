//! Version 2 of the PROXY protocol header: binary (2.2).

use super::{Parsed, ProxyHeader, ProxyHeaderError, proxied};
use crate::system::path_from_bytes;

/// The first bytes.
pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The length before the addresses: signature, version and command, family, length.
const FIXED: usize = 16;

/// Parses a header that begins with as much of [`SIGNATURE`] as there is.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
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

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::SIGNATURE;
    use crate::proxy_protocol::header::tests::{assert_client, assert_error};

    /// The header of these bytes behind the signature.
    fn header(parts: &[&[u8]]) -> Vec<u8> {
        [SIGNATURE, &parts.concat()].concat()
    }

    #[test]
    fn local_headers_name_no_client() {
        for rest in [
            &b"\x20\0\0\0"[..],
            b"\x20\x11\0\0",
            b"\x20\xff\0\x03abc",
            b"\x21\0\0\0",
            b"\x21\0\0\x07\x04\0\x04abcd",
            b"\x21\x10\0\0",
            b"\x21\x01\0\0",
        ] {
            assert_client(&header(&[rest]), "local");
        }
    }

    #[test]
    fn the_client_of_ipv4_is_found_before_any_tlvs() {
        let addresses = b"\xc0\0\x02\x01\xc6\x33\x64\x01\x12\x67\x01\xbb";
        for (length, tlvs) in [
            (b"\0\x0c", &b""[..]),
            (b"\0\x13", b"\x04\0\x04abcd"),
            // Malformed TLVs are skipped by the header's length.
            (b"\0\x0f", b"\x04\xff\xff"),
            (b"\xff\xff", &[0; 65535 - 12]),
        ] {
            let header = header(&[b"\x21\x11", length, addresses, tlvs]);
            assert_client(&header, "192.0.2.1:4711");
        }
    }

    #[test]
    fn the_client_of_ipv6_may_be_mapped_to_ipv4() {
        for (ip, client) in [
            ("2001:db8::1", "[2001:db8::1]:4711"),
            ("::ffff:192.0.2.1", "192.0.2.1:4711"),
        ] {
            let ip = ip.parse::<Ipv6Addr>().unwrap().octets();
            let header = header(&[b"\x21\x21\0\x24", &ip, &ip, b"\x12\x67\x01\xbb"]);
            assert_client(&header, client);
        }
    }

    #[test]
    fn the_path_of_a_unix_client_ends_with_a_zero_or_its_field() {
        let full = "x".repeat(108);
        for (path, client) in [
            ("/run/app.sock", "/run/app.sock"),
            ("\0abstract", ""),
            (&full, &full),
        ] {
            let mut addresses = [0; 216];
            addresses[..path.len()].copy_from_slice(path.as_bytes());
            let header = header(&[b"\x21\x31\0\xd8", &addresses]);
            assert_client(&header, &format!("unix:{client}"));
        }
    }

    #[test]
    fn malformed_binary_headers_are_errors() {
        for (rest, error) in [
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
            assert_error(&header(&[rest]), error);
        }
    }
}
