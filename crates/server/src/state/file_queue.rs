//! Ranges of files that `sendfile` sends, and the placeholders that hyper has of them.
//!
//! hyper writes bytes, so a range passes through it as a chunk of as many bytes: a part of one
//! buffer that nothing else uses, which the socket recognizes by its address and replaces. These
//! bytes never get to a client. hyper keeps chunks and does not copy them (`writev(true)`); if it
//! ever takes more bytes of a chunk than were sent of its file, the connection writes no more.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::SystemTime,
};

use super::ConnectionState;
use crate::stream::Stream;

/// Allocated and never written or read, so the system gives it no memory.
static PLACEHOLDER: LazyLock<Box<[u8]>> =
    LazyLock::new(|| vec![0; PLACEHOLDER_LENGTH].into_boxed_slice());

const PLACEHOLDER_LENGTH: usize = TURN;

/// How many bytes of files a connection sends before others have their turn. A client that reads as
/// fast as the kernel sends would keep the thread to itself.
const TURN: usize = 2 * 1024 * 1024;

/// The ranges of one connection, in the order of the chunks in hyper's queue.
///
/// One task at a time drives a connection, so the lock is never contended, and the flags order no
/// other memory.
#[derive(Debug, Default)]
pub(crate) struct FileQueue {
    /// Whether chunks get from hyper to the socket as they are.
    is_open: AtomicBool,
    /// Whether there are placeholders, or the connection may write no more.
    is_in_use: AtomicBool,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    ranges: VecDeque<FileRange>,
    is_broken: bool,
    /// How many bytes were sent since the connection has waited.
    in_turn: usize,
}

/// A range of a file that is to be sent.
#[derive(Debug)]
pub(crate) struct FileRange {
    file: Arc<File>,
    offset: u64,
    /// The modification time when the range was queued.
    modified: Option<SystemTime>,
    /// Whether the connection has waited since the modification time was compared.
    has_waited: bool,
    /// How many bytes are to be sent.
    unsent: usize,
    /// How many bytes were sent that hyper has not taken from the chunk.
    untaken: usize,
}

impl FileQueue {
    /// Whether chunks get from hyper to the socket as they are.
    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Relaxed)
    }

    pub(crate) fn is_in_use(&self) -> bool {
        self.is_in_use.load(Relaxed)
    }

    fn push(&self, range: FileRange) {
        self.is_in_use.store(true, Relaxed);
        self.lock().ranges.push_back(range);
    }

    /// Waits for the next turn. A turn ends before a range is checked and queued, so that the file
    /// is not checked again after the other connections.
    pub(crate) fn poll_turn(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.lock().poll_turn(cx)
    }

    /// Sends bytes of the first range, at most as many as hyper has in a placeholder.
    pub(crate) fn poll_send(
        &self,
        stream: &Stream,
        cx: &mut Context<'_>,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        let mut queue = self.lock();
        let sent = queue.poll_send(stream, cx, length);
        if sent.is_pending() {
            queue.in_turn = 0;
            for range in &mut queue.ranges {
                range.has_waited = true;
            }
        }
        sent
    }

    /// Returns an error if hyper has copied a placeholder.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.lock().is_broken {
            return Err(io::Error::other("a placeholder was copied"));
        }
        Ok(())
    }

    /// hyper takes bytes from the first chunk.
    fn take(&self, count: usize) {
        let mut queue = self.lock();
        let Some(range) = queue.ranges.front_mut() else {
            return;
        };
        if count > range.untaken {
            queue.is_broken = true;
            return;
        }
        range.untaken -= count;
        if range.unsent == 0 && range.untaken == 0 {
            queue.ranges.pop_front();
            let is_in_use = queue.is_broken || !queue.ranges.is_empty();
            self.is_in_use.store(is_in_use, Relaxed);
        }
    }

    /// A chunk is gone before its end, so the next ones no longer belong to the next ranges.
    fn abandon(&self) {
        self.lock().is_broken = true;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.in_turn < TURN {
            return Poll::Ready(());
        }
        self.in_turn = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_send(
        &mut self,
        stream: &Stream,
        cx: &mut Context<'_>,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        // Only within a range that is longer than the rest of the turn.
        ready!(self.poll_turn(cx));
        let range = self.ranges.front_mut();
        let range = range.ok_or_else(|| io::Error::other("a placeholder without its file"))?;
        range.check()?;
        let length = length.min(range.unsent);
        let sent = ready!(stream.poll_send_file(cx, &range.file, range.offset, length))?;
        if sent == 0 {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file was truncated while it was sent",
            )));
        }
        range.offset += sent as u64;
        range.unsent -= sent;
        range.untaken += sent;
        self.in_turn += sent;
        Poll::Ready(Ok(sent))
    }
}

impl FileRange {
    pub(crate) fn new(
        file: Arc<File>,
        offset: u64,
        length: usize,
        modified: Option<SystemTime>,
    ) -> Self {
        Self {
            file,
            offset,
            modified,
            has_waited: false,
            unsent: length,
            untaken: 0,
        }
    }

