//! Verifying clients: each keeps a connection for a while and compares every response.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    exchange::{Exchange, File},
    tally::Tally,
};

/// A stopped worker, or a full one, may hold a response up; longer than this counts as lost.
const DEADLINE: Duration = Duration::from_secs(30);

/// An idle connection is closed a second after its worker was retired, so pauses are shorter.
const MAX_PAUSE: u64 = 30;

type RequestBody = BoxBody<Bytes, std::io::Error>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

enum Sender {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

impl Sender {
    async fn connect(protocol: Protocol, stream: TcpStream) -> hyper::Result<Self> {
        let io = TokioIo::new(stream);
        // The connection's own errors also reach the request that is under way.
        match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await?;
                tokio::spawn(connection);
                Ok(Self::Http1(sender))
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                tokio::spawn(connection);
                Ok(Self::Http2(sender))
            }
        }
    }

    /// Whether the server has left the connection open for another request.
    async fn is_open(&mut self) -> bool {
        match self {
            Self::Http1(sender) => sender.ready().await.is_ok(),
            Self::Http2(sender) => sender.ready().await.is_ok(),
        }
    }

    async fn send(&mut self, request: Request<RequestBody>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(sender) => sender.send_request(request).await,
        }
    }
}

/// Sends requests until the task is cancelled.
pub(crate) async fn run(
    protocol: Protocol,
    address: SocketAddr,
    files: Arc<[File]>,
    tally: Arc<Tally>,
    mut rng: Rng,
) {
    loop {
        let stream = match timeout(DEADLINE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            refused => {
                tally.lost(protocol, "connect", None, &format!("{refused:?}"));
                return;
            }
        };
        let port = stream.local_addr().ok().map(|address| address.port());
        match Sender::connect(protocol, stream).await {
            Ok(sender) => converse(sender, protocol, port, &files, &tally, &mut rng).await,
            Err(error) => tally.lost(protocol, "handshake", port, &format!("{error:?}")),
        }
    }
}

/// Uses one connection for a random number of requests, or until the server closes it.
async fn converse(
    mut sender: Sender,
    protocol: Protocol,
    port: Option<u16>,
    files: &Arc<[File]>,
    tally: &Tally,
    rng: &mut Rng,
) {
    for _ in 0..1 << rng.u32(..8) {
        if !sender.is_open().await {
            return;
        }
        let exchange = Exchange::random(rng, files);
        let name = exchange.name;
        match timeout(DEADLINE, verify(&mut sender, exchange)).await {
            Ok(Ok(())) => tally.answered(name),
            // The connection was closed before the request was on it.
            Ok(Err(Failure::Lost(error))) if error.is_canceled() => return,
            Ok(Err(Failure::Lost(error))) => {
                return tally.lost(protocol, name, port, &format!("{error:?}"));
            }
            Ok(Err(Failure::Wrong(difference))) => return tally.wrong(protocol, name, &difference),
            Err(_) => return tally.lost(protocol, name, port, "no response in time"),
        }
        sleep(Duration::from_millis(rng.u64(..MAX_PAUSE))).await;
    }
}

enum Failure {
    Lost(hyper::Error),
    Wrong(String),
}

async fn verify(sender: &mut Sender, exchange: Exchange) -> Result<(), Failure> {
    let target = exchange.request.uri().clone();
    let response = sender.send(exchange.request).await.map_err(Failure::Lost)?;
    let status = response.status();
    let body = response.into_body().collect().await;
    let body = body.map_err(Failure::Lost)?.to_bytes();
    if status != exchange.status {
        return Err(Failure::Wrong(format!("{target}: status {status}")));
    }
    match exchange.body {
        Some(expected) if expected != body => Err(Failure::Wrong(format!(
            "{target}: {} bytes instead of {}, the first: {}",
            body.len(),
            expected.len(),
            body.slice(..body.len().min(100)).escape_ascii(),
        ))),
        _ => Ok(()),
    }
}
