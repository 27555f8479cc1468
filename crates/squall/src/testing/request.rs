//! `TestRequest`: a request that is being built, and sent by `.await`.

use std::{future::IntoFuture, pin::Pin};

use axum_core::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde::Serialize;

use super::{
    TestResponse,
    upload::{self, Upload},
    visitor::Visitor,
};

/// The cookie and the header of the XSRF token, as Tornado names them.
const XSRF_COOKIE: &str = "_xsrf";
const XSRF_HEADER: HeaderName = HeaderName::from_static("x-xsrftoken");

/// The token of a client that has no cookie yet. Any will do: the check is that both are alike.
const XSRF_TOKEN: &str = "737175616c6c2d74657374696e672121";

/// A request of a [`TestClient`](super::TestClient); `.await` sends it.
#[derive(Debug)]
#[must_use = "a request is sent by `.await`"]
pub struct TestRequest<'a> {
    visitor: &'a Visitor,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
    upload: Upload,
    has_token: bool,
}

impl<'a> TestRequest<'a> {
    #[track_caller]
    pub(super) fn new(visitor: &'a Visitor, method: Method, target: &str) -> Self {
        let uri = match target.parse() {
            Ok(uri) => uri,
            Err(error) => panic!("{target:?} is not the target of a request: {error}"),
        };
        Self {
            visitor,
            method,
            uri,
            headers: HeaderMap::new(),
            body: Body::empty(),
            upload: Upload::default(),
            has_token: true,
        }
    }

    /// Adds a header.
    ///
    /// Default: `Host: localhost`, the cookies, and what the body needs.
    ///
    /// # Panics
    ///
    /// If the name or the value is not valid.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (Ok(header), Ok(text)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            panic!("not a header: {name:?}: {value:?}");
        };
        self.headers.append(header, text);
        self
    }

    /// Sets the body.
    ///
    /// Default: empty.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to JSON, with its `Content-Type`.
    ///
    /// # Panics
    ///
    /// If the value cannot be JSON.
    #[track_caller]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.typed("application/json", body),
            Err(error) => panic!("the value cannot be JSON: {error}"),
        }
    }

    /// Sets the body to a form: a struct, or pairs of names and values.
    ///
    /// # Panics
    ///
    /// If the value cannot be a form.
    #[track_caller]
    pub fn form(self, fields: &(impl Serialize + ?Sized)) -> Self {
        match serde_html_form::to_string(fields) {
            Ok(body) => self.typed("application/x-www-form-urlencoded", body),
            Err(error) => panic!("the value cannot be a form: {error}"),
        }
    }

    /// Adds a field to the body, a form with files (`multipart/form-data`).
    pub fn field(mut self, name: &str, text: &str) -> Self {
        self.upload.field(name, text);
        self
    }

    /// Adds a file to the body, a form with files (`multipart/form-data`).
    pub fn file(
        mut self,
        name: &str,
        file_name: &str,
        media_type: &str,
        content: impl AsRef<[u8]>,
    ) -> Self {
        self.upload
            .file(name, file_name, media_type, content.as_ref());
        self
    }

    /// Leaves the XSRF token out, to test that such a request is refused.
    ///
    /// Default: requests of unsafe methods have a token.
    pub fn without_xsrf(mut self) -> Self {
        self.has_token = false;
        self
    }

    fn typed(mut self, kind: &'static str, body: impl Into<Body>) -> Self {
        let kind = HeaderValue::from_static(kind);
        self.headers.insert(header::CONTENT_TYPE, kind);
        self.body(body)
    }

    /// Sends the request and returns the response before its body is read, for one that streams.
    pub async fn stream(self) -> Response {
        let visitor = self.visitor;
        visitor.send(self.into_request()).await
    }

    fn into_request(mut self) -> Request {
        if !self.upload.is_empty() {
            let upload = std::mem::take(&mut self.upload);
            self = self.typed(upload::CONTENT_TYPE, upload.into_body());
        }
        if self.has_token && !self.method.is_safe() && !self.headers.contains_key(XSRF_HEADER) {
            let mut cookies = self.visitor.cookies();
            if cookies.get(XSRF_COOKIE).is_none() {
                cookies.set(XSRF_COOKIE, XSRF_TOKEN);
            }
            let token = cookies.get(XSRF_COOKIE).unwrap_or_default();
            if let Ok(token) = HeaderValue::from_str(token) {
                self.headers.insert(XSRF_HEADER, token);
            }
        }
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}

impl<'a> IntoFuture for TestRequest<'a> {
    type Output = TestResponse;
    type IntoFuture = Pin<Box<dyn Future<Output = TestResponse> + Send + 'a>>;

    /// Sends the request and reads the whole response.
    ///
    /// # Panics
    ///
    /// If the body of the response fails.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { TestResponse::read(self.stream().await).await })
    }
}
