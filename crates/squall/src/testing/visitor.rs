//! `Visitor`: an application, and the cookies that it has set.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum_core::{extract::Request, response::Response};
use http::{HeaderValue, header};
use squall_server::ConnectionInfo;
use tower::ServiceExt;

use super::cookies::CookieJar;
use crate::{ApplicationService, Urls};

/// Sends the requests of one client.
#[derive(Debug)]
pub(super) struct Visitor {
    service: ApplicationService,
    cookies: Mutex<CookieJar>,
}

impl Visitor {
    pub(super) fn new(service: ApplicationService) -> Self {
        Self {
            service,
            cookies: Mutex::default(),
        }
    }

    pub(super) fn urls(&self) -> Urls {
        self.service.urls()
    }

    pub(super) fn cookies(&self) -> MutexGuard<'_, CookieJar> {
        // The jar is whole even after a panic of another test.
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request with the cookies, and keeps those of the response.
    pub(super) async fn send(&self, mut request: Request) -> Response {
        let cookies = self.cookies().header();
        let headers = request.headers_mut();
        if let Some(cookies) = cookies.and_then(|cookies| HeaderValue::try_from(cookies).ok()) {
            headers.entry(header::COOKIE).or_insert(cookies);
        }
        let host = HeaderValue::from_static("localhost");
        headers.entry(header::HOST).or_insert(host);
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into();
        let connection = ConnectionInfo::new(loopback(50_000), loopback(80), 1);
        request.extensions_mut().insert(connection);
        let response = self.service.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never| match never {});
        self.cookies().update(response.headers());
        response
    }
}
