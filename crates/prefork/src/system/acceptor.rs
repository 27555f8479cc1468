//! Finds the process that has accepted a connection: `sock_diag(7)` names the other end's socket,
//! and `/proc` the process that has it open.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::fstat,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send,
        socket_with,
    },
    process::Pid,
};

use super::{Ends, Inode};

// `linux/netlink.h`, `linux/sock_diag.h`, `linux/inet_diag.h` and `linux/unix_diag.h`.
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const HEADER: usize = 16;
const INET_CLIENT_PORT: usize = HEADER + 6;
const INET_INODE: usize = HEADER + 68;
const UNIX_ATTRIBUTES: usize = HEADER + 16;
const UDIAG_SHOW_PEER: u32 = 4;
const UNIX_DIAG_PEER: u16 = 2;
const IPPROTO_TCP: u8 = 6;
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

pub(super) fn accepted(client: impl AsFd, ends: Ends) -> io::Result<Option<Inode>> {
    let inode = match ends {
        Ends::Tcp { client, server } => {
            let response = diagnose(&tcp_request(client, server))?;
            // Without such a connection, the kernel finds the socket that listens.
            let port = response.get(INET_CLIENT_PORT..INET_CLIENT_PORT + 2);
            if port != Some(&client.port().to_be_bytes()) {
                return Err(io::ErrorKind::NotFound.into());
            }
            u32_at(&response, INET_INODE)
        }
        Ends::Unix => {
            let inode = u32::try_from(fstat(client)?.st_ino).map_err(io::Error::other)?;
            peer(&diagnose(&unix_request(inode))?)
        }
    };
    let inode = inode.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    // A connection in the accept queue has no inode.
    Ok((inode != 0).then_some(inode.into()))
}

/// Asks for a connection that does not exist.
pub(super) fn check() -> io::Result<()> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    match diagnose(&tcp_request(nowhere, nowhere)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::read_dir("/proc/self/fd").map(drop),
    }
}

pub(super) fn group_with(socket: Inode, groups: &[Pid]) -> io::Result<Option<Pid>> {
    let mut denied = None;
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let Some(group) = group(&path).filter(|group| groups.contains(group)) else {
            continue;
        };
        match has_open(&path, socket) {
            Ok(true) => return Ok(Some(group)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => denied = Some(error),
            // It may have ended just now.
            Ok(false) | Err(_) => {}
        }
    }
    denied.map_or(Ok(None), Err)
}

fn group(process: &Path) -> Option<Pid> {
    process.file_name()?.to_str()?.parse::<u32>().ok()?;
    group_in(&fs::read_to_string(process.join("stat")).ok()?)
}

/// Field 5 of `/proc/<pid>/stat`, after a name that may contain parentheses. Kernel threads have 0,
/// and a process that is just ending has -1, which rustix does not take.
fn group_in(stat: &str) -> Option<Pid> {
    let group = stat.rsplit_once(") ")?.1.split(' ').nth(2)?;
    let group: u32 = group.parse().ok()?;
    Pid::from_raw(i32::try_from(group).ok()?)
}

