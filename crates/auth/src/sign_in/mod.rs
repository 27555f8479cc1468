//! Sign-in with the account of another site: the authorization code flow of OAuth 2.0, with PKCE and state.

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

/// What this site is to a provider of accounts, such as Google, Keycloak, GitHub or Facebook.
///
/// If the provider speaks OpenID Connect, take that (`discover`, with the feature `openid`): it says who the user
/// is, and signs it. Where there is OAuth 2.0 alone, [`oauth2`](Self::oauth2) gets an access token, with which the
/// provider is then asked who the user is.
///
/// A site with several providers gives each a redirect URL and a cookie of its own, so that none can pass on an
/// answer of another (RFC 9700, section 4.4).
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
    /// With the identifier that the provider has given to this site, and the absolute URL of the page that it is to
    /// lead back to, as it is registered there.
    ///
    /// # Errors
    ///
    /// When that is no URL.
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

    /// The secret that the provider has given to this site.
    ///
    /// Defaults to none, for providers that give none.
    pub fn client_secret(mut self, client_secret: impl Into<String>) -> Self {
        self.client_secret = Some(ClientSecret::new(client_secret.into()));
        self
    }

    /// Whether the secret goes to the provider in the form of a request, which is called `client_secret_post`, and
    /// not in its header `Authorization` (RFC 6749, section 2.3.1). It is for providers that do not read the header.
    ///
    /// Defaults to false.
    pub fn client_secret_post(mut self, client_secret_post: bool) -> Self {
        self.auth_type = if client_secret_post {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        self
    }

    /// What this site wants to know or do, in the provider's words, such as `email` and `profile`.
    ///
    /// Defaults to nothing; with OpenID Connect, to who the user is.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes
            .into_iter()
            .map(|scope| Scope::new(scope.into()))
            .collect();
        self
    }

    /// A provider with plain OAuth 2.0, by the addresses of its two pages. They are in its documentation, and
    /// Tornado has them as `_OAUTH_AUTHORIZE_URL` and `_OAUTH_ACCESS_TOKEN_URL`.
    ///
    /// `send` sends a request and gives back the response, whenever somebody signs in. The client behind it must
    /// check TLS certificates, have a deadline, and **not follow redirects**. The example `axum_oauth2` does it
    /// with reqwest.
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
    /// // When somebody wants to sign in: set a cookie to attempt.cookie(), and redirect to attempt.url().
    /// let attempt = provider.begin("/me", "");
    ///
    /// // When they come back: give the query and that cookie's value, and set the cookie to
    /// // Attempt::others(query, cookie), or clear it.
    /// # let (query, cookie) = ("", "");
    /// let access = provider.finish(query, cookie).await?;
    ///
    /// // Then ask who that is.
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
    /// When one of the addresses is not an absolute URL with http or https.
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
