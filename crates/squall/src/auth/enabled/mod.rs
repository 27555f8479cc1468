//! Finds the user of a request, and redirects to the login page.

mod current_user;
mod extract;
mod find_user;
mod setters;

pub use self::current_user::CurrentUser;
#[cfg(feature = "templates")]
pub(crate) use self::find_user::User;

use std::any::type_name;

#[cfg(feature = "templates")]
use axum_core::response::Response;
#[cfg(feature = "templates")]
use http::request::Parts;
use squall_auth::LoginUrl;

use self::find_user::FindUser;
use crate::{Result, routes::handler_types::HandlerTypes};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings {
    find_user: Option<FindUser>,
    login_url: Option<String>,
}

/// Checked settings; shared by all requests.
#[derive(Default)]
pub(crate) struct Auth {
    find_user: Option<FindUser>,
    login_url: Option<LoginUrl>,
}

impl Settings {
    /// Checks that the users of a handler are of the type that is found.
    pub(crate) fn check_handler(
        &self,
        types: &HandlerTypes,
        has_secret: bool,
    ) -> Result<(), String> {
        let found = match &self.find_user {
            Some(find_user) => Some(find_user.user_type),
            None => has_secret.then(type_name::<String>),
        };
        for user in types.arguments().filter_map(CurrentUser::<()>::user_type) {
            let handler = types.handler;
            match found {
                None => {
                    return Err(format!(
                        "the handler {handler} extracts CurrentUser, but neither current_user(…) nor \
                     cookie_secret(…) is set"
                    ));
                }
                Some(found) if found != user => {
                    return Err(format!(
                        "the handler {handler} extracts CurrentUser<{user}>, but users are of the type {found}"
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Checks the login URL. With a cookie secret, the default is the user of the signed cookie.
    pub(crate) fn build(self, has_secret: bool) -> Result<Auth> {
        let by_cookie = || has_secret.then(FindUser::by_cookie);
        Ok(Auth {
            find_user: self.find_user.or_else(by_cookie),
            login_url: self.login_url.map(LoginUrl::new).transpose()?,
        })
    }
}

impl Auth {
    /// Returns the user of the request, or `None` if no user has signed in or no setting finds
    /// users.
    #[cfg(feature = "templates")]
    pub(crate) async fn user(&self, parts: &mut Parts) -> Result<Option<User>, Response> {
        match &self.find_user {
            Some(find_user) => find_user.find(parts).await,
            None => Ok(None),
        }
    }
}