fn has_open(process: &Path, socket: Inode) -> io::Result<bool> {
    let name = format!("socket:[{socket}]");
    for descriptor in fs::read_dir(process.join("fd"))? {
        // A descriptor may be closed meanwhile.
        if fs::read_link(descriptor?.path()).is_ok_and(|target| target == Path::new(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tcp_request(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let (family, end) = match server.ip() {
        IpAddr::V4(_) => (AF_INET, 4),
        IpAddr::V6(_) => (AF_INET6, 16),
    };
    let mut body = vec![family, IPPROTO_TCP, 0, 0];
    // All states.
    body.extend(u32::MAX.to_ne_bytes());
    body.extend(server.port().to_be_bytes());
    body.extend(client.port().to_be_bytes());
    for address in [server.ip(), client.ip()] {
        let mut octets = [0; 16];
        match address {
            IpAddr::V4(address) => octets[..end].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => octets = address.octets(),
        }
        body.extend(octets);
    }
    // Any interface, any cookie.
    body.extend([0; 4]);
    body.extend([0xff; 8]);
    body
}

fn unix_request(inode: u32) -> Vec<u8> {
    let mut body = vec![AF_UNIX, 0, 0, 0];
    body.extend(u32::MAX.to_ne_bytes());
    body.extend(inode.to_ne_bytes());
    body.extend(UDIAG_SHOW_PEER.to_ne_bytes());
    body.extend([0xff; 8]);
    body
}

/// Sends one request to the kernel, and returns its response.
fn diagnose(body: &[u8]) -> io::Result<Vec<u8>> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let kind = SocketType::DGRAM;
    let protocol = Some(netlink::SOCK_DIAG);
    let kernel: OwnedFd = socket_with(AddressFamily::NETLINK, kind, flags, protocol)?;
    let length = u32::try_from(HEADER + body.len()).map_err(io::Error::other)?;
    let mut request = Vec::from(length.to_ne_bytes());
    request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend(NLM_F_REQUEST.to_ne_bytes());
    request.extend([0; 8]);
    request.extend(body);
    send(&kernel, &request, SendFlags::empty())?;
    // The kernel has responded when `send` returns.
    let mut response = vec![0; 1024];
    let (length, _) = recv(&kernel, &mut response[..], RecvFlags::empty())?;
    response.truncate(length);
    if u16_at(&response, 4) == Some(NLMSG_ERROR) {
        let number = u32_at(&response, HEADER).map_or(0, u32::cast_signed);
        return Err(io::Error::from_raw_os_error(number.wrapping_neg()));
    }
    Ok(response)
}

/// The attribute with the other end's inode.
fn peer(response: &[u8]) -> Option<u32> {
    let mut rest = response.get(UNIX_ATTRIBUTES..)?;
    loop {
        let (length, kind) = (usize::from(u16_at(rest, 0)?), u16_at(rest, 2)?);
        if kind == UNIX_DIAG_PEER {
            return u32_at(rest, 4);
        }
        rest = rest.get(length.max(4).next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::{
        net::{TcpListener, TcpStream},
        os::unix::net::{UnixListener, UnixStream},
    };

    use rustix::process::{getpgrp, getpid};

    use super::*;

    #[test]
    fn acceptor_of_a_tcp_connection_is_found() {
        check().unwrap();
        // The last accepts IPv4 connections with an IPv6 socket.
        for (address, to) in [
            ("127.0.0.1:0", "127.0.0.1"),
            ("[::1]:0", "::1"),
            ("[::]:0", "127.0.0.1"),
        ] {
            let Ok(listener) = TcpListener::bind(address) else {
                assert!(address.starts_with('['), "{address}");
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            let client = TcpStream::connect((to, port)).unwrap();
            let ends = Ends::Tcp {
                client: client.local_addr().unwrap(),
                server: client.peer_addr().unwrap(),
            };
            assert_eq!(accepted(&client, ends).unwrap(), None, "{address}");
            let (server, _) = listener.accept().unwrap();
            let inode = accepted(&client, ends).unwrap();
            assert_eq!(inode, Some(fstat(&server).unwrap().st_ino), "{address}");
        }
    }

    #[test]
    fn acceptor_of_a_unix_connection_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        assert_eq!(accepted(&client, Ends::Unix).unwrap(), None);
        let (server, _) = listener.accept().unwrap();
        let inode = accepted(&client, Ends::Unix).unwrap().unwrap();
        assert_eq!(inode, fstat(&server).unwrap().st_ino);
        assert_eq!(group_with(inode, &[getpgrp()]).unwrap(), Some(getpgrp()));
        assert_eq!(group_with(inode, &[]).unwrap(), None);
        drop(server);
        assert!(has_open(Path::new(&format!("/proc/{}", getpid())), inode).is_ok_and(|open| !open));
        // Closed, which only the client's socket shows.
        assert_eq!(accepted(&client, Ends::Unix).unwrap(), None);
    }

    #[test]
    fn process_group_is_field_5() {
        let group = |stat: &str| group_in(stat).map(|pid| pid.as_raw_nonzero().get());
        assert_eq!(group("9 (a) b) S 1 7 6 0 -1"), Some(7));
        for stat in ["9 (a) S 1 0 0 0 -1", "9 (a) X 0 -1 -1 0 -1", "9 (a) S", ""] {
            assert_eq!(group(stat), None, "{stat}");
        }
    }

    #[test]
    fn connection_that_does_not_exist_is_not_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        for server in [nowhere, listener.local_addr().unwrap()] {
            let ends = Ends::Tcp {
                client: nowhere,
                server,
            };
            let error = accepted(&listener, ends).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{server}");
        }
    }
}
