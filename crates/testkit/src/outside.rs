//! Programs that are not part of this workspace: nginx, curl, chromium, Python's servers.

use std::{
    env,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

/// Where Python's programs are, seen from the top of the workspace: a virtual environment.
pub const VENV: &str = ".outside/venv";

/// Finds an outside program in the workspace's [`VENV`], on `PATH` or in `/usr/sbin`, or a module of
/// Apache or a library of Debian's for Node by its file.
///
/// When it is missing, the test that asked is to return: this prints `skipped: …`, and adds the
/// program's name to the file that the environment variable `SQUALL_SKIPS` names, from which
/// `cargo xtask test` lists, at its end, the programs that are missing and how to get them.
///
/// ```no_run
/// let Some(nginx) = testkit::outside("nginx") else { return };
/// ```
///
/// # Panics
///
/// When the program is missing and the environment variable `CI` is `true`: there, nothing is skipped.
#[must_use]
#[track_caller]
pub fn outside(program: &str) -> Option<PathBuf> {
    let found = find_outside(program);
    if found.is_none() {
        skip(program);
    }
    found
}

/// Looks in the same places as [`outside`], and leaves it to you what a missing program means.
#[must_use]
pub fn find_outside(program: &str) -> Option<PathBuf> {
    find(program, places())
}

fn places() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut places = vec![workspace.join(VENV).join("bin")];
    places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    // Debian keeps nginx and haproxy here, which is on root's PATH only.
    places.push("/usr/sbin".into());
    // Modules of Apache.
    places.push("/usr/lib/apache2/modules".into());
    // Libraries of Node, which only Debian's own `node` looks for there.
    places.push("/usr/share/nodejs".into());
    places
}

fn find(program: &str, places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    places
        .into_iter()
        .map(|place| place.join(program))
        .find(|path| path.is_file())
}

#[track_caller]
#[expect(
    clippy::print_stderr,
    reason = "the reader of a test run must see that a test did not run"
)]
fn skip(program: &str) {
    if let Some(list) = env::var_os("SQUALL_SKIPS") {
        // One small appending write: tests of several processes add to this file at once.
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .and_then(|mut list| list.write_all(format!("{program}\n").as_bytes()))
            .expect("the file named by SQUALL_SKIPS can be written");
    }
    assert!(
        env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{program} is missing, and with CI=true no test may be skipped"
    );
    eprintln!("skipped: {program} is missing");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_in_the_order_of_the_places() {
        let (first, second) = (crate::temp_dir(), crate::temp_dir());
        let places = || [first.path().to_owned(), second.path().to_owned()];
        std::fs::write(second.path().join("server"), "").unwrap();
        assert_eq!(find("server", places()), Some(second.path().join("server")));
        std::fs::write(first.path().join("server"), "").unwrap();
        assert_eq!(find("server", places()), Some(first.path().join("server")));
        assert_eq!(find("client", places()), None);
    }

    #[test]
    fn finds_what_every_system_has() {
        assert!(outside("sh").is_some_and(|path| path.is_absolute()));
    }
}
