//! Test fixture: the `squall` command, and a supervised Python program.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use squall_prefork::control::{Client, find_in};
use testkit::{Running, Signal, TempDir, Wire, temp_dir, wait_for};

/// Returns the command with an isolated environment: it finds only services in `directory`.
pub(crate) fn squall(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    command
        .env("TMPDIR", directory)
        .env_remove("RUNTIME_DIRECTORY")
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("NOTIFY_SOCKET");
    command
}

/// Exit code and output of a finished command.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs the command until it exits. Arguments are separated by blanks.
pub(crate) fn run(directory: &Path, arguments: &str) -> Finished {
    let mut command = squall(directory);
    let output = command.args(arguments.split_whitespace()).output();
    let output = output.expect("cargo has built it");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Finished {
        code: output.status.code(),
        output: text(output.stdout),
        errors: text(output.stderr),
    }
}

/// A Python program under `squall supervise`.
pub(crate) struct Service {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    directory: Rc<TempDir>,
    program: PathBuf,
}

impl Service {
    /// Starts two processes of `app.py`. Returns `None` if Python is not installed.
    pub(crate) fn start(options: &str) -> Option<Self> {
        Self::start_in(&Rc::new(temp_dir()), "app.py", options)
    }

    pub(crate) fn start_in(directory: &Rc<TempDir>, name: &str, options: &str) -> Option<Self> {
        let python = testkit::outside("python3")?;
        let program = directory.path().join(name);
        deploy(&program, "first");
        let mut command = squall(directory.path());
        command
            .args(["supervise", "--processes", "2", "--listen", "127.0.0.1:0"])
            .args(options.split_whitespace())
            .arg("--")
            .args([&python, &program]);
        let running = Running::spawn(&mut command);
        let line = running.wait_line("listening address=");
        let (_, address) = line.split_once("address=").expect("it was asked for");
        Some(Self {
            address: address.trim().parse().expect("a socket address"),
            running,
            directory: Rc::clone(directory),
            program,
        })
    }

    /// Replaces the program by another build; `broken` fails at start.
    pub(crate) fn deploy(&self, build: &str) {
        deploy(&self.program, build);
    }

    /// Runs a command that finds this service by its default control socket.
    pub(crate) fn run(&self, arguments: &str) -> Finished {
        run(self.directory.path(), arguments)
    }

    /// Returns the command of `run`, for tests that redirect its streams.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = squall(self.directory.path());
        command.args(arguments.split_whitespace());
        command
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Waits for the default control socket and returns its path.
    pub(crate) fn control(&self) -> PathBuf {
        let pid = self.running.pid();
        wait_for("the control socket", || {
            let mut found = find_in(self.directory.path()).into_iter();
            found.find(|path| {
                Client::connect(path).is_ok_and(|mut client| client.supervisor() == Some(pid))
            })
        })
    }

    /// Sends one request, and returns the build, task id and process id from the response.
    pub(crate) fn ask(&self) -> (String, usize, u32) {
        let mut wire = Wire::connect(self.address);
        wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let reply = wire.response();
        let mut words = reply.text().split(' ');
        let mut next = || words.next().expect("three words");
        let build = next().to_owned();
        let task_id = next().parse().expect("a task id");
        (build, task_id, next().parse().expect("a process id"))
    }

    /// Waits until exactly `processes` workers are running and ready; returns the status as JSON.
    pub(crate) fn settled(&self, processes: usize) -> serde_json::Value {
        wait_for("the workers to settle", || {
            let result = self.run("status --json");
            let status: serde_json::Value = serde_json::from_str(&result.output).ok()?;
            let workers = status["workers"].as_array()?;
            let ready = workers.iter().filter(|worker| worker["state"] == "ready");
            let settled = ready.count() == processes && workers.len() == processes;
            (settled && status["state"] == "running").then_some(status)
        })
    }

    pub(crate) fn stop(&mut self) {
        self.running.signal(Signal::Term);
        assert_eq!(self.running.wait().code(), Some(0));
    }
}

fn deploy(program: &Path, build: &str) {
    let text = include_str!("app.py").replace("BUILD", build);
    let text = if build == "broken" {
        format!("raise RuntimeError('a broken build')\n{text}")
    } else {
        text
    };
    let beside = program.with_extension("new");
    fs::write(&beside, text).expect("the temporary directory has room");
    fs::rename(beside, program).expect("it is ours");
}
