//! Addresses of a connection: `REMOTE_ADDR` and its like.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use squall::Address;

/// Returns the peer. A server on a unix socket passes no address, or waitress's `localhost`. A text that is no
/// address becomes 0.0.0.0, which no list of trusted proxies has: a middleware may have taken it from a header.
pub(crate) fn peer(remote_addr: &str, remote_port: &str) -> Address {
    match remote_addr {
        "" | "localhost" => Address::Unix(PathBuf::new()),
        text => tcp(text, remote_port),
    }
}

/// Returns the local address; a name becomes 0.0.0.0.
pub(crate) fn local(server_name: &str, server_port: &str) -> Address {
    tcp(server_name, server_port)
}

fn tcp(ip: &str, port: &str) -> Address {
    let ip = ip.trim_start_matches('[').trim_end_matches(']');
    let ip = ip.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Address::Tcp(SocketAddr::new(ip, port.parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::{local, peer};

    #[test]
    fn addresses() {
        for (ip, port, expected) in [
            ("192.0.2.7", "4711", "192.0.2.7:4711"),
            ("192.0.2.7", "", "192.0.2.7:0"),
            ("192.0.2.7", "-1", "192.0.2.7:0"),
            ("2001:db8::7", "4711", "[2001:db8::7]:4711"),
            ("[2001:db8::7]", "4711", "[2001:db8::7]:4711"),
            ("", "", "unix:"),
            ("localhost", "None", "unix:"),
            ("unix:", "", "0.0.0.0:0"),
            ("192.0.2.7, 10.0.0.1", "", "0.0.0.0:0"),
        ] {
            assert_eq!(peer(ip, port).to_string(), expected, "{ip}");
        }
        assert_eq!(local("site.example", "443").to_string(), "0.0.0.0:443");
        assert_eq!(local("127.0.0.1", "80").to_string(), "127.0.0.1:80");
    }
}
