//! The asking side, for the `squall` command and for a worker's `/metrics`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Answer, Request};
use crate::Status;

/// How long an answer that needs no work may take.
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
    /// When nobody answers there, or the socket is another user's.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    /// How the service is.
    ///
    /// # Errors
    ///
    /// When the supervisor does not answer within 5 s.
    pub fn status(&mut self) -> io::Result<Status> {
        let answer = self.ask(&Request::Status, Some(PATIENCE))?;
        answer
            .status
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no status"))
    }

    /// Replaces all workers by what is on disk now, and waits for the end. Returns the new generation.
    ///
    /// # Errors
    ///
    /// When a new worker failed (the old ones go on serving), or the supervisor went away.
    pub fn reload(&mut self) -> io::Result<u64> {
        Ok(self
            .ask(&Request::Reload, None)?
            .generation
            .unwrap_or_default())
    }

    /// As [`reload`](Self::reload), then replaces the supervisor itself, with the same process id.
    ///
    /// # Errors
    ///
    /// As for `reload`.
    pub fn upgrade(&mut self) -> io::Result<u64> {
        Ok(self
            .ask(&Request::Upgrade, None)?
            .generation
            .unwrap_or_default())
    }

    /// Changes the number of workers, which then come and go one by one.
    ///
    /// # Errors
    ///
    /// When the supervisor can't have so many.
    pub fn scale(&mut self, processes: usize) -> io::Result<()> {
        self.ask(&Request::Scale { processes }, Some(PATIENCE))
            .map(drop)
    }

    /// Stops the service gracefully, and waits until the supervisor is gone.
    ///
    /// # Errors
    ///
    /// When the supervisor does not answer within 5 s.
    pub fn stop(mut self) -> io::Result<()> {
        self.ask(&Request::Stop, Some(PATIENCE))?;
        self.stream.set_read_timeout(None)?;
        // Either way of closing says that it is gone.
        let _ = self.stream.read(&mut [0]);
        Ok(())
    }

    fn ask(&mut self, request: &Request, patience: Option<Duration>) -> io::Result<Answer> {
        self.stream.set_read_timeout(patience)?;
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        self.stream.write_all(line.as_bytes())?;
        line.clear();
        BufReader::new((&self.stream).take(ANSWER_LIMIT)).read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the supervisor went away",
            ));
        }
        let answer: Answer = serde_json::from_str(&line)?;
        if answer.ok {
            Ok(answer)
        } else {
            Err(io::Error::other(
                answer.error.unwrap_or_else(|| "refused".to_owned()),
            ))
        }
    }
}
