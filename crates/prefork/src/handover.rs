//! From one supervisor to its successor in the same process: everything through one socket, which
//! the successor finds in the place of its standard input. All other descriptors close at `exec`,
//! so that none can leak, and ownership needs no unsafe code.

use std::env;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use crate::program::{Executable, Program};

/// Names the process that is to take over, so that no child of it believes to be meant.
pub(crate) const VARIABLE: &str = "SQUALL_HANDOVER";

/// The kernel passes at most 253 descriptors in a message (`SCM_MAX_FD`).
const BATCH: usize = 128;

/// The state as it was given to `new`, and the descriptors in their order.
pub(crate) type Received = (Vec<u8>, Vec<OwnedFd>);

/// What waits to be received. Dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct Handover {
    inbox: OwnedFd,
    stdin: OwnedFd,
}

impl Handover {
    pub(crate) fn new(state: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (inbox, outbox) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        // In memory: a socket's buffer is too small for the state of many workers.
        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let mut memory = File::from(rustix::fs::memfd_create("squall-handover", flags)?);
        memory.write_all(state)?;
        memory.rewind()?;
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        let mut all = vec![memory.as_fd(), stdin.as_fd()];
        all.extend(descriptors);
        for batch in all.chunks(BATCH) {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            if !ancillary.push(SendAncillaryMessage::ScmRights(batch)) {
                return Err(io::Error::other("too many descriptors for one message"));
            }
            sendmsg(
                &outbox,
                &[IoSlice::new(b"+")],
                &mut ancillary,
                SendFlags::empty(),
            )?;
        }
        Ok(Self { inbox, stdin })
    }

    /// Returns only when it fails.
    pub(crate) fn execute(self, program: &Program, executable: &Executable) -> io::Error {
        let path = match executable {
            Executable::Binary(file) => {
                PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
            }
            Executable::Script(path) => path.clone(),
        };
        let error = Command::new(path)
            .arg0(&program.name)
            .args(&program.arguments)
            .env(VARIABLE, std::process::id().to_string())
            .stdin(self.inbox)
            .exec();
        // `exec` had put the inbox in its place.
        match rustix::stdio::dup2_stdin(&self.stdin) {
            Ok(()) => error,
            Err(lost) => io::Error::other(format!("{error}, and standard input is lost: {lost}")),
        }
    }
}

/// Takes what a predecessor left, if there was one.
pub(crate) fn receive() -> io::Result<Option<Received>> {
    let meant = env::var(VARIABLE).is_ok_and(|pid| pid == std::process::id().to_string());
    if !meant {
        return Ok(None);
    }
    let mut descriptors = Vec::new();
    loop {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = recvmsg(
            io::stdin(),
            &mut [IoSliceMut::new(&mut byte)],
            &mut ancillary,
            flags,
        )?;
        if received.bytes == 0 {
            break;
        }
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(passed) = message {
                descriptors.extend(passed);
            }
        }
    }
    if descriptors.len() < 2 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let rest = descriptors.split_off(2);
    let stdin = descriptors.remove(1);
    rustix::stdio::dup2_stdin(&stdin)?;
    let mut state = Vec::new();
    File::from(descriptors.remove(0)).read_to_end(&mut state)?;
    Ok(Some((state, rest)))
}
