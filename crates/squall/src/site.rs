//! Values that all requests share: URLs, templates and users.

use crate::{Urls, auth::Auth, templates::Engine};

/// Values for extractors.
pub(crate) struct Site {
    pub(crate) urls: Urls,
    pub(crate) templates: Engine,
    pub(crate) auth: Auth,
}
