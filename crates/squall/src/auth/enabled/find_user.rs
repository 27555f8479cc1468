//! Finds the user of a request, once per request.

use std::{
    any::{Any, type_name},
    fmt,
    pin::Pin,
    sync::Arc,
};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use serde::Serialize;

#[cfg(feature = "templates")]
use crate::templates::UserValue;
use crate::{Cookies, Result};

/// The signed cookie with the user's name, unless the application sets `current_user`.
const COOKIE: &str = "user";

/// Finds a request's user (Tornado's `get_current_user`).
#[derive(Clone)]
pub(crate) struct FindUser {
    find: Arc<dyn for<'a> Fn(&'a mut Parts) -> Finding<'a> + Send + Sync>,
    /// The type of the users.
    pub(super) user_type: &'static str,
}

type Finding<'a> = Pin<Box<dyn Future<Output = Result<Option<User>, Response>> + Send + 'a>>;

/// A user, of any type of the application.
#[derive(Clone)]
pub(crate) struct User {
    user: Arc<dyn Any + Send + Sync>,
    #[cfg(feature = "templates")]
    value: UserValue,
}

/// The user that was found before, in the request's extensions.
#[derive(Clone)]
struct CachedUser(Option<User>);

impl FindUser {
    pub(crate) fn new<S, E, F, Fut, U>(state: S, find: F) -> Self
    where
        S: Clone + Send + Sync + 'static,
        E: FromRequestParts<S> + Send,
        F: Fn(E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<U>>> + Send,
        U: Serialize + Send + Sync + 'static,
    {
        let shared = Arc::new((state, find));
        Self {
            find: Arc::new(move |parts| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (state, find) = &*shared;
                    let input = E::from_request_parts(parts, state).await;
                    let found = find(input.map_err(IntoResponse::into_response)?).await;
                    Ok(found.map_err(IntoResponse::into_response)?.map(User::new))
                })
            }),
            user_type: type_name::<U>(),
        }
    }

    /// Returns the text of the signed cookie `user`, as Tornado's examples do.
    pub(crate) fn by_cookie() -> Self {
        Self::new((), async |cookies: Cookies| {
            Ok(cookies.get_signed_cookie(COOKIE))
        })
    }

    pub(crate) async fn find(&self, parts: &mut Parts) -> Result<Option<User>, Response> {
        if let Some(CachedUser(user)) = parts.extensions.get() {
            return Ok(user.clone());
        }
        let user = (self.find)(parts).await?;
        parts.extensions.insert(CachedUser(user.clone()));
        Ok(user)
    }
}

impl User {
    fn new<U: Serialize + Send + Sync + 'static>(user: U) -> Self {
        Self {
            #[cfg(feature = "templates")]
            value: UserValue::new(&user),
            user: Arc::new(user),
        }
    }

    /// The user as a value for templates.
    #[cfg(feature = "templates")]
    pub(crate) fn value(&self) -> &UserValue {
        &self.value
    }

    /// Returns the user, if it is of this type.
    pub(crate) fn get<U: Clone + 'static>(&self) -> Option<U> {
        self.user.downcast_ref().cloned()
    }
}

impl fmt::Debug for FindUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FindUser")
    }
}
