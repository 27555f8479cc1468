//! `TestClient`: makes requests to an application.

use http::Method;

use super::{TestRequest, visitor::Visitor};
use crate::{Application, ApplicationService, Urls};

/// Sends requests to an application in this process, with the cookies of earlier responses. Clients of
/// one application are independent visitors.
#[derive(Debug)]
pub struct TestClient(Visitor);

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
        Self(Visitor::new(service))
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
        TestRequest::new(&self.0, method, target)
    }

    /// Returns the value of a cookie that the application has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.0.cookies().get(name).map(str::to_owned)
    }

    /// Sets a cookie, as if the application had set it before.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.0.cookies().set(name, value);
    }

    /// Returns the URLs of named routes and of static files.
    #[must_use]
    pub fn urls(&self) -> Urls {
        self.0.urls()
    }
}
