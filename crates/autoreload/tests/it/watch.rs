//! The file watch on real files, with events of the kernel and with polling.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use squall_autoreload::{Roots, Watch, Watching};
use testkit::temp_dir;

struct Changes {
    watching: Watching,
    reports: Receiver<BTreeSet<PathBuf>>,
}

impl Changes {
    fn of(roots: Roots, poll: bool) -> Self {
        let (sender, reports) = channel();
        let watching = Watch::new(roots)
            .poll(poll)
            .start(move |changes| sender.send(changes).unwrap())
            .unwrap();
        Self { watching, reports }
    }

    /// Waits until exactly these files were reported.
    fn wait(&self, expected: &[&Path]) {
        let expected: BTreeSet<PathBuf> = expected.iter().map(|&path| path.to_owned()).collect();
        let mut found = BTreeSet::new();
        while found != expected {
            let more = self.reports.recv_timeout(Duration::from_secs(30));
            found.extend(more.unwrap_or_else(|error| panic!("{error}: {found:?} of {expected:?}")));
            assert!(found.is_subset(&expected), "{found:?}");
        }
    }
}

#[test]
fn changed_created_and_removed_files_are_reported() {
    for poll in [false, true] {
        let place = temp_dir();
        let path = |name: &str| place.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "b").unwrap();
        let changes = Changes::of(Roots::new().path(place.path()), poll);
        fs::write(path("a"), "another").unwrap();
        changes.wait(&[&path("a")]);
        // An editor that writes a new file and renames it.
        fs::write(path("b.tmp"), "other").unwrap();
        fs::rename(path("b.tmp"), path("b")).unwrap();
        changes.wait(&[&path("b")]);
        fs::remove_file(path("a")).unwrap();
        changes.wait(&[&path("a")]);
        fs::create_dir_all(path("new/deep")).unwrap();
        fs::write(path("new/deep/c"), "").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        fs::write(path("new/deep/c"), "in a new directory").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        // A new directory at the same path.
        fs::remove_dir_all(path("new")).unwrap();
        fs::create_dir_all(path("new/deep")).unwrap();
        fs::write(path("new/deep/c"), "again").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        fs::write(path("new/deep/c"), "and again").unwrap();
        changes.wait(&[&path("new/deep/c")]);
    }
}

#[test]
fn file_is_watched_before_it_exists() {
    let place = temp_dir();
    let file = place.path().join("state");
    let changes = Changes::of(Roots::new().path(&file), false);
    fs::write(place.path().join("beside"), "").unwrap();
    fs::write(&file, "").unwrap();
    changes.wait(&[&file]);
}

#[test]
fn watched_roots_can_be_replaced() {
    let (one, two) = (temp_dir(), temp_dir());
    let file = |place: &testkit::TempDir| place.path().join("a");
    fs::write(file(&two), "a").unwrap();
    let changes = Changes::of(Roots::new().path(one.path()), false);
    changes
        .watching
        .watch(Roots::new().path(one.path()).path(two.path()));
    // The existing file in `two` is no change; later changes in both directories are reported.
    fs::write(file(&one), "").unwrap();
    changes.wait(&[&file(&one)]);
    fs::write(file(&two), "another").unwrap();
    changes.wait(&[&file(&two)]);
}

#[test]
fn symbolic_links_are_not_followed() {
    for poll in [false, true] {
        let (project, elsewhere) = (temp_dir(), temp_dir());
        let path = |name: &str| project.path().join(name);
        fs::write(elsewhere.path().join("secret"), "").unwrap();
        symlink(elsewhere.path(), path("directory")).unwrap();
        symlink(elsewhere.path().join("secret"), path("file")).unwrap();
        let changes = Changes::of(Roots::new().path(project.path()), poll);
        fs::write(elsewhere.path().join("secret"), "changed").unwrap();
        fs::write(elsewhere.path().join("new"), "").unwrap();
        fs::write(path("last"), "").unwrap();
        // Only the last change is reported.
        changes.wait(&[&path("last")]);
    }
}

#[test]
fn dropping_the_watch_ends_its_thread() {
    let place = temp_dir();
    let Changes { watching, reports } = Changes::of(Roots::new().path(place.path()), false);
    drop(watching);
    let end = reports.recv_timeout(Duration::from_secs(30));
    assert_eq!(end, Err(RecvTimeoutError::Disconnected));
}
