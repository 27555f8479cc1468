//! Without the feature `debug`, nothing explains a refusal.

use axum_core::response::Response;

use super::built::BuiltApplication;
use crate::{Error, debug::Observed};

pub(super) fn show(_: &Observed, response: Response, _: &Error, _: &BuiltApplication) -> Response {
    response
}
