//! The watcher: file-system events of the kernel, or polling.

use std::{collections::BTreeSet, path::PathBuf};

use notify::{
    ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind},
};

use crate::system::is_out_of_watches;

pub(super) enum Watcher {
    Kernel {
        watcher: RecommendedWatcher,
        watched: BTreeSet<PathBuf>,
    },
    Polling,
}

/// Files may have changed at these paths; without any, everywhere.
#[derive(Debug, Default)]
pub(super) struct FsEvent {
    pub(super) paths: Vec<PathBuf>,
    /// Directories at these paths have to be watched again.
    pub(super) is_removal: bool,
}

impl Watcher {
    /// Watches nothing yet. Calls `on_event` when files may have changed.
    pub(super) fn open(on_event: impl Fn(FsEvent) + Send + 'static) -> Self {
        let handler = move |event: notify::Result<Event>| match event {
            Ok(event) if !is_change(&event) => {}
            Ok(event) if event.need_rescan() => on_event(FsEvent::default()),
            Ok(event) => on_event(FsEvent {
                is_removal: is_removal(&event),
                paths: event.paths,
            }),
            Err(_) => on_event(FsEvent::default()),
        };
        match notify::recommended_watcher(handler) {
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

    /// Forgets paths that were removed or renamed, so that new directories at these paths are
    /// watched again.
    pub(super) fn forget(&mut self, removed: &[PathBuf]) {
        if let Self::Kernel { watched, .. } = self {
            watched.retain(|path| !removed.iter().any(|removed| path.starts_with(removed)));
        }
    }

    /// Watches these directories and no others. Returns whether one of them is new.
    pub(super) fn watch(&mut self, wanted: &BTreeSet<PathBuf>) -> bool {
        let Self::Kernel { watcher, watched } = self else {
            return false;
        };
        watched.retain(|path| {
            let stays = wanted.contains(path);
            if !stays {
                // Fails if the directory was removed: the kernel has ended its watch.
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
            "; raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl"
        } else {
            ""
        };
        tracing::warn!(%error, "no file-system events: polling for changes twice a second{advice}");
        Self::Polling
    }
}

/// Whether a file may have changed. Reads do not count: the watch itself reads directories.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// Whether the event's paths were removed or renamed.
fn is_removal(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

/// Whether a limit of the kernel on watches is reached.
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
    fn errors_of_exhausted_watches() {
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
    fn reads_are_not_changes() {
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
            assert_eq!(is_change(&Event::new(kind)), expected, "{kind:?}");
        }
    }
}
