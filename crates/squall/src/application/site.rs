//! Values that all requests share: URLs, templates and users.

use super::Urls;
use crate::{auth::Auth, templates::Engine};

/// Values for extractors.
pub(crate) struct Site {
    pub(crate) urls: Urls,
    pub(crate) templates: Engine,
    pub(crate) auth: Auth,
}
