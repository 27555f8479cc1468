//! Clients that send one byte a second, each kind in a place where a server waits.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use benches::{Result, current_thread};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::oneshot,
    time::{Instant, interval_at, sleep_until},
};

const PERIOD: Duration = Duration::from_secs(1);

/// All come within this time. At once, they would also be thrown out at once, again and again.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Where a client is slow.
struct Kind {
    /// Which of the server's addresses it connects to.
    address: usize,
    /// Sent at once.
    start: &'static [u8],
    /// Sent byte by byte, and zeros after it.
    slowly: &'static [u8],
}

const KINDS: [Kind; 4] = [
    // The head of a request.
    Kind {
        address: 0,
        start: b"",
        slowly: b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: slow\r\n",
    },
    // The body of a request.
    Kind {
        address: 0,
        start: b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
        slowly: b"",
    },
    // The TLS handshake: a client's hello of 512 bytes (RFC 8446, 4.1.2).
    Kind {
        address: 1,
        start: b"",
        slowly: b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    },
    // The header of the PROXY protocol.
    Kind {
        address: 2,
        start: b"",
        slowly: b"PROXY TCP6 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8::1 40000 443\r\n",
    },
];

/// Slow clients that go on until this is dropped.
pub(crate) struct Slow {
    opened: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Slow {
    /// How many connections they have opened: the server closes those that are too slow for it.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, is printed already.
            let _ = thread.join();
        }
    }
}

/// Starts so many, of each kind a quarter; returns when all have connected.
pub(crate) fn start(addresses: &[SocketAddr], clients: usize) -> Result<Slow> {
    let opened = Arc::new(AtomicUsize::new(0));
    let (all_here, wait) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let counter = Arc::clone(&opened);
    let addresses = addresses.to_vec();
    let runtime = current_thread()?;
    let thread = thread::spawn(move || {
        runtime.block_on(async {
            let begin = Instant::now();
            for index in 0..clients {
                #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
                let part = index as f64 / clients as f64;
                sleep_until(begin + ARRIVAL.mul_f64(part)).await;
                let kind = &KINDS[index % KINDS.len()];
                let stream = TcpStream::connect(addresses[kind.address]).await;
                opened.fetch_add(1, Ordering::Relaxed);
                let client = be_slow(stream, kind, addresses[kind.address], Arc::clone(&opened));
                tokio::spawn(client);
            }
            // Fails only if the receiver is gone.
            let _ = all_here.send(());
            // It fails when the sender is dropped, which is the stop signal.
            let _ = stopped.await;
        });
    });
    wait.recv()?;
    Ok(Slow {
        opened: counter,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// Sends byte after byte. When the server has had enough, it begins anew.
async fn be_slow(
    mut stream: std::io::Result<TcpStream>,
    kind: &Kind,
    address: SocketAddr,
    opened: Arc<AtomicUsize>,
) {
    loop {
        // A server that is out of patience, or full, is asked again.
        if let Ok(stream) = &mut stream {
            let mut seconds = interval_at(Instant::now() + PERIOD, PERIOD);
            let mut bytes = kind.slowly.iter().chain(std::iter::repeat(&b'0'));
            let mut sent = stream.write_all(kind.start).await;
            while sent.is_ok() {
                seconds.tick().await;
                let next = bytes.next().expect("it goes on for ever");
                sent = stream.write_all(&[*next]).await;
            }
        }
        stream = TcpStream::connect(address).await;
        opened.fetch_add(1, Ordering::Relaxed);
    }
}
