//! `squall dev` with real programs: edits, builds and handovers.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use testkit::{Running, Signal, TempDir, Wire, temp_dir, wait_for, wait_until};

use crate::fixture::{run, squall};

/// A cargo package under `squall dev`.
struct Project {
    running: Running,
    address: SocketAddr,
    package: TempDir,
    /// `TMPDIR` of `squall dev` and its supervisor.
    private: TempDir,
}

impl Project {
    fn start(options: &[&str], arguments: &[&str]) -> Self {
        let package = temp_dir();
        let manifest = "[package]\nname = \"site\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(package.path().join("Cargo.toml"), manifest).expect("there is room");
        fs::create_dir(package.path().join("src")).expect("there is room");
        write(package.path(), "first");
        let private = temp_dir();
        let running = Running::spawn(
            in_place(squall(private.path()), package.path())
                .args(["dev", "--bind", "127.0.0.1:0"])
                .args(options)
                .args(["--", "cargo", "run", "--offline", "--"])
                .args(arguments),
        );
        let line = running.wait_line("listening address=");
        let (_, address) = line.split_once("address=").expect("it was asked for");
        let project = Self {
            address: address.trim().parse().expect("a socket address"),
            running,
            package,
            private,
        };
        project.wait_page("first");
        project
    }

    fn page(&self) -> String {
        ask(self.address)
    }

    fn wait_page(&self, text: &str) {
        wait_until(&format!("the page to start with {text}"), || {
            self.page().starts_with(text)
        });
    }

    fn write(&self, text: &str) {
        write(self.package.path(), text);
    }

    /// Reads the build state file.
    fn state(&self) -> serde_json::Value {
        let text = fs::read(state_file(self.private.path())).expect("it is there");
        serde_json::from_slice(&text).expect("it is whole")
    }

    fn wait_state(&self, status: &str) -> serde_json::Value {
        wait_for(&format!("the state {status}"), || {
            Some(self.state()).filter(|state| state["status"] == status)
        })
    }
}

fn write(package: &Path, text: &str) {
    let source = include_str!("site.rs").replace("TEXT", text);
    fs::write(package.join("src/main.rs"), source).expect("it is ours");
}

/// Sets the directory, and removes the variables that cargo sets for this test.
pub(crate) fn in_place(mut command: Command, directory: &Path) -> Command {
    command
        .current_dir(directory)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    command
}

pub(crate) fn state_file(private: &Path) -> PathBuf {
    let entries = fs::read_dir(private).expect("it is ours").flatten();
    let mut directories = entries.map(|entry| entry.path());
    let directory = directories.find(|path| path.to_string_lossy().contains("squall-dev-"));
    directory.expect("`squall dev` runs").join("state")
}

fn ask(address: SocketAddr) -> String {
    let mut wire = Wire::connect(address);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let reply = wire.response();
    assert_eq!(reply.status, 200);
    reply.text().to_owned()
}

#[test]
fn good_changes_are_served_and_failed_builds_keep_the_old_program() {
    let mut project = Project::start(&[], &["--port", "x y"]);
    assert_eq!(project.page(), "first --port x y");
    project.running.wait_line("; started");
    project.write("second");
    project.wait_page("second");
    project.running.wait_line("; handed over in ");
    assert_eq!(project.page(), "second --port x y");
    project.wait_state("fine");

    // A compile error: the old program keeps serving, the state and the terminal have the error.
    project.write("{MISTAKE}");
    let state = project.wait_state("failed");
    let diagnostics = state["diagnostics"].as_str().expect("a text");
    assert!(diagnostics.contains("cannot find value"), "{diagnostics}");
    project
        .running
        .wait_line("error[E0425]: cannot find value `MISTAKE`");
    assert_eq!(project.page(), "second --port x y");

    project.write("third");
    project.wait_page("third");
    project.wait_state("fine");

    // A program that fails to start does not replace the old one either.
    let source = project.package.path().join("src/main.rs");
    fs::write(&source, "fn main() { panic!() }").expect("it is ours");
    let state = project.wait_state("failed");
    let diagnostics = state["diagnostics"].as_str().expect("a text");
    assert!(diagnostics.contains("before it was ready"), "{diagnostics}");
    assert_eq!(project.page(), "third --port x y");

    // An invalid manifest fails in cargo, before the compiler runs.
    project.write("fourth");
    project.wait_page("fourth");
    let manifest = project.package.path().join("Cargo.toml");
    let good = fs::read(&manifest).expect("it is there");
    fs::write(&manifest, "[package").expect("it is ours");
    let state = project.wait_state("failed");
    let diagnostics = state["diagnostics"].as_str().expect("a text");
    assert!(diagnostics.contains("Cargo.toml"), "{diagnostics}");
    fs::write(&manifest, good).expect("it is ours");
    project.wait_state("fine");
    assert!(project.page().starts_with("fourth"));

    let state = state_file(project.private.path());
    project.running.signal(Signal::Int);
    assert_eq!(project.running.wait().code(), Some(0));
    assert!(!state.exists(), "the private directory is deleted");
}

