//! The extractor of `CurrentUser`: the signed-in user, or a login redirect.

use std::any::type_name;

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri, request::Parts, uri::PathAndQuery};
use squall_auth::{Login, LoginUrl};

use super::{CurrentUser, find_user::User};
use crate::{Client, Error, MountPrefix, Result, matched::Matched};

impl<S, U> FromRequestParts<S> for CurrentUser<U>
where
    S: Send + Sync,
    U: Clone + Send + Sync + 'static,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match find(parts).await? {
            Some(user) => of_type(&user).map_err(IntoResponse::into_response),
            None => Err(to_login(parts, state).await),
        }
    }
}

impl<S, U> OptionalFromRequestParts<S> for CurrentUser<U>
where
    S: Send + Sync,
    U: Clone + Send + Sync + 'static,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        let user = find(parts).await?;
        let user = user.as_ref().map(of_type).transpose();
        user.map_err(IntoResponse::into_response)
    }
}

async fn find(parts: &mut Parts) -> Result<Option<User>, Response> {
    let matched = Matched::of(&parts.extensions);
    match matched.and_then(|matched| matched.site.auth.find_user.clone()) {
        Some(find_user) => find_user.find(parts).await,
        None => {
            let error = "CurrentUser without Application::current_user(…) or cookie_secret(…)";
            Err(Error::new(error).into_response())
        }
    }
}

fn of_type<U: Clone + 'static>(user: &User) -> Result<CurrentUser<U>> {
    user.get().map(CurrentUser).ok_or_else(|| {
        let name = type_name::<U>();
        Error::new(format!(
            "CurrentUser<{name}>, but current_user(…) finds another type"
        ))
    })
}

async fn to_login<S: Send + Sync>(parts: &mut Parts, state: &S) -> Response {
    let Ok(Client(client)) = Client::from_request_parts(parts, state).await;
    let matched = Matched::of(&parts.extensions);
    let login_url = matched.and_then(|matched| matched.site.auth.login_url.as_ref());
    let login = login_url.map(|url| login(url, parts, client.origin().as_deref()));
    match login {
        Some(login @ Login::Redirect(_)) => login.response(),
        _ => Error::status(StatusCode::FORBIDDEN).into_response(),
    }
}

/// Returns the outcome of a request without a user, below the path of the mount.
fn login(login_url: &LoginUrl, parts: &Parts, origin: Option<&str>) -> Login {
    let prefix = MountPrefix::of(&parts.extensions);
    if prefix.is_root() {
        return login_url.login(&parts.method, &parts.uri, origin);
    }
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let below = (
        login_url.below(prefix.as_str()),
        Uri::try_from(prefix.path(path.to_owned())),
    );
    match below {
        (Ok(login_url), Ok(uri)) => login_url.login(&parts.method, &uri, origin),
        // A path and a prefix that cannot be joined, such as `*`.
        _ => Login::Forbidden,
    }
}
