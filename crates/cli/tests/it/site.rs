//! The program that `squall dev` builds in tests: std only, so that it compiles quickly.
//!
//! It takes its socket from LISTEN_FDS, sends READY=1, and on SIGTERM exits after the current
//! request.

use std::{
    env,
    io::{ErrorKind, Read, Write},
    net::TcpListener,
    os::{fd::FromRawFd, unix::net::UnixDatagram},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

static STOP: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

extern "C" fn stop(_: i32) {
    STOP.store(true, Ordering::Relaxed);
}

fn main() {
    assert_eq!(env::var("LISTEN_FDS").as_deref(), Ok("1"));
    // SAFETY: the handler only stores; the descriptor is ours, by the protocol.
    let listener = unsafe {
        signal(15, stop);
        TcpListener::from_raw_fd(3)
    };
    listener.set_nonblocking(true).unwrap();
    let manager = UnixDatagram::unbound().unwrap();
    let address = env::var("NOTIFY_SOCKET").unwrap();
    manager.send_to(b"READY=1", address).unwrap();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let body = format!("TEXT {}", arguments.join(" "));
    while !STOP.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((mut client, _)) => {
                client.set_nonblocking(false).unwrap();
                let _ = client.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
                let _ = write!(client, "{head} {}\r\n\r\n{body}", body.len());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
