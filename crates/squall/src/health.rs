//! Handlers for those who watch: `/metrics`, `/healthz` and `/readyz`.

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use squall_prefork::{Status, control::Client, metrics as text, worker};

use crate::{Error, Result, counts};

/// Measures of the whole service in Prometheus' text format, whichever worker is asked: requests by class of
/// status, latencies, connections, restarts, and each worker's share. One process alone tells of itself.
///
/// The path is yours to choose, and to protect: it tells how much traffic you have.
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
/// 503 (Service Unavailable) when the supervisor does not answer.
pub async fn metrics() -> Result<Response> {
    let status = match worker::control_path() {
        // The client blocks, for as long as the supervisor needs to collect what it asks for.
        Some(path) => {
            let own = counts::counters();
            let ask = move || {
                worker::Notifier::from_env().counters(&own);
                Client::connect(path)?.status()
            };
            let answer = tokio::task::spawn_blocking(ask).await?;
            answer.map_err(|error| Error::refusal(StatusCode::SERVICE_UNAVAILABLE, error))?
        }
        None => Status::of_this_process(counts::counters()),
    };
    let kind = HeaderValue::from_static(text::CONTENT_TYPE);
    Ok(([(header::CONTENT_TYPE, kind)], text::render(&status)).into_response())
}

/// 200 as long as this process answers: for a liveness check.
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// 200 while the service takes requests, 503 from the order to stop on: for a readiness check. A
/// worker that only makes way for its successor answers 200 to the last.
///
/// A load balancer needs time to hear of it; [`Limits::drain_delay`](crate::Limits::drain_delay)
/// gives it that time.
pub async fn readyz() -> (StatusCode, &'static str) {
    if counts::is_ready() || goes_on_without_us().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "leaving\n")
    }
}

/// Whether there is a supervisor, and it is not about to stop.
async fn goes_on_without_us() -> bool {
    let Some(path) = worker::control_path() else {
        return false;
    };
    let ask = move || Client::connect(path)?.status();
    let answer = tokio::task::spawn_blocking(ask).await;
    matches!(answer, Ok(Ok(status)) if status.state != "stopping")
}
