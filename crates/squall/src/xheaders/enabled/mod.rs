//! The settings for trusted proxies, and the layer that reads their headers.

mod client;

pub use self::client::Client;

use std::net::IpAddr;

use http::Extensions;
use squall_xheaders::{Scheme, XHeaders, XHeadersLayer};

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

/// Returns the client address that a trusted proxy names.
pub(crate) fn client_ip(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<squall_xheaders::Client>()?.ip()
}

/// Whether the client's scheme is `https`, as a trusted proxy or the connection tells.
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
    pub fn xheaders(mut self, yes: bool) -> Self {
        self.xheaders.0 = yes.then(XHeaders::new);
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
