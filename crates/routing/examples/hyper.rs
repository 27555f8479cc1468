//! Routes the requests of a plain hyper server:
//! `cargo run -p squall-routing --features http --example hyper`.
#![expect(clippy::print_stdout, reason = "a program speaks to its user")]

use std::{convert::Infallible, error::Error, sync::Arc};

use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, HOST},
};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use squall_routing::{FindError, MethodMatch, Methods, Router, Rule};
use tokio::net::TcpListener;

/// The endpoints of this program.
#[derive(Clone, Copy)]
enum Page {
    Home,
    User,
}

type Rules = Router<Methods<Page>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let home = Methods::new().on(Method::GET, Page::Home)?;
    let user = Methods::new().on(Method::GET, Page::User)?;
    let router: Arc<Rules> = Router::builder()
        .route("/", home)
        .route(Rule::new("/users/{id:[0-9]+}").name("user"), user)
        .build()?
        .into();

    let listener = TcpListener::bind("127.0.0.1:8888").await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let router = Arc::clone(&router);
        let service = service_fn(move |request| {
            let response = respond(&router, &request);
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn respond(router: &Rules, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let path = request.uri().path();
    let found = match router.find(host, path) {
        Ok(found) => found,
        Err(FindError::NotFound) => return status(StatusCode::NOT_FOUND),
        Err(FindError::BadEncoding) => return status(StatusCode::BAD_REQUEST),
    };
    match found.endpoint.find(request.method()) {
        // hyper sends no body in response to HEAD.
        MethodMatch::Found(page) | MethodMatch::Head(page) => {
            let text = match page {
                Page::Home => format!("see {}\n", router.reverse("user", [7]).unwrap_or_default()),
                Page::User => {
                    let id = found.captures.get(path, "id").unwrap_or_default();
                    format!("user {id}\n")
                }
            };
            Response::new(Full::from(text))
        }
        MethodMatch::Options(allow) => allowing(StatusCode::NO_CONTENT, allow),
        MethodMatch::NotAllowed(allow) => allowing(StatusCode::METHOD_NOT_ALLOWED, allow),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn allowing(code: StatusCode, allow: &HeaderValue) -> Response<Full<Bytes>> {
    let mut response = status(code);
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}
