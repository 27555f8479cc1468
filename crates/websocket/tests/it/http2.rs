//! WebSockets over HTTP/2 (RFC 8441), with hyper's client.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper::{
    client::conn::http2::{self, SendRequest},
    ext::Protocol,
    upgrade::{self, Upgraded},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::site::{Site, runtime};

pub(crate) type Client = SendRequest<Empty<Bytes>>;

pub(crate) async fn connect(site: SocketAddr) -> Client {
    let stream = TcpStream::connect(site).await.unwrap();
    let io = TokioIo::new(stream);
    let (client, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    client
}

fn request(site: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://{site}{path}"))
        .header("sec-websocket-version", "13")
        .header("origin", format!("http://{site}"))
        .extension(Protocol::from_static("websocket"))
        .body(Empty::new())
        .unwrap()
}

pub(crate) async fn open(client: &mut Client, site: SocketAddr, path: &str) -> TokioIo<Upgraded> {
    // The server's settings have to come before an extended CONNECT.
    client.ready().await.unwrap();
    let response = loop {
        match client.send_request(request(site, path)).await {
            Ok(response) => break response,
            Err(error) if error.is_user() => tokio::task::yield_now().await,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key("sec-websocket-accept"));
    TokioIo::new(upgrade::on(response).await.unwrap())
}

async fn answer(io: &mut TokioIo<Upgraded>, frame: &[u8], len: usize) -> Vec<u8> {
    io.write_all(frame).await.unwrap();
    let mut bytes = vec![0; len];
    io.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[test]
fn two_sockets_of_one_connection() {
    let site = Site::start();
    runtime().block_on(async {
        let mut client = connect(site.address).await;
        let mut one = open(&mut client, site.address, "/echo").await;
        let mut two = open(&mut client, site.address, "/echo").await;
        assert_eq!(
            answer(&mut one, b"\x81\x83\0\0\0\0one", 5).await,
            b"\x81\x03one"
        );
        assert_eq!(
            answer(&mut two, b"\x81\x83\0\0\0\0two", 5).await,
            b"\x81\x03two"
        );
        assert_eq!(
            answer(&mut one, b"\x88\x82\0\0\0\0\x03\xe8", 4).await,
            b"\x88\x02\x03\xe8"
        );
        assert_eq!(one.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(answer(&mut two, b"\x89\x80\0\0\0\0", 2).await, b"\x8a\0");
        // A large message in both directions.
        let mut frame = b"\x82\xff\0\0\0\0\0\x10\0\0\0\0\0\0".to_vec();
        frame.resize(frame.len() + (1 << 20), 9);
        let (mut reader, mut writer) = tokio::io::split(two);
        let send = async {
            writer.write_all(&frame).await.unwrap();
            writer.flush().await.unwrap();
        };
        let receive = async {
            let mut bytes = vec![0; 10 + (1 << 20)];
            reader.read_exact(&mut bytes).await.unwrap();
            assert!(bytes[10..].iter().all(|&byte| byte == 9));
        };
        tokio::join!(send, receive);
    });
}

#[test]
fn refused_handshakes() {
    let site = Site::start();
    runtime().block_on(async {
        let mut client = connect(site.address).await;
        open(&mut client, site.address, "/echo").await;
        let mut evil = request(site.address, "/echo");
        evil.headers_mut()
            .insert("origin", "http://evil.example".parse().unwrap());
        let mut version = request(site.address, "/echo");
        version.headers_mut().remove("sec-websocket-version");
        let mut protocol = request(site.address, "/echo");
        protocol
            .extensions_mut()
            .insert(Protocol::from_static("connect-udp"));
        let mut get = Request::new(Empty::new());
        *get.uri_mut() = format!("http://{}/echo", site.address).parse().unwrap();
        for (request, status) in [
            (evil, 403),
            (version, 426),
            (protocol, 400),
            (request(site.address, "/stop"), 503),
            (get, 405),
        ] {
            let response = client.send_request(request).await.unwrap();
            assert_eq!(response.status(), status);
            assert!(response.into_body().collect().await.is_ok());
        }
    });
}

/// h2 ends a whole connection with ENHANCE_YOUR_CALM if too many small frames of a stream are not read.
#[test]
fn unread_socket_is_reset_alone() {
    let site = Site::start();
    runtime().block_on(async {
        let mut client = connect(site.address).await;
        let mut other = open(&mut client, site.address, "/echo").await;
        let mut unread = open(&mut client, site.address, "/sleep").await;
        let mut sent = 0;
        let flood = async {
            // Each frame is a DATA frame of its own.
            while unread.write_all(b"\x82\x82\0\0\0\0ab").await.is_ok() {
                sent += 1;
                // The frames of a client that is far ahead of the server, as after a standstill of
                // its thread, would end the connection before the socket can read them.
                if sent % 100 == 0 {
                    let echo = answer(&mut other, b"\x81\x82\0\0\0\0ok", 4).await;
                    assert_eq!(echo, b"\x81\x02ok");
                }
            }
        };
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, flood)
            .await
            .expect("it is reset");
        assert!(sent > 2000, "{sent}");
        assert_eq!(
            answer(&mut other, b"\x81\x82\0\0\0\0ok", 4).await,
            b"\x81\x02ok"
        );
        // New ones are accepted, too.
        let mut another = open(&mut client, site.address, "/echo").await;
        assert_eq!(
            answer(&mut another, b"\x81\x82\0\0\0\0ok", 4).await,
            b"\x81\x02ok"
        );
    });
}
