//! Clients that send requests without pause, and count every outcome.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

/// The outcomes of all requests.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) connections: u64,
    pub(crate) answered: u64,
    /// The processes that responded.
    pub(crate) pids: BTreeSet<u32>,
    /// Connections that the system refused.
    pub(crate) refused: Vec<io::Error>,
    /// Requests without a complete response.
    pub(crate) lost: Vec<io::Error>,
}

impl Account {
    #[track_caller]
    pub(crate) fn nothing_is_lost(&self) {
        assert!(self.answered > 0, "{self:?}");
        assert!(self.refused.is_empty() && self.lost.is_empty(), "{self:?}");
    }

    fn add(&mut self, mut other: Self) {
        self.connections += other.connections;
        self.answered += other.answered;
        self.pids.append(&mut other.pids);
        self.refused.append(&mut other.refused);
        self.lost.append(&mut other.lost);
    }
}

/// Half of the clients keep their connection, half of them make one for each request.
const CLIENTS: usize = 16;

/// Requests `/whoami` until `work` is done.
#[track_caller]
pub(crate) fn under_load(address: SocketAddr, work: impl FnOnce()) -> Account {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let over = AtomicBool::new(false);
    let load = |keep_alive| {
        let mut client = Client::new(address, keep_alive);
        while !over.load(SeqCst) {
            client.ask();
        }
        client.account
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || load(client % 2 == 0)))
            .collect();
        // Set even if `work` panics, because the scope waits for its threads.
        let end = Over(&over);
        work();
        drop(end);
        let mut account = Account::default();
        for client in clients {
            account.add(client.join().expect("a client only counts"));
        }
        account
    })
}

struct Client {
    address: SocketAddr,
    keep_alive: bool,
    stream: Option<BufReader<TcpStream>>,
    account: Account,
}

impl Client {
    fn new(address: SocketAddr, keep_alive: bool) -> Self {
        Self {
            address,
            keep_alive,
            stream: None,
            account: Account::default(),
        }
    }

    fn ask(&mut self) {
        let mut stream = match self.stream.take().map_or_else(|| self.connect(), Ok) {
            Ok(stream) => stream,
            Err(error) => return self.account.refused.push(error),
        };
        match exchange(&mut stream, self.keep_alive) {
            Ok((pid, keep_alive)) => {
                self.account.answered += 1;
                self.account.pids.insert(pid);
                self.stream = keep_alive.then_some(stream);
            }
            Err(error) => self.account.lost.push(error),
        }
    }

    fn connect(&mut self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        self.account.connections += 1;
        Ok(BufReader::new(stream))
    }
}

/// Sends one request; returns the process that responded, and whether the connection can be reused.
fn exchange(stream: &mut BufReader<TcpStream>, keep_alive: bool) -> io::Result<(u32, bool)> {
    let wish = if keep_alive { "keep-alive" } else { "close" };
    let request = format!("GET /whoami HTTP/1.1\r\nHost: a\r\nConnection: {wish}\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes())?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            let kind = io::ErrorKind::UnexpectedEof;
            return Err(io::Error::new(kind, format!("closed after {head:?}")));
        }
    }
    let value = |name| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let strange = || io::Error::other(format!("a strange answer: {head:?}"));
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(strange());
    }
    let length = value("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.ok_or_else(strange)?];
    stream.read_exact(&mut body)?;
    let whoami: serde_json::Value = serde_json::from_slice(&body)?;
    let pid = whoami["pid"].as_u64().and_then(|pid| pid.try_into().ok());
    let stays = keep_alive && value("connection") != Some("close");
    Ok((pid.ok_or_else(strange)?, stays))
}
