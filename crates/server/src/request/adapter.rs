//! Adapter between hyper and the tower service: checks of requests, extensions, outcome of each
//! request.

use std::{
    cell::RefCell,
    convert::Infallible,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body::Body;
use pin_project_lite::pin_project;

use super::{
    check::{self, KnownHost},
    in_flight::InFlight,
    incoming::Incoming,
    outgoing::Outgoing,
    serve::Serve,
};
use crate::{
    ConnectionInfo, extensions, file_response::Respond, framing::Framing, panic_message,
    state::ConnectionState,
};

/// The service of one connection, as hyper calls it.
pub(crate) struct Adapter<S> {
    /// hyper lends its services out, and a tower service wants to be changed.
    pub(crate) service: RefCell<S>,
    pub(crate) info: ConnectionInfo,
    pub(crate) state: Arc<ConnectionState>,
    pub(crate) known_host: KnownHost,
}

impl<S: Serve> hyper::service::Service<Request<hyper::body::Incoming>> for Adapter<S> {
    type Response = Response<Outgoing<S::Body>>;
    type Error = Infallible;
    type Future = ResponseFuture<S>;

    fn call(&self, request: Request<hyper::body::Incoming>) -> ResponseFuture<S> {
        let in_flight = InFlight::begin(&self.state);
        let version = request.version();
        let is_guarded = version < Version::HTTP_2;
        let is_expected = !is_guarded || self.state.claims.claim(framing(request.body()));
        // Large, so it is passed on by reference and moved once.
        let mut request = Some(request.map(|body| Incoming::new(body, &self.state, version)));
        let limit = self.state.server.limits.max_body_size;
        let fault = match &mut request {
            Some(request) if is_expected => {
                extensions::add_connection(&self.info, request.extensions_mut());
                check::fault(request, limit, &self.known_host)
            }
            _ => Some(StatusCode::BAD_REQUEST),
        };
        let call = match fault {
            Some(status) => {
                tracing::debug!(peer = %self.info.peer(), %status, "refused a request");
                Call::Refused { status }
            }
            None => Call::<S>::new(&mut self.service.borrow_mut(), &mut request),
        };
        ResponseFuture {
            call,
            in_flight: Some(in_flight),
            version,
        }
    }
}

pin_project! {
    /// The response to one request. An error or a panic of the service becomes a 500.
    pub(crate) struct ResponseFuture<S: Serve> {
        #[pin]
        call: Call<S>,
        in_flight: Option<InFlight>,
        version: Version,
    }
}

pin_project! {
    #[project = CallProjection]
    enum Call<S: Serve> {
        // Boxed because it is rare, and would make the others large.
        Waiting { service: S, request: Option<Box<Request<Incoming>>> },
        Running { #[pin] future: S::Future },
        Failed { status: StatusCode },
        Refused { status: StatusCode },
    }
}

impl<S: Serve> Future for ResponseFuture<S> {
    type Output = Result<Response<Outgoing<S::Body>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // After a panic the service's future is not polled again, only dropped.
        let outcome = match catch_panic(|| this.call.as_mut().poll_response(cx)) {
            Ok(Poll::Ready(outcome)) => outcome,
            Ok(Poll::Pending) => {
                if let Some(in_flight) = this.in_flight {
                    in_flight.on_waiting();
                }
                return Poll::Pending;
            }
            Err(status) => Err(status),
        };
        let mut in_flight = this.in_flight.take().expect("polled after it was ready");
        let (mut response, file) = match outcome {
            Ok(response) => {
                let (response, file) = response.into_parts();
                (response.map(Some), file)
            }
            Err(status) => {
                let mut response = Response::new(None);
                *response.status_mut() = status;
                (response, None)
            }
        };
        in_flight.on_response(response.status());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            in_flight.state().claims.upgrade();
        }
        let is_http1 = *this.version < Version::HTTP_2;
        if is_http1
            && this
                .call
                .ends_connection(in_flight.state(), response.status())
        {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response.map(|body| match file {
            Some(file) => Outgoing::with_file(body, file, in_flight),
            None => Outgoing::new(body, in_flight),
        })))
    }
}

impl<S: Serve> Call<S> {
    /// Calls the service now if it is ready, as most are always: then the request is not kept.
    fn new(service: &mut S, request: &mut Option<Request<Incoming>>) -> Self {
        let mut take = || request.take().expect("it is taken once");
        let called = catch_panic(|| {
            // A service that is not ready is polled again at once, by a task that it can wake.
            match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(())) => Self::Running {
                    future: service.call(take()),
                },
                Poll::Ready(Err(error)) => Self::Failed {
                    status: failed::<S>(error),
                },
                // A pending `poll_ready` may hold capacity in this instance; keep it instead of a clone.
                Poll::Pending => Self::Waiting {
                    service: mem::replace(service, service.clone()),
                    request: Some(Box::new(take())),
                },
            }
        });
        called.unwrap_or_else(|status| Self::Failed { status })
    }

    fn poll_response(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, StatusCode>> {
        loop {
            let future = match self.as_mut().project() {
                CallProjection::Running { future } => return future.poll(cx).map_err(failed::<S>),
                CallProjection::Failed { status } | CallProjection::Refused { status } => {
                    return Poll::Ready(Err(*status));
                }
                CallProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx)).map_err(failed::<S>)?;
                    let request = request
                        .take()
                        .expect("the call is running when it is taken");
                    service.call(*request)
                }
            };
            self.set(Self::Running { future });
        }
    }

    /// Whether an HTTP/1.1 connection ends with the response, which has to announce it.
    fn ends_connection(
        mut self: Pin<&mut Self>,
        state: &ConnectionState,
        status: StatusCode,
    ) -> bool {
        let is_refused = matches!(*self, Self::Refused { .. });
        let leaves_body = state.activity.has_open_body() && {
            // Drops the request, if the service's future still has it.
            self.set(Self::Failed { status });
            !state.unread_body.discard(&state.activity)
        };
        is_refused || leaves_body || state.handle.mode_in_force().is_some()
    }
}

/// Returns the framing by which hyper reads the body.
fn framing(body: &hyper::body::Incoming) -> Framing {
    match body.size_hint().exact() {
        Some(length) => Framing::Length(length),
        None => Framing::Chunked,
    }
}

/// Calls the service; a panic of it is a 500.
fn catch_panic<T>(act: impl FnOnce() -> T) -> Result<T, StatusCode> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| {
        tracing::error!(panic = panic_message(&*panic), "the service panicked");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

fn failed<S: Serve>(error: S::Error) -> StatusCode {
    let error = error.into();
    tracing::error!(
        error = &*error as &dyn std::error::Error,
        "the service failed"
    );
    StatusCode::INTERNAL_SERVER_ERROR
}
