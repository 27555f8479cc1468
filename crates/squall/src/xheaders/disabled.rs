//! No forwarding header is trusted: the client is the connection's peer.

use http::Extensions;
#[cfg(feature = "server")]
use tower_layer::Identity;

use super::LoggedClient;
#[cfg(any(feature = "cookies", feature = "xsrf"))]
use super::is_encrypted;

#[cfg(feature = "server")]
#[derive(Default)]
pub(crate) struct Settings {}

#[cfg(feature = "server")]
impl Settings {
    pub(crate) fn layer(self) -> Option<Identity> {
        None
    }
}

pub(crate) fn logged_client(_: &Extensions) -> Option<LoggedClient> {
    None
}

#[cfg(any(feature = "cookies", feature = "xsrf"))]
pub(crate) fn is_https(extensions: &Extensions) -> bool {
    is_encrypted(extensions)
}
