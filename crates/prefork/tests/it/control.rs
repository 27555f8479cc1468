//! The control socket, and what lies in its way.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    process::Command,
};

use rustix::fs::{Gid, Uid, chown};
use squall_prefork::metrics;
use testkit::{stale_socket, wait_until};

use crate::house::{Program, fixture};

#[test]
fn its_owner_alone_may_ask() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let mode = fs::metadata(program.directory.path().join("control"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let private = fs::read_dir(program.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .find(|entry| entry.file_name().to_string_lossy().starts_with("squall-"))
        .expect("the supervisor has a directory");
    assert_eq!(
        private.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    service.stop();
}

#[test]
fn malformed_request_gets_an_error_and_the_service_goes_on() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let path = program.directory.path().join("control");
    let cases: [&[u8]; 6] = [
        b"\n",
        b"GET / HTTP/1.1\n",
        b"{\"do\":\"explode\"}\n",
        b"\xff\xfe\x00\n",
        b"[[[[[[[[[[[[[[\n",
        b"{\"do\":\"scale\",\"processes\":0}\n",
    ];
    for garbage in cases {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(garbage).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.starts_with("{\"ok\":false,\"error\":"), "{answer}");
    }
    // A line without end is cut off.
    let mut stream = UnixStream::connect(&path).unwrap();
    wait_until("the connection to be closed", || {
        stream.write_all(&[b'x'; 1024]).is_err()
    });
    // Silent clients make room for others.
    let silent: Vec<UnixStream> = (0..40)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    service.settled(2);
    drop(silent);
    service.stop();
}

#[test]
fn several_requests_on_one_connection() {
    let program = Program::new("");
    let service = program.service(&[]);
    service.settled(2);
    let mut client = service.client();
    assert_eq!(client.status().unwrap().processes, 2);
    client.scale(3).unwrap();
    service.settled(3);
    let error = client.scale(100_000).unwrap_err().to_string();
    assert!(
        error.contains("from 1 to 1024 processes are possible"),
        "{error}"
    );
    assert_eq!(client.reload().unwrap(), 2);
    assert_eq!(client.status().unwrap().generation, 2);
    let text = metrics::render(&client.status().unwrap());
    assert!(text.contains("squall_generation 2\n"), "{text}");
    client.stop().unwrap();
    let mut running = service.running;
    assert!(running.wait().success());
}

#[test]
fn reload_responds_to_all_clients_that_requested_it() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    service.settled(2);
    let clients: Vec<_> = (0..5)
        .map(|_| {
            let mut client = service.client();
            std::thread::spawn(move || client.reload().unwrap())
        })
        .collect();
    for client in clients {
        assert!(client.join().unwrap() >= 2);
    }
    service.stop();
}

/// Makes an obstacle at the path of the control socket.
type Obstacle = fn(&std::path::Path);

#[test]
fn other_files_at_the_path_of_the_control_socket() {
    let stale: Obstacle = |path| stale_socket(path);
    let file: Obstacle = |path| fs::write(path, "precious").unwrap();
    let directory: Obstacle = |path| fs::create_dir(path).unwrap();
    let living: Obstacle = |path| std::mem::forget(UnixListener::bind(path).unwrap());
    let strangers: Obstacle = |path| {
        stale_socket(path);
        chown(
            path,
            Some(Uid::from_raw(12_345)),
            Some(Gid::from_raw(12_345)),
        )
        .unwrap();
    };
    let mut cases = vec![
        ("stale", stale, None),
        ("file", file, Some("the path exists and is not a socket")),
        (
            "directory",
            directory,
            Some("the path exists and is not a socket"),
        ),
        ("living", living, Some("in use")),
    ];
    if rustix::process::geteuid().is_root() {
        cases.push((
            "another user's",
            strangers,
            Some("the socket there belongs to user 12345"),
        ));
    }
    for (name, obstacle, error) in cases {
        let program = Program::new("");
        obstacle(&program.directory.path().join("control"));
        let mut service = program.service(&[]);
        match error {
            None => {
                service.settled(2);
                service.stop();
            }
            Some(error) => {
                assert_eq!(service.running.wait().code(), Some(1), "{name}");
                let output = service.running.output();
                assert!(
                    output.contains("cannot make the control socket"),
                    "{name}: {output}"
                );
                assert!(output.contains(error), "{name}: {output}");
                assert!(program.directory.path().join("control").exists(), "{name}");
            }
        }
    }
}

#[test]
fn a_path_that_is_too_long() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("x".repeat(120));
    let mut command = Command::new(fixture());
    command.arg(format!("control={}", path.display()));
    let mut running = testkit::Running::spawn(&mut command);
    assert_eq!(running.wait().code(), Some(1), "{}", running.output());
    assert!(running.output().contains("cannot make the control socket"));
}
