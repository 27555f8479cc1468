//! A gateway for clients without RFC 8441: takes upgrades of HTTP/1.1, and passes each on as a stream of one HTTP/2 connection.

use std::{net::SocketAddr, thread};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use tokio::{io::copy_bidirectional, net::TcpListener, sync::oneshot};

use crate::{
    http2::{self, Client},
    site::{Site, runtime},
};

/// The running gateway; it ends with this value.
pub(crate) struct Gateway {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Gateway {
    pub(crate) fn start(site: &Site) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (send, address) = std::sync::mpsc::channel();
        let site = site.address;
        thread::spawn(move || {
            runtime().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = serve(listener, site) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().unwrap(),
            _stop: stop,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }
}

async fn serve(listener: TcpListener, site: SocketAddr) {
    // One connection for all: no case may end it, or those after it fail.
    let client = http2::connect(site).await;
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let client = client.clone();
        let service = service_fn(move |request| pass_on(request, client.clone(), site));
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::spawn(connection);
    }
}

async fn pass_on(
    mut request: Request<Incoming>,
    mut client: Client,
    site: SocketAddr,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, "upgrade".parse().unwrap());
    headers.insert(header::UPGRADE, "websocket".parse().unwrap());
    let accept = accept(request.headers());
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.parse().unwrap());
    let mut theirs = http2::open(&mut client, site, request.uri().path()).await;
    let ours = upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut ours = TokioIo::new(ours.await.unwrap());
        // A peer that ends without a close frame, and a stream that is reset, are errors.
        let _ = copy_bidirectional(&mut ours, &mut theirs).await;
    });
    Ok(response)
}

/// Returns the value of `Sec-WebSocket-Accept` (RFC 6455, section 4.2.2).
fn accept(headers: &HeaderMap) -> String {
    let digest = Sha1::new()
        .chain_update(&headers[header::SEC_WEBSOCKET_KEY])
        .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(digest.finalize())
}
