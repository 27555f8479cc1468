//! The application under test: each path behaves, or misbehaves, in one way.

use std::{
    fs::File,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper_util::rt::TokioIo;
use squall_server::{
    Address, BodyError, BoxError, ConnectionInfo, Incoming, Serve, ShutdownSignal,
};
use tokio::sync::Semaphore;

type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Clones share what they noted.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// The path of every request that reached the application.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    /// Each permit lets one request to `/wait` go on.
    pub(crate) gate: Arc<Semaphore>,
    /// How many answers of `/never` and `/broken` were given up or came to their end.
    pub(crate) left: Arc<AtomicUsize>,
    /// Descriptors that `/hold` has taken.
    held: Arc<Mutex<Vec<File>>>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            seen: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            left: Arc::default(),
            held: Arc::default(),
        }
    }
}

impl App {
    pub(crate) fn service(&self) -> impl Serve + use<> {
        let app = self.clone();
        tower::service_fn(move |request| answer(app.clone(), request))
    }
}

/// Notes that an answer is no longer worked on.
struct Work(Arc<AtomicUsize>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) async fn answer(
    app: App,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, BoxError> {
    let path = request.uri().path().to_owned();
    app.seen.lock().unwrap().push(path.clone());
    Ok(match path.as_str() {
        "/echo" => match read(request).await {
            Ok(body) => Response::new(full(body)),
            Err(error) => with_status(error.status()),
        },
        // Or what is wrong with the body.
        "/length" => match read(request).await {
            Ok(body) => Response::new(full(body.len().to_string())),
            Err(error) => {
                let mut response = with_status(error.status());
                *response.body_mut() = full(error.to_string());
                response
            }
        },
        "/wait" => {
            app.gate.acquire().await?.forget();
            Response::new(full("waited"))
        }
        "/never" => {
            let _work = Work(app.left);
            let _ = read(request).await;
            future::pending().await
        }
        "/panic" => panic!("as asked"),
        "/error" => return Err("as asked".into()),
        "/status/204" => with_status(StatusCode::NO_CONTENT),
        "/status/304" => with_status(StatusCode::NOT_MODIFIED),
        "/broken" => Response::new(broken(app)),
        // All descriptors that this process may have.
        "/hold" => {
            let mut held = app.held.lock().unwrap();
            held.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
            Response::new(full(held.len().to_string()))
        }
        "/release" => {
            app.held.lock().unwrap().clear();
            Response::new(full("released"))
        }
        // A stream of events: one, and another when the shutdown begins.
        "/events" => {
            let connection = request.extensions().get::<ConnectionInfo>();
            let connection = connection.ok_or("no ConnectionInfo")?;
            Response::new(events(connection.shutdown_signal().clone()))
        }
        "/big" => Response::new(full(vec![b'x'; 16 << 20])),
        "/huge" => Response::new(full(vec![b'x'; 64 << 20])),
        "/connection" => {
            let connection = request.extensions().get::<ConnectionInfo>();
            let connection = connection.ok_or("no ConnectionInfo")?;
            let (peer, local) = (connection.peer(), connection.local());
            Response::new(full(format!("{peer} {local} {}", connection.id())))
        }
        // Returns the client address and its source.
        "/client" => {
            let connection = request.extensions().get::<ConnectionInfo>();
            let connection = connection.ok_or("no ConnectionInfo")?;
            let proxy = connection.proxy().map(Address::to_string);
            let proxy = proxy.unwrap_or_else(|| "itself".to_owned());
            Response::new(full(format!("{} by {proxy}", connection.peer())))
        }
        // Returns the results of the TLS handshake.
        #[cfg(feature = "tls")]
        "/tls" => {
            let connection = request.extensions().get::<ConnectionInfo>();
            let tls = connection.and_then(ConnectionInfo::tls).ok_or("no TLS")?;
            let name = tls.server_name().unwrap_or("no name");
            let protocol = tls.protocol().unwrap_or("no protocol");
            let certificates = tls.client_certificates().len();
            Response::new(full(format!("{name} {protocol} {certificates}")))
        }
        "/thread" => {
            let thread = format!("{:?}", std::thread::current().id());
            Response::new(full(thread))
        }
        "/upgrade" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                if let Ok(stream) = upgrade.await {
                    let (mut from, mut to) = tokio::io::split(TokioIo::new(stream));
                    // Ends when the client does.
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                }
            });
            let mut response = with_status(StatusCode::SWITCHING_PROTOCOLS);
            let echo = header::HeaderValue::from_static("echo");
            response.headers_mut().insert(header::UPGRADE, echo);
            response
        }
        _ => Response::new(full("hello")),
    })
}

async fn read(request: Request<Incoming>) -> Result<Bytes, BodyError> {
    Ok(request.into_body().collect().await?.to_bytes())
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body where the status allows one, which for some it does not.
fn with_status(status: StatusCode) -> Response<Body> {
    let body = if status == StatusCode::SWITCHING_PROTOCOLS {
        Empty::new().map_err(|never| match never {}).boxed_unsync()
    } else {
        full("a body")
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn events(signal: ShutdownSignal) -> Body {
    let event = |text| Ok(Frame::data(Bytes::from_static(text)));
    let first = stream::iter([event(b"data: first\n\n")]);
    let last = stream::once(async move {
        signal.received().await;
        event(b"data: last\n\n")
    });
    StreamBody::new(first.chain(last)).boxed_unsync()
}

/// Half of a body, and an error when the gate opens.
fn broken(app: App) -> Body {
    let half = stream::iter([Ok(Frame::data(Bytes::from_static(b"half")))]);
    let work = Work(Arc::clone(&app.left));
    let error = stream::once(async move {
        let _work = work;
        app.gate.acquire().await?.forget();
        Err(BoxError::from("as asked"))
    });
    StreamBody::new(half.chain(error)).boxed_unsync()
}
