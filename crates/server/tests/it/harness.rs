//! A server of this process, in a thread of its own, that cannot outlive its test.

use std::{net::SocketAddr, path::PathBuf, thread, time::Duration};

use squall_server::{Address, Handle, Limits, Phase, Serve, Server, StartError, Stop, runtime};
use testkit::{Wire, wait_until};

use crate::app::App;

/// A limit within which the client has to do something: it does even if the machine stands still for
/// most of that time.
pub(crate) const ENOUGH: Duration = Duration::from_secs(2);

pub(crate) struct TestServer {
    pub(crate) app: App,
    pub(crate) handle: Handle,
    pub(crate) addresses: Vec<Address>,
    thread: Option<thread::JoinHandle<Result<(), StartError>>>,
}

impl TestServer {
    /// The application on a free port of 127.0.0.1.
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with(Server::new().bind("127.0.0.1:0").limits(limits))
    }

    /// The application on whatever was bound.
    pub(crate) fn with(server: Server) -> Self {
        Self::serving(server, App::service)
    }

    /// A service of the application on whatever was bound.
    pub(crate) fn serving<S: Serve>(server: Server, service: impl FnOnce(&App) -> S) -> Self {
        let app = App::default();
        let service = service(&app);
        let listening = server.listen().unwrap();
        let handle = listening.handle();
        let addresses = listening.addresses().cloned().collect();
        let thread = thread::spawn(move || runtime().unwrap().block_on(listening.serve(service)));
        wait_until("the server serves", || handle.phase() >= Phase::Serving);
        Self {
            app,
            handle,
            addresses,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0].tcp().unwrap()
    }

    /// The first unix socket.
    pub(crate) fn path(&self) -> PathBuf {
        let path = self.addresses.iter().find_map(|address| match address {
            Address::Unix(path) => Some(path.clone()),
            _ => None,
        });
        path.unwrap()
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::connect(self.address())
    }

    /// Waits until two silent connections in succession have run out of `head_timeout`. Any
    /// deadline of that length that began before has passed by then, whatever the machine's load.
    pub(crate) fn outlast_head_timeout(&self) {
        outlast_head_timeout(self.address());
    }

    /// Waits until that many requests have reached the application.
    pub(crate) fn wait_seen(&self, requests: usize) {
        wait_until("the requests reach the application", || {
            self.app.seen.lock().unwrap().len() >= requests
        });
    }

    pub(crate) fn wait_connections(&self, open: usize) {
        wait_until(&format!("{open} connections are open"), || {
            self.handle.connections() == open
        });
    }

    /// Waits until the server has stopped.
    pub(crate) fn join(mut self) {
        self.thread.take().unwrap().join().unwrap().unwrap();
        assert_eq!(self.handle.phase(), Phase::Stopped);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.handle.stop(Stop::Now);
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, is printed already.
            let _ = thread.join();
        }
    }
}

/// As [`TestServer::outlast_head_timeout`], for a thread of its own.
pub(crate) fn outlast_head_timeout(address: SocketAddr) {
    for _ in 0..2 {
        Wire::connect(address).closed();
    }
}

/// A GET for `path`, from a client that wants to keep the connection.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}
