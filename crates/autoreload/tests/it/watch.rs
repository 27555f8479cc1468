//! Files that really change, as the kernel tells and as looking finds out.

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
    told: Receiver<BTreeSet<PathBuf>>,
}

impl Changes {
    fn of(roots: Roots, poll: bool) -> Self {
        let (tell, told) = channel();
        let watching = Watch::new(roots)
            .poll(poll)
            .start(move |changes| tell.send(changes).unwrap())
            .unwrap();
        Self { watching, told }
    }

    /// Waits until each of these was told, and nothing else.
    fn wait(&self, expected: &[&Path]) {
        let expected: BTreeSet<PathBuf> = expected.iter().map(|&path| path.to_owned()).collect();
        let mut told = BTreeSet::new();
        while told != expected {
            let more = self.told.recv_timeout(Duration::from_secs(30));
            told.extend(more.unwrap_or_else(|error| panic!("{error}: {told:?} of {expected:?}")));
            assert!(told.is_subset(&expected), "{told:?}");
        }
    }
}

#[test]
fn changes_are_told() {
    for poll in [false, true] {
        let place = temp_dir();
        let path = |name: &str| place.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "b").unwrap();
        let changes = Changes::of(Roots::new().path(place.path()), poll);
        fs::write(path("a"), "another").unwrap();
        changes.wait(&[&path("a")]);
        // As careful editors do.
        fs::write(path("b.tmp"), "other").unwrap();
        fs::rename(path("b.tmp"), path("b")).unwrap();
        changes.wait(&[&path("b")]);
        fs::remove_file(path("a")).unwrap();
        changes.wait(&[&path("a")]);
        fs::create_dir_all(path("new/deep")).unwrap();
        fs::write(path("new/deep/c"), "").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        fs::write(path("new/deep/c"), "in a directory that was not there").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        // Another directory of the same name.
        fs::remove_dir_all(path("new")).unwrap();
        fs::create_dir_all(path("new/deep")).unwrap();
        fs::write(path("new/deep/c"), "again").unwrap();
        changes.wait(&[&path("new/deep/c")]);
        fs::write(path("new/deep/c"), "and again").unwrap();
        changes.wait(&[&path("new/deep/c")]);
    }
}

#[test]
fn one_file_is_watched_even_before_it_is_there() {
    let place = temp_dir();
    let file = place.path().join("state");
    let changes = Changes::of(Roots::new().path(&file), false);
    fs::write(place.path().join("beside"), "").unwrap();
    fs::write(&file, "").unwrap();
    changes.wait(&[&file]);
}

#[test]
fn other_files_can_be_watched_later() {
    let (one, two) = (temp_dir(), temp_dir());
    let file = |place: &testkit::TempDir| place.path().join("a");
    fs::write(file(&two), "a").unwrap();
    let changes = Changes::of(Roots::new().path(one.path()), false);
    changes
        .watching
        .watch(Roots::new().path(one.path()).path(two.path()));
    // What was there before is no change; and both are heard of from now on.
    fs::write(file(&one), "").unwrap();
    changes.wait(&[&file(&one)]);
    fs::write(file(&two), "another").unwrap();
    changes.wait(&[&file(&two)]);
}

#[test]
fn links_do_not_lead_out() {
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
        // The last change was told, and none before it.
        changes.wait(&[&path("last")]);
    }
}

#[test]
fn it_ends_when_it_is_dropped() {
    let place = temp_dir();
    let Changes { watching, told } = Changes::of(Roots::new().path(place.path()), false);
    drop(watching);
    let end = told.recv_timeout(Duration::from_secs(30));
    assert_eq!(end, Err(RecvTimeoutError::Disconnected));
}
