//! The settings for trusted proxies, and the layer that reads their headers.

mod client;

pub use self::client::Client;
#[cfg(feature = "websocket")]
pub(super) use self::client::client;

use http::Extensions;
#[cfg(any(feature = "cookies", feature = "xsrf"))]
use squall_xheaders::Scheme;
use squall_xheaders::{ClientSource, XHeaders, XHeadersLayer};

use super::LoggedClient;
#[cfg(any(feature = "cookies", feature = "xsrf"))]
use super::is_encrypted;
use crate::{Result, Server, server::trusted};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(Option<XHeaders>);

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

impl Server {
    /// Sets whether forwarding headers of proxies on this machine are trusted: `X-Real-IP` or
    /// `X-Forwarded-For`, and `X-Scheme` or `X-Forwarded-Proto` (Tornado's `xheaders`, but for
    /// loopback peers only). They set [`Client`](crate::Client) and the address in the access log.
    ///
    /// Default: `false`.
    pub fn xheaders(mut self, enabled: bool) -> Self {
        self.xheaders.0 = enabled.then(XHeaders::new);
        self
    }

    /// As [`xheaders`](Self::xheaders), with other settings: which headers, how many hops, and
    /// the outcome of a request whose headers contradict each other.
    ///
    /// Default: none.
    pub fn xheaders_with(mut self, xheaders: XHeaders) -> Self {
        self.xheaders.0 = Some(xheaders);
        self
    }

    /// Trusts forwarding headers of these proxies and of no others: addresses, networks such as
    /// `10.0.0.0/8`, and `unix:` for unix sockets.
    ///
    /// Default: none; with [`xheaders`](Self::xheaders), loopback.
    ///
    /// # Errors
    ///
    /// If a text is neither an address nor a network.
    pub fn trusted_proxies<T: AsRef<str>>(
        mut self,
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        let proxies = trusted("trusted_proxies", proxies)?;
        let xheaders = self.xheaders.0.unwrap_or_default();
        self.xheaders.0 = Some(xheaders.trusted_proxies(proxies));
        Ok(self)
    }
}
