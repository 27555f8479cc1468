//! No check of requests.

#[cfg(feature = "templates")]
use http::Extensions;

#[cfg(feature = "templates")]
use super::FormHtml;
use crate::handler::endpoint::Endpoint;

#[derive(Default)]
pub(crate) struct Settings {}

/// No guard exists.
pub(crate) enum Guard {}

/// Returns how a request passes that the guard has rejected.
#[cfg(feature = "debug")]
pub(crate) fn advice(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<&'static str> {
    None
}

impl Settings {
    pub(crate) fn guard(self) -> Option<Guard> {
        None
    }
}

impl Guard {
    pub(crate) fn protect(&self, _: Endpoint) -> Endpoint {
        match *self {}
    }

    #[cfg(feature = "templates")]
    pub(crate) fn form_html(_: &Extensions) -> Option<FormHtml> {
        None
    }
}