#[test]
fn no_request_fails_during_twenty_rebuilds() {
    let project = Project::start(&[], &[]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = || {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                // Panics on anything but a complete response.
                project.page();
                count += 1;
                // A pause between requests, because full speed exhausts the ephemeral ports.
                thread::park_timeout(Duration::from_millis(2));
            }
            count
        };
        let clients = [(); 2].map(|()| scope.spawn(load));
        for build in 0..20 {
            let text = format!("build-{build}.");
            project.write(&text);
            project.wait_page(&text);
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            let count: usize = client.join().expect("every request is answered");
            assert!(count > 20, "{count}");
        }
    });
}

#[test]
fn change_during_a_build_is_built_afterwards() {
    let project = Project::start(&[], &[]);
    for round in 0..3 {
        project.write("half");
        project.wait_state("building");
        let text = format!("whole-{round}");
        project.write(&text);
        project.wait_page(&text);
        project.wait_state("fine");
    }
}

#[test]
fn included_and_watched_files_trigger_a_restart() {
    let project = Project::start(&["--watch", "data"], &[]);
    let path = |name: &str| project.package.path().join(name);
    fs::write(path("src/words"), "included").expect("it is ours");
    project.write("{}\", include_str!(\"words\")); let _ = (\"");
    project.wait_page("included");
    fs::write(path("src/words"), "and changed").expect("it is ours");
    project.wait_page("and changed");

    // A `--watch` file restarts the program although cargo builds nothing.
    let before = starts(&project);
    fs::write(path("data"), "").expect("it is ours");
    wait_until("another start", || starts(&project) > before);
    project.wait_state("fine");
}

/// Counts program starts in the supervisor's log.
fn starts(project: &Project) -> usize {
    project.running.output().matches("worker started").count()
}

#[test]
fn self_supervised_program_is_reloaded() {
    let Some(python) = testkit::outside("python3") else {
        return;
    };
    let (place, private) = (temp_dir(), temp_dir());
    let deploy = |build: &str| {
        let text = include_str!("app.py").replace("BUILD", build);
        fs::write(place.path().join("app.py"), text).expect("it is ours");
    };
    deploy("first");
    let running = Running::spawn(
        in_place(squall(private.path()), place.path())
            .args(["dev", "--", env!("CARGO_BIN_EXE_squall"), "supervise"])
            .args(["--processes", "1", "--listen", "127.0.0.1:0", "--"])
            .arg(python)
            .arg("app.py"),
    );
    let line = running.wait_line("listening address=");
    let (_, address) = line.split_once("address=").expect("it was asked for");
    let address = address.trim().parse().expect("a socket address");
    wait_until("the first", || ask(address).starts_with("first"));
    deploy("second");
    running.wait_line("squall: handed over in ");
    // Unlike a squall program, app.py drops accepted connections when it stops.
    running.wait_line("worker ended");
    assert!(ask(address).starts_with("second"));
}

