//! `CurrentUser`: the signed-in user.

use std::any::type_name;

/// The user of a request, as [`current_user`](crate::Application::current_user) finds
/// it (Tornado's `current_user`).
///
/// A client that has not signed in is redirected to the
/// [`login_url`](crate::Application::login_url), with the requested page as `next`. The response is
/// 403 instead for methods other than GET and HEAD, and without a `login_url` (Tornado's
/// `authenticated`). `Option<CurrentUser>` is `None` for such a client.
///
/// # Examples
///
/// ```
/// use squall::CurrentUser;
///
/// async fn me(CurrentUser(name): CurrentUser) -> String {
///     format!("Hello, {name}")
/// }
///
/// async fn home(user: Option<CurrentUser>) -> &'static str {
///     if user.is_some() { "Welcome back" } else { "Nice to meet you" }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct CurrentUser<U = String>(pub U);

impl<U> CurrentUser<U> {
    /// Returns the type of the user, if this is the name of `CurrentUser<…>` or of
    /// `Option<CurrentUser<…>>`.
    pub(super) fn user_type(argument: &'static str) -> Option<&'static str> {
        let option = type_name::<Option<()>>().strip_suffix("()>")?;
        let own = type_name::<CurrentUser<()>>().strip_suffix("()>")?;
        let argument = match argument.strip_prefix(option) {
            Some(inner) => inner.strip_suffix('>')?,
            None => argument,
        };
        // The default type is not part of the name.
        match argument.strip_prefix(own.strip_suffix('<')?)? {
            "" => Some(type_name::<String>()),
            user => user.strip_prefix('<')?.strip_suffix('>'),
        }
    }
}
