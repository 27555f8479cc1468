//! Executables that cannot be opened in the usual way: unreadable ones, and a supervisor with file
//! capabilities, whose `/proc/<id>` is closed to its children.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use crate::house::{Program, Service, fixture, signal, wait_gone};

const NOBODY: &str = "65534";

/// The command as a normal user, for which every directory of the test is open.
fn as_nobody(directory: &Path, program: &Path) -> Option<Command> {
    let setpriv = testkit::outside("setpriv")?;
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let mut command = Command::new(setpriv);
    command
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"])
        .arg(program)
        .current_dir(directory)
        .env("HOME", directory);
    Some(command)
}

/// A copy of the fixture that supervises, apart from the program that is deployed.
fn supervisor(directory: &Path) -> PathBuf {
    let path = directory.join("supervisor");
    let copied = Command::new("cp").arg(fixture()).arg(&path).status();
    assert!(copied.expect("there is cp").success());
    path
}

fn set_capability(path: &Path) -> Option<()> {
    let setcap = testkit::outside("setcap")?;
    let set = Command::new(setcap)
        .arg("cap_net_bind_service=+ep")
        .arg(path)
        .status();
    // Not every file system has them.
    set.is_ok_and(|status| status.success()).then_some(())
}

/// Serves, restarts a crashed worker from its own generation, and reloads.
fn works(program: &Program, mut service: Service, is_readable: bool) {
    let pids = service.pids(2);
    program.deploy("panic");
    if !is_readable {
        fs::set_permissions(program.path(), fs::Permissions::from_mode(0o711)).expect("ours");
    }
    signal(pids[0], rustix::process::Signal::KILL);
    wait_gone(&pids[..1]);
    service.settled(2);
    service.get();
    if is_readable {
        service.client().reload().expect_err("the build panics");
        program.deploy("new");
        service.client().reload().expect("the build is good");
        service.settled(2);
        assert_eq!(service.get().field("words"), "new");
    }
    service.stop();
}

#[test]
fn a_supervisor_with_file_capabilities_runs_compiled_programs() {
    let program = Program::new("old");
    let directory = Rc::clone(&program.directory);
    let supervisor = supervisor(directory.path());
    if set_capability(&supervisor).is_none() {
        return;
    }
    let Some(mut command) = as_nobody(directory.path(), &supervisor) else {
        return;
    };
    command.arg(format!("command={}", program.path().display()));
    works(&program, Service::run(&mut command, &directory), true);
}

#[test]
fn a_program_with_file_capabilities_supervises_itself() {
    let program = Program::new("old");
    let directory = Rc::clone(&program.directory);
    if set_capability(&program.path()).is_none() {
        return;
    }
    let Some(mut command) = as_nobody(directory.path(), &program.path()) else {
        return;
    };
    works(&program, Service::run(&mut command, &directory), true);
}

#[test]
fn a_foreign_program_that_cannot_be_read_is_executed() {
    let program = Program::new("");
    let directory = Rc::clone(&program.directory);
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o711)).expect("it is ours");
    let supervisor = supervisor(directory.path());
    let Some(mut command) = as_nobody(directory.path(), &supervisor) else {
        return;
    };
    command.arg(format!("command={}", program.path().display()));
    works(&program, Service::run(&mut command, &directory), false);
}

#[test]
fn a_program_that_cannot_be_read_supervises_itself() {
    let program = Program::new("");
    let directory = Rc::clone(&program.directory);
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o711)).expect("it is ours");
    let Some(mut command) = as_nobody(directory.path(), &program.path()) else {
        return;
    };
    works(&program, Service::run(&mut command, &directory), false);
}

#[test]
fn a_program_that_may_not_be_executed_is_an_error_with_its_path() {
    let program = Program::new("");
    let directory = Rc::clone(&program.directory);
    let supervisor = supervisor(directory.path());
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o600)).expect("it is ours");
    let Some(mut command) = as_nobody(directory.path(), &supervisor) else {
        return;
    };
    command.arg(format!("command={}", program.path().display()));
    let mut service = Service::run(&mut command, &directory);
    assert_eq!(service.running.wait().code(), Some(3));
    service.running.wait_line("program: not an executable file");
}
