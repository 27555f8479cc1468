//! The cheapest sane program on hyper: no limits, no deadlines, no graceful end.

use std::{error::Error, net::TcpListener};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::runtime::{Builder, Runtime};

use crate::Result;

/// Serves with it, on a current-thread runtime.
///
/// With `pipeline_flush` it copies each response to one buffer, and sends what a client asked for at
/// once together: the cheapest for small ones. Without it, head and body are written as two pieces.
///
/// # Errors
///
/// When the system refuses a connection.
pub fn serve<S, B>(listener: TcpListener, pipeline_flush: bool, service: S) -> Result<()>
where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    current_thread()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = http1::Builder::new()
                .pipeline_flush(pipeline_flush)
                .serve_connection(TokioIo::new(stream), service.clone());
            tokio::spawn(connection);
        }
    })
}

/// The runtime that it is on.
///
/// # Errors
///
/// When the system refuses it.
pub fn current_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
