//! nginx with keep-alive connections to two copies of the example, one of which stops.

use std::{
    fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use testkit::{Running, Signal, TempDir, Wire, temp_dir, wait_until};

use crate::program::Friendfeed;

const CLIENTS: usize = 4;
const REQUESTS: usize = 1000;

#[test]
fn stopping_copy_loses_no_request_over_tcp() {
    let copies = [Friendfeed::start(&[]), Friendfeed::start(&[])];
    let upstreams = copies.each_ref().map(|copy| copy.address.to_string());
    one_ends_in_the_middle(copies, &upstreams);
}

#[test]
fn stopping_copy_loses_no_request_over_unix_socket() {
    let dir = temp_dir();
    let socket = dir.path().join("friendfeed.sock");
    let ends = Friendfeed::start(&["--unix", socket.to_str().expect("a path in UTF-8")]);
    let stays = Friendfeed::start(&[]);
    let upstreams = [
        format!("unix:{}", socket.display()),
        stays.address.to_string(),
    ];
    one_ends_in_the_middle([ends, stays], &upstreams);
}

fn one_ends_in_the_middle([mut ends, stays]: [Friendfeed; 2], upstreams: &[String]) {
    let Some(nginx) = Nginx::start(upstreams) else {
        return;
    };
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (nginx, answered) = (&nginx, &answered);
            scope.spawn(move || {
                let mut wire = nginx.wire();
                for number in 0..REQUESTS / CLIENTS {
                    let body = format!("{number} of {client}");
                    // nginx never retries a POST, so a lost one is an error.
                    wire.send(format!(
                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                    let reply = wire.response();
                    assert_eq!((reply.status, reply.text()), (200, &*body));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait_until("a third is answered", || {
            answered.load(Ordering::Relaxed) >= REQUESTS / 3
        });
        ends.running.signal(Signal::Term);
    });
    assert_eq!(answered.into_inner(), REQUESTS);
    assert_eq!(ends.running.wait().code(), Some(0));
    let served = || [ends.requests().len(), stays.requests().len()];
    wait_until("all is logged", || {
        served().iter().sum::<usize>() >= REQUESTS
    });
    let [before, after] = served();
    assert_eq!(before + after, REQUESTS, "each request is run once");
    // nginx uses round robin, so the stopped copy had half of the first third.
    assert!(before >= REQUESTS / 3 / 2 - CLIENTS, "{before}");
    let errors = nginx.running.output();
    assert!(
        !errors.contains("prematurely closed") && !errors.contains("reset by peer"),
        "{errors}"
    );
}

/// nginx on a unix socket in a directory of its own, so that it needs no port.
pub(crate) struct Nginx {
    running: Running,
    dir: TempDir,
}

impl Nginx {
    pub(crate) fn start(upstreams: &[String]) -> Option<Self> {
        let nginx = testkit::outside("nginx")?;
        let dir = temp_dir();
        let path = dir.path();
        fs::write(path.join("nginx.conf"), config(path, upstreams)).expect("an empty directory");
        let running = Running::spawn(
            Command::new(nginx)
                .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
                .arg(path),
        );
        let nginx = Self { running, dir };
        wait_until("nginx listens", || {
            UnixStream::connect(nginx.socket()).is_ok()
        });
        Some(nginx)
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::connect_unix(self.socket())
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("nginx.sock")
    }
}

fn config(dir: &Path, upstreams: &[String]) -> String {
    let servers: String = upstreams
        .iter()
        .map(|server| format!("server {server};\n"))
        .collect();
    let http = format!(
        "upstream copies {{
             {servers}
             keepalive 16;
         }}
         server {{
             listen unix:{}/nginx.sock;
             keepalive_requests {REQUESTS};
             location / {{
                 proxy_pass http://copies;
                 proxy_http_version 1.1;
                 proxy_set_header Connection \"\";
             }}
         }}",
        dir.display()
    );
    nginx_conf(dir, &http)
}

/// Returns the configuration of an nginx that writes only to this directory, with these `http`
/// lines.
pub(crate) fn nginx_conf(dir: &Path, http: &str) -> String {
    let dir = dir.display();
    // A single process: root's nginx runs its workers as another user, which cannot open our
    // sockets.
    format!(
        "daemon off;
         master_process off;
         pid {dir}/nginx.pid;
         error_log stderr;
         events {{ worker_connections 64; }}
         http {{
             access_log off;
             client_body_temp_path {dir}/body;
             proxy_temp_path {dir}/proxy;
             fastcgi_temp_path {dir}/fastcgi;
             uwsgi_temp_path {dir}/uwsgi;
             scgi_temp_path {dir}/scgi;
             {http}
         }}"
    )
}
