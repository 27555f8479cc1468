//! Configuration errors, manifests, and services of one file.

use std::{error::Error, fs};

use squall_static::{ConfigError, StaticFiles};

#[test]
fn build_rejects_invalid_settings() {
    let folder = testkit::temp_dir();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let files = || StaticFiles::new(&root);
    let nowhere = folder.path().join("nowhere");
    let directory = std::env::current_dir().unwrap();
    let directory = directory.display();
    let table: Vec<(StaticFiles, String)> = vec![
        (
            StaticFiles::new(""),
            "static_path is empty; use \".\" to serve the current directory".into(),
        ),
        (
            StaticFiles::new(&nowhere),
            format!("cannot read static_path: {}", nowhere.display()),
        ),
        (
            StaticFiles::new("no/such/folder"),
            format!(
                "cannot read static_path: {directory}/no/such/folder (\"no/such/folder\" in the working directory {directory})"
            ),
        ),
        (
            StaticFiles::new(folder.path().join("file")),
            format!(
                "static_path is not a directory: {}",
                folder.path().join("file").display()
            ),
        ),
        (
            files().default_filename("../index.html"),
            "invalid name of a static file: \"../index.html\"".into(),
        ),
        (
            files().default_filename(""),
            "invalid name of a static file: \"\"".into(),
        ),
        (
            files().fallback("/index.html"),
            "invalid name of a static file: \"/index.html\"".into(),
        ),
        (
            files().fallback(".hidden"),
            "invalid name of a static file: \".hidden\"".into(),
        ),
        (
            files().media_type("x", "text/plain\r\nx: y"),
            "invalid media type: \"text/plain\\r\\nx: y\"".into(),
        ),
    ];
    let prefixes = [
        "",
        "static",
        "/static",
        "static/",
        "//",
        "//host/",
        "/a//b/",
        "/../",
        "/a?b/",
        "/a#b/",
        "/a b\\/",
        "https://host/",
        "/%zz/",
    ];
    let prefixes = prefixes.map(|prefix| {
        let wanted = format!(
            "static_url_prefix must start and end with \"/\", such as \"/static/\": {prefix:?}"
        );
        (files().static_url_prefix(prefix), wanted)
    });
    for (files, wanted) in table.into_iter().chain(prefixes) {
        let error = files.build().expect_err(&wanted);
        assert_eq!(error.to_string(), wanted);
        assert_eq!(
            error.source().is_some(),
            matches!(error, ConfigError::UnreadableRoot { .. }),
            "{wanted}"
        );
    }
}

#[test]
fn build_accepts_valid_settings() {
    let folder = testkit::temp_dir();
    let files = || StaticFiles::new(folder.path());
    for files in [
        files(),
        files().static_url_prefix("/"),
        files().static_url_prefix("/a/b/"),
        files().default_filename(None),
        files().dotfiles(true).fallback(".hidden"),
        files().cache_size(0),
        files().cache_size(u64::MAX).max_cached_file(u64::MAX),
    ] {
        files.build().unwrap();
    }
}

#[test]
fn only_serves_one_file_for_every_path() {
    let folder = testkit::temp_dir();
    let files = StaticFiles::new(folder.path()).build().unwrap();
    for (name, good) in [
        ("robots.txt", true),
        ("a/b.txt", true),
        ("", false),
        ("/robots.txt", false),
        ("../x", false),
        (".env", false),
    ] {
        assert_eq!(files.only(name).is_ok(), good, "{name}");
    }
}

#[cfg(feature = "manifest")]
#[test]
fn manifest_provides_versioned_names() {
    let folder = testkit::temp_dir();
    let path = folder.path().join("manifest.json");
    let error = StaticFiles::new(folder.path())
        .manifest(&path)
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot read the manifest of static files: {}",
            path.display()
        )
    );
    assert!(error.source().is_some());
}
