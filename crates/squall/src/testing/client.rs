//! `TestClient`: an application, and the cookies that it has set.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum_core::{extract::Request, response::Response};
use http::{HeaderValue, Method, header};
use squall_server::ConnectionInfo;
use tower::ServiceExt;

use super::{TestRequest, cookies::CookieJar};
use crate::{Application, ApplicationService, Urls};

/// Sends requests to an application in this process, with the cookies of earlier responses. Clients of
/// one application are independent visitors.
#[derive(Debug)]
pub struct TestClient {
    service: ApplicationService,
    cookies: Mutex<CookieJar>,
}

impl TestClient {
    /// Returns a client of an application.
    ///
    /// # Panics
    ///
    /// If the application has a configuration error.
    #[must_use]
    #[track_caller]
    pub fn new<S: Clone + Send + Sync + 'static>(application: Application<S>) -> Self {
        match application.into_service() {
            Ok(service) => Self::of(service),
            Err(error) => panic!("the application has a configuration error: {error:?}"),
        }
    }

    /// Returns a client without cookies of a service, to have several clients of one application.
    #[must_use]
    pub fn of(service: ApplicationService) -> Self {
        Self {
            service,
            cookies: Mutex::default(),
        }
    }

    /// Returns a GET request of a path, with or without a query.
    pub fn get(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::GET, target)
    }

    /// Returns a HEAD request.
    pub fn head(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::HEAD, target)
    }

    /// Returns a POST request.
    pub fn post(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::POST, target)
    }

    /// Returns a PUT request.
    pub fn put(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::PUT, target)
    }

    /// Returns a PATCH request.
    pub fn patch(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::PATCH, target)
    }

    /// Returns a DELETE request.
    pub fn delete(&self, target: &str) -> TestRequest<'_> {
        self.request(Method::DELETE, target)
    }

    /// Returns a request of any method.
    pub fn request(&self, method: Method, target: &str) -> TestRequest<'_> {
        TestRequest::new(self, method, target)
    }

    /// Returns the value of a cookie that the application has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies().get(name).map(str::to_owned)
    }

    /// Sets a cookie, as if the application had set it before.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies().set(name, value);
    }

    /// Returns the URLs of named routes and of static files.
    #[must_use]
    pub fn urls(&self) -> Urls {
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
