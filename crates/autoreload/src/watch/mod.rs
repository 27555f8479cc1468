//! File watch: calls a function with the changed files after a quiet period.

mod debounce;
mod places;
mod roots;
mod snapshot;
mod walk;
mod watcher;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use debounce::Debounce;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
pub use roots::Roots;
pub use snapshot::Change;
use snapshot::Snapshot;
use watcher::{FsEvent, Watcher};

/// How often to look for changes without file-system events.
const POLL: Duration = Duration::from_millis(500);

/// Directories are walked at most this part of the time, however many events there are.
const WALK_PART: u32 = 5;

/// Configuration of a watch of [`Roots`], which runs in a thread of its own.
#[derive(Clone, Debug)]
#[must_use = "nothing is watched before `start`"]
pub struct Watch {
    roots: Roots,
    quiet: Duration,
    poll: bool,
    ignored: Gitignore,
}

/// A running watch. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watching {
    messages: Sender<Message>,
    files: Arc<AtomicUsize>,
}

enum Message {
    FsEvent(FsEvent),
    Watch(Roots, SystemTime),
    Stop,
}

impl Watch {
    /// Creates a watch with default settings.
    pub fn new(roots: Roots) -> Self {
        Self {
            roots,
            quiet: Duration::from_millis(30),
            poll: false,
            ignored: Gitignore::empty(),
        }
    }

    /// Sets patterns of files that never count, in the syntax of `.gitignore`, relative to a
    /// directory. Default: none.
    ///
    /// # Errors
    ///
    /// If a pattern is invalid.
    pub fn ignore<'a>(
        mut self,
        directory: &Path,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<Self> {
        let mut builder = GitignoreBuilder::new(directory);
        for pattern in patterns {
            let invalid = |error| io::Error::other(format!("invalid pattern {pattern:?}: {error}"));
            builder.add_line(None, pattern).map_err(invalid)?;
        }
        self.ignored = builder.build().map_err(io::Error::other)?;
        Ok(self)
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
    /// since the last call. A file has changed if its length, modification time or inode has, or
    /// those of the file that a link leads to.
    ///
    /// # Errors
    ///
    /// If no thread can be spawned.
    pub fn start(
        self,
        on_change: impl FnMut(BTreeMap<PathBuf, Change>) + Send + 'static,
    ) -> io::Result<Watching> {
        let (messages, inbox) = channel();
        let files = Arc::new(AtomicUsize::new(0));
        let mut watch_loop = WatchLoop {
            snapshot: Snapshot::default(),
            pending: BTreeMap::new(),
            earliest: Duration::ZERO,
            ignored: self.ignored,
            files: Arc::clone(&files),
            watcher: if self.poll {
                Watcher::Polling
            } else {
                let sender = messages.clone();
                Watcher::open(move |event| {
                    // Fails once the watch has ended.
                    let _ = sender.send(Message::FsEvent(event));
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
        Ok(Watching { messages, files })
    }
}

impl Watching {
    /// Replaces the watched files and directories. Files that only the new ones have are changes
    /// if they were modified since that time.
    pub fn watch(&self, roots: Roots, since: SystemTime) {
        // The receiver lives until the drop, unless `on_change` panicked.
        let _ = self.messages.send(Message::Watch(roots, since));
    }

    /// Returns the number of files that are watched.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files.load(Ordering::Relaxed)
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
    pending: BTreeMap<PathBuf, Change>,
    /// When directories may be walked again, since the origin.
    earliest: Duration,
    ignored: Gitignore,
    files: Arc<AtomicUsize>,
    watcher: Watcher,
    debounce: Debounce,
    inbox: Receiver<Message>,
    origin: Instant,
    on_change: F,
}

impl<F: FnMut(BTreeMap<PathBuf, Change>)> WatchLoop<F> {
    fn run(mut self) {
        loop {
            let now = self.origin.elapsed();
            let deadline = self.debounce.deadline();
            let deadline = deadline.map(|deadline| deadline.max(self.earliest));
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
                Ok(Message::FsEvent(event)) => {
                    if event.is_removal {
                        self.watcher.forget(&event.paths);
                    }
                    // An event without a path means that others were lost.
                    let concerns = |path: &PathBuf| self.snapshot.concerns(path);
                    if event.paths.is_empty() || event.paths.iter().any(concerns) {
                        self.debounce.record(now);
                    }
                }
                Ok(Message::Watch(roots, since)) => self.replace_roots(roots, since),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                // Polling: debounced too, since a file may be half written.
                Err(RecvTimeoutError::Timeout) if deadline.is_none() => {
                    let found = Snapshot::take(&self.roots, &self.snapshot);
                    if !self.snapshot.changes(&found).is_empty() {
                        self.debounce.record(now);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if now >= self.earliest && self.debounce.take(now) {
                let found = self.look();
                let mut changes = self.snapshot.changes(&found);
                changes.append(&mut self.pending);
                changes.retain(|path, _| {
                    let ignored = &self.ignored;
                    let is_inside = path.starts_with(ignored.path());
                    !(is_inside && ignored.matched_path_or_any_parents(path, false).is_ignore())
                });
                self.snapshot = found;
                if !changes.is_empty() {
                    (self.on_change)(changes);
                }
            }
        }
    }

    /// Changes in the old roots are still reported, if the new ones have the file. The snapshot of
    /// the old roots is taken after that of the new ones, so that no change between the two is lost.
    fn replace_roots(&mut self, roots: Roots, since: SystemTime) {
        if roots == self.roots {
            return;
        }
        let before = std::mem::replace(&mut self.roots, roots);
        let found = self.look();
        let last = Snapshot::take(&before, &self.snapshot);
        let mut changes = self.snapshot.changes(&last);
        changes.retain(|path, change| change.modified.is_none() || found.contains(path));
        self.pending.append(&mut changes);
        self.pending.append(&mut last.new_since(&found, since));
        self.snapshot = found;
        if !self.pending.is_empty() {
            self.debounce.record(self.origin.elapsed());
        }
    }

    /// Takes a snapshot and watches its directories. Repeats if one is new: files may have been
    /// created in it before it was watched.
    fn look(&mut self) -> Snapshot {
        let began = self.origin.elapsed();
        let found = loop {
            let found = Snapshot::take(&self.roots, &self.snapshot);
            if !self.watcher.watch(found.directories()) {
                break found;
            }
        };
        self.files.store(found.len(), Ordering::Relaxed);
        let now = self.origin.elapsed();
        self.earliest = if found.has_trees() {
            now + (now - began) * WALK_PART
        } else {
            now
        };
        found
    }
}
