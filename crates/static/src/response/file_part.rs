//! A range of a file in a response body: sent from the file, or read in chunks.

use std::{
    fs::File,
    io, mem,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::{Buf, Bytes};

use crate::{
    blocking::{self, BlockingTask},
    system::{self, IoMode, signature::Signature},
};

/// The size of a read. A chunk of this size stays in the CPU cache until it is sent.
const CHUNK: u64 = 64 * 1024;

/// The longest range of a [`BodyPart`]. The event loop sends it at once.
const WINDOW: u64 = 2 * 1024 * 1024;

/// The shortest. Below, to copy the bytes costs less than to refer to the pages of the file.
pub(crate) const MIN_WINDOW: u64 = 64 * 1024;

/// A part of a [`Body`](crate::Body), for a server that can send files itself.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a server has to send each part, so a new one is a breaking change"
)]
pub enum BodyPart {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A range of a file that is in the page cache.
    File {
        /// The open file.
        file: Arc<File>,
        /// Where the range begins, in bytes.
        offset: u64,
        /// The length of the range, in bytes: at most 2 MiB.
        length: usize,
        /// The modification time of the file.
        modified: SystemTime,
    },
}

impl BodyPart {
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File { length, .. } => *length,
        }
    }
}

/// A range of a file that is in memory, and in the page cache as well.
#[derive(Clone, Debug)]
pub(crate) struct CachedPart {
    bytes: Bytes,
    file: FilePart,
    /// Whether its beginning was sent from the file.
    is_begun: bool,
}

impl CachedPart {
    /// `bytes` are those of the file's range.
    pub(crate) fn new(bytes: Bytes, file: FilePart) -> Self {
        Self {
            bytes,
            file,
            is_begun: false,
        }
    }

    /// Takes the next range. Returns `None` if the file was modified since it is in memory, which
    /// is as it was.
    pub(super) fn next_window(&mut self) -> io::Result<Option<BodyPart>> {
        match self.file.check() {
            Err(_) if !self.is_begun => return Ok(None),
            checked => checked?,
        }
        self.is_begun = true;
        let window = self.file.take_window(self.file.longest_window());
        self.bytes.advance(window.length());
        Ok(Some(window))
    }

    pub(super) fn length(&self) -> u64 {
        self.file.length()
    }

    /// Takes the rest of the bytes.
    pub(super) fn take_bytes(&mut self) -> io::Result<Bytes> {
        if self.is_begun {
            self.file.check()?;
        }
        Ok(mem::take(&mut self.bytes))
    }
}

/// A range of a file that is still to be read.
#[derive(Debug)]
pub(crate) struct FilePart {
    file: Arc<File>,
    /// The signature when the length of the body was announced.
    signature: Signature,
    range: Range<u64>,
    reading: Option<BlockingTask<Bytes>>,
}

impl FilePart {
    pub(crate) fn new(file: Arc<File>, signature: Signature, range: Range<u64>) -> Self {
        Self {
            file,
            signature,
            range,
            reading: None,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    pub(super) fn has_window(&self) -> bool {
        self.length() >= MIN_WINDOW
    }

    /// Takes the next range that is in the page cache, if there is one.
    pub(super) fn next_window(&mut self) -> io::Result<Option<BodyPart>> {
        if self.reading.is_some() || !self.has_window() {
            return Ok(None);
        }
        let start = self.range.start;
        let wanted = start..start + self.longest_window();
        let length = system::cached_length(&self.file, wanted);
        if length == 0 {
            return Ok(None);
        }
        self.check()?;
        Ok(Some(self.take_window(length)))
    }

    fn longest_window(&self) -> u64 {
        self.length().min(WINDOW)
    }

    fn take_window(&mut self, length: u64) -> BodyPart {
        let offset = self.range.start;
        self.range.start += length;
        BodyPart::File {
            file: Arc::clone(&self.file),
            offset,
            length: usize::try_from(length).expect("at most WINDOW"),
            modified: self.signature.modified,
        }
    }

    fn check(&self) -> io::Result<()> {
        check(&self.file, &self.signature)
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let chunk = loop {
            if let Some(reading) = &mut self.reading {
                let chunk = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                break chunk?;
            }
            match read(
                &self.file,
                self.range.clone(),
                &self.signature,
                IoMode::Inline,
            ) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let (file, range, signature) =
                        (Arc::clone(&self.file), self.range.clone(), self.signature);
                    self.reading = Some(blocking::run(move || {
                        read(&file, range, &signature, IoMode::Blocking)
                    }));
                }
                chunk => break chunk?,
            }
        };
        self.range.start += chunk.len() as u64;
        Poll::Ready(Ok(chunk))
    }
}

impl Clone for FilePart {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.file), self.signature, self.range.clone())
    }
}

/// Reads the start of a range, which must not be empty.
fn read(file: &File, range: Range<u64>, signature: &Signature, mode: IoMode) -> io::Result<Bytes> {
    let length = (range.end - range.start).min(CHUNK);
    let mut chunk = vec![0; usize::try_from(length).expect("at most CHUNK")];
    let read = system::read_at(file, &mut chunk, range.start, mode)?;
    if read == 0 {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file was truncated while it was sent",
        ));
    }
    chunk.truncate(read);
    // Checked before the last chunk is sent: without it, the client detects the incomplete body.
    let is_last = range.start + read as u64 == range.end;
    if is_last {
        check(file, signature)?;
    }
    Ok(chunk.into())
}

/// Returns an error if the file was modified.
fn check(file: &File, signature: &Signature) -> io::Result<()> {
    if signature.is_still_of(file)? {
        return Ok(());
    }
    Err(io::Error::other("the file was modified while it was sent"))
}
