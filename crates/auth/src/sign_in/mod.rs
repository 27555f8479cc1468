//! Sign-in with the account of another site: the authorization code flow of OAuth 2.0, with PKCE
//! and state.

mod access;
mod attempt;
mod error;
mod http;
mod oauth2;
#[cfg(feature = "openid")]
mod openid;

use std::error::Error;

use ::http::{Request, Response};
use ::oauth2::{AuthType, AuthUrl, ClientId, ClientSecret, RedirectUrl, Scope, TokenUrl};

use self::http::Http;
#[cfg(feature = "openid")]
pub use self::openid::{OpenIdProvider, SignedIn};
pub use self::{access::Access, attempt::Attempt, error::SignInError, oauth2::OAuth2Provider};
use crate::ConfigError;

/// The registration of this site (the client) with a provider, such as Google, Keycloak, GitHub or
/// Facebook.
///
/// Prefer OpenID Connect (`discover`, with the feature `openid`), whose providers sign the identity
/// of the user. For providers with OAuth 2.0 only, [`oauth2`](Self::oauth2) returns an access
/// token; then request the user from the provider's API.
///
/// A site with several providers must use a separate redirect URL and cookie for each, against
/// mix-up attacks (RFC 9700, section 4.4).
#[derive(Clone, Debug)]
#[must_use]
pub struct SignIn {
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    auth_type: AuthType,
    redirect_url: RedirectUrl,
    scopes: Vec<Scope>,
}

impl SignIn {
    /// Creates settings with the client identifier from the provider, and the absolute redirect URL
    /// that is registered there.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError::RedirectUrl`] if that is not an absolute URL.
    pub fn new(
        client_id: impl Into<String>,
        redirect_url: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let redirect_url = redirect_url.into();
        let Ok(url) = RedirectUrl::new(redirect_url.clone()) else {
            return Err(ConfigError::RedirectUrl { redirect_url });
        };
        Ok(Self {
            client_id: ClientId::new(client_id.into()),
            client_secret: None,
            auth_type: AuthType::BasicAuth,
            redirect_url: url,
            scopes: Vec::new(),
        })
    }

    /// Sets the client secret from the provider. Default: none, for public clients.
    pub fn client_secret(mut self, client_secret: impl Into<String>) -> Self {
        self.client_secret = Some(ClientSecret::new(client_secret.into()));
        self
    }

    /// Sets whether the secret is sent in the body of the token request (`client_secret_post`)
    /// instead of the header `Authorization` (RFC 6749, section 2.3.1), for providers that do not
    /// read the header. Default: `false`.
    pub fn client_secret_post(mut self, enabled: bool) -> Self {
        self.auth_type = if enabled {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        self
    }

    /// Sets the scopes, as the provider names them, such as `email` and `profile`.
    /// Default: none; with OpenID Connect, `openid` is always added.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes
            .into_iter()
            .map(|scope| Scope::new(scope.into()))
            .collect();
        self
    }

    /// Returns a provider with plain OAuth 2.0, by its authorization endpoint and token endpoint,
    /// which Tornado calls `_OAUTH_AUTHORIZE_URL` and `_OAUTH_ACCESS_TOKEN_URL`.
    ///
    /// `send` sends a request and returns the response, for each sign-in. Its HTTP client must
    /// check TLS certificates, have a deadline, and **not follow redirects**. The example
    /// `axum_sign_in` uses reqwest.
    ///
    /// ```no_run
    /// use http::{Request, Response};
    /// use squall_auth::SignIn;
    ///
    /// async fn send(request: Request<Vec<u8>>) -> std::io::Result<Response<Vec<u8>>> {
    ///     // With the HTTP client that you have.
    /// #   unreachable!()
    /// }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // At start.
    /// let provider = SignIn::new("client id", "https://site.example/signed-in")?
    ///     .client_secret("client secret")
    ///     .scopes(["read:user"])
    ///     .oauth2(
    ///         "https://github.com/login/oauth/authorize",
    ///         "https://github.com/login/oauth/access_token",
    ///         send,
    ///     )?;
    ///
    /// // To begin: set a cookie to attempt.cookie(), and redirect to attempt.url().
    /// let attempt = provider.begin("/me", "");
    ///
    /// // In the callback: pass the query and that cookie's value, and set the cookie to
    /// // Attempt::others(query, cookie), or clear it.
    /// # let (query, cookie) = ("", "");
    /// let access = provider.finish(query, cookie).await?;
    ///
    /// // Then request the user.
    /// let request = Request::get("https://api.github.com/user")
    ///     .header("authorization", format!("Bearer {}", access.access_token()))
    ///     .header("user-agent", "site.example")
    ///     .body(Vec::new())?;
    /// let user = send(request).await?.into_body();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if one of the endpoints is not an absolute URL with http or https.
    pub fn oauth2<F, E>(
        self,
        authorize_url: impl Into<String>,
        access_token_url: impl Into<String>,
        send: impl Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    ) -> Result<OAuth2Provider, ConfigError>
    where
        F: Future<Output = Result<Response<Vec<u8>>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (authorize_url, access_token_url) = (authorize_url.into(), access_token_url.into());
        let is_http = |url: &::oauth2::url::Url| matches!(url.scheme(), "http" | "https");
        let authorize = match AuthUrl::new(authorize_url.clone()) {
            Ok(url) if is_http(url.url()) => url,
            _ => return Err(ConfigError::AuthorizeUrl { authorize_url }),
        };
        let access_token = match TokenUrl::new(access_token_url.clone()) {
            Ok(url) if is_http(url.url()) => url,
            _ => return Err(ConfigError::AccessTokenUrl { access_token_url }),
        };
        let http = Http::new(send);
        Ok(OAuth2Provider::new(self, authorize, access_token, http))
    }
}
