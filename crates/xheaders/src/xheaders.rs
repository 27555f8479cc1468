//! The settings: whom to believe, and what.

use http::Request;

use crate::{
    Client, Connection, Contradiction, Header, TrustedProxies, XHeadersLayer, decide::decide,
    header::Found,
};

/// Which forwarding headers are believed, and of whom; [`layer`](Self::layer) makes it a tower layer.
///
/// # Examples
///
/// ```
/// use squall_xheaders::{TrustedProxies, XHeaders};
///
/// let xheaders = XHeaders::haproxy().trusted_proxies(TrustedProxies::new(["10.0.0.0/24"])?);
/// # Ok::<(), squall_xheaders::TrustedProxiesError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings believe nothing until `layer` or `client`"]
pub struct XHeaders {
    pub(crate) trusted: TrustedProxies,
    pub(crate) headers: Vec<Header>,
    pub(crate) hops: Option<usize>,
    pub(crate) contradictions: Contradictions,
}

/// What becomes of a request whose headers contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contradictions {
    /// It is answered with 400. A proxy sets one header, and a client's forgery of another shows.
    #[default]
    Refuse,
    /// The header that comes first in [`headers`](XHeaders::headers) is believed. Only sound when your
    /// proxy sets that one on each request.
    Ignore,
}

impl XHeaders {
    /// The headers that Tornado's `xheaders` reads, from proxies on this machine.
    pub fn new() -> Self {
        Self {
            trusted: TrustedProxies::loopback(),
            headers: vec![
                Header::XForwardedFor,
                Header::XRealIp,
                Header::XForwardedProto,
                Header::XScheme,
            ],
            hops: None,
            contradictions: Contradictions::Refuse,
        }
    }

    /// For nginx as in Tornado's guide: `X-Real-IP` and `X-Scheme` only. A client's `X-Forwarded-For`, which
    /// that file passes on, changes nothing.
    ///
    /// ```nginx
    /// proxy_set_header X-Real-IP $remote_addr;
    /// proxy_set_header X-Scheme $scheme;
    /// ```
    pub fn nginx() -> Self {
        Self::new().headers([Header::XRealIp, Header::XScheme])
    }

    /// For HAProxy in HTTP mode: `X-Forwarded-For` and `X-Forwarded-Proto` only.
    ///
    /// ```text
    /// option forwardfor
    /// http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
    /// ```
    pub fn haproxy() -> Self {
        Self::new().headers([Header::XForwardedFor, Header::XForwardedProto])
    }

    /// For a content delivery network in front of your own proxy: `X-Forwarded-For` and
    /// `X-Forwarded-Proto`, through this many [`hops`](Self::hops), yours included. Your proxy must refuse whoever
    /// does not come from that network: such a client would choose the address that it is seen with.
    pub fn cdn(hops: usize) -> Self {
        Self::haproxy().hops(hops)
    }

    /// For proxies that speak RFC 7239: `Forwarded` only, with the host.
    pub fn forwarded() -> Self {
        Self::new().headers([Header::Forwarded])
    }

    /// Whose headers are believed. They take the place of those that were trusted before.
    ///
    /// Defaults to [`TrustedProxies::loopback`].
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.trusted = proxies;
        self
    }

    /// Which headers are read; where several tell the same thing, the first of them has precedence.
    /// Name those that your proxy sets, on each request, and no others: the rest are the client's.
    ///
    /// Defaults to `X-Forwarded-For`, `X-Real-IP`, `X-Forwarded-Proto`, `X-Scheme`. The others tell the host or
    /// the port too, and few proxies set them.
    pub fn headers(mut self, headers: impl IntoIterator<Item = Header>) -> Self {
        self.headers = headers.into_iter().collect();
        self
    }

    /// How many proxies a request passes, where their addresses are not known: the client is the
    /// n-th from the end of the chain, or the first if it is shorter. Only the last proxy, the peer, must be
    /// one of the [`trusted_proxies`](Self::trusted_proxies). With more than one, `X-Real-IP` names a proxy and is
    /// not read; with zero, nothing is.
    ///
    /// Defaults to no number: each hop is one of the `trusted_proxies`.
    pub fn hops(mut self, hops: usize) -> Self {
        self.hops = Some(hops);
        self
    }

    /// What becomes of a request whose headers contradict each other.
    ///
    /// Defaults to [`Contradictions::Refuse`].
    pub fn contradictions(mut self, contradictions: Contradictions) -> Self {
        self.contradictions = contradictions;
        self
    }

    /// The client behind a request, as a value: for whoever needs no layer, and for tests.
    ///
    /// # Errors
    ///
    /// When two headers contradict each other, unless [`contradictions`](Self::contradictions) are ignored.
    pub fn client<B>(
        &self,
        connection: Option<Connection>,
        request: &Request<B>,
    ) -> Result<Client, Contradiction> {
        let found = Found::in_headers(request.headers());
        decide(self, connection, request, found).client
    }

    /// The headers that a request has and that are read, by precedence.
    pub(crate) fn headers_in(&self, found: Found) -> impl Iterator<Item = Header> {
        let names_a_proxy = self.hops.is_some_and(|hops| hops > 1);
        let headers = self.headers.iter().copied();
        headers.filter(move |&header| {
            found.has(header) && !(header == Header::XRealIp && names_a_proxy)
        })
    }

    /// A layer that puts a [`Client`] into the extensions of each request.
    ///
    /// The function says what the server knows of the connection, which servers keep in the
    /// extensions. For axum, with `into_make_service_with_connect_info::<SocketAddr>()`:
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// use squall_xheaders::XHeaders;
    ///
    /// let layer = XHeaders::new().layer(|extensions| {
    ///     extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| *peer)
    /// });
    /// ```
    pub fn layer<C: Into<Connection>>(
        self,
        connection: impl Fn(&http::Extensions) -> Option<C> + Send + Sync + 'static,
    ) -> XHeadersLayer {
        XHeadersLayer::new(self, move |extensions| {
            connection(extensions).map(Into::into)
        })
    }
}

impl Default for XHeaders {
    /// [`new`](XHeaders::new).
    fn default() -> Self {
        Self::new()
    }
}
