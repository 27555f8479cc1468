//! State hand-over from a supervisor to its successor in the same process: everything goes through
//! one socket, which the successor finds as its standard input. All other descriptors close at
//! `exec`, so none can leak, and ownership needs no unsafe code.

use std::{
    env,
    fs::File,
    io::{self, IoSlice, IoSliceMut, Read, Seek, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::Command,
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

use super::program::{Executable, Program};
use crate::system;

/// The id of the process that is to take over: its children inherit the variable.
pub(crate) const VARIABLE: &str = "SQUALL_HANDOVER";

/// The kernel passes at most 253 descriptors in a message (`SCM_MAX_FD`).
const BATCH: usize = 128;

/// The state as it was given to `new`, and the descriptors in their order.
pub(crate) type Received = (Vec<u8>, Vec<OwnedFd>);

/// State that waits to be received. Dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct Handover {
    inbox: OwnedFd,
    stdin: OwnedFd,
}

impl Handover {
    /// `directory` is private to this supervisor, and takes a file for a moment.
    pub(crate) fn new(
        state: &[u8],
        descriptors: &[BorrowedFd<'_>],
        directory: &Path,
    ) -> io::Result<Self> {
        // A stream, since macOS has no packets here. Each byte arrives with its own descriptors.
        let (inbox, outbox) = UnixStream::pair()?;
        outbox.set_nonblocking(true)?;
        // A socket's buffer is too small for the state of many workers.
        let mut file = system::anonymous_file(directory)?;
        file.write_all(state)?;
        file.rewind()?;
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        let mut all = vec![file.as_fd(), stdin.as_fd()];
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
        Ok(Self {
            inbox: inbox.into(),
            stdin,
        })
    }

    /// Returns only when it fails.
    pub(crate) fn execute(self, program: &Program, executable: &Executable) -> io::Error {
        let path = match executable {
            Executable::Binary(file) => system::path_of(file),
            Executable::Path(path) => path.clone(),
        };
        let mut command = Command::new(path);
        if let Some(directory) = &program.directory {
            // The successor starts where the path leads now, as its workers do.
            command.current_dir(directory).env("PWD", directory);
        }
        let error = command
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

/// Receives the state of a predecessor, if there was one.
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
        let received = recvmsg(
            io::stdin(),
            &mut [IoSliceMut::new(&mut byte)],
            &mut ancillary,
            RecvFlags::empty(),
        )?;
        if received.bytes == 0 {
            break;
        }
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(passed) = message {
                for descriptor in passed {
                    // A flag of `recvmsg` on Linux alone. No other thread starts a process yet.
                    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
                    descriptors.push(descriptor);
                }
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
