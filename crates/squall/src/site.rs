//! What settings become: what handlers ask, layers around all routes, and a guard before each.

use std::{fmt::Display, net::IpAddr};

use axum_core::{body::Body, extract::Request, response::IntoResponse};
use http::{Extensions, StatusCode, header::COOKIE, request::Parts};
use squall_auth::LoginUrl;
use squall_autoreload::LiveReload;
use squall_cookies::{CookieSecret, Cookies, CookiesLayer};
use squall_debug::TracebackLayer;
use squall_locale::LocaleLayer;
use squall_prefork::worker;
use squall_server::ConnectionInfo;
use squall_static::StaticFiles;
use squall_templates::{
    Templates, Value, html,
    minijinja::{self, ErrorKind, value::Rest},
};
use squall_xheaders::{Client, Scheme};
use squall_xsrf::{XsrfBody, XsrfError, XsrfLayer};
use tower::service_fn;
use tower_layer::Layer;

use crate::{
    Error, Result, Urls, files,
    handler::Endpoint,
    settings::{Secret, Settings, Source},
    user::FindUser,
};

/// The cookie by which a user chooses a language.
const LOCALE: &str = "locale";

/// What handlers ask through extractors; the same for all requests.
pub(crate) struct Site {
    pub(crate) urls: Urls,
    pub(crate) templates: Option<Templates>,
    pub(crate) find_user: Option<FindUser>,
    pub(crate) login_url: Option<LoginUrl>,
}

/// Layers for all requests.
pub(crate) struct Layers {
    pub(crate) cookies: Option<CookiesLayer>,
    pub(crate) locale: Option<LocaleLayer>,
}

impl Settings {
    pub(crate) fn files(&mut self) -> Result<Option<files::Added>> {
        let mut files = std::mem::take(&mut self.files);
        if self.debug {
            // A file may be edited faster than it is looked at again.
            files.files = files.files.map(|files| files.static_hash_cache(false));
        }
        Ok(files.build()?)
    }

    /// What a page follows, if the application debugs.
    pub(crate) fn live_reload(&self) -> Option<LiveReload> {
        let files = self.files.files.as_ref().map(StaticFiles::root);
        let templates = self.templates.as_ref().map(Templates::folder);
        let live = files
            .into_iter()
            .chain(templates)
            .fold(LiveReload::new(), LiveReload::watch);
        let hosts = self.tracebacks.allowed_hosts();
        self.debug.then(|| hosts.fold(live, LiveReload::allow_host))
    }

    pub(crate) fn layers(&mut self) -> Result<Layers> {
        let secret = self.cookie_secret.take();
        let secret = secret.map(|secret| secret.check(self.debug)).transpose()?;
        let has_cookies = self.cookies || secret.is_some();
        if secret.is_some() && self.find_user.is_none() {
            self.find_user = Some(FindUser::by_cookie());
        }
        let cookies = CookiesLayer::new().is_https(is_https);
        let cookies = match secret {
            Some(secret) => cookies.secret(secret),
            None => cookies,
        };
        let translations = self.translations.take();
        Ok(Layers {
            cookies: has_cookies.then_some(cookies),
            locale: translations
                .map(|translations| translations.layer().user_locale([COOKIE], chosen_locale)),
        })
    }

    pub(crate) fn guard(&mut self) -> Option<Guard> {
        let xsrf = self.xsrf.take()?;
        Some(Guard(xsrf.is_https(is_https)))
    }

    pub(crate) fn tracebacks(&mut self) -> TracebackLayer {
        let mut tracebacks = std::mem::take(&mut self.tracebacks)
            .library("squall")
            .fact("squall", env!("CARGO_PKG_VERSION"));
        if self.debug {
            // Those that keep pages up to date.
            tracebacks = tracebacks.serve_traceback(true).own_scripts(true);
        }
        if let Some(task_id) = worker::task_id() {
            tracebacks = tracebacks.fact("task id", task_id.to_string());
        }
        if let Some(generation) = worker::generation() {
            tracebacks = tracebacks.fact("generation", generation.to_string());
        }
        tracebacks.layer(peer_ip)
    }

    pub(crate) fn site(self, urls: Urls) -> Result<Site> {
        let templates = self.templates.map(|templates| {
            let templates = with_urls(templates, &urls);
            if self.debug {
                templates.auto_reload(true)
            } else {
                templates
            }
        });
        // Whoever debugs may start with a template that is half written; the page will say so.
        if let Some(templates) = templates.as_ref().filter(|_| !self.debug) {
            templates.check()?;
        }
        Ok(Site {
            urls,
            templates,
            find_user: self.find_user,
            login_url: self.login_url.map(LoginUrl::new).transpose()?,
        })
    }
}

impl Secret {
    fn check(self, debug: bool) -> Result<CookieSecret> {
        Ok(match self.0 {
            Source::Made(secret) => secret,
            Source::Text(text) if debug => CookieSecret::weak_for_debug(text)?,
            Source::Text(text) => CookieSecret::new(text)?,
        })
    }
}

/// Stands before a route's endpoint.
pub(crate) struct Guard(XsrfLayer);

impl Guard {
    pub(crate) fn protect(&self, endpoint: Endpoint) -> Endpoint {
        let inner = service_fn(move |request: http::Request<XsrfBody<Body>>| {
            let answer = endpoint.call(request.map(Body::new));
            async move { Ok::<_, std::convert::Infallible>(answer.await) }
        });
        let guarded = self.0.layer(inner);
        Endpoint::from_fn(move |request: Request| {
            let answer = tower::ServiceExt::oneshot(guarded.clone(), request);
            async move {
                let mut response = answer.await.unwrap_or_else(|never| match never {});
                match response.extensions_mut().remove::<XsrfError>() {
                    // So that it has its page and its line in the log.
                    Some(error) => Error::refusal(StatusCode::FORBIDDEN, error).into_response(),
                    None => response,
                }
            }
        })
    }
}

/// From where the connection comes, whatever a header says.
pub(crate) fn peer_ip(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectionInfo>()?;
    Some(connection.peer().tcp()?.ip())
}

/// By which scheme the client has asked, as far as whoever is trusted says.
fn is_https(extensions: &Extensions) -> bool {
    match extensions.get::<Client>() {
        Some(client) => client.scheme() == Scheme::Https,
        None => extensions
            .get::<ConnectionInfo>()
            .is_some_and(ConnectionInfo::is_encrypted),
    }
}

fn chosen_locale(request: &Parts) -> Option<String> {
    let cookies = request.extensions.get::<Cookies>()?;
    cookies.get_cookie(LOCALE)
}

/// The functions that every template has.
fn with_urls(templates: Templates, urls: &Urls) -> Templates {
    let (files, routes) = (urls.clone(), urls.clone());
    templates
        .function("static_url", move |name: &str| url(files.static_url(name)))
        .function("reverse_url", move |name: &str, params: Rest<Value>| {
            let params = params.iter().map(|param| param as &dyn Display);
            routes.reverse_url(name, params).map(url).map_err(|error| {
                minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string())
            })
        })
}

/// As it is where it has nothing to escape, since minijinja escapes slashes as well.
fn url(url: String) -> Value {
    if url.contains(['"', '\'', '<', '>', '&']) {
        url.into()
    } else {
        html(url)
    }
}
