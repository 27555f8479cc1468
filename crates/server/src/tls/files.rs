//! File watching: whether the files for TLS have changed since they were read.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::system;

/// The files, with their signatures at the last checks.
#[derive(Debug)]
pub(super) struct Files {
    paths: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

/// The signature of each file; `None` if it is missing.
type Look = Vec<Option<[i128; 5]>>;

#[derive(Debug)]
struct Seen {
    /// When they were read.
    read: Look,
    /// At the last check, if they had changed.
    changed: Option<Look>,
}

impl Files {
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        let paths: Vec<PathBuf> = paths.map(Path::to_owned).collect();
        let read = look(&paths);
        Self {
            paths,
            seen: Mutex::new(Seen {
                read,
                changed: None,
            }),
        }
    }

    /// Checks the files; returns whether they are to be read now.
    pub(super) fn are_to_be_read(&self) -> bool {
        let now = look(&self.paths);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.decide(now)
    }
}

impl Seen {
    /// Decides by the files as they are now whether to read them. A change counts once it has
    /// lasted from one check to the next: chain and key are two files, written one after the other.
    fn decide(&mut self, now: Look) -> bool {
        let is_new = now != self.read;
        if is_new && self.changed.as_ref() == Some(&now) {
            self.read = now;
            self.changed = None;
            return true;
        }
        self.changed = is_new.then_some(now);
        false
    }
}

fn look(paths: &[PathBuf]) -> Look {
    let look = |path: &PathBuf| {
        let file = fs::metadata(path).ok()?;
        Some(system::file_stamp(&file))
    };
    paths.iter().map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::{Look, Seen};

    fn look(numbers: [i128; 2]) -> Look {
        numbers
            .map(|number| (number > 0).then_some([number; 5]))
            .into()
    }

    #[test]
    fn a_change_counts_once_it_has_stood() {
        let mut seen = Seen {
            read: look([1, 1]),
            changed: None,
        };
        for (now, is_read, why) in [
            ([1, 1], false, "nothing has changed"),
            ([2, 1], false, "the other may follow"),
            ([2, 2], false, "it has just followed"),
            ([2, 2], true, "both stand"),
            ([2, 2], false, "they were read"),
            ([0, 2], false, "gone, maybe for a moment"),
            ([2, 2], false, "and back"),
            ([0, 2], false, "gone again"),
            ([0, 2], true, "gone for good, which the log should say"),
            ([0, 2], false, "once"),
            ([3, 2], false, "another one"),
            ([3, 2], true, "which stands"),
        ] {
            assert_eq!(seen.decide(look(now)), is_read, "{why}");
        }
    }
}
