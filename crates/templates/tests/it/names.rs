//! Template names and symbolic links.

use std::{fs, os::unix::fs::symlink};

use crate::folder::Folder;

#[test]
fn names_are_relative_to_the_folder() {
    let folder = Folder::new(&[
        ("a.html", "a"),
        ("dir/b.html", "b"),
        ("c d:e.html", "c"),
        ("x..y", "x"),
    ]);
    let templates = folder.templates();
    for (name, wanted) in [
        ("a.html", "a"),
        ("dir/b.html", "b"),
        ("c d:e.html", "c"),
        ("x..y", "x"),
    ] {
        assert_eq!(templates.render(name, ()).unwrap(), wanted);
    }
}

#[test]
fn names_cannot_leave_the_folder() {
    let folder = Folder::new(&[
        (".hidden.html", "secret"),
        (".dir/a.html", "secret"),
        ("dir/a.html", "a"),
    ]);
    fs::write(folder.outside().join("secret.html"), "secret").unwrap();
    let absolute = folder.outside().join("secret.html");
    let inside = folder.path().join("dir/a.html");
    let templates = folder.templates();
    for name in [
        "",
        ".",
        "..",
        "/",
        "//",
        "../secret.html",
        "dir/../../secret.html",
        "dir/../dir/a.html",
        "./dir/a.html",
        "dir/./a.html",
        "dir//a.html",
        "/dir/a.html",
        "dir/a.html/",
        "dir/a.html/b",
        "dir/missing.html",
        ".hidden.html",
        ".dir/a.html",
        "..\\secret.html",
        "dir\\a.html",
        "%2e%2e/secret.html",
        absolute.to_str().unwrap(),
        inside.to_str().unwrap(),
    ] {
        let error = templates.render(name, ()).unwrap_err();
        assert!(error.is_not_found(), "{name:?}: {error}");
        assert_eq!(error.name(), name);
        assert_eq!(error.source_lines().count(), 0);
    }
    for name in ["dir", "a\0b", &"long".repeat(2000)] {
        let error = templates.render(name, ()).unwrap_err().to_string();
        assert!(error.contains("cannot read template"), "{error}");
    }
}

#[test]
fn links_out_of_the_folder_are_rejected() {
    let folder = Folder::new(&[("a.html", "a"), ("dir/b.html", "b")]);
    fs::create_dir(folder.outside().join("templates-secret")).unwrap();
    fs::write(folder.outside().join("templates-secret/a.html"), "secret").unwrap();
    symlink(
        "../templates-secret/a.html",
        folder.path().join("file.html"),
    )
    .unwrap();
    symlink("../templates-secret", folder.path().join("folder")).unwrap();
    symlink("dir/b.html", folder.path().join("inside.html")).unwrap();
    symlink("loop.html", folder.path().join("loop.html")).unwrap();
    symlink("missing", folder.path().join("dangling.html")).unwrap();
    let templates = folder.templates();
    for name in ["file.html", "folder/a.html"] {
        let error = templates.render(name, ()).unwrap_err();
        assert!(
            error.to_string().contains("leads out of the folder"),
            "{error}"
        );
    }
    assert_eq!(templates.render("inside.html", ()).unwrap(), "b");
    assert!(templates.render("loop.html", ()).is_err());
    assert!(
        templates
            .render("dangling.html", ())
            .unwrap_err()
            .is_not_found()
    );

    // The folder itself may be a symbolic link, as in deployments with a `current` link.
    symlink("templates", folder.outside().join("current")).unwrap();
    let current = squall_templates::Templates::new(folder.outside().join("current"));
    assert_eq!(current.render("a.html", ()).unwrap(), "a");
}