#[test]
fn program_without_supervisor_is_restarted() {
    let (place, private) = (temp_dir(), temp_dir());
    fs::write(place.path().join("text"), "first").expect("it is ours");
    let script = "echo it says $(cat text); test \"$(cat text)\" = last || exec sleep 1000";
    let mut running = Running::spawn(
        in_place(squall(private.path()), place.path())
            .args(["dev", "--until-success", "--poll", "--", "sh", "-c"])
            .arg(script),
    );
    running.wait_line("it says first");
    fs::write(place.path().join("text"), "second").expect("it is ours");
    running.wait_line("it says second");
    running.wait_line("without a listening socket");
    fs::write(place.path().join("text"), "last").expect("it is ours");
    assert!(running.wait().success());
    running.wait_line("the program exited (exit status: 0)");
}

#[test]
fn program_exit_waits_for_next_change() {
    let (place, private) = (temp_dir(), temp_dir());
    let mut running = Running::spawn(
        in_place(squall(private.path()), place.path())
            .args(["dev", "--no-browser", "--", "sh", "-c"])
            .arg("echo state=$SQUALL_DEV_STATE.; exit 7"),
    );
    running.wait_line("the program exited (exit status: 7)");
    running.wait_line("waiting for a change");
    running.wait_line("state=.");
    running.signal(Signal::Term);
    assert!(running.wait().success());
}

#[test]
fn falls_back_to_polling_without_inotify() {
    let Some(unshare) = testkit::outside("unshare") else {
        return;
    };
    let (place, private) = (temp_dir(), temp_dir());
    fs::write(place.path().join("text"), "first").expect("it is ours");
    // inotify limits are per user namespace.
    let script = "echo 0 > /proc/sys/user/max_inotify_LIMIT && exec \"$0\" dev -- sh -c \
                  'echo it says $(cat text); exec sleep 1000'";
    for limit in ["instances", "watches"] {
        fs::write(place.path().join("text"), "first").expect("it is ours");
        let mut command = in_place(Command::new(&unshare), place.path());
        let mut running = Running::spawn(
            command
                .env("TMPDIR", private.path())
                .args(["--user", "--map-root-user", "sh", "-c"])
                .arg(script.replace("LIMIT", limit))
                .arg(env!("CARGO_BIN_EXE_squall")),
        );
        running.wait_line("polling for changes twice a second");
        running.wait_line("it says first");
        fs::write(place.path().join("text"), "second").expect("it is ours");
        running.wait_line("it says second");
        running.signal(Signal::Int);
        assert!(running.wait().success());
    }
}

#[test]
fn terminal_keys_restart_and_quit() {
    let Some(python) = testkit::outside("python3") else {
        return;
    };
    let (place, private) = (temp_dir(), temp_dir());
    let terminal = include_str!("terminal.py");
    let mut running = Running::spawn(
        in_place(Command::new(python), place.path())
            .env("TMPDIR", private.path())
            .args(["-c", terminal, env!("CARGO_BIN_EXE_squall")])
            .args(["dev", "--", "sh", "-c", "echo it runs; exec sleep 1000"]),
    );
    assert!(running.wait().success());
    running.wait_line("the terminal mode is restored");
}

#[test]
fn program_ends_when_squall_dev_is_killed() {
    let mut project = Project::start(&[], &[]);
    project.running.signal(Signal::Kill);
    project.running.wait();
    wait_until("the port to be free", || {
        TcpListener::bind(project.address).is_ok()
    });
}

#[test]
fn invalid_arguments_are_named_in_the_error() {
    let directory = temp_dir();
    for (arguments, code, expected) in [
        ("dev", 2, "COMMAND"),
        ("dev --ready-when exec -- true", 2, "--bind"),
        (
            "dev --bind nowhere -- true",
            2,
            "\"nowhere\" is not an address",
        ),
        ("dev -- cargo run --bin", 1, "--bin has no value"),
        (
            "dev -- cargo run --message-format json",
            1,
            "--message-format cannot be set",
        ),
        (
            "dev -- cargo run --manifest-path none/Cargo.toml",
            1,
            "none/Cargo.toml",
        ),
    ] {
        let result = run(directory.path(), arguments);
        assert_eq!(result.code, Some(code), "{arguments}: {result:?}");
        assert!(result.errors.contains(expected), "{arguments}: {result:?}");
    }
}
