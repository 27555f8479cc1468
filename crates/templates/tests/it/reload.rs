//! Reloading of changed files.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use crate::folder::Folder;

/// Changes a file, and sets its modification time one second later.
fn change(folder: &Folder, name: &str, source: &str) {
    folder.write(name, source.as_bytes());
    let file = fs::File::options()
        .write(true)
        .open(folder.path().join(name))
        .unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(1))
        .unwrap();
}

#[test]
fn templates_are_read_once_by_default() {
    let folder = Folder::new(&[("a.html", "{% include 'b.html' %}"), ("b.html", "old")]);
    let templates = folder.templates();
    templates.check().unwrap();
    change(&folder, "b.html", "new");
    assert_eq!(templates.render("a.html", ()).unwrap(), "old");
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(templates.clone().render("a.html", ()).unwrap(), "old");
}

#[test]
fn auto_reload_reads_changed_files() {
    let folder = Folder::new(&[("a.html", "a{% include 'b.html' %}"), ("b.html", "old")]);
    let templates = folder.templates().auto_reload(true);
    let render = || templates.render("a.html", ());
    assert_eq!(render().unwrap(), "aold");
    change(&folder, "b.html", "new");
    assert_eq!(render().unwrap(), "anew");
    // The same modification time, but another length.
    folder.write("b.html", b"longer");
    assert_eq!(render().unwrap(), "alonger");
    change(&folder, "b.html", "{% if %}");
    assert_eq!(render().unwrap_err().name(), "b.html");
    change(&folder, "b.html", "mended");
    assert_eq!(render().unwrap(), "amended");
    fs::remove_file(folder.path().join("b.html")).unwrap();
    assert!(render().unwrap_err().is_not_found());
    folder.write("b.html", b"back");
    assert_eq!(render().unwrap(), "aback");
}
