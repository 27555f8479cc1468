//! The facade from outside: as a service in this process, on real sockets, and as the process of
//! the example.

mod aborted;
mod account;
mod axum;
mod beside_tornado;
mod binds;
mod bodies;
mod browser;
mod chat;
mod compression;
mod debug;
mod deploy;
mod error_pages;
mod errors;
mod extract;
mod files;
mod friendfeed;
mod groups;
#[cfg(feature = "tls")]
mod https;
mod large_files;
mod layers;
mod load;
mod log_pipe;
mod nginx;
mod prefork;
mod program;
mod proxy_protocol;
mod redis_chat;
mod refusals;
mod routes;
mod serve;
mod site;
mod sse;
mod supervised;
#[cfg(feature = "testing")]
mod testing;
mod under_others;
mod upload;
mod websocket;
mod xheaders;

use std::{
    net::{SocketAddr, TcpListener},
    thread,
};

use squall::{
    Application, ApplicationService, Body, Request,
    http::{self, HeaderMap, request},
};
use tower::ServiceExt;

/// The response of a service.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Returns the service of a valid application.
fn service<S: Clone + Send + Sync + 'static>(application: Application<S>) -> ApplicationService {
    application.into_service().expect("the routes are good")
}

/// Serves on one thread until the tests end.
fn serve_in_background(application: Application) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let serving = squall::serve(listener, application);
        runtime
            .expect("a runtime")
            .block_on(serving)
            .expect("it serves");
    });
    address
}

fn request(method: &str, target: &str) -> request::Builder {
    http::Request::builder().method(method).uri(target)
}

async fn ask(service: &ApplicationService, request: request::Builder) -> Answer {
    ask_with(service, request, "").await
}

async fn ask_with(
    service: &ApplicationService,
    request: request::Builder,
    body: impl Into<Body>,
) -> Answer {
    let request: Request = request.body(body.into()).expect("a good request");
    let response = service.clone().oneshot(request).await;
    let (head, body) = response.unwrap_or_else(|never| match never {}).into_parts();
    let body = http_body_util::BodyExt::collect(body).await;
    let body = body.expect("a whole body").to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8(body.into()).expect("a body in UTF-8"),
    }
}
