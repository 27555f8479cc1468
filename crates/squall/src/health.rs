//! Handlers for health checks: `/healthz` and `/readyz`.

use http::StatusCode;

use crate::{prefork, server::handles};

/// Returns 200: for a liveness check.
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// Returns 200 while the service accepts requests, and 503 from the stop signal on: for a readiness
/// check. A worker that is only replaced by its successor returns 200 until its end. In another server, the
/// response is always 200.
///
/// A load balancer polls at intervals; [`Limits::drain_delay`](crate::Limits::drain_delay)
/// gives it time to notice.
pub async fn readyz() -> (StatusCode, &'static str) {
    if handles::are_serving() || prefork::has_successor().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "leaving\n")
    }
}
