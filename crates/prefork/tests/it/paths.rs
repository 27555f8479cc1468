//! Runtime directory, notify and control sockets: deleted, shared, not writable, too long.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use rustix::process::{Signal, geteuid};
use squall_prefork::{Status, control::Client};
use testkit::{Running, TempDir, wait_for, wait_until};

use crate::house::{Program, Service, fixture, is_alive, signal, under_load, wait_gone};

/// A supervisor whose control socket is where it lies by default.
struct Supervised {
    running: Running,
    parents: Vec<PathBuf>,
}

impl Supervised {
    fn start(command: &mut Command, parents: &[&Path]) -> Self {
        command
            .arg("listen=127.0.0.1:0")
            .env_remove("NOTIFY_SOCKET");
        Self {
            running: Running::spawn(command),
            parents: parents.iter().map(|&path| path.to_owned()).collect(),
        }
    }

    fn control(&self) -> Option<PathBuf> {
        directories(&self.parents)
            .into_iter()
            .map(|directory| directory.join("control"))
            .find(|path| self.status_at(path).is_some())
    }

    /// Others may share the directory.
    fn status_at(&self, control: &Path) -> Option<Status> {
        let status = Client::connect(control).ok()?.status().ok()?;
        (status.pid == self.running.pid()).then_some(status)
    }

    fn settled(&self, processes: usize) -> Status {
        wait_for("the workers to settle", || {
            let status = self.status_at(&self.control()?)?;
            let ready = status.workers.iter().all(|one| one.state == "ready");
            (ready && status.workers.len() == processes && status.state == "running")
                .then_some(status)
        })
    }

    fn stop(mut self) {
        self.running.signal(testkit::Signal::Term);
        assert!(self.running.wait().success(), "{}", self.running.output());
    }
}

fn directories(parents: &[PathBuf]) -> Vec<PathBuf> {
    let entries = parents
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok());
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("lock").exists() || path.join("control").exists())
        .collect();
    found.sort();
    found
}

fn runtime_directory(parent: &Path) -> PathBuf {
    let found = directories(&[parent.to_owned()]);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// As `rm -rf` does, while the supervisor may be making it again.
fn delete(directory: &Path) {
    wait_until("the directory to be deleted", || {
        fs::remove_dir_all(directory).is_ok()
    });
}

fn script(directory: &Rc<TempDir>, text: &str) -> PathBuf {
    let path = directory.path().join("server.py");
    fs::write(&path, text).expect("there is room");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path
}

/// Serves nothing, but sends its notices as `HOW` has it: by path, as most programs do.
const PYTHON: &str = r#"#!/usr/bin/env python3
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = os.environ["NOTIFY_SOCKET"]
assert address.startswith("/"), address
def send(message):
    try:
        notify.sendto(message, address)
    except OSError:
        pass
HOW
sent = 0
while True:
    sent += 1
    send(b"WATCHDOG=1\nSTATUS=%d" % sent)
    time.sleep(0.05)
"#;

#[test]
fn service_serves_and_reloads_while_its_runtime_directory_is_deleted() {
    for system in ["linux", "portable"] {
        let program = Program::new("v0");
        let mut command = Command::new(program.path());
        command
            .arg("worker_timeout=2.5")
            .env("SQUALL_SYSTEM", system);
        let mut service = Service::run(&mut command, &program.directory);
        service.settled(2);
        let directory = runtime_directory(program.directory.path());
        let control = program.directory.path().join("control");
        let mut generation = 1;
        under_load(service.address(), 2, || {
            for round in 0..10 {
                delete(&directory);
                fs::remove_file(&control).expect("it is ours");
                if round % 2 == 0 {
                    program.deploy(&format!("v{round}"));
                    // The client waits until there is a control socket again.
                    generation = service.client().reload().expect("the build is good");
                }
                wait_until("the directory and its lock", || {
                    directory.join("lock").exists() && control.exists()
                });
            }
        });
        assert_eq!(generation, 6, "{system}");
        service.settled(2);
        assert_eq!(service.status().restarts, 0, "{system}");
        assert_eq!(service.get().field("words"), "v8");
        service.stop();
        let output = service.running.output();
        assert!(!output.contains("killing a worker"), "{system}: {output}");
        assert!(!directory.exists(), "{system}");
    }
}

#[test]
fn crashed_worker_is_restarted_after_the_directory_was_deleted() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    let pids = service.pids(2);
    fs::remove_dir_all(runtime_directory(program.directory.path())).expect("it is ours");
    signal(pids[0], Signal::KILL);
    wait_gone(&pids[..1]);
    service.settled(2);
    assert_eq!(service.status().restarts, 1);
    service.stop();
}

