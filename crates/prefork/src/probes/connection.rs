//! One connection of a readiness check: queued, then accepted, then asked for a response.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsFd, BorrowedFd},
};

use rustix::net::{RecvFlags, recv};
use socket2::{Domain, SockAddr, Socket, Type};
use squall_listen::Address;

use crate::{
    policy::{Time, WorkerId},
    readiness::{Verdict, verdict},
    system::{self, Ends, Inode},
};

/// The first look at a connection comes after this, later ones after a quarter of its age: an idle
/// worker that handles one connection at a time is blocked until the connection is closed.
const LOOK_FIRST: Time = Time::from_millis(1);
const LOOK_LAST: Time = Time::from_millis(50);
/// A connection that the kernel does not have yet, or that is in a queue without a worker.
const UNACCEPTED: Time = Time::from_secs(2);
/// For the status of a response.
const RESPONSE: Time = Time::from_secs(10);

#[derive(Debug)]
pub(super) struct Connection {
    /// The worker that it was made for, and later the worker that has accepted it.
    worker: WorkerId,
    socket: Socket,
    ends: Ends,
    made: Time,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Queued { look_at: Time },
    Asked { response: Vec<u8>, until: Time },
}

/// The result of `Connection::step`.
#[derive(Debug)]
pub(super) enum Step {
    Wait,
    /// It is closed, or was in the queue for too long.
    Lost,
    /// A process has this socket.
    Accepted(Inode),
    Healthy(WorkerId),
    Unhealthy(WorkerId, String),
}

impl Connection {
    /// Connects without waiting.
    pub(super) fn new(worker: WorkerId, address: &Address, now: Time) -> io::Result<Self> {
        let (socket, ends) = match address {
            Address::Tcp(address) => {
                let server = reachable(*address);
                let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
                connect(&socket, &server.into())?;
                let client = socket.local_addr()?.as_socket();
                let client = client.ok_or(io::ErrorKind::AddrNotAvailable)?;
                (socket, Ends::Tcp { client, server })
            }
            Address::Unix(path) => {
                let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
                connect(&socket, &SockAddr::unix(path)?)?;
                (socket, Ends::Unix)
            }
        };
        Ok(Self {
            worker,
            socket,
            ends,
            made: now,
            stage: Stage::Queued {
                look_at: now + LOOK_FIRST,
            },
        })
    }

    pub(super) fn worker(&self) -> WorkerId {
        self.worker
    }

    pub(super) fn is_asked(&self) -> bool {
        matches!(self.stage, Stage::Asked { .. })
    }

    pub(super) fn deadline(&self) -> Time {
        match self.stage {
            Stage::Queued { look_at } => look_at,
            Stage::Asked { until, .. } => until,
        }
    }

    /// Its descriptor, while a response is expected.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.is_asked().then(|| self.socket.as_fd())
    }

    /// Sends a request to the worker that has accepted it.
    pub(super) fn ask(&mut self, worker: WorkerId, request: &str, now: Time) -> io::Result<()> {
        self.worker = worker;
        self.socket.write_all(request.as_bytes())?;
        self.stage = Stage::Asked {
            response: Vec::new(),
            until: now + RESPONSE,
        };
        Ok(())
    }

    pub(super) fn step(&mut self, now: Time) -> Step {
        match &mut self.stage {
            Stage::Queued { look_at } if now < *look_at => Step::Wait,
            Stage::Queued { look_at } => {
                if is_closed(&self.socket) {
                    return Step::Lost;
                }
                // An error means that the handshake is not complete.
                if let Ok(Some(inode)) = system::accepted(&self.socket, self.ends) {
                    return Step::Accepted(inode);
                }
                let age = now.saturating_sub(self.made);
                *look_at = now + (age / 4).clamp(LOOK_FIRST, LOOK_LAST);
                if age < UNACCEPTED {
                    Step::Wait
                } else {
                    Step::Lost
                }
            }
            Stage::Asked { response, until } => {
                let unhealthy = |reason: &str| Step::Unhealthy(self.worker, reason.to_owned());
                let mut buffer = [0; 64];
                match self.socket.read(&mut buffer) {
                    Ok(0) => return unhealthy("the connection was closed without a response"),
                    Ok(length) => response.extend(&buffer[..length]),
                    Err(error) if is_temporary(&error) => {}
                    Err(error) => return unhealthy(&error.to_string()),
                }
                match verdict(response) {
                    Verdict::Healthy => Step::Healthy(self.worker),
                    Verdict::Unhealthy(reason) => unhealthy(&reason),
                    Verdict::Incomplete if now < *until => Step::Wait,
                    Verdict::Incomplete => unhealthy(&format!("no response within {RESPONSE:?}")),
                }
            }
        }
    }
}

fn connect(socket: &Socket, address: &SockAddr) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(error)
            if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// The unspecified address means all interfaces.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        _ => return address,
    };
    SocketAddr::new(ip, address.port())
}

/// Whether the other end is closed, or the connection was refused.
fn is_closed(socket: &Socket) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    match recv(socket, &mut [0; 1][..], flags) {
        Ok((length, _)) => length == 0,
        Err(error) => !is_temporary(&error.into()),
    }
}

fn is_temporary(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NotConnected, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | NotConnected)
}
