//! The supervisor's side of the control socket. It never waits for a client.

use std::{
    fs,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::{
            fs::{DirBuilderExt, MetadataExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
};

use squall_listen::{Bind, ListenError, ListenerSocket};

use super::protocol::{Request, Response};
use crate::policy::Time;

/// Clients at a time; the one that has been silent longest makes room.
const CLIENTS: usize = 16;
const LINE_LIMIT: usize = 4096;
/// A client that sends no request for this long is disconnected.
const IDLE: Time = Time::from_secs(10);
/// How long to leave the listener alone when nothing more can be opened.
const PAUSE: Time = Time::from_secs(1);

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) listener: UnixListener,
    /// Device and inode of the socket's file.
    pub(crate) identity: Identity,
    clients: Vec<Client>,
    next: u64,
    /// Without a descriptor left, the listener would stay readable: not looked at until then.
    full_until: Time,
}

#[derive(Debug)]
struct Client {
    id: u64,
    stream: UnixStream,
    buffer: Vec<u8>,
    /// The rollout whose end it waits for.
    waits_for: Option<u64>,
    last_asked: Time,
    /// It sends no more, and waits for its last response.
    half_closed: bool,
}

/// A request, and the client that waits for its response.
#[derive(Debug)]
pub(crate) struct PendingRequest {
    pub(crate) client: u64,
    pub(crate) request: Request,
}

/// Device and inode.
pub(crate) type Identity = (u64, u64);

impl Server {
    /// Listens at `path`, in a private directory that is made if it is missing.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        let listener = bind(path)?;
        Self::resume(listener, identity(path)?)
    }

    /// Goes on with a predecessor's listener.
    pub(crate) fn resume(listener: UnixListener, identity: Identity) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            identity,
            clients: Vec::new(),
            next: 0,
            full_until: Time::ZERO,
        })
    }

    /// Whether the file at `path` is this server's socket.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|found| found == self.identity)
    }

    /// Listens at `path` anew. Connections stay.
    pub(crate) fn bind_again(&mut self, path: &Path) -> io::Result<()> {
        let listener = bind(path)?;
        listener.set_nonblocking(true)?;
        self.identity = identity(path)?;
        self.listener = listener;
        Ok(())
    }

    pub(crate) fn descriptors(&self, now: Time) -> impl Iterator<Item = BorrowedFd<'_>> {
        let listener = (now >= self.full_until).then(|| self.listener.as_fd());
        let open = self.clients.iter().filter(|client| !client.half_closed);
        listener
            .into_iter()
            .chain(open.map(|client| client.stream.as_fd()))
    }

    /// When the next idle client is to be disconnected.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let idle = self
            .clients
            .iter()
            .filter(|client| client.waits_for.is_none());
        idle.map(|client| client.last_asked + IDLE).min()
    }

    /// Accepts clients and reads their requests.
    pub(crate) fn take_requests(&mut self, now: Time) -> Vec<PendingRequest> {
        self.accept(now);
        let mut requests = Vec::new();
        self.clients.retain_mut(|client| {
            let open = client.read(now, &mut requests).is_ok();
            let idle = client.half_closed || now >= client.last_asked + IDLE;
            open && (client.waits_for.is_some() || !idle)
        });
        requests
    }

    pub(crate) fn respond(&mut self, client: u64, response: &Response) {
        self.clients
            .retain_mut(|one| one.id != client || one.write(response).is_ok());
    }

    /// Puts off the response until the rollout has ended.
    pub(crate) fn wait_for(&mut self, client: u64, ticket: u64) {
        if let Some(client) = self.clients.iter_mut().find(|one| one.id == client) {
            client.waits_for = Some(ticket);
        }
    }

    pub(crate) fn rollout_ended(&mut self, ticket: u64, response: &Response, now: Time) {
        self.clients.retain_mut(|client| {
            if client.waits_for != Some(ticket) {
                return true;
            }
            client.waits_for = None;
            client.last_asked = now;
            client.write(response).is_ok() && !client.half_closed
        });
    }

    fn accept(&mut self, now: Time) {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the control socket");
                    self.full_until = now + PAUSE;
                    return;
                }
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            if self.clients.len() >= CLIENTS {
                let silent = (0..self.clients.len()).min_by_key(|&i| self.clients[i].last_asked);
                self.clients.remove(silent.expect("there are clients"));
            }
            self.next += 1;
            self.clients.push(Client {
                id: self.next,
                stream,
                buffer: Vec::new(),
                waits_for: None,
                last_asked: now,
                half_closed: false,
            });
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    let mut listeners =
        Bind::unix(path)
            .unix_mode(0o600)
            .listen()
            .map_err(|error| match error {
                ListenError::Bind { source, .. } => source,
                error => io::Error::new(io::ErrorKind::InvalidInput, error),
            })?;
    let (socket, file) = listeners.remove(0).into_parts();
    // The supervisor removes it, as it does one that it took over.
    std::mem::forget(file);
    match socket {
        ListenerSocket::Unix(socket) => Ok(socket),
        ListenerSocket::Tcp(_) => unreachable!("a unix socket was bound"),
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

impl Client {
    /// An error means that the client is to be forgotten.
    fn read(&mut self, now: Time, requests: &mut Vec<PendingRequest>) -> io::Result<()> {
        let mut chunk = [0; LINE_LIMIT];
        match self.stream.read(&mut chunk) {
            Ok(0) => {
                self.half_closed = true;
                return Ok(());
            }
            Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
        while let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            self.last_asked = now;
            match serde_json::from_slice(&line) {
                Ok(request) => requests.push(PendingRequest {
                    client: self.id,
                    request,
                }),
                Err(error) => self.write(&Response::failed(format!("no request: {error}")))?,
            }
        }
        if self.buffer.len() > LINE_LIMIT {
            self.write(&Response::failed("the line is too long"))?;
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(())
    }

    /// A client that does not read its responses loses them, and its connection.
    fn write(&mut self, response: &Response) -> io::Result<()> {
        let mut line = serde_json::to_vec(response)?;
        line.push(b'\n');
        self.stream.write_all(&line)
    }
}
