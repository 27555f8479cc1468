//! A provider with plain OAuth 2.0, which returns an access token and no identity.

use oauth2::{
    AuthUrl, CsrfToken, EndpointNotSet, EndpointSet, PkceCodeChallenge, PkceCodeVerifier, Scope,
    TokenResponse, TokenUrl, basic::BasicClient,
};

use super::{
    SignIn,
    access::Access,
    attempt::{Attempt, AuthorizationResponse, Kept},
    error::SignInError,
    http::Http,
};

/// A provider with plain OAuth 2.0; made by [`SignIn::oauth2`].
#[derive(Clone, Debug)]
pub struct OAuth2Provider {
    scopes: Vec<Scope>,
    client: Client,
    http: Http,
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl OAuth2Provider {
    pub(super) fn new(
        settings: SignIn,
        authorize: AuthUrl,
        access_token: TokenUrl,
        http: Http,
    ) -> Self {
        let mut client = BasicClient::new(settings.client_id)
            .set_auth_type(settings.auth_type)
            .set_redirect_uri(settings.redirect_url)
            .set_auth_uri(authorize)
            .set_token_uri(access_token);
        if let Some(client_secret) = settings.client_secret {
            client = client.set_client_secret(client_secret);
        }
        Self {
            scopes: settings.scopes,
            client,
            http,
        }
    }

    /// Begins a sign-in, after which the user goes to `next`, or to `/` if that is not
    /// [safe](crate::safe_next). `cookie` is the value of the cookie of earlier attempts, such as
    /// in another tab, or empty.
    #[must_use]
    pub fn begin(&self, next: &str, cookie: &str) -> Attempt {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = self.client.authorize_url(CsrfToken::new_random);
        let (url, state) = request
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        let kept = Kept::new(state.secret(), "", verifier.secret(), next);
        Attempt::new(url, &kept, cookie)
    }

    /// Finishes a sign-in, with the query of the provider's redirect (without its question mark)
    /// and the value of the cookie from [`begin`](Self::begin).
    ///
    /// Set the cookie to [`Attempt::others`] with the response, whether this fails or not.
    ///
    /// # Errors
    ///
    /// Returns the reason why the sign-in failed.
    pub async fn finish(&self, query: &str, cookie: &str) -> Result<Access, SignInError> {
        let response = AuthorizationResponse::read(query)?;
        let kept = Kept::read(cookie, &response)?;
        let request = self
            .client
            .exchange_code(response.code()?)
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier.to_owned()));
        let tokens = request.request_async(&self.http).await;
        let tokens = tokens.map_err(SignInError::no_tokens)?;
        let scopes = tokens.scopes().map(|scopes| {
            // GitHub separates scopes with commas.
            let scopes = scopes.iter().flat_map(|scope| scope.split(','));
            scopes.map(str::to_owned).collect()
        });
        Ok(Access {
            next: kept.next,
            access_token: tokens.access_token().secret().clone(),
            refresh_token: tokens.refresh_token().map(|token| token.secret().clone()),
            expires_in: tokens.expires_in(),
            scopes,
        })
    }
}
