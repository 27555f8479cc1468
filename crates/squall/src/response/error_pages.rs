//! Error pages: the application's own, or the status alone.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use axum_core::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri, header};
use squall_server::panic_message;

use super::Error;

/// The error and the request of an [error page](crate::Application::error_page).
#[derive(Debug)]
#[non_exhaustive]
pub struct ErrorPage<'a> {
    /// The status of the response.
    pub status: StatusCode,
    /// The error. Its text is for the log and may be confidential: do not show it to clients.
    pub error: &'a Error,
    /// The request's method.
    pub method: &'a Method,
    /// The request's target.
    pub uri: &'a Uri,
}

type Render = Arc<dyn Fn(&ErrorPage<'_>) -> Response + Send + Sync>;

/// The application's own pages, by status.
#[derive(Clone, Default)]
pub(crate) struct ErrorPages(HashMap<StatusCode, Render>);

impl ErrorPages {
    pub(crate) fn set<R: IntoResponse>(
        &mut self,
        status: StatusCode,
        page: impl Fn(&ErrorPage<'_>) -> R + Send + Sync + 'static,
    ) {
        let render: Render = Arc::new(move |error| page(error).into_response());
        self.0.insert(status, render);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the response's body with the page. Status and headers such as `Allow` are kept.
    pub(crate) fn render(
        &self,
        response: Response,
        error: &Error,
        method: &Method,
        uri: &Uri,
    ) -> Response {
        let status = response.status();
        let page = match self.0.get(&status) {
            Some(render) => {
                let page = ErrorPage {
                    status,
                    error,
                    method,
                    uri,
                };
                catch_unwind(AssertUnwindSafe(|| render(&page))).unwrap_or_else(|panic| {
                    let panic = panic_message(&*panic);
                    tracing::error!(%status, panic, "the error page panicked");
                    plain(status)
                })
            }
            None => plain(status),
        };
        let (mut head, _) = response.into_parts();
        let (page_head, body) = page.into_parts();
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.extend(page_head.headers);
        head.extensions.extend(page_head.extensions);
        Response::from_parts(head, body)
    }
}

fn plain(status: StatusCode) -> Response {
    format!("{status}\n").into_response()
}

impl fmt::Debug for ErrorPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
