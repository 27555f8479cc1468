//! File watch: calls a function with the changed files after a quiet period.

mod debounce;
mod roots;
mod snapshot;
mod watcher;

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use debounce::Debounce;
pub use roots::Roots;
use snapshot::Snapshot;
use watcher::Watcher;

/// How often to look for changes without file-system events.
const POLL: Duration = Duration::from_millis(500);

/// Configuration of a watch of [`Roots`], which runs in a thread of its own.
#[derive(Clone, Debug)]
#[must_use = "nothing is watched before `start`"]
pub struct Watch {
    roots: Roots,
    quiet: Duration,
    poll: bool,
}

/// A running watch. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watching {
    messages: Sender<Message>,
}

enum Message {
    /// Files may have changed. Directories at the removed paths have to be watched again.
    FsEvent {
        removed: Vec<PathBuf>,
    },
    Watch(Roots),
    Stop,
}

impl Watch {
    /// Creates a watch with default settings.
    pub fn new(roots: Roots) -> Self {
        Self {
            roots,
            quiet: Duration::from_millis(30),
            poll: false,
        }
    }

    /// Sets how long no event must occur before changes are reported, since editors and version
    /// control write several files. Without a pause, changes are reported after 20 times as long.
    /// Default: 30 ms.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    /// Whether to poll twice a second instead of using the kernel's events, which miss changes on
    /// network file systems and from the host of a virtual machine. Where the kernel has no watch
    /// left, polling starts with a warning. Default: `false`.
    pub fn poll(mut self, enabled: bool) -> Self {
        self.poll = enabled;
        self
    }

    /// Starts the watch. Calls `on_change` with the files that were changed, created or removed
    /// since the last call. A file has changed if its length, modification time or inode has.
    ///
    /// # Errors
    ///
    /// If no thread can be spawned.
    pub fn start(
        self,
        on_change: impl FnMut(BTreeSet<PathBuf>) + Send + 'static,
    ) -> io::Result<Watching> {
        let (messages, inbox) = channel();
        let mut watch_loop = WatchLoop {
            snapshot: Snapshot::default(),
            pending: BTreeSet::new(),
            watcher: if self.poll {
                Watcher::Polling
            } else {
                let sender = messages.clone();
                Watcher::open(move |removed| {
                    // Fails once the watch has ended.
                    let _ = sender.send(Message::FsEvent { removed });
                })
            },
            debounce: Debounce::new(self.quiet),
            roots: self.roots,
            inbox,
            origin: Instant::now(),
            on_change,
        };
        // Taken before this function returns, so that later changes of the caller are seen.
        watch_loop.snapshot = watch_loop.look();
        thread::Builder::new()
            .name("squall-watch".to_owned())
            .spawn(move || watch_loop.run())?;
        Ok(Watching { messages })
    }
}

impl Watching {
    /// Replaces the watched files and directories. Files that exist now are not changes.
    pub fn watch(&self, roots: Roots) {
        // The receiver lives until the drop, unless `on_change` panicked.
        let _ = self.messages.send(Message::Watch(roots));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
    }
}

struct WatchLoop<F> {
    roots: Roots,
    snapshot: Snapshot,
    /// Changes in the previous roots, not yet reported.
    pending: BTreeSet<PathBuf>,
    watcher: Watcher,
    debounce: Debounce,
    inbox: Receiver<Message>,
    origin: Instant,
    on_change: F,
}

impl<F: FnMut(BTreeSet<PathBuf>)> WatchLoop<F> {
    fn run(mut self) {
        loop {
            let now = self.origin.elapsed();
            let deadline = self.debounce.deadline();
            let message = match deadline.map(|deadline| deadline.saturating_sub(now)) {
                Some(left) => self.inbox.recv_timeout(left),
                None if self.watcher.is_polling() => self.inbox.recv_timeout(POLL),
                None => self
                    .inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            let now = self.origin.elapsed();
            match message {
                Ok(Message::FsEvent { removed }) => {
                    self.watcher.forget(&removed);
                    self.debounce.record(now);
                }
                Ok(Message::Watch(roots)) => self.replace_roots(roots),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                // Polling: debounced too, since a file may be half written.
                Err(RecvTimeoutError::Timeout) if deadline.is_none() => {
                    if Snapshot::take(&self.roots) != self.snapshot {
                        self.debounce.record(now);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.debounce.take(now) {
                let found = self.look();
                let mut changes = self.snapshot.changes(&found);
                changes.append(&mut self.pending);
                self.snapshot = found;
                if !changes.is_empty() {
                    (self.on_change)(changes);
                }
            }
        }
    }

    /// Changes in the old roots are still reported. Their snapshot is taken after that of the new
    /// roots, so that no change between the two is lost.
    fn replace_roots(&mut self, roots: Roots) {
        if roots == self.roots {
            return;
        }
        let before = std::mem::replace(&mut self.roots, roots);
        let found = self.look();
        self.pending
            .append(&mut self.snapshot.changes(&Snapshot::take(&before)));
        self.snapshot = found;
        if !self.pending.is_empty() {
            self.debounce.record(self.origin.elapsed());
        }
    }

    /// Takes a snapshot and watches its directories. Repeats if one is new: files may have been
    /// created in it before it was watched.
    fn look(&mut self) -> Snapshot {
        loop {
            let found = Snapshot::take(&self.roots);
            if !self.watcher.watch(found.directories()) {
                return found;
            }
        }
    }
}
