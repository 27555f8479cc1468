//! One table of bind options and faults, for each way of running a program.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    process::Command,
};

use crate::{Running, Signal, free_port, outside, stale_socket, temp_dir, wait_until};

/// The addresses and bind options of a program under test.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BindOptions {
    /// Address texts.
    pub addresses: Vec<String>,
    /// Permissions of a unix socket's file.
    pub unix_mode: Option<u32>,
    /// Connections that may wait.
    pub backlog: Option<u16>,
    /// Whether other processes may share the port.
    pub reuse_port: bool,
}

impl BindOptions {
    fn at(addresses: &[&str]) -> Self {
        Self {
            addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
            ..Self::default()
        }
    }
}

/// Checks that every bind option and fault has the same effect, whichever way `start` runs a
/// program. A bare port is expected on all interfaces, or with `debug` on 127.0.0.1.
///
/// # Panics
///
/// When an effect is another one.
#[track_caller]
pub fn check_binds(debug: bool, start: impl Fn(&BindOptions) -> Running) {
    unix_files(&start);
    lives_of_unix_files(&start);
    families(debug, &start);
    sharing(&start);
    refused(debug, &start);
}

fn unix_files(start: &impl Fn(&BindOptions) -> Running) {
    let directory = temp_dir();
    for (number, (unix_mode, expected)) in [
        (None, 0o660),
        (Some(0o600), 0o600),
        (Some(0o666), 0o666),
        (Some(0o777), 0o777),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.path().join(number.to_string());
        // A stale file is replaced.
        stale_socket(&path);
        let program = start(&BindOptions {
            unix_mode,
            ..BindOptions::at(&[&format!("unix:{}", path.display())])
        });
        wait_until("the unix socket", || UnixStream::connect(&path).is_ok());
        let mode = fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, expected, "unix_mode {unix_mode:?}");
        drop(program);
    }
}

fn lives_of_unix_files(start: &impl Fn(&BindOptions) -> Running) {
    let directory = temp_dir();
    let start_of_name = directory.path().as_os_str().len() + 1;
    let path = directory.path().join("a".repeat(107 - start_of_name));
    let options = BindOptions::at(&[&format!("unix:{}", path.display())]);

    let mut program = start(&options);
    wait_until("107 bytes of path", || UnixStream::connect(&path).is_ok());
    refuses(start(&options), "is in use by another process");
    UnixStream::connect(&path).expect("the first copy listens");
    program.signal(Signal::Term);
    program.wait();
    assert!(!path.exists(), "the file is removed at the end");

    let mut program = start(&options);
    wait_until("the unix socket", || UnixStream::connect(&path).is_ok());
    fs::remove_file(&path).expect("it is there");
    let _theirs = UnixListener::bind(&path).expect("the path is free");
    program.signal(Signal::Term);
    program.wait();
    UnixStream::connect(&path).expect("another process has bound it since");

    let file = directory.path().join("file");
    fs::write(&file, "kept").expect("there is room");
    let options = BindOptions::at(&[&format!("unix:{}", file.display())]);
    refuses(start(&options), "cannot listen on unix:");
    assert_eq!(fs::read(&file).expect("it is there"), b"kept");
}

fn families(debug: bool, start: &impl Fn(&BindOptions) -> Running) {
    let connects =
        |ip: IpAddr, port: u16| wait_until("the port", || TcpStream::connect((ip, port)).is_ok());
    let (v4, v6) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    let port = free_port();
    let program = start(&BindOptions::at(&[&port.to_string()]));
    connects(v4, port);
    if debug {
        assert!(TcpStream::connect((v6, port)).is_err(), "127.0.0.1 alone");
    } else {
        connects(v6, port);
    }
    drop(program);

    for (texts, families) in [
        (&["[::]", "0.0.0.0"][..], &[v4, v6][..]),
        (&["0.0.0.0", "[::1]"], &[v4, v6]),
        (&["0.0.0.0", "127.0.0.1"], &[v4]),
    ] {
        let port = free_port();
        let addresses: Vec<String> = texts.iter().map(|text| format!("{text}:{port}")).collect();
        let program = start(&BindOptions {
            addresses,
            ..BindOptions::default()
        });
        for &ip in families {
            // In debug mode `[::]` is a bare port.
            if !(debug && texts.contains(&"[::]") && ip == v6) {
                connects(ip, port);
            }
        }
        drop(program);
    }
}

fn sharing(start: &impl Fn(&BindOptions) -> Running) {
    let listeners = |port: u16| {
        let filter = format!("sport = :{port}");
        let output = Command::new("ss").args(["-Hltn", &filter]).output();
        let output = output.expect("it was found").stdout;
        let output = String::from_utf8(output).expect("ss prints ASCII");
        let backlog = |line: &str| {
            line.split_whitespace()
                .nth(2)
                .unwrap_or_default()
                .to_owned()
        };
        output.lines().map(backlog).collect::<Vec<String>>()
    };
    if outside("ss").is_none() {
        return;
    }
    let port = free_port();
    let options = BindOptions {
        backlog: Some(77),
        ..BindOptions::at(&[&format!("127.0.0.1:{port}")])
    };
    let first = start(&options);
    wait_until("the port", || !listeners(port).is_empty());
    assert!(listeners(port).iter().all(|backlog| backlog == "77"));
    let shared = BindOptions {
        reuse_port: true,
        ..options.clone()
    };
    let in_use = format!("127.0.0.1:{port} is in use by another process");
    refuses(start(&options), &in_use);
    drop(first);
    wait_until("the port to be free", || listeners(port).is_empty());

    let _first = start(&shared);
    wait_until("the port", || !listeners(port).is_empty());
    let alone = listeners(port).len();
    let _second = start(&shared);
    wait_until("a second copy on the port", || {
        listeners(port).len() > alone
    });
    refuses(start(&options), &in_use);
}

fn refused(debug: bool, start: &impl Fn(&BindOptions) -> Running) {
    let taken = |text: &str| {
        let listener = TcpListener::bind(text).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        (listener, port)
    };
    let (_v6, port) = taken("[::1]:0");
    if !debug {
        let expected = format!("[::]:{port} is in use by another process");
        refuses(start(&BindOptions::at(&[&port.to_string()])), &expected);
    }
    let (_v4, port) = taken("127.0.0.1:0");
    let expected = format!("{port} is in use by another process");
    refuses(start(&BindOptions::at(&[&port.to_string()])), &expected);
    let long = format!("unix:/{}", "a".repeat(107));
    for (addresses, expected) in [
        (&["+8888"][..], "\"+8888\" is not an address"),
        (&["127.0.0.1:+80"], "\"127.0.0.1:+80\" is not an address"),
        (&["unix:"], "\"unix:\" is not an address"),
        (&["http://127.0.0.1:80"], "is not an address"),
        (&[&long], "the path has 108 bytes"),
        (&["192.0.2.1:8888"], "cannot listen on 192.0.2.1:8888"),
        (
            &["127.0.0.1:88", "127.0.0.1:88"],
            "127.0.0.1:88 is bound twice",
        ),
    ] {
        refuses(start(&BindOptions::at(addresses)), expected);
    }
    refuses(
        start(&BindOptions {
            unix_mode: Some(0o1777),
            ..BindOptions::at(&["unix:/nowhere/s"])
        }),
        "1777",
    );
    assert!(!Path::new("/nowhere").exists());
}

#[track_caller]
fn refuses(mut program: Running, expected: &str) {
    assert!(!program.wait().success(), "{expected}");
    let output = program.output();
    assert!(output.contains(expected), "no {expected:?} in {output}");
}
