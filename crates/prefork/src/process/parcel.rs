//! Descriptors for a process that starts: through a socket that is its standard input, so that it
//! gets owned descriptors that close at its own `exec`, without unsafe code.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

/// Standard input of the new process: a socket that holds this process's standard input and `file`.
pub(crate) fn send(file: impl AsFd) -> io::Result<OwnedFd> {
    let (inbox, outbox) = UnixStream::pair()?;
    let stdin = io::stdin();
    let descriptors = [stdin.as_fd(), file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    let payload = [IoSlice::new(b"+")];
    sendmsg(&outbox, &payload, &mut ancillary, SendFlags::empty())?;
    Ok(inbox.into())
}

/// In the new process: puts standard input in its place again, and returns the file.
pub(crate) fn receive() -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let payload = &mut [IoSliceMut::new(&mut byte)];
    recvmsg(io::stdin(), payload, &mut ancillary, RecvFlags::empty())?;
    let mut passed = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            passed.extend(descriptors);
        }
    }
    let [stdin, file] = <[OwnedFd; 2]>::try_from(passed)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no descriptors on stdin"))?;
    rustix::stdio::dup2_stdin(&stdin)?;
    fcntl_setfd(&file, FdFlags::CLOEXEC)?;
    Ok(file)
}
