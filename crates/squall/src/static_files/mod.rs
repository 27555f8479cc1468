//! Static files, with the feature `static`.

#[cfg(not(feature = "static"))]
mod disabled;
#[cfg(feature = "static")]
mod enabled;

use squall_routing::Rule;

#[cfg(not(feature = "static"))]
pub(crate) use self::disabled::{FileUrls, Settings};
#[cfg(feature = "static")]
pub(crate) use self::enabled::{FileUrls, Settings};
use crate::handler::endpoint::Endpoint;

/// The routes and URLs of static files.
#[derive(Default)]
pub(crate) struct StaticRoutes {
    pub(crate) routes: Vec<(Rule, Endpoint)>,
    pub(crate) urls: FileUrls,
}
