//! `Server::xheaders`, `xheaders_with` and `trusted_proxies`.

use squall_xheaders::XHeaders;

use crate::{Result, Server, server::trusted};

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
