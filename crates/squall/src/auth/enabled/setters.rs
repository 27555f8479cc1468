//! `Application::current_user` and `login_url`, and `Redirect::to_next`.

use axum_core::extract::FromRequestParts;
use http::StatusCode;
use serde::Serialize;
use squall_auth::safe_next;

use super::find_user::FindUser;
use crate::{Application, Error, Redirect, Result};

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

impl Redirect {
    /// Returns a 303 (See Other) to the page that the query parameter or field `next` names, as after a
    /// login; an empty `next` is `/`.
    ///
    /// # Errors
    ///
    /// A [refusal](Error::refusal) with 400 for a `next` that leads to another site, which would be an open
    /// redirect: see [`squall_auth::safe_next`].
    ///
    /// # Examples
    ///
    /// ```
    /// use squall::{Form, Redirect};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Login { next: String }
    ///
    /// async fn login(Form(login): Form<Login>) -> squall::Result<Redirect> {
    ///     Redirect::to_next(&login.next)
    /// }
    /// ```
    pub fn to_next(next: &str) -> Result<Self> {
        let next = if next.is_empty() { "/" } else { next };
        let next = safe_next(next).ok_or_else(|| {
            let reason = "expected a path of this site";
            Error::refusal(StatusCode::BAD_REQUEST, reason).with_field("next")
        })?;
        Ok(Self::see_other(next))
    }
}
