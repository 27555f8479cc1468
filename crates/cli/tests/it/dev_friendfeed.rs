//! `squall dev` with a copy of the example `friendfeed`, the real compiler and a real browser.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use testkit::{Browser, Running, Signal, TempDir, Wire, temp_dir, wait_until};

use crate::fixture::squall;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The manifest of the copy. Its dependencies are those of the example.
const MANIFEST: &str = r#"
[package]
name = "friendfeed"
edition = "2024"

[workspace]

[features]
tls = ["squall/tls"]
websocket-deflate = ["squall/websocket-deflate"]

[dependencies]
squall = { path = "SQUALL" }
clap = { version = "4", default-features = false, features = ["derive", "env", "error-context", "help", "std", "usage"] }
futures-util = { version = "0.3", default-features = false, features = ["std"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["fs", "macros", "net", "sync", "time"] }
"#;

/// Both tests build into the same target directory.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The copy under `squall dev`.
struct Project {
    running: Running,
    address: SocketAddr,
    source: PathBuf,
    _package: TempDir,
    _private: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Project {
    fn start() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let (package, private) = (temp_dir(), temp_dir());
        let repository = Path::new(REPOSITORY).canonicalize().expect("it is here");
        let source = package.path().join("src");
        copy(
            &repository.join("crates/squall/examples/friendfeed"),
            &source,
        );
        fs::copy(
            repository.join("Cargo.lock"),
            package.path().join("Cargo.lock"),
        )
        .expect("it is committed");
        let library = repository.join("crates/squall");
        let manifest = MANIFEST.replace("SQUALL", library.to_str().expect("a path in UTF-8"));
        fs::write(package.path().join("Cargo.toml"), manifest).expect("there is room");
        let cargo = |command: &mut Command| {
            command
                .current_dir(package.path())
                // Kept between runs, because the dependencies build slowly.
                .env(
                    "CARGO_TARGET_DIR",
                    Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev"),
                )
                .env("CARGO_INCREMENTAL", "1")
                .env("RUST_BACKTRACE", "0")
                .env_remove("RUSTFLAGS");
        };
        // The first build takes longer than the timeout of `wait_line`.
        let mut build = Command::new("cargo");
        cargo(build.arg("build"));
        assert!(build.status().expect("cargo is here").success());
        let mut dev = squall(private.path());
        cargo(dev.args(["dev", "--", "cargo", "run", "--", "--debug", "--port", "0"]));
        let site = package.path().join("src");
        let running = Running::spawn(dev.arg("--site").arg(site));
        let line = running.wait_line("listening on http://");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        Self {
            address: address
                .and_then(|text| text.parse().ok())
                .expect("an address"),
            running,
            source,
            _package: package,
            _private: private,
            _alone: alone,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    #[track_caller]
    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.source.join(name);
        let text = fs::read_to_string(&path).expect("it was copied");
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(path, text.replace(from, to)).expect("it is ours");
    }

    fn ask(&self, path: &str) -> String {
        let mut wire = Wire::connect(self.address);
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ));
        wire.response().text().to_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("there is room");
    for entry in fs::read_dir(from).expect("the files of the example") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("there is room");
        }
    }
}

/// Returns the diagnostics of the overlay, or an empty string if it is hidden.
const OVERLAY: &str = "const pre = document.querySelector('squall-live')?.shadowRoot.querySelector('pre'); \
    return pre?.offsetParent ? pre.innerText : ''";

#[test]
fn edits_reach_the_browser_without_user_action() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut project = Project::start();
    let picture = |name: &str| {
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        browser.look(1280, 800, false);
        browser.screenshot(pictures.join(name));
    };

    // A change in a handler.
    browser.open(&project.url("/users/7"));
    browser.open(&project.url("/"));
    browser.wait_text("h1", "Home");
    project.edit(
        "pages.rs",
        "page.render(\"home.html\", ())",
        "page.render(\"login.html\", squall::context! { next => \"/edited\" })",
    );
    browser.wait_text("h1", "Sign in");

    // A compile error: the old program keeps serving, and the browser shows the error.
    project.edit(
        "pages.rs",
        "squall::context! { next",
        "squall::context? { next",
    );
    wait_until("the overlay", || overlay(&browser).contains("error"));
    assert!(
        overlay(&browser).contains("pages.rs"),
        "{}",
        overlay(&browser)
    );
    picture("overlay.png");
    browser.run("window.old = true", &[]);
    assert!(project.ask("/").contains("edited"));
    project.edit(
        "pages.rs",
        "squall::context? { next",
        "squall::context! { next",
    );
    wait_until("the fixed page", || {
        browser.run("return !window.old", &[]) == true
    });
    assert_eq!(overlay(&browser), "");

    // A stylesheet is replaced without a reload of the document.
    browser.run("window.mark = true", &[]);
    let colour = "return getComputedStyle(document.querySelector('h1')).color";
    project.edit("static/styles.css", "h1 {", "h1 { color: rgb(1, 2, 3);");
    wait_until("the new style", || {
        browser.run(colour, &[]) == "rgb(1, 2, 3)"
    });
    assert_eq!(browser.run("return window.mark", &[]), true);

    // A template is reloaded by the same process.
    let pid = project.ask("/whoami");
    project.edit("templates/login.html", "<h1>", "<h1>Do ");
    browser.wait_text("h1", "Do Sign in");
    let same = |text: &str| {
        let whoami: serde_json::Value = serde_json::from_str(text).expect("JSON");
        whoami["pid"].clone()
    };
    assert_eq!(same(&project.ask("/whoami")), same(&pid));

    // A template error is shown on the page until the template is fixed.
    project.edit("templates/login.html", "{{ next }}", "{{ nxt }}");
    browser.wait_text("body", "nxt");
    picture("template-error.png");
    project.edit("templates/login.html", "{{ nxt }}", "{{ next }}");
    browser.wait_text("h1", "Do Sign in");

    project.running.signal(Signal::Int);
    project.running.wait();
}

#[test]
fn no_request_fails_during_twenty_rebuilds() {
    let mut project = Project::start();
    let (answered, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            let (project, answered, done) = (&project, &answered, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    assert!(
                        project.ask("/users/7").starts_with("user 7"),
                        "a request failed"
                    );
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Stops the clients also if a round panics; the scope waits for them.
        let _done = Done(&done);
        for round in 1..=20 {
            let before = format!("user {{id}}{}", "!".repeat(round - 1));
            project.edit(
                "pages.rs",
                &format!("{before}\\n"),
                &format!("{before}!\\n"),
            );
            let wanted = format!("user 7{}\n", "!".repeat(round));
            wait_until("the new program", || project.ask("/users/7") == wanted);
        }
    });
    assert!(answered.into_inner() > 20 * 2);
    project.running.signal(Signal::Int);
    project.running.wait();
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn overlay(browser: &Browser) -> String {
    browser
        .run(OVERLAY, &[])
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
