//! Requests on one keep-alive connection to an axum server.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, Extension},
    routing::get,
};
use squall_xheaders::{Client, XHeaders};
use testkit::Wire;

use crate::case::tell;

#[tokio::test]
async fn headers_of_a_request_do_not_affect_the_next_on_the_connection() {
    let whoami = async |Extension(client): Extension<Client>| tell(&client);
    let layer = XHeaders::new().layer(|extensions| {
        extensions
            .get()
            .map(|ConnectInfo::<SocketAddr>(peer)| *peer)
    });
    let app = Router::new().route("/", get(whoami)).layer(layer);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let talk = tokio::task::spawn_blocking(move || {
        let mut wire = Wire::connect(address);
        for (lines, status, wanted) in [
            (
                "X-Real-IP: 203.0.113.7\r\nX-Scheme: https\r\n",
                200,
                Some("203.0.113.7 https @a"),
            ),
            ("", 200, None),
            ("X-Real-IP: 203.0.113.8\r\n", 200, Some("203.0.113.8 @a")),
            (
                "X-Real-IP: 203.0.113.7\r\nX-Forwarded-For: 6.6.6.6\r\n",
                200,
                Some("unknown @a"),
            ),
            ("", 200, None),
        ] {
            wire.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n"));
            let reply = wire.response();
            assert_eq!(reply.status, status, "{lines}");
            match wanted {
                Some(wanted) => assert_eq!(reply.text(), wanted, "{lines}"),
                None => assert!(reply.text().starts_with("127.0.0.1:"), "{}", reply.text()),
            }
        }
    });
    talk.await.unwrap();
    server.abort();
}
