//! squall-server without the facade: what the application costs beyond it is the difference to `squall`.

use std::convert::Infallible;

use bytes::Bytes;
use http::{
    Request, Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use http_body_util::Full;
use peers::{HELLO, arguments};
use squall_server::{Incoming, Server};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (_, address) = arguments();
    let answer = tower::service_fn(async |_: Request<Incoming>| {
        let mut response = Response::new(Full::new(Bytes::from_static(HELLO.as_bytes())));
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        Ok::<_, Infallible>(response)
    });
    Ok(Server::new().bind(address).listen()?.run(answer)?)
}
