//! Fallbacks that need nothing but POSIX.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, getpid, getppid, kill_process};

/// How often a worker looks whether its supervisor is still its parent.
const POLL: Duration = Duration::from_millis(500);

/// Polls the parent's id from a thread. A pipe would need a descriptor that this process inherits,
/// and safe code cannot take one over by its number.
pub(super) fn stop_with_parent(parent: Pid) -> io::Result<()> {
    thread::Builder::new()
        .name("squall-parent".to_owned())
        .spawn(move || {
            while getppid() == Some(parent) {
                thread::park_timeout(POLL);
            }
            // This process exists: it can only fail when it may not signal itself.
            let _ = kill_process(getpid(), Signal::TERM);
        })
        .map(drop)
}

/// A thread would end with `exec`, so a shell polls: `ps` prints this process's parent until either
/// is gone. It belongs to init and to this process's group, which the supervisor kills at the end.
pub(super) fn stop_program_with_parent(parent: Pid) -> io::Result<()> {
    let status = Command::new("/bin/sh")
        .args(["-c", WATCH, "sh"])
        .arg(std::process::id().to_string())
        .arg(parent.as_raw_nonzero().to_string())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "the shell that watches the supervisor: {status}"
        )))
    }
}

/// First it closes the sockets that the program is about to accept from.
const WATCH: &str = r#"
(
  trap '' HUP INT TERM
  fd=3
  while [ "$fd" -lt "$((3 + ${LISTEN_FDS:-0}))" ]; do
    eval "exec $fd>&-"
    fd=$((fd + 1))
  done
  while parent=$(ps -o ppid= -p "$1") && [ "$((parent))" = "$2" ]; do sleep 1; done
  if [ -n "$parent" ]; then kill -TERM "$1"; fi
) </dev/null >/dev/null 2>&1 &
"#;

/// A file that loses its name at once.
pub(super) fn anonymous_file(directory: &Path) -> io::Result<File> {
    let path = directory.join(format!("state-{}", std::process::id()));
    // Left by a process that was killed between the two steps below.
    let _ = fs::remove_file(&path);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn anonymous_file_has_no_name_and_keeps_its_content() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory
                .path()
                .join(format!("state-{}", std::process::id())),
            "stale",
        )
        .unwrap();
        let mut file = anonymous_file(directory.path()).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        file.write_all(b"state").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "state");
        assert!(anonymous_file(&directory.path().join("missing")).is_err());
    }
}
