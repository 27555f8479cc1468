//! The server that is held up, with its own limits and deadlines: plain, with TLS, and behind the PROXY
//! protocol, all on one thread.

use std::{convert::Infallible, fs};

use benches::{Result, current_thread};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use squall_server::{Handle, Incoming, Server, Tls, TrustedProxies, obey_signals};

pub(crate) fn serve() -> Result<()> {
    let dir = testkit::temp_dir();
    let (chain, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(&chain, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;

    let handle = Handle::new();
    let direct = Server::new()
        .bind("127.0.0.1:0")
        .bind_tls("127.0.0.1:0", Tls::new(chain, key))
        .handle(handle.clone())
        .listen()?;
    let proxied = Server::new()
        .bind("127.0.0.1:0")
        .proxy_protocol(TrustedProxies::new(["127.0.0.1"])?)
        .handle(handle.clone())
        .listen()?;
    let addresses = direct.addresses().chain(proxied.addresses());
    let addresses: Vec<String> = addresses.map(ToString::to_string).collect();
    benches::announce(&addresses.join(" "))?;
    let service = tower::service_fn(hello);
    current_thread()?.block_on(async {
        tokio::spawn(obey_signals(handle)?);
        let proxied = tokio::spawn(proxied.serve(service));
        direct.serve(service).await?;
        Ok(proxied.await??)
    })
}

async fn hello(
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off gets a response as well; no client reads it.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(Bytes::from_static(b"hello"))))
}