    /// Returns an error if the file was modified while the connection waited: the client would get
    /// a mixture.
    fn check(&mut self) -> io::Result<()> {
        if let Some(modified) = self.modified
            && self.has_waited
            && self.file.metadata()?.modified()? != modified
        {
            return Err(io::Error::other("the file was modified while it was sent"));
        }
        self.has_waited = false;
        Ok(())
    }
}

/// A range of a file, as hyper has it. Its bytes are a placeholder.
#[derive(Debug)]
pub(crate) struct FileChunk {
    remaining: usize,
    state: Arc<ConnectionState>,
}

impl FileChunk {
    /// Queues a range, which must not be empty.
    pub(crate) fn new(state: &Arc<ConnectionState>, range: FileRange) -> Self {
        let remaining = range.unsent;
        state.files.push(range);
        Self {
            remaining,
            state: Arc::clone(state),
        }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.remaining
    }

    /// Returns bytes that stand for the file's.
    pub(crate) fn placeholder(&self) -> &'static [u8] {
        placeholder(self.remaining)
    }

    pub(crate) fn advance(&mut self, count: usize) {
        self.state.files.take(count);
        self.remaining -= count;
    }
}

impl Drop for FileChunk {
    fn drop(&mut self) {
        if self.remaining > 0 {
            self.state.files.abandon();
        }
    }
}

/// Whether these are bytes of a [`FileChunk`].
pub(crate) fn is_placeholder(bytes: &[u8]) -> bool {
    PLACEHOLDER.as_ptr_range().contains(&bytes.as_ptr())
}

fn placeholder(length: usize) -> &'static [u8] {
    let buffer: &'static [u8] = &PLACEHOLDER;
    &buffer[..length.min(buffer.len())]
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::{env, fs, future::poll_fn, io::Read, net, task::Wake};

    use tokio::net::TcpListener;

    use super::*;

    const LENGTH: usize = 1000;

    /// A queue with one range, of this program's file.
    fn queue() -> FileQueue {
        let queue = FileQueue::default();
        let file = File::open(env::current_exe().unwrap()).unwrap();
        queue.push(FileRange::new(Arc::new(file), 0, LENGTH, None));
        queue
    }

    #[tokio::test]
    async fn placeholder_is_replaced_by_bytes_of_the_file() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = Stream::Tcp(Arc::new(listener.accept().await.unwrap().0));
        let queue = queue();
        for length in [1, LENGTH - 1] {
            let bytes = placeholder(length);
            assert!(is_placeholder(bytes) && is_placeholder(&bytes[..1]));
            let sent = poll_fn(|cx| queue.poll_send(&stream, cx, bytes.len())).await;
            assert_eq!(sent.unwrap(), length);
            assert!(queue.is_in_use());
            queue.take(length);
        }
        assert!(!queue.is_in_use());
        queue.check().unwrap();
        let mut received = [0; LENGTH];
        client.read_exact(&mut received).unwrap();
        let program = fs::read(env::current_exe().unwrap()).unwrap();
        assert!(received == program[..LENGTH]);
        let more = poll_fn(|cx| queue.poll_send(&stream, cx, 1)).await;
        more.unwrap_err();
    }

    #[tokio::test]
    async fn other_tasks_have_their_turn() {
        struct Woken(AtomicBool);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Relaxed);
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = Stream::Tcp(Arc::new(listener.accept().await.unwrap().0));
        let queue = queue();
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Arc::clone(&woken).into();
        let mut cx = Context::from_waker(&waker);
        let has_waited = || queue.lock().ranges[0].has_waited;
        assert!(queue.poll_turn(&mut cx).is_ready());
        for is_within_range in [false, true] {
            queue.lock().in_turn = TURN;
            let is_pending = if is_within_range {
                queue.poll_send(&stream, &mut cx, LENGTH).is_pending()
            } else {
                queue.poll_turn(&mut cx).is_pending()
            };
            assert!(is_pending && woken.0.swap(false, Relaxed));
            assert_eq!(has_waited(), is_within_range);
            assert!(queue.poll_turn(&mut cx).is_ready());
        }
        let sent = poll_fn(|cx| queue.poll_send(&stream, cx, LENGTH)).await;
        assert_eq!(sent.unwrap(), LENGTH);
    }

    /// A client would get the placeholder's bytes.
    #[test]
    fn copied_and_abandoned_placeholders_end_the_connection() {
        type Break = fn(&FileQueue);
        let breaks: [Break; 3] = [
            |queue| queue.take(1),
            |queue| queue.take(LENGTH),
            FileQueue::abandon,
        ];
        for break_it in breaks {
            let queue = queue();
            queue.check().unwrap();
            break_it(&queue);
            assert!(queue.is_in_use());
            queue.check().unwrap_err();
        }
    }

    #[test]
    fn other_bytes_are_no_placeholder() {
        for bytes in [&b""[..], b"x", &[0; 4096], &vec![0; PLACEHOLDER_LENGTH]] {
            assert!(!is_placeholder(bytes));
        }
    }
}
