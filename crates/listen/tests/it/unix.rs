//! Unix sockets: permissions, stale and live files, long paths, and the file's end.

use std::{
    fs,
    io::ErrorKind,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::{UnixDatagram, UnixListener, UnixStream},
    },
    path::Path,
};

use socket2::{Domain, SockAddr, Socket, Type};
use squall_listen::{Bind, ListenError, Listener, ListenerSocket};
use testkit::{stale_socket, temp_dir};

fn listen(path: &Path) -> Listener {
    let listeners = Bind::unix(path).listen();
    listeners.expect("the path is free").remove(0)
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::symlink_metadata(path).expect("it is there");
    metadata.permissions().mode() & 0o777
}

#[test]
fn the_file_has_the_configured_permissions_whatever_the_umask() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    let _listener = listen(&path);
    assert_eq!(mode(&path), 0o660, "the default");
    for expected in [0o600, 0o660, 0o666, 0o777] {
        let path = directory.path().join(format!("{expected:o}"));
        let bind = Bind::unix(&path).unix_mode(expected);
        let _listener = bind.listen().unwrap();
        assert_eq!(mode(&path), expected, "{expected:o}");
    }
}

#[test]
fn a_mode_with_more_than_permissions_is_a_configuration_error() {
    let directory = temp_dir();
    // 660 in decimal is 0o1224.
    for mode in [660, 0o1777, u32::MAX] {
        let bind = Bind::unix(directory.path().join("s")).unix_mode(mode);
        let error = bind.listen().unwrap_err();
        assert!(error.is_config(), "{error}");
        let message = format!("unix_mode(0o{mode:o}): expected 0 to 0o777");
        assert_eq!(error.to_string(), message);
    }
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}

#[test]
fn stale_socket_of_another_user_stays() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    stale_socket(&path);
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
        // Only root can give a file away.
        return;
    }
    let error = Bind::unix(&path).listen().unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let expected = "the socket there belongs to user 12345";
    assert_eq!(cause.as_deref(), Some(expected), "{error}");
    assert!(path.exists());
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_stays() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    stale_socket(&path);
    assert!(path.exists(), "stale");
    let first = listen(&path);
    let error = Bind::unix(&path).listen().unwrap_err();
    assert!(error.is_address_in_use(), "{error}");
    assert!(UnixStream::connect(&path).is_ok());
    drop(first);
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}

/// Linux queues one connection more than the backlog, and refuses the next one at once.
#[cfg(target_os = "linux")]
#[test]
fn the_queue_is_as_long_as_the_backlog() {
    let directory = temp_dir();
    for backlog in [0, 2, 10] {
        let path = directory.path().join(backlog.to_string());
        let _listener = Bind::unix(&path).backlog(backlog).listen().unwrap();
        let mut queued = Vec::new();
        let error = loop {
            let client = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            client.set_nonblocking(true).unwrap();
            match client.connect(&SockAddr::unix(&path).unwrap()) {
                Ok(()) => queued.push(client),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(queued.len(), usize::from(backlog) + 1);
    }
}

/// A server that does not accept must not hold up the start that finds it.
#[test]
fn a_live_socket_with_a_full_queue_is_in_use() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    let _server = Bind::unix(&path).backlog(0).listen().unwrap();
    let _queued = UnixStream::connect(&path).unwrap();
    let error = Bind::unix(&path).listen().unwrap_err();
    assert!(error.is_address_in_use(), "{error}");
}

#[test]
fn file_that_is_no_stale_socket_stays() {
    let directory = temp_dir();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("file"), "kept").unwrap();
    std::os::unix::fs::symlink("nowhere", path("link")).unwrap();
    let _datagrams = UnixDatagram::bind(path("datagrams")).unwrap();
    for (path, kind) in [
        (path("file"), Some(ErrorKind::AlreadyExists)),
        (path("link"), Some(ErrorKind::AlreadyExists)),
        (path(""), Some(ErrorKind::AlreadyExists)),
        (path("missing/s"), Some(ErrorKind::NotFound)),
        (path("file/s"), Some(ErrorKind::NotADirectory)),
        // EPROTOTYPE, which std has no kind for.
        (path("datagrams"), None),
    ] {
        let ListenError::Bind { address, source } = Bind::unix(&path).listen().unwrap_err() else {
            panic!("{}", path.display());
        };
        assert_eq!(address.to_string(), format!("unix:{}", path.display()));
        assert!(kind.is_none_or(|kind| kind == source.kind()), "{source}");
    }
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "kept");
    assert!(path("datagrams").exists());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
}

/// 102 to 107 bytes used to depend on the digits of the process id.
#[test]
fn a_path_may_have_as_many_bytes_as_the_system_takes() {
    let directory = temp_dir();
    let start = directory.path().as_os_str().len() + 1;
    for length in 100..=107 {
        let path = directory.path().join("a".repeat(length - start));
        let listener = listen(&path);
        UnixStream::connect(&path).unwrap();
        // A process that the socket is passed to sees the path too.
        let ListenerSocket::Unix(socket) = listener.socket() else {
            panic!("a unix socket was bound");
        };
        assert_eq!(socket.local_addr().unwrap().as_pathname(), Some(&*path));
    }
    let path = directory.path().join("a".repeat(108 - start));
    let error = Bind::unix(&path).listen().unwrap_err();
    assert!(error.is_config(), "{error}");
    assert!(error.to_string().contains("has 108 bytes"), "{error}");
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}

#[test]
fn the_file_is_removed_with_the_last_listener() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    let first = listen(&path);
    let second = first.try_clone().unwrap();
    drop(first);
    assert!(fs::metadata(&path).unwrap().file_type().is_socket());
    UnixStream::connect(&path).unwrap();
    let (socket, file) = second.into_parts();
    drop(file);
    assert!(!path.exists());
    drop(socket);
}

#[test]
fn a_file_that_another_process_made_since_stays() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    for round in 0..20 {
        let ours = listen(&path);
        // A cleaner of temporary files, and then another server.
        fs::remove_file(&path).unwrap();
        let (socket, file) = ours.into_parts();
        if round % 2 == 0 {
            // The number of the inode is free again.
            drop(socket);
        }
        let _theirs = UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists(), "round {round}");
        UnixStream::connect(&path).unwrap();
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_of_a_socket_that_was_passed_in_stays() {
    let directory = temp_dir();
    let path = directory.path().join("s");
    let listener = Listener::try_from(UnixListener::bind(&path).unwrap()).unwrap();
    assert_eq!(
        listener.address().to_string(),
        format!("unix:{}", path.display())
    );
    assert!(listener.file().is_none());
    drop(listener);
    assert!(path.exists());
}

#[test]
fn a_relative_path_is_removed_after_a_change_of_directory() {
    // In a process of its own: the directory belongs to all threads.
    const CHILD: &str = "LISTEN_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let listener = Bind::new("unix:s").listen().unwrap();
        std::env::set_current_dir("/").unwrap();
        drop(listener);
        return;
    }
    let directory = temp_dir();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "unix::a_relative_path_is_removed_after_a_change_of_directory",
        ])
        .env(CHILD, "1")
        .current_dir(directory.path())
        .status();
    assert!(status.unwrap().success());
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}
