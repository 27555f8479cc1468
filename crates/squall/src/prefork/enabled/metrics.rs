//! `/metrics`: the measures of the whole service.

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use squall_prefork::{Status, control::Client, metrics as text, worker};

use super::counts;
use crate::{Error, Result};

/// Returns the metrics of the whole service in Prometheus' text format, from any worker: requests
/// by class of status, latencies, connections, restarts, and the share of each worker. A single
/// process returns its own.
///
/// Choose the path, and protect it: the metrics show your traffic.
///
/// # Examples
///
/// ```
/// use squall::{Application, get};
///
/// let application = Application::new()
///     .route("/metrics", get(squall::metrics))
///     .route("/healthz", get(squall::healthz))
///     .route("/readyz", get(squall::readyz));
/// ```
///
/// # Errors
///
/// 503 (Service Unavailable) if the supervisor does not respond.
pub async fn metrics() -> Result<Response> {
    let status = match worker::control_path() {
        // The client blocks until the supervisor has collected the counters.
        Some(path) => {
            let own = counts::counters();
            let ask = move || {
                worker::Notifier::from_env().counters(&own);
                Client::connect(path)?.status()
            };
            let status = tokio::task::spawn_blocking(ask).await?;
            status.map_err(|error| Error::refusal(StatusCode::SERVICE_UNAVAILABLE, error))?
        }
        None => Status::of_this_process(counts::counters()),
    };
    let kind = HeaderValue::from_static(text::CONTENT_TYPE);
    Ok(([(header::CONTENT_TYPE, kind)], text::render(&status)).into_response())
}

/// Whether a supervisor goes on without this worker.
pub(crate) async fn has_successor() -> bool {
    let Some(path) = worker::control_path() else {
        return false;
    };
    let ask = move || Client::connect(path)?.status();
    let status = tokio::task::spawn_blocking(ask).await;
    matches!(status, Ok(Ok(status)) if status.state != "stopping")
}
