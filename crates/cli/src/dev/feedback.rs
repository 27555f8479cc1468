//! Feedback: files that the build or the program writes itself, and that would start the next build
//! or restart for ever. A pure value.
//!
//! It cannot be seen who has written a file. A file is suspect if it changes during a build, or
//! right after the program has started. A suspect file starts three builds in a row; then it is
//! reported, and no longer counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// How many builds or restarts in a row a suspect file may start.
const LIMIT: u32 = 3;

/// The effect of a set of changed files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A build, now.
    Now,
    /// A build when the running one has ended.
    Later,
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct Feedback {
    /// How many times in a row a file was suspect, without another change in between.
    counts: BTreeMap<PathBuf, u32>,
    muted: BTreeSet<PathBuf>,
}

impl Feedback {
    /// Judges changed files, of which some are suspect. Also returns the files that have started
    /// too many builds, to report them.
    pub(super) fn judge(&mut self, changes: &BTreeMap<&Path, bool>) -> (Verdict, Vec<PathBuf>) {
        let mut others = changes.iter().filter(|(_, is_suspect)| !**is_suspect);
        if others.any(|(path, _)| !self.muted.contains(*path)) {
            self.counts.clear();
            return (Verdict::Now, Vec::new());
        }
        self.counts
            .retain(|path, _| changes.contains_key(path.as_path()));
        let mut new = Vec::new();
        let mut verdict = Verdict::Nothing;
        for path in changes.keys().filter(|path| !self.muted.contains(**path)) {
            let count = self.counts.entry(path.to_path_buf()).or_default();
            *count += 1;
            match *count {
                1 => verdict = Verdict::Now,
                2..=LIMIT if verdict == Verdict::Nothing => verdict = Verdict::Later,
                2..=LIMIT => {}
                _ => new.push(path.to_path_buf()),
            }
        }
        self.muted.extend(new.iter().cloned());
        (verdict, new)
    }

    /// Lets all files count again, such as after a key press.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Lets a file count again that has changed while no build was running.
    pub(super) fn unmute(&mut self, path: &Path) {
        self.muted.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict::*, *};

    fn judge(feedback: &mut Feedback, changes: &[(&str, bool)]) -> (Verdict, usize) {
        let changes = changes.iter().map(|(path, is)| (Path::new(*path), *is));
        let (verdict, muted) = feedback.judge(&changes.collect());
        (verdict, muted.len())
    }

    #[test]
    fn file_that_changes_in_each_build_is_muted_after_three() {
        let mut feedback = Feedback::default();
        let own = [("generated.rs", true)];
        for expected in [(Now, 0), (Later, 0), (Later, 0), (Nothing, 1), (Nothing, 0)] {
            assert_eq!(judge(&mut feedback, &own), expected);
        }
        // Other files still count, also in the same event.
        let both = [("generated.rs", true), ("main.rs", false)];
        assert_eq!(judge(&mut feedback, &both), (Now, 0));
        assert_eq!(judge(&mut feedback, &own), (Nothing, 0));
        feedback.unmute(Path::new("generated.rs"));
        assert_eq!(judge(&mut feedback, &own), (Now, 0));
    }

    #[test]
    fn edits_during_builds_are_not_in_a_row_after_another_edit() {
        let mut feedback = Feedback::default();
        for _ in 0..5 {
            for expected in [(Now, 0), (Later, 0)] {
                assert_eq!(judge(&mut feedback, &[("main.rs", true)]), expected);
            }
            assert_eq!(judge(&mut feedback, &[("main.rs", false)]), (Now, 0));
        }
        for _ in 0..5 {
            assert_eq!(judge(&mut feedback, &[("a.rs", true)]), (Now, 0));
            assert_eq!(judge(&mut feedback, &[("b.rs", true)]), (Now, 0));
        }
    }

    #[test]
    fn reset_lets_all_files_count() {
        let mut feedback = Feedback::default();
        for _ in 0..5 {
            judge(&mut feedback, &[("a.db", true)]);
        }
        feedback.reset();
        assert_eq!(judge(&mut feedback, &[("a.db", true)]), (Now, 0));
    }
}
