//! An axum application over HTTPS: HTTP/2 where the client can, and certificates that may change.
//!
//! ```console
//! $ openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
//!     -subj /CN=localhost -addext subjectAltName=DNS:localhost
//! $ cargo run -p squall-server --features tls --example axum_tls -- cert.pem key.pem
//! $ curl --cacert cert.pem https://localhost:8443/
//! ```
//!
//! New files under these names are served within two seconds, without a restart.

use std::env;

use axum::{Router, extract::Extension, routing::get};
use squall_server::{ConnectionInfo, Server, StartError, Tls};

async fn hello(Extension(connection): Extension<ConnectionInfo>) -> String {
    let protocol = connection.tls().and_then(|tls| tls.protocol());
    format!("Hello over {}\n", protocol.unwrap_or("http/1.1"))
}

fn main() -> Result<(), StartError> {
    let mut files = env::args().skip(1);
    let chain = files.next().unwrap_or_else(|| "cert.pem".to_owned());
    let key = files.next().unwrap_or_else(|| "key.pem".to_owned());
    let app: Router = Router::new().route("/", get(hello));
    let server = Server::new().bind_tls("127.0.0.1:8443", Tls::new(chain, key));
    server.listen()?.run(app)
}
