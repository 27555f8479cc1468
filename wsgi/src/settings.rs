//! `Wsgi`: a checked application, with the settings that a server of ours would have.

use std::{convert::Infallible, fmt, pin::Pin};

use squall::{
    Application, ApplicationService, Client, Error, Response, Tasks, TrustedProxies, XHeaders,
    XHeadersLayer, http::Request,
};
use tower_layer::Layer;
use tower_service::Service;

/// An application for a WSGI server, with the settings that [`Server`] has in a program of its own.
///
/// [`Server`]: https://docs.rs/squall/latest/squall/struct.Server.html
#[must_use]
pub struct Wsgi {
    service: ApplicationService,
    xheaders: Option<XHeaders>,
}

/// The response of an application.
pub(crate) type Responding = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Wsgi {
    /// Checks the routes and settings of an application.
    ///
    /// # Errors
    ///
    /// As [`Application::into_service`].
    pub fn new<S: Clone + Send + Sync + 'static>(
        application: Application<S>,
    ) -> squall::Result<Self> {
        Ok(Self {
            service: application.into_service()?,
            xheaders: None,
        })
    }

    /// Sets whether forwarding headers of proxies on this machine are trusted: `X-Real-IP` or
    /// `X-Forwarded-For`, and `X-Scheme` or `X-Forwarded-Proto`. The peer is the server's `REMOTE_ADDR`: leave
    /// this off if the server has replaced it already, as gunicorn's `forwarded_allow_ips` does for the scheme
    /// and mod_remoteip for the address.
    ///
    /// Default: `false`; the client is `REMOTE_ADDR`, with `wsgi.url_scheme`.
    pub fn xheaders(mut self, enabled: bool) -> Self {
        self.xheaders = enabled.then(XHeaders::new);
        self
    }

    /// As [`xheaders`](Self::xheaders), with other settings: which headers, how many hops, and the outcome of a
    /// request whose headers contradict each other.
    ///
    /// Default: none.
    pub fn xheaders_with(mut self, xheaders: XHeaders) -> Self {
        self.xheaders = Some(xheaders);
        self
    }

    /// Trusts forwarding headers of these proxies and of no others: addresses, networks such as `10.0.0.0/8`,
    /// and `unix:` for a server that listens on a unix socket.
    ///
    /// Default: none; with [`xheaders`](Self::xheaders), loopback.
    ///
    /// # Errors
    ///
    /// If a text is neither an address nor a network.
    pub fn trusted_proxies<T: AsRef<str>>(
        mut self,
        proxies: impl IntoIterator<Item = T>,
    ) -> squall::Result<Self> {
        let proxies = TrustedProxies::new(proxies)
            .map_err(|error| Error::new(format!("trusted_proxies: {error}")))?;
        let xheaders = self.xheaders.unwrap_or_default();
        self.xheaders = Some(xheaders.trusted_proxies(proxies));
        Ok(self)
    }

    /// Sets the size limit of a request's body, in bytes (413), where no route sets its own.
    ///
    /// Default: 100 MiB.
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.service = self.service.max_body_size(bytes);
        self
    }

    pub(crate) fn build(self) -> Site {
        let layer = self.xheaders.map(Client::layer);
        Site {
            behind_proxies: layer.map(|layer| layer.layer(self.service.clone())),
            service: self.service,
        }
    }
}

/// The application of a process, as a service.
pub(crate) struct Site {
    service: ApplicationService,
    behind_proxies: Option<<XHeadersLayer as Layer<ApplicationService>>::Service>,
}

impl Site {
    pub(crate) fn call<B>(&self, request: Request<B>) -> Responding
    where
        B: http_body::Body<Data = bytes::Bytes, Error = squall::BodyError> + Send + 'static,
    {
        match &self.behind_proxies {
            Some(service) => boxed(service.clone().call(request)),
            None => boxed(self.service.clone().call(request)),
        }
    }

    /// Responds with an error, with its page.
    pub(crate) fn refuse(&self, request: Request<()>, error: Error) -> Responding {
        boxed(self.service.refuse(request, error))
    }

    pub(crate) fn tasks(&self) -> Tasks {
        self.service.tasks()
    }
}

fn boxed(
    responding: impl Future<Output = Result<Response, Infallible>> + Send + 'static,
) -> Responding {
    Box::pin(async { responding.await.unwrap_or_else(|never| match never {}) })
}

impl fmt::Debug for Wsgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wsgi")
            .field("xheaders", &self.xheaders)
            .finish_non_exhaustive()
    }
}