#[test]
fn deleted_lock_or_notify_socket_is_made_again() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let directory = runtime_directory(program.directory.path());
    for name in ["lock", "notify-00000001", "notify-00000002"] {
        let path = directory.join(name);
        fs::remove_file(&path).expect("it is ours");
        wait_until(name, || path.exists());
    }
    assert_eq!(service.status().restarts, 0);
    service.stop();
}

#[test]
fn directory_moves_when_its_parent_is_deleted() {
    let program = Program::new("");
    let parent = testkit::temp_dir();
    let runtime = parent.path().join("runtime");
    fs::create_dir(&runtime).expect("it is ours");
    let elsewhere = testkit::temp_dir();
    let mut command = Command::new(program.path());
    command
        .env_remove("RUNTIME_DIRECTORY")
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("TMPDIR", elsewhere.path());
    let service = Supervised::start(&mut command, &[&runtime, elsewhere.path()]);
    let before: Vec<u32> = pids(&service.settled(2));
    assert!(service.control().expect("it answers").starts_with(&runtime));
    // As at the last logout: the whole directory, which only root can make.
    fs::remove_dir_all(&runtime).expect("it is ours");
    let control = wait_for("the control socket in the next directory", || {
        service
            .control()
            .filter(|path| path.starts_with(elsewhere.path()))
    });
    Client::connect(&control)
        .and_then(|mut client| client.reload())
        .expect("the build is good");
    let after = service.settled(2);
    assert_eq!(after.restarts, 0);
    assert_ne!(pids(&after), before);
    service.stop();
    assert_eq!(directories(&[elsewhere.path().to_owned()]).len(), 0);
}

#[test]
fn programs_that_notify_by_path_are_not_killed_when_the_path_is_deleted() {
    if testkit::outside("python3").is_none() {
        return;
    }
    let connect = "notify.connect(address)\ndef send(message):\n    notify.send(message)\n";
    for how in ["", connect] {
        let directory = Rc::new(testkit::temp_dir());
        let text = PYTHON.replace("HOW", &format!("{how}send(b'READY=1')"));
        let server = script(&directory, &text);
        let mut command = Command::new(fixture());
        command
            .arg(format!("command={}", server.display()))
            .arg("worker_timeout=2.5");
        let mut service = Service::run(&mut command, &directory);
        let before = service.pids(2);
        let runtime = runtime_directory(directory.path());
        for _ in 0..3 {
            delete(&runtime);
            wait_until("the directory", || runtime.join("lock").exists());
        }
        assert_eq!(service.pids(2), before, "{how}");
        // They are watched all the same, from their next notice on.
        let note = || service.status().workers[0].note.clone();
        let last = note();
        wait_until("the next notice", || note() != last);
        signal(before[0], Signal::STOP);
        wait_gone(&before[..1]);
        assert_eq!(service.pids(2)[1], before[1]);
        service.stop();
    }
}

