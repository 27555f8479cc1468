//! No static files.

use std::path::Path;

#[cfg(feature = "server")]
use axum_core::{body::Body, response::Response};
#[cfg(feature = "server")]
use squall_server::FileResponse;

use super::StaticRoutes;
use crate::Result;

#[derive(Default)]
pub(crate) struct Settings {}

/// The URLs of no files.
#[derive(Clone, Default)]
pub(crate) struct FileUrls;

impl Settings {
    pub(crate) fn root(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _debug: bool) -> Result<StaticRoutes> {
        Ok(StaticRoutes::default())
    }
}

pub(crate) fn forget_file<B>(_: &mut http::Response<B>) {}

#[cfg(feature = "server")]
pub(crate) fn with_file(response: Response) -> FileResponse<Body> {
    response.into()
}
