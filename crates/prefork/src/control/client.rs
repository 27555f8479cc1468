//! The control socket's client, for the `squall` command and for a worker's `/metrics`.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    time::{Duration, Instant},
};

use socket2::{Domain, SockAddr, Socket, Type};

use super::protocol::{Request, Response};
use crate::{Status, system};

/// How long a connection, or a response that needs no work, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// A status of thousands of workers is shorter.
const ANSWER_LIMIT: u64 = 16 << 20;

/// A connection to a supervisor. It blocks: in asynchronous code call it on a blocking thread.
///
/// ```no_run
/// use squall_prefork::control::Client;
/// use squall_prefork::{metrics, worker};
///
/// # fn main() -> std::io::Result<()> {
/// if let Some(path) = worker::control_path() {
///     let status = Client::connect(path)?.status()?;
///     println!("{}", metrics::render(&status));
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects to the control socket at `path`.
    ///
    /// # Errors
    ///
    /// When no supervisor listens there, the socket is another user's, or its queue stays full for
    /// 5 s.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        connect(path.as_ref()).map_err(explain_connect)
    }

    /// Returns the supervisor's process id, `None` when neither it nor the system reports one.
    pub fn supervisor(&mut self) -> Option<u32> {
        let status = |client: &mut Self| client.status().ok().map(|status| status.pid);
        self.process().or_else(|| status(self))
    }

    /// Returns the process id of the supervisor from the system, which needs no response from it.
    /// `None` where the system has none (macOS, FreeBSD).
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        system::peer_process(&self.stream).map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Returns the state of the service.
    ///
    /// # Errors
    ///
    /// When the supervisor does not respond within 5 s.
    pub fn status(&mut self) -> io::Result<Status> {
        let response = self.request(&Request::Status, Some(PATIENCE))?;
        response
            .status
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no status"))
    }

    /// Replaces all workers by the program on disk now, and waits for the end. Returns the new
    /// generation.
    ///
    /// # Errors
    ///
    /// When a new worker failed (the old ones go on serving), the supervisor went away, or it does
    /// not respond within 5 s. Once it does, the new workers have the time that they need.
    pub fn reload(&mut self) -> io::Result<u64> {
        self.roll_out(&Request::Reload)
    }

    /// As [`reload`](Self::reload), then replaces the supervisor itself, with the same process id.
    ///
    /// # Errors
    ///
    /// As for `reload`.
    pub fn upgrade(&mut self) -> io::Result<u64> {
        self.roll_out(&Request::Upgrade)
    }

    /// Changes the number of workers, which then come and go one by one.
    ///
    /// # Errors
    ///
    /// When the supervisor can't have so many.
    pub fn scale(&mut self, processes: usize) -> io::Result<()> {
        self.request(&Request::Scale { processes }, Some(PATIENCE))
            .map(drop)
    }

    /// Stops the service gracefully, and waits until the supervisor is gone.
    ///
    /// # Errors
    ///
    /// When the supervisor does not respond within 5 s.
    pub fn stop(mut self) -> io::Result<()> {
        self.request(&Request::Stop, Some(PATIENCE))?;
        // End of file or an error: the supervisor is gone.
        let _ = io::copy(&mut self.until(None), &mut io::sink());
        Ok(())
    }

    fn roll_out(&mut self, request: &Request) -> io::Result<u64> {
        // The response to a rollout takes as long as new workers do, so another one shows whether
        // the supervisor responds at all. It is not parsed: a status of another version will do.
        self.exchange(&Request::Status, Some(PATIENCE))?;
        Ok(self.request(request, None)?.generation.unwrap_or_default())
    }

    fn request(&mut self, request: &Request, patience: Option<Duration>) -> io::Result<Response> {
        let line = self.exchange(request, patience)?;
        let response: Response = serde_json::from_slice(line.as_bytes()).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the response is not a supervisor's ({error}): is this path another \
                     program's socket, or the supervisor of another version?"
                ),
            )
        })?;
        if response.ok {
            Ok(response)
        } else {
            Err(io::Error::other(
                response.error.unwrap_or_else(|| "refused".to_owned()),
            ))
        }
    }

    /// Returns the line of the response.
    fn exchange(&self, request: &Request, patience: Option<Duration>) -> io::Result<String> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        self.try_exchange(&mut line, patience)
            .map_err(|error| explain_silence(error, &self.stream))?;
        if line.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the supervisor closed the connection without a response: it ended, or was killed; \
                 its log has the reason",
            ));
        }
        Ok(line)
    }

    /// Sends the line, and replaces it by that of the response.
    fn try_exchange(&self, line: &mut String, patience: Option<Duration>) -> io::Result<()> {
        let mut stream = self.until(patience.map(|patience| Instant::now() + patience));
        stream.write_all(line.as_bytes())?;
        line.clear();
        BufReader::new(stream.take(ANSWER_LIMIT)).read_line(line)?;
        Ok(())
    }

    fn until(&self, deadline: Option<Instant>) -> Until<'_> {
        Until {
            stream: &self.stream,
            deadline,
        }
    }
}

/// A stream with one deadline for all reads and writes. The socket's timeout alone would begin anew
/// with each, so signals (a read with a timeout ends with EINTR at SIGCONT, too) and a peer that
/// sends a byte at a time could put it off for ever.
struct Until<'a> {
    stream: &'a UnixStream,
    deadline: Option<Instant>,
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream
            .set_read_timeout(self.deadline.map(left).transpose()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream
            .set_write_timeout(self.deadline.map(left).transpose()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the time that is left, or an error if there is none.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

/// A stopped supervisor accepts nothing, so its queue may be full.
fn connect(path: &Path) -> io::Result<Client> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let address = SockAddr::unix(path)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        socket.set_write_timeout(Some(left(deadline)?))?;
        match socket.connect(&address) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    Ok(Client {
        stream: UnixStream::from(OwnedFd::from(socket)),
    })
}

fn explain_connect(error: io::Error) -> io::Error {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => {
            "no socket there: the service is not running, or has its control socket elsewhere \
             (name it with --control)"
        }
        io::ErrorKind::ConnectionRefused => {
            "no supervisor listens there any more: start the service"
        }
        io::ErrorKind::PermissionDenied => {
            "the socket is another user's: use the user that the service runs as, or root"
        }
        kind if is_timeout(kind) => {
            "the supervisor accepts no connection: it is stopped or stuck; `kill -CONT` lets a \
             stopped one go on"
        }
        _ => return error,
    };
    io::Error::new(error.kind(), advice)
}

fn explain_silence(error: io::Error, stream: &UnixStream) -> io::Error {
    if !is_timeout(error.kind()) {
        return error;
    }
    let advice = match system::peer_process(stream) {
        Some(pid) if system::is_stopped(pid) => format!(
            "the supervisor (process {0}) is stopped; let it go on with `kill -CONT {0}`",
            pid.as_raw_nonzero()
        ),
        Some(pid) => format!(
            "the supervisor (process {0}) did not respond within {1} s: it is busy or stuck; \
             see its log, and where it waits: /proc/{0}/stack",
            pid.as_raw_nonzero(),
            PATIENCE.as_secs()
        ),
        None => format!(
            "the supervisor did not respond within {} s: it is stopped, busy or stuck",
            PATIENCE.as_secs()
        ),
    };
    io::Error::new(io::ErrorKind::TimedOut, advice)
}

/// A timeout of a blocking socket shows as either.
pub(super) fn is_timeout(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
