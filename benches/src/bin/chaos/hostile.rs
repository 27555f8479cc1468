//! Hostile clients: garbage, ambiguous framing, stalls, resets, readers that stop reading.

use std::{net::SocketAddr, time::Duration};

use fastrand::Rng;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Random bytes.
    Garbage,
    /// A request that the grammar does not allow, or whose end is in doubt.
    Malformed,
    /// A head that comes byte by byte and stops.
    Stalled,
    /// A request that is reset before its response.
    Reset,
    /// A large response that is not read.
    Unread,
}

pub(crate) const KINDS: [Kind; 5] = [
    Kind::Garbage,
    Kind::Malformed,
    Kind::Stalled,
    Kind::Reset,
    Kind::Unread,
];

const MALFORMED: &[&str] = &[
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\nGET /users/1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "GET /static/%00 HTTP/1.1\r\nHost: a\r\nRange: bytes=9-1,5-,-0\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0\0\0\0\0\0\0\0",
];

/// Repeats one kind until the task is cancelled.
pub(crate) async fn run(kind: Kind, address: SocketAddr, mut rng: Rng) {
    loop {
        // A hostile client does not care how the server refuses it.
        if let Ok(stream) = TcpStream::connect(address).await {
            let _ = timeout(Duration::from_secs(20), act(kind, stream, &mut rng)).await;
        }
        sleep(Duration::from_millis(rng.u64(..100))).await;
    }
}

async fn act(kind: Kind, mut stream: TcpStream, rng: &mut Rng) -> std::io::Result<()> {
    match kind {
        Kind::Garbage => {
            let mut bytes = vec![0; rng.usize(..4096)];
            rng.fill(&mut bytes);
            stream.write_all(&bytes).await?;
            read_some(&mut stream).await
        }
        Kind::Malformed => {
            let request = MALFORMED[rng.usize(..MALFORMED.len())].as_bytes();
            let (first, second) = request.split_at(rng.usize(..request.len()));
            stream.write_all(first).await?;
            sleep(Duration::from_millis(rng.u64(..5))).await;
            stream.write_all(second).await?;
            read_some(&mut stream).await
        }
        Kind::Stalled => {
            for byte in b"GET /users/1 HTTP/1.1\r\nHost: localhos" {
                stream.write_all(&[*byte]).await?;
                sleep(Duration::from_millis(rng.u64(..20))).await;
            }
            read_some(&mut stream).await
        }
        Kind::Reset => {
            stream.set_zero_linger()?;
            stream
                .write_all(b"GET /slow?ms=100 HTTP/1.1\r\nHost: a\r\n\r\n")
                .await?;
            sleep(Duration::from_millis(rng.u64(..150))).await;
            Ok(())
        }
        Kind::Unread => {
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            let chunk = [0; 65536];
            loop {
                stream.write_all(&chunk).await?;
            }
        }
    }
}

/// Reads until the server closes, or has been silent for a while.
async fn read_some(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    while let Ok(read) = timeout(Duration::from_secs(2), stream.read(&mut buffer)).await {
        if read? == 0 {
            break;
        }
    }
    Ok(())
}
