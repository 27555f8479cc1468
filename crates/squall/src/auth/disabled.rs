//! No current user.

use axum_core::response::Response;
use http::request::Parts;

use crate::{Result, templates::UserValue};

#[derive(Default)]
pub(crate) struct Settings {}

#[derive(Default)]
pub(crate) struct Auth;

/// No user exists.
pub(crate) enum User {}

impl Settings {
    pub(crate) fn build(self, _has_secret: bool) -> Result<Auth> {
        Ok(Auth)
    }
}

impl Auth {
    pub(crate) async fn user(&self, _: &mut Parts) -> Result<Option<User>, Response> {
        Ok(None)
    }
}

impl User {
    pub(crate) fn value(&self) -> &UserValue {
        match *self {}
    }
}
