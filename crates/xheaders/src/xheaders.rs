//! The settings: trusted proxies, and the headers that are read.

use crate::{
    Header, TrustedProxies,
    header::{FoundHeaders, Kind},
};

/// The trusted proxies and their forwarding headers; [`layer`](Self::layer) makes a tower layer of
/// them.
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
#[must_use = "settings do nothing until `layer` or `client`"]
pub struct XHeaders {
    pub(crate) trusted: TrustedProxies,
    pub(crate) headers: Vec<Header>,
    pub(crate) hops: Option<usize>,
    pub(crate) contradictions: Contradictions,
}

/// The outcome of a request whose headers contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contradictions {
    /// The request is served without the contradicted value: the address is
    /// [`ClientSource::Unknown`](crate::ClientSource::Unknown), the host `None`, and the scheme
    /// `https`, so that cookies are `Secure`. Logged once for each peer.
    ///
    /// A company's proxy in front of a client is a common cause: its `X-Forwarded-For` passes an
    /// nginx that sets `X-Real-IP` only.
    #[default]
    Unknown,
    /// The request gets 400.
    Refuse,
    /// The header that comes first in [`headers`](XHeaders::headers) counts. Safe only if your
    /// proxy sets that header on each request.
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
            contradictions: Contradictions::default(),
        }
    }

    /// For nginx as in Tornado's guide: `X-Real-IP` and `X-Scheme` only. A client's
    /// `X-Forwarded-For`, which that configuration passes on, changes nothing.
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
    /// `X-Forwarded-Proto`, through this many [`hops`](Self::hops), yours included. Your proxy must
    /// refuse connections from outside of that network: such a client would choose its own address.
    pub fn cdn(hops: usize) -> Self {
        Self::haproxy().hops(hops)
    }

    /// For Cloudflare: `CF-Connecting-IP` and `X-Forwarded-Proto` only.
    ///
    /// Name Cloudflare's networks in [`trusted_proxies`](Self::trusted_proxies) if it connects to
    /// this program. If it connects to a proxy of yours, that proxy must refuse all other
    /// connections, or remove the header from them.
    pub fn cloudflare() -> Self {
        Self::new().headers([Header::CfConnectingIp, Header::XForwardedProto])
    }

    /// For Fastly: `Fastly-Client-IP` only; trusted proxies as for
    /// [`cloudflare`](Self::cloudflare).
    ///
    /// Fastly passes on a `Fastly-Client-IP` of the client unless your VCL sets it at the edge:
    ///
    /// ```text
    /// if (fastly.ff.visits_this_service == 0 && req.restarts == 0) {
    ///     set req.http.Fastly-Client-IP = client.ip;
    /// }
    /// ```
    pub fn fastly() -> Self {
        Self::new().headers([Header::FastlyClientIp])
    }

    /// For Akamai: `True-Client-IP` only; trusted proxies as for [`cloudflare`](Self::cloudflare).
    ///
    /// The property must send the header, and must not allow clients to set it.
    pub fn akamai() -> Self {
        Self::new().headers([Header::TrueClientIp])
    }

    /// For proxies that speak RFC 7239: `Forwarded` only, with the host.
    pub fn forwarded() -> Self {
        Self::new().headers([Header::Forwarded])
    }

    /// Sets the proxies whose headers are trusted, in place of those that were trusted before.
    /// Default: [`TrustedProxies::loopback`].
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.trusted = proxies;
        self
    }

    /// Sets the headers that are read, by precedence. Name those that your proxy sets, on each
    /// request, and no others: the rest are the client's. Headers with a host or a port are only
    /// read if they are named, and so are `CF-Connecting-IP`, `True-Client-IP`, `Fastly-Client-IP`
    /// and `X-Client-IP`. Default: `X-Forwarded-For`, `X-Real-IP`, `X-Forwarded-Proto`, `X-Scheme`.
    pub fn headers(mut self, headers: impl IntoIterator<Item = Header>) -> Self {
        self.headers = headers.into_iter().collect();
        self
    }

    /// Sets how many proxies a request passes, where their addresses are not known: the client is
    /// the n-th from the end of the chain, or the first if it is shorter. Only the last proxy, the
    /// peer, must be one of the [`trusted_proxies`](Self::trusted_proxies). With more than one,
    /// `X-Real-IP` has a proxy's address and is not read; with zero, no header is. Default: no
    /// number, each hop is one of the `trusted_proxies`.
    pub fn hops(mut self, hops: usize) -> Self {
        self.hops = Some(hops);
        self
    }

    /// Sets the outcome of a request whose headers contradict each other. Default:
    /// [`Contradictions::Unknown`].
    pub fn contradictions(mut self, contradictions: Contradictions) -> Self {
        self.contradictions = contradictions;
        self
    }

    /// The headers of a request that are read, by precedence.
    pub(crate) fn headers_in(&self, found: FoundHeaders) -> impl Iterator<Item = Header> {
        let peer_is_proxy = self.hops.is_some_and(|hops| hops > 1);
        let headers = self.headers.iter().copied();
        headers.filter(move |&header| {
            found.has(header) && !(header.kind() == Kind::PeerAddress && peer_is_proxy)
        })
    }
}

impl Default for XHeaders {
    /// [`new`](XHeaders::new).
    fn default() -> Self {
        Self::new()
    }
}
