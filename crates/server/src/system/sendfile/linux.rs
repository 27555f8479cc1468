//! `sendfile(2)` of Linux.

use std::{
    fs::File,
    io::{self, IoSlice},
    os::{fd::AsFd, unix::fs::FileExt},
};

use rustix::{
    fs::sendfile,
    io::Errno,
    net::{SendAncillaryBuffer, SendFlags, send, sendmsg},
};

pub(crate) const CAN_SEND_FILES: bool = true;

/// The size of a read where the file system has no `sendfile`.
const CHUNK: usize = 64 * 1024;

/// Sends at most that many bytes of a file from an offset on; 0 bytes are the file's end.
pub(crate) fn send_file(
    socket: impl AsFd,
    file: &File,
    offset: u64,
    length: usize,
) -> io::Result<usize> {
    let mut position = offset;
    match sendfile(&socket, file, Some(&mut position), length) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            let mut chunk = vec![0; length.min(CHUNK)];
            let read = file.read_at(&mut chunk, offset)?;
            Ok(send(&socket, &chunk[..read], SendFlags::NOSIGNAL)?)
        }
        sent => Ok(sent?),
    }
}

/// Sends bytes that others follow at once. The system may keep them until then, so that they do not
/// wake the client on their own (`MSG_MORE`).
pub(crate) fn send_more(socket: impl AsFd, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let flags = SendFlags::NOSIGNAL | SendFlags::MORE;
    Ok(sendmsg(
        socket,
        bufs,
        &mut SendAncillaryBuffer::default(),
        flags,
    )?)
}