#[test]
fn worker_that_cannot_reach_its_socket_any_more_is_not_killed() {
    if testkit::outside("python3").is_none() || !geteuid().is_root() {
        return;
    }
    for how in ["os.chroot('/proc')", "os.setgid(65534); os.setuid(65534)"] {
        let directory = Rc::new(testkit::temp_dir());
        let text = PYTHON.replace(
            "HOW",
            &format!("send(b'READY=1'); send(b'WATCHDOG=1'); {how}"),
        );
        let server = script(&directory, &text);
        let mut command = Command::new(fixture());
        command
            .arg(format!("command={}", server.display()))
            .args(["worker_timeout=0.5", "processes=1"]);
        let mut service = Service::run(&mut command, &directory);
        let before = service.pids(1);
        service
            .running
            .wait_line("the worker cannot reach its notify socket: it is not watched");
        let deadline = service.status().uptime + 1_500;
        wait_until("three times the timeout", || {
            service.status().uptime > deadline
        });
        assert_eq!(service.pids(1), before, "{how}");
        assert!(!service.running.output().contains("killing"), "{how}");
        service.stop();
    }
}

#[test]
fn worker_in_another_network_namespace_is_heard() {
    let Some(unshare) = testkit::outside("unshare") else {
        return;
    };
    let works = Command::new(&unshare).args(["--net", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        return;
    }
    let program = Program::new("");
    let mut command = Command::new(fixture());
    command
        .arg(format!(
            "command={} --net {}",
            unshare.display(),
            program.path().display()
        ))
        .arg("worker_timeout=2.5");
    let mut service = Service::run(&mut command, &program.directory);
    let before = service.pids(2);
    assert_eq!(service.status().workers[0].note.as_deref(), Some(""));
    fs::remove_dir_all(runtime_directory(program.directory.path())).expect("it is ours");
    wait_until("the directory", || {
        directories(&[program.directory.path().to_owned()]).len() == 1
    });
    assert_eq!(service.pids(2), before);
    service.stop();
}

#[test]
fn other_users_cannot_notify_or_silence_a_worker() {
    let (Some(setpriv), Some(python)) = (testkit::outside("setpriv"), testkit::outside("python3"))
    else {
        return;
    };
    if !geteuid().is_root() {
        return;
    }
    let program = Program::new("");
    let mut service = program.service(&["worker_timeout=2.5"]);
    let before = service.pids(2);
    let mut flood = Command::new(setpriv);
    flood
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(python)
        .args(["-c", FLOOD])
        .arg(
            runtime_directory(program.directory.path())
                .file_name()
                .expect("it has a name"),
        );
    let mut flood = Running::spawn(&mut flood);
    service
        .running
        .wait_line("another user sends to a worker's abstract socket: closing it");
    assert!(flood.wait().success(), "{}", flood.output());
    let workers = service.settled(2);
    assert_eq!(pids(&service.status()), before);
    assert!(
        workers
            .iter()
            .all(|worker| worker.note.as_deref() != Some("forged"))
    );
    service.stop();
    assert!(!service.running.output().contains("killing"));
}

/// The names in the kernel's table can be read by all users.
const FLOOD: &str = r#"
import socket, sys
names = [line.split()[-1] for line in open("/proc/net/unix") if "@" + sys.argv[1] in line]
assert len(names) == 2, names
for name in names:
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        while True:
            sender.sendto(b"STATUS=forged\nX_SQUALL_SIGNAL=9", "\0" + name[1:])
    except ConnectionRefusedError:
        pass
"#;

#[test]
fn supervisors_with_the_same_process_id_share_a_directory() {
    let Some(unshare) = testkit::outside("unshare") else {
        return;
    };
    let works = Command::new(&unshare)
        .args(["--pid", "--fork", "true"])
        .status();
    if !works.is_ok_and(|status| status.success()) {
        return;
    }
    let shared = testkit::temp_dir();
    let start = || {
        let mut command = Command::new(&unshare);
        command
            .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
            .arg(fixture())
            .args(["listen=127.0.0.1:0", "worker_timeout=2.5"])
            .env("TMPDIR", shared.path())
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("NOTIFY_SOCKET");
        Running::spawn(&mut command)
    };
    let parents = [shared.path().to_owned()];
    let first = start();
    wait_until("the first one", || running(&parents).len() == 1);
    let first_control = running(&parents)[0].0.clone();
    let mut second = start();
    wait_until("the second one", || running(&parents).len() == 2);
    let all = running(&parents);
    assert!(all.iter().all(|(_, status)| status.pid == 1));
    assert_ne!(all[0].1.listen, all[1].1.listen);
    let second_control = all
        .iter()
        .map(|(control, _)| control)
        .find(|control| **control != first_control)
        .expect("there are two");
    Client::connect(second_control)
        .and_then(Client::stop)
        .expect("it answers");
    assert!(second.wait().success());
    // The third finds one that lives.
    let _third = start();
    wait_until("the third one", || running(&parents).len() == 2);
    let status = running(&parents)
        .into_iter()
        .find(|(control, _)| *control == first_control)
        .expect("it still answers")
        .1;
    assert_eq!(status.restarts, 0);
    drop(first);
}

/// The services that are settled, with their control sockets.
fn running(parents: &[PathBuf]) -> Vec<(PathBuf, Status)> {
    let controls = directories(parents)
        .into_iter()
        .map(|one| one.join("control"));
    controls
        .filter_map(|control| {
            let status = Client::connect(&control).ok()?.status().ok()?;
            let ready = status.workers.iter().all(|one| one.state == "ready");
            (ready && status.workers.len() == 2).then_some((control, status))
        })
        .collect()
}

#[test]
fn directory_of_a_killed_supervisor_is_removed_by_the_next() {
    let shared = testkit::temp_dir();
    let start = || {
        let mut command = Command::new(fixture());
        command
            .env("TMPDIR", shared.path())
            .env_remove("XDG_RUNTIME_DIR");
        Supervised::start(&mut command, &[shared.path()])
    };
    let alive = start();
    alive.settled(2);
    let killed = start();
    let workers = pids(&killed.settled(2));
    let control = killed.control().expect("it answers");
    killed.running.signal(testkit::Signal::Kill);
    wait_gone(&workers);
    assert!(control.exists());
    let next = start();
    next.settled(2);
    assert!(!control.exists());
    assert_eq!(alive.settled(2).restarts, 0);
    // A stopped one is not a dead one.
    signal(alive.running.pid(), Signal::STOP);
    let last = start();
    last.settled(2);
    signal(alive.running.pid(), Signal::CONT);
    alive.settled(2);
    for service in [alive, next, last] {
        service.stop();
    }
    assert_eq!(directories(&[shared.path().to_owned()]).len(), 0);
}

#[test]
fn directory_that_cannot_be_used_gives_way_to_the_next() {
    let (Some(setpriv), true) = (testkit::outside("setpriv"), geteuid().is_root()) else {
        return;
    };
    let public = testkit::temp_dir();
    fs::set_permissions(public.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let copy = public.path().join("program");
    fs::copy(fixture(), &copy).expect("there is room");
    let roots = testkit::temp_dir();
    let long = public.path().join("l".repeat(100));
    fs::create_dir(&long).expect("it is ours");
    fs::set_permissions(&long, fs::Permissions::from_mode(0o777)).expect("it is ours");
    for runtime in [
        roots.path(),
        Path::new("/proc"),
        Path::new("/missing"),
        long.as_path(),
        copy.as_path(),
    ] {
        let mut command = Command::new(&setpriv);
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&copy)
            .env("XDG_RUNTIME_DIR", runtime)
            .env("TMPDIR", public.path());
        let service = Supervised::start(&mut command, &[public.path()]);
        service.settled(2);
        service.stop();
    }
}

#[test]
fn file_system_that_is_read_only_or_full_gives_way_to_the_next() {
    let Some(unshare) = testkit::outside("unshare") else {
        return;
    };
    let works = Command::new(&unshare).args(["--mount", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        return;
    }
    let directory = testkit::temp_dir();
    let runtime = directory.path().join("runtime");
    fs::create_dir(&runtime).expect("it is ours");
    // Room for nothing, for the directory alone, and for its lock: a socket is a file as well.
    for options in ["ro", "nr_inodes=1", "nr_inodes=2", "nr_inodes=3"] {
        let mount =
            format!("mount -t tmpfs -o {options} none \"$XDG_RUNTIME_DIR\" && exec \"$0\" \"$@\"");
        let mut command = Command::new(&unshare);
        command
            .args(["--mount", "sh", "-c", &mount])
            .arg(fixture())
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("TMPDIR", directory.path());
        let service = Supervised::start(&mut command, &[directory.path()]);
        assert_eq!(service.settled(2).restarts, 0, "{options}");
        service.stop();
    }
}

#[test]
fn relative_temporary_directory_is_made_absolute() {
    let directory = testkit::temp_dir();
    let mut command = Command::new(fixture());
    command
        .current_dir(directory.path())
        .env("TMPDIR", ".")
        .env_remove("XDG_RUNTIME_DIR");
    let service = Supervised::start(&mut command, &[directory.path()]);
    service.settled(2);
    service.stop();
}

#[test]
fn long_temporary_directories_keep_nothing_from_starting() {
    let parent = testkit::temp_dir();
    for length in [61, 62, 98, 107, 200] {
        let missing = length - parent.path().as_os_str().len() - 1;
        let long = parent.path().join("l".repeat(missing));
        fs::create_dir(&long).expect("it is ours");
        let mut command = Command::new(fixture());
        command
            .arg("processes=12")
            .env("TMPDIR", &long)
            .env_remove("XDG_RUNTIME_DIR");
        let service = Supervised::start(&mut command, &[&long, Path::new("/tmp")]);
        assert_eq!(service.settled(12).restarts, 0, "{length}");
        service.stop();
    }
}

#[test]
fn status_of_a_stopped_supervisor_names_the_way_to_continue_it() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let mut client = service.client();
    let pid = service.running.pid();
    signal(pid, Signal::STOP);
    let error = client.status().expect_err("it is stopped").to_string();
    signal(pid, Signal::CONT);
    assert!(error.contains(&format!("kill -CONT {pid}")), "{error}");
    service.settled(2);
    service.stop();
}

#[test]
fn errors_of_the_control_client_name_the_way_out() {
    let directory = testkit::temp_dir();
    let missing = directory.path().join("missing");
    let dead = directory.path().join("dead");
    testkit::stale_socket(&dead);
    let long = directory.path().join("l".repeat(120));
    for (path, advice) in [
        (missing, "--control"),
        (dead, "start the service"),
        (long, "SUN_LEN"),
    ] {
        let error = Client::connect(&path)
            .expect_err("nothing is there")
            .to_string();
        assert!(error.contains(advice), "{}: {error}", path.display());
    }
}

#[test]
fn socket_of_another_program_is_no_supervisor() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("control");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("the path is free");
    for (answer, advice) in [("HTTP/1.1 400\r\n\r\n", "another"), ("", "its log")] {
        let mut client = Client::connect(&path).expect("it listens");
        let (mut stream, _) = listener.accept().expect("a client is there");
        std::io::Write::write_all(&mut stream, answer.as_bytes()).expect("it is open");
        stream
            .shutdown(std::net::Shutdown::Write)
            .expect("it is open");
        let error = client.status().expect_err("no supervisor").to_string();
        assert!(error.contains(advice), "{answer:?}: {error}");
    }
}

#[test]
fn control_socket_that_another_program_took_is_left_to_it() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let control = program.directory.path().join("control");
    fs::remove_file(&control).expect("it is ours");
    let taken = std::os::unix::net::UnixListener::bind(&control);
    // The supervisor may have been faster.
    let Ok(taken) = taken else {
        return;
    };
    service
        .running
        .wait_line("the control socket is gone and cannot be made again");
    service.get();
    drop(taken);
    fs::remove_file(&control).expect("it is ours");
    service.settled(2);
    service.stop();
}

fn pids(status: &Status) -> Vec<u32> {
    let pids: Vec<u32> = status.workers.iter().map(|worker| worker.pid).collect();
    assert!(status.pid == 1 || pids.iter().all(|&pid| is_alive(pid)));
    pids
}
