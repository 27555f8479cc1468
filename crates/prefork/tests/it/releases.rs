//! Releases in directories of their own, with a symbolic link that moves from one to the next.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command, rc::Rc};

use rustix::process::Signal;
use testkit::TempDir;

use crate::house::{Program, Service, fixture, signal, wait_gone};

/// `releases/1` and so on, and `current`.
struct Releases {
    directory: Rc<TempDir>,
}

impl Releases {
    fn new() -> Self {
        let releases = Self {
            directory: Rc::new(testkit::temp_dir()),
        };
        releases.deploy("r1");
        releases
    }

    fn path(&self, name: &str) -> PathBuf {
        let directory = self.directory.path().canonicalize();
        directory.expect("it is ours").join(name)
    }

    fn deploy(&self, name: &str) {
        let built = Program::new(name);
        let release = self.path(name);
        fs::create_dir(&release).expect("it is ours");
        fs::rename(built.path(), release.join("program"))
            .or_else(|_| {
                // Another file system.
                fs::copy(built.path(), release.join("program")).map(drop)
            })
            .expect("there is room");
        let beside = self.path("next");
        symlink(name, &beside).expect("it is ours");
        fs::rename(beside, self.path("current")).expect("it is ours");
    }

    /// A command in `current`, as a shell would start it.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path("current"))
            .env("PWD", self.path("current"));
        command
    }

    /// Deploys while it runs: nothing moves before the reload, everything after.
    fn check(&self, case: &str, mut command: Command) {
        let mut service = Service::run(&mut command, &self.directory);
        self.expect(case, &service, "r1");
        self.deploy("r2");
        let pids = service.pids(2);
        for pid in &pids {
            signal(*pid, Signal::KILL);
        }
        wait_gone(&pids);
        self.expect(&format!("{case}, after a crash"), &service, "r1");
        service.client().reload().expect("the build is good");
        self.expect(&format!("{case}, after a reload"), &service, "r2");
        service.client().upgrade().expect("the build is good");
        service.running.wait_line("replaced the supervisor");
        self.deploy("r3");
        self.expect(&format!("{case}, after an upgrade"), &service, "r2");
        let pids = service.pids(2);
        signal(pids[1], Signal::KILL);
        wait_gone(&pids[1..]);
        self.expect(
            &format!("{case}, after a crash of the successor's"),
            &service,
            "r2",
        );
        service.client().reload().expect("the build is good");
        self.expect(
            &format!("{case}, after the successor's reload"),
            &service,
            "r3",
        );
        service.stop();
    }

    fn expect(&self, case: &str, service: &Service, release: &str) {
        service.settled(2);
        let place = self.path(release).display().to_string();
        for _ in 0..6 {
            let page = service.get();
            assert_eq!(page.field("words"), release, "{case}");
            assert_eq!(page.field("cwd"), place, "{case}");
        }
    }
}

#[test]
fn a_program_by_its_relative_path() {
    let releases = Releases::new();
    releases.check("relative", releases.command("./program"));
}

#[test]
fn a_program_by_its_absolute_path() {
    let releases = Releases::new();
    let path = releases.path("current/program");
    releases.check("absolute", releases.command(path));
}

#[test]
fn a_foreign_program_by_its_relative_path() {
    let releases = Releases::new();
    let mut command = releases.command(fixture());
    command.arg("command=./program");
    releases.check("foreign, relative", command);
}

#[test]
fn a_foreign_program_by_its_absolute_path() {
    let releases = Releases::new();
    let mut command = releases.command(fixture());
    command.arg(format!(
        "command={}",
        releases.path("current/program").display()
    ));
    releases.check("foreign, absolute", command);
}

#[test]
fn a_foreign_program_in_a_working_directory_that_was_set() {
    let releases = Releases::new();
    let mut command = Command::new(fixture());
    command.args([
        "command=./program",
        &format!("cwd={}", releases.path("current").display()),
    ]);
    releases.check("cwd", command);
}

#[test]
fn a_program_in_a_release_that_is_deleted() {
    let releases = Releases::new();
    let mut service = Service::run(&mut releases.command("./program"), &releases.directory);
    releases.expect("first", &service, "r1");
    releases.deploy("r2");
    fs::remove_dir_all(releases.path("r1")).expect("it is ours");
    let pids = service.pids(2);
    signal(pids[0], Signal::KILL);
    wait_gone(&pids[..1]);
    service.settled(2);
    for _ in 0..6 {
        assert_eq!(service.get().field("words"), "r1");
    }
    service.client().reload().expect("the build is good");
    releases.expect("after the reload", &service, "r2");
    service.stop();
}

#[test]
fn a_shell_variable_of_another_directory_is_not_followed() {
    let releases = Releases::new();
    let mut command = releases.command("./program");
    command.env("PWD", "/");
    let mut service = Service::run(&mut command, &releases.directory);
    releases.expect("PWD of elsewhere", &service, "r1");
    assert_eq!(
        service.get().field("pwd"),
        releases.path("r1").display().to_string()
    );
    service.stop();
}
