//! The settings for trusted proxies, and the layer that reads their headers.

mod client;
#[cfg(feature = "server")]
mod setters;

pub use self::client::Client;
#[cfg(feature = "websocket")]
pub(super) use self::client::client;

use http::Extensions;
use squall_xheaders::ClientSource;
#[cfg(any(feature = "cookies", feature = "xsrf"))]
use squall_xheaders::Scheme;
#[cfg(feature = "server")]
use squall_xheaders::{XHeaders, XHeadersLayer};

use super::LoggedClient;
#[cfg(any(feature = "cookies", feature = "xsrf"))]
use super::is_encrypted;

/// Settings as given.
#[cfg(feature = "server")]
#[derive(Default)]
pub(crate) struct Settings(Option<XHeaders>);

#[cfg(feature = "server")]
impl Settings {
    pub(crate) fn layer(self) -> Option<XHeadersLayer> {
        Some(self.0?.layer(client::connection))
    }
}

/// Returns the client's address, unless it is the peer of a unix socket.
pub(crate) fn logged_client(extensions: &Extensions) -> Option<LoggedClient> {
    match extensions.get::<squall_xheaders::Client>()?.source() {
        ClientSource::Addr(addr) => Some(LoggedClient::Ip(addr.ip())),
        ClientSource::Unix => None,
        _ => Some(LoggedClient::Unknown),
    }
}

/// Whether the client's scheme is `https`, by a trusted proxy's header or the connection.
#[cfg(any(feature = "cookies", feature = "xsrf"))]
pub(crate) fn is_https(extensions: &Extensions) -> bool {
    match extensions.get::<squall_xheaders::Client>() {
        Some(client) => client.scheme() == Scheme::Https,
        None => is_encrypted(extensions),
    }
}
