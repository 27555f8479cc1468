//! `Xsrf`: makes the tokens that a request from another site cannot have.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::Error;

/// Makes the tokens of [`xsrf_cookies`](crate::Application::xsrf_cookies), for pages that are not
/// rendered from [templates](crate::Page); see [`squall_xsrf::Xsrf`].
///
/// # Examples
///
/// ```
/// use squall::{Html, Xsrf};
///
/// async fn form(xsrf: Xsrf) -> Html<String> {
///     let token = xsrf.xsrf_form_html();
///     Html(format!("<form method=post>{token}<button>Go</button></form>"))
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Xsrf(pub squall_xsrf::Xsrf);

impl Deref for Xsrf {
    type Target = squall_xsrf::Xsrf;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Xsrf {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let xsrf = parts.extensions.get().cloned();
        xsrf.map(Self)
            .ok_or_else(|| Error::new("Xsrf without Application::xsrf_cookies(true)"))
    }
}
