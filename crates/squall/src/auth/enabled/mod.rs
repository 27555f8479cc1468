//! Finds the user of a request, and redirects to the login page.

mod current_user;
mod find_user;

pub use self::current_user::CurrentUser;
#[cfg(feature = "templates")]
pub(crate) use self::find_user::User;

use std::any::type_name;

use axum_core::extract::FromRequestParts;
#[cfg(feature = "templates")]
use axum_core::response::Response;
#[cfg(feature = "templates")]
use http::request::Parts;
use serde::Serialize;
use squall_auth::LoginUrl;

use self::find_user::FindUser;
use crate::{Application, Result, routes::handler_types::HandlerTypes};

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

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets how the user of a request is found, for [`CurrentUser`](crate::CurrentUser) and the
    /// templates' `current_user` (Tornado's `get_current_user`). The argument is an extractor, or a
    /// tuple of extractors; the result may be of any type.
    ///
    /// Default: the text in the signed cookie `user`, if there is a
    /// [`cookie_secret`](Self::cookie_secret).
    ///
    /// # Examples
    ///
    /// ```
    /// use squall::{Application, Cookies, State};
    ///
    /// # #[derive(Clone)] struct Users;
    /// # impl Users { async fn find(&self, _: &str) -> squall::Result<Option<User>> { Ok(None) } }
    /// #[derive(Clone, serde::Serialize)]
    /// struct User {
    ///     name: String,
    /// }
    ///
    /// let application = Application::with_state(Users)
    ///     .cookie_secret("XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk")
    ///     .current_user(async |(cookies, State(users)): (Cookies, State<Users>)| {
    ///         match cookies.get_signed_cookie("user") {
    ///             Some(id) => users.find(&id).await,
    ///             None => Ok(None),
    ///         }
    ///     });
    /// ```
    pub fn current_user<E, F, Fut, U>(mut self, find: F) -> Self
    where
        E: FromRequestParts<S> + Send,
        F: Fn(E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<U>>> + Send,
        U: Serialize + Send + Sync + 'static,
    {
        self.settings.auth.find_user = Some(FindUser::new(self.state.clone(), find));
        self
    }

    /// Sets where [`CurrentUser`](crate::CurrentUser) redirects a client that has not signed in;
    /// the query parameter `next` names the requested page (Tornado's `login_url`).
    ///
    /// Default: no redirect; the response is 403.
    pub fn login_url(mut self, url: impl Into<String>) -> Self {
        self.settings.auth.login_url = Some(url.into());
        self
    }
}
