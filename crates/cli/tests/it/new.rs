//! `squall new`: the site is made, linted, tested, served and looked at; bad names leave nothing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{Browser, Running, Signal, temp_dir};

use crate::fixture::squall;

/// Returns the top of this workspace.
pub(crate) fn checkout() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    top.canonicalize().expect("it is here")
}

/// Makes the package `books`, which depends on this workspace.
pub(crate) fn make(directory: &Path, options: &[&str]) -> PathBuf {
    let mut command = squall(directory);
    command.current_dir(directory).args(["new", "books"]);
    command.arg("--squall").arg(checkout()).args(options);
    let output = command.output().expect("cargo has built it");
    assert!(output.status.success(), "{output:?}");
    directory.join("books")
}

/// Runs cargo in the package, without a network. Dependencies are kept between runs.
fn cargo(package: &Path, arguments: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new");
    let status = Command::new("cargo")
        .args(arguments.split_whitespace())
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("RUSTFLAGS")
        .status();
    assert!(status.expect("cargo is here").success(), "{arguments}");
}

/// Returns each package of a lock file with its version.
fn locked(lock: &Path) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(lock).expect("a lock file");
    let packages = text.split("[[package]]\n").skip(1);
    packages
        .map(|package| {
            let value = |key: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(key));
                line.expect("each package has it").to_owned()
            };
            (value("name = "), value("version = "))
        })
        .collect()
}

#[test]
fn site_is_linted_tested_and_served() {
    let directory = temp_dir();
    let package = make(directory.path(), &[]);
    cargo(&package, "fmt --check");
    cargo(&package, "clippy --all-targets -- -D warnings");
    cargo(&package, "test");
    cargo(&package, "build");

    let known = locked(&checkout().join("Cargo.lock"));
    let unknown: Vec<_> = locked(&package.join("Cargo.lock"))
        .difference(&known)
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(unknown, ["\"books\""], "other versions than the checkout's");

    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new/debug/books");
    let mut command = Command::new(program);
    let mut running = Running::spawn(
        command
            .current_dir(&package)
            .env("LISTEN", "127.0.0.1:0")
            .env_remove("NOTIFY_SOCKET"),
    );
    let line = running.wait_line("listening on http://");
    let url = line.split_whitespace().find(|word| word.contains("://"));
    let url = url.expect("the address").to_owned();
    if let Some(browser) = Browser::start() {
        look_at(&browser, &url);
    }
    running.signal(Signal::Term);
    assert_eq!(running.wait().code(), Some(0));
}

fn look_at(browser: &Browser, url: &str) {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    browser.open(url);
    browser.wait_text("h1", "Hello, world");
    browser.type_into("#name", "Ada <3");
    browser.click("button");
    browser.wait_text("h1", "Hello, Ada <3");
    for (page, path) in [("home", "/"), ("about", "/about"), ("missing", "/missing")] {
        browser.open(&format!("{url}{path}"));
        for (size, width, height) in [("desktop", 1280, 800), ("phone", 390, 844)] {
            for (scheme, dark) in [("light", false), ("dark", true)] {
                browser.look(width, height, dark);
                browser.screenshot(pictures.join(format!("new-{page}-{size}-{scheme}.png")));
                let overflow = "const root = document.documentElement; \
                    return root.scrollWidth - root.clientWidth";
                assert_eq!(
                    browser.run(overflow, &[]),
                    0,
                    "{page} is too wide on {size}"
                );
            }
        }
    }
}

#[test]
fn minimal_program_is_linted_and_built() {
    let directory = temp_dir();
    let package = make(directory.path(), &["--minimal"]);
    cargo(&package, "fmt --check");
    cargo(&package, "clippy -- -D warnings");
    let program = fs::read_to_string(package.join("src/main.rs")).expect("it was made");
    let code = program
        .lines()
        .filter(|line| !line.starts_with("//!") && !line.is_empty());
    assert!(code.count() <= 10, "{program}");
}

#[test]
fn errors_name_the_cause_and_leave_nothing() {
    let directory = temp_dir();
    fs::create_dir(directory.path().join("here")).expect("there is room");
    fs::write(directory.path().join("file"), "").expect("there is room");
    std::os::unix::fs::symlink("nowhere", directory.path().join("link")).expect("there is room");
    let before = names(directory.path());
    for (arguments, wanted) in [
        (
            &["2048"][..],
            "invalid package name `2048`: it starts with `2`",
        ),
        (&["fn"], "invalid package name `fn`: it is a keyword"),
        (&["squall"], "invalid package name `squall`: it is taken"),
        (
            &["my site"],
            "invalid package name `my site`: ` ` is not allowed",
        ),
        (
            &["a\u{1b}[2J"],
            "invalid package name `a\\u{1b}[2J`: `\\u{1b}` is",
        ),
        (&[".."], "invalid package name `..`: the path does not end"),
        (&["here"], "destination `here` already exists"),
        (&["file"], "destination `file` already exists"),
        (&["link"], "destination `link` already exists"),
        (
            &["file/site"],
            "cannot create `file/site`: there is no directory `file`",
        ),
        (
            &["nowhere/site"],
            "cannot create `nowhere/site`: there is no directory `nowhere`; create it first",
        ),
        (
            &["site", "--squall", "here"],
            "--squall `here` is no checkout of squall",
        ),
        (
            &["site", "--squall", "gone"],
            "--squall `gone` is no checkout of squall",
        ),
    ] {
        let mut command = squall(directory.path());
        command
            .current_dir(directory.path())
            .arg("new")
            .args(arguments);
        let output = command.output().expect("cargo has built it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(!errors.contains(".squall-new-"), "{errors}");
        assert!(errors.starts_with("squall: "), "{errors}");
        assert!(errors.contains(wanted), "{errors} lacks {wanted}");
        assert_eq!(names(directory.path()), before, "{arguments:?}");
    }
}

fn names(directory: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(directory).expect("it is here");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}
