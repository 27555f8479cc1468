//! `supervisord.conf`, with the real supervisord.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;
use testkit::{Running, TempDir, Wire, free_ports, temp_dir, wait_for, wait_until};

use super::{file, id, installed::Installed, local, substitute};
use crate::{
    load::under_load,
    program::example,
    supervised::{children, is_alive, quiet, signal, wait_gone},
};

/// The four processes of the file.
pub(super) struct Site {
    program: PathBuf,
    supervisord: Running,
    /// The first of four consecutive ports.
    pub(super) port: u16,
    /// The first bytes of each connection, such as a PROXY header.
    opening: &'static str,
    directory: TempDir,
    _installed: Installed,
}

impl Site {
    pub(super) fn start() -> Option<Self> {
        let site = Self::run("", str::to_owned)?;
        site.wait_ready();
        Some(site)
    }

    /// Starts the processes for a proxy that sends the PROXY header, as `haproxy.cfg` does.
    pub(super) fn start_for_haproxy() -> Option<Self> {
        let flags = "--proxy-protocol 127.0.0.1 --drain-delay 2";
        let site = Self::run("PROXY UNKNOWN\r\n", |text| {
            substitute(text.to_owned(), &[("--trusted-proxy 127.0.0.1", flags)])
        })?;
        site.wait_ready();
        Some(site)
    }

    fn run(opening: &'static str, edit: impl Fn(&str) -> String) -> Option<Self> {
        let program = testkit::outside("supervisord")?;
        let installed = Installed::by("supervisord.conf");
        let (directory, port) = (temp_dir(), free_ports(4));
        let path = |name: &str| directory.path().join(name).display().to_string();
        let text = file(
            "supervisord.conf",
            &[
                (
                    "/usr/local/bin/friendfeed",
                    &example().display().to_string(),
                ),
                ("/srv/friendfeed", &installed.site()),
                ("/var/log", &path("")),
                ("/run", &path("")),
                ("user=www-data", &format!("user={}", id("-un"))),
                ("numprocs_start=8000", &format!("numprocs_start={port}")),
                ("--port 8000", &format!("--port {port}")),
            ],
        );
        fs::write(path("supervisord.conf"), edit(&text)).expect("an empty directory");
        let mut command = Command::new("sh");
        quiet(&mut command, directory.path());
        command
            .arg("-c")
            .arg(start(&installed, &program, &path("supervisord.conf")));
        Some(Self {
            program,
            supervisord: Running::spawn(&mut command),
            port,
            opening,
            directory,
            _installed: installed,
        })
    }

    pub(super) fn ports(&self) -> [u16; 4] {
        [0, 1, 2, 3].map(|n| self.port + n)
    }

    pub(super) fn wait_ready(&self) {
        self.ports()
            .into_iter()
            .for_each(|port| self.wait_ready_at(port));
    }

    /// Kills each process with SIGKILL, and waits until supervisord has started another.
    pub(super) fn kill_one_after_the_other(&self) {
        for pid in self.pids() {
            signal(pid, Signal::KILL);
            wait_until("supervisord to start another process", || {
                let now = self.pids();
                now.len() == 4 && !now.contains(&pid)
            });
            self.wait_ready();
        }
    }

    /// Returns the running processes.
    pub(super) fn pids(&self) -> Vec<u32> {
        children(self.supervisord.pid())
    }

    /// Deploys with the commands of the file's comments.
    pub(super) fn restart_one_after_the_other(&self) {
        for port in self.ports() {
            let said = self.control(&["restart", &format!("friendfeed:{port}")]);
            assert!(said.ends_with("started\n"), "{said}");
            self.wait_ready_at(port);
        }
    }

    fn wait_ready_at(&self, port: u16) {
        wait_until("a process to be ready", || {
            TcpStream::connect(local(port)).is_ok() && self.status(port, "/readyz") == 200
        });
    }

    fn status(&self, port: u16, path: &str) -> u16 {
        let mut wire = Wire::connect(local(port));
        wire.send(self.opening);
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        wire.response().status
    }

    fn configuration(&self) -> PathBuf {
        self.directory.path().join("supervisord.conf")
    }

    fn control(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.program.with_file_name("supervisorctl"))
            .arg("--configuration")
            .arg(self.configuration())
            .args(arguments)
            .output();
        String::from_utf8(output.expect("it is there").stdout).expect("UTF-8")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Its programs have process groups of their own, and would outlive supervisord.
        let programs = children(self.supervisord.pid());
        signal(self.supervisord.pid(), Signal::KILL);
        for pid in programs.into_iter().filter(|pid| is_alive(*pid)) {
            signal(pid, Signal::KILL);
        }
    }
}

/// Returns the file's command that starts supervisord, in the foreground.
fn start(installed: &Installed, program: &Path, configuration: &str) -> String {
    let text = file("supervisord.conf", &[]);
    let mut commands = text
        .lines()
        .filter_map(|line| line.strip_prefix(";     sudo "));
    let command = commands.find(|command| command.contains("exec supervisord"));
    let command = command.expect("a command").to_owned();
    let supervisord = format!("exec {} --nodaemon", program.display());
    let command = substitute(
        command,
        &[
            ("exec supervisord", &supervisord),
            ("/etc/friendfeed.env", &installed.env_file()),
            ("deploy/supervisord.conf", configuration),
        ],
    );
    format!("exec {command}")
}

#[test]
fn programs_without_secret_do_not_start() {
    let Some(site) = Site::start() else { return };
    let mut command = Command::new(&site.program);
    command.env_remove("COOKIE_SECRET").arg("--nodaemon");
    let mut other = Running::spawn(command.arg("--configuration").arg(site.configuration()));
    other.wait_line("'ENV_COOKIE_SECRET'");
    assert_ne!(other.wait().code(), Some(0));
}

/// The alternative program of the file, which is commented out.
fn alternative(text: &str) -> String {
    let (ours, _) = text.split_once("[program:friendfeed]").expect("a program");
    let (_, other) = text
        .split_once("; [program:friendfeed]\n")
        .expect("another");
    let other = other.lines().filter_map(|line| line.strip_prefix("; "));
    let other: Vec<_> = other.collect();
    format!("{ours}[program:friendfeed]\n{}\n", other.join("\n"))
}

#[test]
fn supervisor_with_four_workers_reloads_without_losing_requests() {
    let Some(site) = Site::run("", alternative) else {
        return;
    };
    site.wait_ready_at(site.port);
    let supervisor = site.pids()[0];
    let workers = wait_for("all workers", || {
        let workers = children(supervisor);
        (workers.len() == 4).then_some(workers)
    });
    let account = under_load(local(site.port), || {
        let said = site.control(&["signal", "HUP", "friendfeed"]);
        assert_eq!(said, "friendfeed: signalled\n");
        wait_gone(&workers);
    });
    account.nothing_is_lost();
    assert_eq!(site.pids(), [supervisor]);
    assert_eq!(
        site.control(&["stop", "friendfeed"]),
        "friendfeed: stopped\n"
    );
    assert!(!is_alive(supervisor));
}
