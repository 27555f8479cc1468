//! Values that all requests share: URLs, templates and users.

use super::Urls;
use crate::{Tasks, auth::Auth, templates::Engine};

/// Values for extractors.
pub(crate) struct Site {
    pub(crate) urls: Urls,
    #[cfg_attr(
        not(feature = "templates"),
        expect(dead_code, reason = "only pages use it")
    )]
    pub(crate) templates: Engine,
    #[cfg_attr(
        not(any(feature = "auth", feature = "templates")),
        expect(dead_code, reason = "only extractors and pages use it")
    )]
    pub(crate) auth: Auth,
    pub(crate) tasks: Tasks,
    /// Whether requests are logged, so that a mounted application does not log them again.
    pub(crate) access_log: bool,
}
