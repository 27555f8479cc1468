//! `BuiltApplication`: the checked routes and settings of an application.

use std::sync::Arc;

use squall_routing::{Methods, Router};

use super::target::Target;
use crate::{
    application::site::Site, autoreload::LiveReload, debug::Tracebacks,
    response::error_pages::ErrorPages,
};

/// Routes and settings; shared by all requests.
pub(crate) struct BuiltApplication {
    pub(crate) router: Router<Methods<Target>>,
    pub(crate) error_pages: ErrorPages,
    pub(crate) site: Arc<Site>,
    pub(crate) tracebacks: Tracebacks,
    /// Whether the application is in debug mode.
    pub(crate) debug: bool,
    /// Reloads open pages in debug mode.
    #[cfg_attr(
        not(feature = "server"),
        expect(dead_code, reason = "only a server reads it")
    )]
    pub(crate) live_reload: Option<LiveReload>,
}
