//! No current user.

#[cfg(feature = "templates")]
use axum_core::response::Response;
#[cfg(feature = "templates")]
use http::request::Parts;

#[cfg(feature = "templates")]
use crate::templates::UserValue;
use crate::{Result, routes::handler_types::HandlerTypes};

#[derive(Default)]
pub(crate) struct Settings {}

#[derive(Default)]
pub(crate) struct Auth;

/// No user exists.
#[cfg(feature = "templates")]
pub(crate) enum User {}

impl Settings {
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) fn check_handler(&self, _: &HandlerTypes, _has_secret: bool) -> Result<(), String> {
        Ok(())
    }

    pub(crate) fn build(self, _has_secret: bool) -> Result<Auth> {
        Ok(Auth)
    }
}

#[cfg(feature = "templates")]
impl Auth {
    pub(crate) async fn user(&self, _: &mut Parts) -> Result<Option<User>, Response> {
        Ok(None)
    }
}

#[cfg(feature = "templates")]
impl User {
    pub(crate) fn value(&self) -> &UserValue {
        match *self {}
    }
}
