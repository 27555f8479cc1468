//! Unit tests of the runtime directory.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn made_in(parent: &Path) -> Directory {
    make_in(parent, &random_name()).unwrap()
}

#[test]
fn directory_is_private_and_removed_when_dropped() {
    let parent = tempfile::tempdir().unwrap();
    let made = made_in(parent.path());
    let mode = fs::metadata(made.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(all_in(parent.path()), [made.path()]);
    drop(made);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    assert!(make_in(&parent.path().join("missing"), &random_name()).is_err());
}

#[test]
fn name_that_is_taken_is_replaced_by_another() {
    let parent = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (link, file) = (random_name(), random_name());
    symlink(elsewhere.path(), parent.path().join(&link)).unwrap();
    fs::write(parent.path().join(&file), "precious").unwrap();
    for name in [link, file] {
        let made = make_in(parent.path(), &name).unwrap();
        assert_ne!(made.path(), parent.path().join(&name));
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn stale_directories_are_removed_and_others_are_not() {
    let parent = tempfile::tempdir().unwrap();
    let alive = made_in(parent.path());
    let stale = parent.path().join(random_name());
    let unlocked = parent.path().join(random_name());
    let precious = parent.path().join(random_name());
    let foreign = parent.path().join("squall-backup");
    for path in [&stale, &unlocked, &precious, &foreign] {
        fs::create_dir(path).unwrap();
        for name in ["notify-00000001", "state-1", "control"] {
            fs::write(path.join(name), "").unwrap();
        }
    }
    for path in [&stale, &precious, &foreign] {
        fs::write(path.join(lock::NAME), "").unwrap();
    }
    fs::write(precious.join("notes"), "").unwrap();
    remove_stale(parent.path());
    assert!(alive.is_intact());
    assert!(!stale.exists());
    assert!(unlocked.join("notify-00000001").exists());
    assert!(precious.join("notes").exists());
    assert!(foreign.join("notify-00000001").exists());
}

#[test]
fn deleted_directory_is_restored_at_its_path() {
    let parent = tempfile::tempdir().unwrap();
    let mut made = made_in(parent.path());
    let path = made.path().to_owned();
    assert_eq!(made.ensure().unwrap(), Found::Intact);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(made.ensure().unwrap(), Found::Restored);
    // A cleaner of old files takes the lock alone.
    fs::remove_file(path.join(lock::NAME)).unwrap();
    assert_eq!(made.ensure().unwrap(), Found::Restored);
    assert_eq!(made.path(), path);
    assert!(
        Lock::take_existing(&path).is_err(),
        "the lock is held again"
    );
}

#[test]
fn directory_moves_when_its_parent_is_gone_or_its_path_is_taken() {
    let parent = tempfile::tempdir().unwrap();
    for takes_place in [None, Some("file")] {
        let mut made = made_in(parent.path());
        let path = made.path().to_owned();
        fs::remove_dir_all(&path).unwrap();
        match takes_place {
            None => fs::rename(parent.path(), parent.path().with_extension("gone")).unwrap(),
            Some(content) => fs::write(&path, content).unwrap(),
        }
        assert_eq!(made.ensure().unwrap(), Found::Moved);
        assert_eq!(made.path().file_name(), path.file_name());
        assert_ne!(made.path(), path);
        let moved = find_moved(&path.join("control"));
        assert_eq!(moved, Some(made.path().join("control")));
        if takes_place.is_none() {
            fs::rename(parent.path().with_extension("gone"), parent.path()).unwrap();
        }
    }
    assert_eq!(find_moved(Path::new("/run/other/control")), None);
}

#[test]
fn names() {
    for (name, is_one) in [
        ("squall-0123456789abcdef", true),
        ("squall-0123456789abcde", false),
        ("squall-0123456789abcdef0", false),
        ("squall-0123456789abcdeg", false),
        ("squall-1234", false),
        ("squall-", false),
        ("", false),
    ] {
        assert_eq!(is_name(name), is_one, "{name:?}");
    }
    assert!(is_name(&random_name()));
    assert_ne!(random_name(), random_name());
    assert_eq!(notify_name(0).len(), notify_name(u32::MAX.into()).len());
}

#[test]
fn parent_with_a_long_path_is_refused_before_anything_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let long = parent.path().join("x".repeat(100));
    fs::create_dir(&long).unwrap();
    let error = make_in(&long, &random_name()).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
    assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
}
