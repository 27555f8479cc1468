//! Shared test helpers: starting the fixture, sending it requests, making other builds of it.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use squall_prefork::{Status, WorkerStatus, control::Client};
use testkit::{Running, TempDir, wait_for, wait_until};

pub(crate) fn fixture() -> PathBuf {
    example("fixture")
}

/// Cargo builds examples with the tests and puts them beside the tests' directory.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has an executable");
    let profile = test.ancestors().nth(2).expect("it lies in <profile>/deps");
    let path = profile.join("examples").join(name);
    assert!(
        path.exists(),
        "run `cargo test -p squall-prefork`, which builds {}",
        path.display()
    );
    path
}

/// A copy of the fixture that can be replaced, with a directory of its own.
pub(crate) struct Program {
    pub(crate) directory: Rc<TempDir>,
}

impl Program {
    pub(crate) fn new(words: &str) -> Self {
        let program = Self {
            directory: Rc::new(testkit::temp_dir()),
        };
        program.deploy(words);
        program
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("program")
    }

    /// Replaces the file by a build with these `words`, by a rename as a deploy does.
    pub(crate) fn deploy(&self, words: &str) {
        self.replace(
            "cp \"$0\" new && printf 'BUILD=%s' \"$1\" >> new && mv new program",
            words,
        );
    }

    pub(crate) fn deploy_garbage(&self) {
        self.replace(
            "cp \"$0\" new && printf 'no program\\0at all' > new && mv new program",
            "",
        );
    }

    /// Replaces the file by one with this text and mode.
    pub(crate) fn deploy_file(&self, text: &str, mode: u32) {
        self.replace(
            &format!("printf %s \"$1\" > new && chmod {mode:o} new && mv new program"),
            text,
        );
    }

    /// In a process of its own: a descriptor for writing, inherited by what another test starts
    /// at the same moment, would make the file "busy" (ETXTBSY).
    fn replace(&self, script: &str, words: &str) {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .arg(fixture())
            .arg(words)
            .current_dir(self.directory.path());
        assert!(shell.status().expect("there is a shell").success());
    }

    pub(crate) fn service(&self, arguments: &[&str]) -> Service {
        Service::run(Command::new(self.path()).args(arguments), &self.directory)
    }
}

/// A running supervisor on a free port of 127.0.0.1, with its control socket.
pub(crate) struct Service {
    pub(crate) running: Running,
    control: PathBuf,
    _directory: Rc<TempDir>,
}

impl Service {
    /// Starts the command with `listen` and `control` added, in an environment without surprises.
    pub(crate) fn run(command: &mut Command, directory: &Rc<TempDir>) -> Self {
        let control = directory.path().join("control");
        command
            .args([
                "listen=127.0.0.1:0",
                &format!("control={}", control.display()),
            ])
            .env("TMPDIR", directory.path())
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("NOTIFY_SOCKET");
        Self {
            running: Running::spawn(command),
            control,
            _directory: Rc::clone(directory),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let line = self.running.wait_line("listening address=127");
        let (_, address) = line.split_once("address=").expect("it was asked for");
        address
            .trim()
            .parse()
            .expect("the supervisor logs a socket address")
    }

    pub(crate) fn client(&self) -> Client {
        wait_for("the control socket", || Client::connect(&self.control).ok())
    }

    pub(crate) fn status(&self) -> Status {
        self.client().status().expect("the supervisor answers")
    }

    /// Waits until all workers are ready, none is left over, and none has died unnoticed.
    pub(crate) fn settled(&self, processes: usize) -> Vec<WorkerStatus> {
        wait_for("the workers to settle", || {
            let status = self.status();
            let all = status.state == "running" && status.workers.len() == processes;
            // As process 1 it has numbers of its own.
            let alive = |pid| status.pid == 1 || is_alive(pid);
            let serve = |worker: &WorkerStatus| worker.state == "ready" && alive(worker.pid);
            (all && status.workers.iter().all(serve)).then_some(status.workers)
        })
    }

    pub(crate) fn pids(&self, processes: usize) -> Vec<u32> {
        self.settled(processes)
            .iter()
            .map(|worker| worker.pid)
            .collect()
    }

    pub(crate) fn get(&self) -> Page {
        get(self.address(), "/").expect("the service answers")
    }

    pub(crate) fn stop(&mut self) {
        self.running.signal(testkit::Signal::Term);
        assert!(self.running.wait().success(), "{}", self.running.output());
    }
}

/// The fixture's page about itself.
#[derive(Debug)]
pub(crate) struct Page(BTreeMap<String, String>);

impl Page {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.0))
    }
}

pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Page> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    ask(stream, path)
}

pub(crate) fn get_unix(socket: &Path) -> io::Result<Page> {
    ask(UnixStream::connect(socket)?, "/")
}

fn ask(mut stream: impl Read + Write, path: &str) -> io::Result<Page> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let pairs = body.split(' ').filter_map(|pair| pair.split_once('='));
    Ok(Page(
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    ))
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.cast_signed()).expect("no process has id 0");
    kill_process(pid, signal).expect("the process is there");
}

pub(crate) fn is_alive(pid: u32) -> bool {
    // A zombie has no executable any more.
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

pub(crate) fn wait_gone(pids: &[u32]) {
    wait_until("the processes to end", || {
        !pids.iter().any(|&pid| is_alive(pid))
    });
}

/// Asks again and again from several threads while `work` runs, and returns how often it was
/// answered. Panics when one request is not.
#[track_caller]
pub(crate) fn under_load(address: SocketAddr, clients: usize, work: impl FnOnce()) -> u64 {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let over = AtomicBool::new(false);
    let load = || {
        let mut answered = 0;
        while !over.load(SeqCst) {
            get(address, "/").expect("no request is lost");
            answered += 1;
        }
        answered
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(load)).collect();
        // Also when `work` panics: the scope waits for its threads.
        let end = Over(&over);
        work();
        drop(end);
        clients
            .into_iter()
            .map(|client| client.join().expect("no request is lost"))
            .sum()
    })
}
