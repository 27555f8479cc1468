//! Watches files, and tells what has changed once it is quiet again.

mod debounce;
mod eyes;
mod snapshot;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use debounce::Debounce;
use eyes::Eyes;
use snapshot::Snapshot;

/// How often to look where the kernel does not tell.
const POLL: Duration = Duration::from_millis(500);

/// What is watched: files, and directories with all that is in them. Files need not exist yet.
///
/// Symbolic links are not followed, so nothing outside of a directory is watched through one. Hidden
/// files, what editors leave behind, and directories that are tagged as caches (cargo's `target` is)
/// are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// Whether the ignore files of the directories above count as well.
    paths: BTreeMap<PathBuf, bool>,
}

impl Roots {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or a directory. What `.gitignore` files inside of it name is left out.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.insert(path.into(), false);
        self
    }

    /// Adds a directory of a repository: what the `.gitignore` files above it name is left out, too.
    #[must_use]
    pub fn sources(mut self, directory: impl Into<PathBuf>) -> Self {
        self.paths.insert(directory.into(), true);
        self
    }
}

/// Watches [`Roots`] from a thread of its own.
#[derive(Clone, Debug)]
#[must_use = "nothing is watched before `start`"]
pub struct Watch {
    roots: Roots,
    quiet: Duration,
    poll: bool,
}

/// A watch that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Watching {
    orders: Sender<Message>,
}

enum Message {
    /// Something happened, or may have; these are no longer what they were.
    Stirred {
        gone: Vec<PathBuf>,
    },
    Watch(Roots),
    Stop,
}

impl Watch {
    /// A watch of these.
    pub fn new(roots: Roots) -> Self {
        Self {
            roots,
            quiet: Duration::from_millis(30),
            poll: false,
        }
    }

    /// How long nothing must have happened before a change is told: editors and version control
    /// write more than one file. What never rests is told after 20 times as long.
    ///
    /// Defaults to 30 ms.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    /// Looks twice a second instead of asking the kernel, which does not hear of what happens on
    /// the other side of a network or a virtual machine.
    ///
    /// Defaults to `false`. It is done anyway, with a warning, where the kernel has no watch left.
    pub fn poll(mut self, yes: bool) -> Self {
        self.poll = yes;
        self
    }

    /// Calls `on_change` with the files that were changed, made or removed since the last call. A
    /// file counts as changed when its length, its time or its identity is another.
    ///
    /// # Errors
    ///
    /// When there can be no thread.
    pub fn start(
        self,
        on_change: impl FnMut(BTreeSet<PathBuf>) + Send + 'static,
    ) -> io::Result<Watching> {
        let (orders, inbox) = channel();
        let mut watcher = Watcher {
            seen: Snapshot::default(),
            untold: BTreeSet::new(),
            eyes: if self.poll {
                Eyes::Polling
            } else {
                Eyes::open(orders.clone())
            },
            debounce: Debounce::new(self.quiet),
            roots: self.roots,
            inbox,
            origin: Instant::now(),
            on_change,
        };
        // Before we return, so that whatever the caller changes next is a change.
        watcher.seen = watcher.look();
        thread::Builder::new()
            .name("squall-watch".to_owned())
            .spawn(move || watcher.run())?;
        Ok(Watching { orders })
    }
}

impl Watching {
    /// Watches these instead. What is new among them counts from now on.
    pub fn watch(&self, roots: Roots) {
        // Its thread ends with us.
        let _ = self.orders.send(Message::Watch(roots));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.orders.send(Message::Stop);
    }
}

struct Watcher<F> {
    roots: Roots,
    seen: Snapshot,
    /// Changes of what was watched before.
    untold: BTreeSet<PathBuf>,
    eyes: Eyes,
    debounce: Debounce,
    inbox: Receiver<Message>,
    origin: Instant,
    on_change: F,
}

impl<F: FnMut(BTreeSet<PathBuf>)> Watcher<F> {
    fn run(mut self) {
        loop {
            let now = self.origin.elapsed();
            let deadline = self.debounce.deadline();
            let message = match deadline.map(|deadline| deadline.saturating_sub(now)) {
                Some(left) => self.inbox.recv_timeout(left),
                None if self.eyes.is_polling() => self.inbox.recv_timeout(POLL),
                None => self
                    .inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            let now = self.origin.elapsed();
            match message {
                Ok(Message::Stirred { gone }) => {
                    self.eyes.forget(&gone);
                    self.debounce.stir(now);
                }
                Ok(Message::Watch(roots)) => self.turn_to(roots),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                // A poll: what it finds may be half written.
                Err(RecvTimeoutError::Timeout) if deadline.is_none() => {
                    if Snapshot::take(&self.roots) != self.seen {
                        self.debounce.stir(now);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.debounce.take(now) {
                let found = self.look();
                let mut changes = self.seen.changes(&found);
                changes.append(&mut self.untold);
                self.seen = found;
                if !changes.is_empty() {
                    (self.on_change)(changes);
                }
            }
        }
    }

    /// What has changed among the old ones is told all the same: it is looked for after the first
    /// look at the new ones, so that nothing gets lost between the two.
    fn turn_to(&mut self, roots: Roots) {
        if roots == self.roots {
            return;
        }
        let before = std::mem::replace(&mut self.roots, roots);
        let found = self.look();
        self.untold
            .append(&mut self.seen.changes(&Snapshot::take(&before)));
        self.seen = found;
        if !self.untold.is_empty() {
            self.debounce.stir(self.origin.elapsed());
        }
    }

    /// Files that were made in a new directory before it was watched are seen the second time.
    fn look(&mut self) -> Snapshot {
        loop {
            let found = Snapshot::take(&self.roots);
            if !self.eyes.follow(found.directories()) {
                return found;
            }
        }
    }
}
