//! A directory for a case, with a project in it and `squall dev` beside it.

use std::{
    cell::Cell,
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{Running, Signal, TempDir, temp_dir, wait_for};

use crate::fixture::squall;

pub(super) struct Lab {
    place: TempDir,
    private: TempDir,
}

/// A running `squall dev`.
pub(super) struct Dev {
    pub(super) running: Running,
    /// The output up to here was waited for.
    seen: Cell<usize>,
}

/// Returns a program that prints this expression after "it says", and stays.
pub(super) fn says(expression: &str) -> String {
    format!(
        "fn main() {{ println!(\"it says {{}}\", {expression}); loop {{ std::thread::park(); }} }}\n"
    )
}

impl Lab {
    pub(super) fn new() -> Self {
        Self {
            place: temp_dir(),
            private: temp_dir(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        // Without links, since output has the paths of the kernel.
        let place = self.place.path().canonicalize().expect("it is ours");
        place.join(name)
    }

    /// Writes a file, and the directories that it needs.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the lab")).expect("there is room");
        fs::write(path, text).expect("it is ours");
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("it is there");
    }

    pub(super) fn link(&self, name: &str, target: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the lab")).expect("there is room");
        symlink(target, path).expect("it is ours");
    }

    /// Writes a manifest of a package in the directory `name`, which is a workspace of its own.
    pub(super) fn package(&self, name: &str, more: &str) {
        self.member(name, &format!("{more}\n[workspace]\n"));
    }

    /// Writes a manifest of a package in a workspace, or of a dependency.
    pub(super) fn member(&self, directory: &str, more: &str) {
        let name = directory.rsplit('/').next().unwrap_or(directory);
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n"
        );
        self.write(&format!("{directory}/Cargo.toml"), manifest);
    }

    /// Starts `squall dev -- COMMAND` in a directory of the lab. Words are separated by blanks.
    pub(super) fn dev(&self, directory: &str, command: &str) -> Dev {
        let words: Vec<&str> = command.split_whitespace().collect();
        self.dev_with(directory, &[], &words, |command| command)
    }

    /// Starts `cargo run` under `squall dev` in the package `site`.
    pub(super) fn run(&self) -> Dev {
        self.dev("site", "cargo run --offline")
    }

    pub(super) fn dev_with(
        &self,
        directory: &str,
        options: &[&str],
        words: &[&str],
        change: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Dev {
        let mut command = self.command(directory);
        command.arg("dev").args(options).arg("--").args(words);
        Dev::start(change(&mut command))
    }

    /// Returns the command `squall` as if it was not called by `cargo test`.
    pub(super) fn command(&self, directory: &str) -> Command {
        let mut command = squall(self.private.path());
        clean(command.current_dir(self.path(directory)));
        command
    }

    /// Runs a shell script in the lab, such as one with git.
    pub(super) fn shell(&self, script: &str) {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(self.path(""));
        let status = command.status().expect("there is a shell");
        assert!(status.success(), "{script}");
    }
}

/// Removes the variables that cargo sets for this test, and makes builds short.
pub(super) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let is_cargo = text.starts_with("CARGO") && text != "CARGO_HOME";
        if is_cargo || ["RUSTFLAGS", "LD_LIBRARY_PATH", "OUT_DIR"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
}

impl Dev {
    pub(super) fn start(command: &mut Command) -> Self {
        Self {
            running: Running::spawn(command),
            seen: Cell::new(0),
        }
    }

    /// Waits for a line that contains the text, after all lines that were waited for.
    #[track_caller]
    pub(super) fn line(&self, text: &str) -> String {
        let what = format!("a line with {text:?}");
        let (line, end) = wait_for(&what, || self.find(text));
        self.seen.set(end);
        line
    }

    /// Waits until the program, started again, prints this text.
    #[track_caller]
    pub(super) fn says(&self, text: &str) {
        self.line(&format!("it says {text}"));
    }

    /// Waits for a build or restart whose reason contains the file.
    #[track_caller]
    pub(super) fn builds_for(&self, file: &str) {
        let line = self.line("squall: building: ");
        assert!(line.contains(file), "{line}, not {file}");
    }

    /// Counts lines with this text, from the start.
    pub(super) fn count(&self, text: &str) -> usize {
        let output = self.running.output();
        output.lines().filter(|line| line.contains(text)).count()
    }

    fn find(&self, text: &str) -> Option<(String, usize)> {
        let output = self.running.output();
        let start = self.seen.get();
        let rest = output.get(start..)?;
        let mut end = start;
        rest.split_inclusive('\n').find_map(|line| {
            end += line.len();
            line.contains(text)
                .then(|| (line.trim_end().to_owned(), end))
        })
    }

    /// Ends it with one SIGINT.
    #[track_caller]
    pub(super) fn stop(mut self) {
        self.running.signal(Signal::Int);
        assert!(self.running.wait().success());
    }
}

/// Whether a process exists and is no zombie.
pub(super) fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z"))
}
