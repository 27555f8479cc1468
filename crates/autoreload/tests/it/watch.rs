//! The file watch on real files, with events of the kernel and with polling.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, SystemTime},
};

use squall_autoreload::{Change, Roots, Watch, Watching};
use testkit::temp_dir;

struct Changes {
    watching: Watching,
    reports: Receiver<BTreeMap<PathBuf, Change>>,
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
            let more = more.unwrap_or_else(|error| panic!("{error}: {found:?} of {expected:?}"));
            found.extend(more.into_keys());
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
    changes.watching.watch(
        Roots::new().path(one.path()).path(two.path()),
        SystemTime::now(),
    );
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

#[test]
fn named_files_are_watched_through_links_and_whatever_is_ignored() {
    for poll in [false, true] {
        let (project, elsewhere) = (temp_dir(), temp_dir());
        let path = |name: &str| project.path().join(name);
        let other = |name: &str| elsewhere.path().join(name);
        fs::create_dir(other("src")).unwrap();
        fs::write(other("src/.hidden"), "").unwrap();
        fs::write(other("words"), "").unwrap();
        symlink(other("src"), path("src")).unwrap();
        symlink("../words", other("src/words")).unwrap();
        let (hidden, words) = (path("src/.hidden"), path("src/words"));
        let changes = Changes::of(Roots::new().named(&hidden).named(&words), poll);
        fs::write(other("src/beside"), "").unwrap();
        fs::write(other("src/.hidden"), "changed").unwrap();
        changes.wait(&[&hidden]);
        fs::write(other("words"), "changed").unwrap();
        changes.wait(&[&words]);
        // The link leads to another directory.
        fs::create_dir(other("new")).unwrap();
        fs::write(other("new/words"), "new").unwrap();
        fs::write(other("new/.hidden"), "new").unwrap();
        fs::remove_file(path("src")).unwrap();
        symlink(other("new"), path("src")).unwrap();
        changes.wait(&[&hidden, &words]);
        fs::write(other("new/words"), "and changed").unwrap();
        changes.wait(&[&words]);
    }
}

#[test]
fn files_that_are_new_in_the_roots_are_changes_since_a_time() {
    let place = temp_dir();
    let path = |name: &str| place.path().join(name);
    fs::write(path("old"), "").unwrap();
    fs::write(path("new"), "").unwrap();
    fs::File::open(path("old"))
        .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
        .unwrap();
    let changes = Changes::of(Roots::new().named(path("first")), false);
    let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let roots = Roots::new().named(path("old")).named(path("new"));
    changes.watching.watch(roots, since);
    changes.wait(&[&path("new")]);
    assert_eq!(changes.watching.files(), 2);
}

#[test]
fn ignored_files_are_no_changes() {
    let place = temp_dir();
    let (sender, reports) = channel();
    let watch = Watch::new(Roots::new().path(place.path()));
    assert!(watch.clone().ignore(place.path(), ["a[z-a]"]).is_err());
    let _watching = watch
        .ignore(place.path(), ["data/", "*.out"])
        .unwrap()
        .start(move |changes| sender.send(changes).unwrap())
        .unwrap();
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("data")).unwrap();
    fs::write(path("data/a"), "").unwrap();
    fs::write(path("a.out"), "").unwrap();
    fs::write(path("a"), "").unwrap();
    let changes = reports.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(changes.into_keys().collect::<Vec<_>>(), [path("a")]);
}
