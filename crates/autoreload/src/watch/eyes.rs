//! File-system events: from the kernel, or polling instead.

use std::{collections::BTreeSet, path::PathBuf, sync::mpsc::Sender};

use notify::{
    ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};

use super::Message;
use crate::system::is_out_of_watches;

pub(super) enum Eyes {
    Kernel {
        watcher: RecommendedWatcher,
        watched: BTreeSet<PathBuf>,
    },
    Polling,
}

impl Eyes {
    pub(super) fn open(inbox: Sender<Message>) -> Self {
        let tell = move |event: notify::Result<Event>| {
            let gone = match event {
                Ok(event) if !is_news(&event) => return,
                Ok(event) if is_end(&event) => event.paths,
                _ => Vec::new(),
            };
            // Nobody listens any more when the watch ends.
            let _ = inbox.send(Message::Stirred { gone });
        };
        match notify::recommended_watcher(tell) {
            Ok(watcher) => Self::Kernel {
                watcher,
                watched: BTreeSet::new(),
            },
            Err(error) => Self::fall_back(&error),
        }
    }

    pub(super) fn is_polling(&self) -> bool {
        matches!(self, Self::Polling)
    }

    /// What has another place now, or none, is watched no more. There may be another in its place.
    pub(super) fn forget(&mut self, gone: &[PathBuf]) {
        if let Self::Kernel { watched, .. } = self {
            watched.retain(|path| !gone.iter().any(|gone| path.starts_with(gone)));
        }
    }

    /// Watches these directories and no others. Says whether one of them was not watched before.
    pub(super) fn follow(&mut self, wanted: &BTreeSet<PathBuf>) -> bool {
        let Self::Kernel { watcher, watched } = self else {
            return false;
        };
        watched.retain(|path| {
            let stays = wanted.contains(path);
            if !stays {
                // The kernel has forgotten it already if it is gone.
                let _ = watcher.unwatch(path);
            }
            stays
        });
        let mut is_new = false;
        for path in wanted {
            if watched.contains(path) {
                continue;
            }
            match watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => is_new |= watched.insert(path.clone()),
                Err(error) if is_exhausted(&error) => {
                    *self = Self::fall_back(&error);
                    return true;
                }
                Err(error) => tracing::debug!(path = %path.display(), %error, "cannot watch"),
            }
        }
        is_new
    }

    fn fall_back(error: &notify::Error) -> Self {
        let advice = if is_exhausted(error) {
            "; more watches: sysctl fs.inotify.max_user_watches, max_user_instances"
        } else {
            ""
        };
        tracing::warn!(
            "the kernel does not watch files for us ({error}), so we look twice a second{advice}"
        );
        Self::Polling
    }
}

/// Reading is no news, or our own looking would never end.
fn is_news(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// What is called so now is another, if it is there at all.
fn is_end(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

/// Whether the kernel has no watch left.
fn is_exhausted(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(error) => is_out_of_watches(error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn exhaustion() {
        let io = |errno: rustix::io::Errno| {
            notify::Error::io(io::Error::from_raw_os_error(errno.raw_os_error()))
        };
        for (error, expected) in [
            (notify::Error::new(ErrorKind::MaxFilesWatch), true),
            (io(rustix::io::Errno::NOSPC), true),
            (io(rustix::io::Errno::MFILE), true),
            (io(rustix::io::Errno::NOENT), false),
            (notify::Error::path_not_found(), false),
        ] {
            assert_eq!(is_exhausted(&error), expected, "{error}");
        }
    }

    #[test]
    fn reading_is_no_news() {
        use notify::event::CreateKind;
        for (kind, expected) in [
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Read)),
                false,
            ),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                true,
            ),
            (EventKind::Modify(ModifyKind::Any), true),
            (EventKind::Create(CreateKind::Any), true),
            (EventKind::Any, true),
        ] {
            assert_eq!(is_news(&Event::new(kind)), expected, "{kind:?}");
        }
    }
}
