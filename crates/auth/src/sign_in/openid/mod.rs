//! A provider with OpenID Connect, which returns a signed ID token for this site and sign-in.

mod signed_in;
mod types;

use std::error::Error;

use ::http::{Request, Response};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, CsrfToken, DiscoveryError, IssuerUrl, JsonWebKeySet,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, TokenResponse,
    core::CoreResponseType,
};
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::signed_in::SignedIn;
use self::types::{Client, Metadata, Tokens, UserInfo};
use super::{
    SignIn,
    attempt::{Attempt, AuthorizationResponse, Kept},
    error::{Kind, SignInError},
    http::Http,
};

/// A provider with OpenID Connect; made by [`SignIn::discover`].
#[derive(Clone, Debug)]
pub struct OpenIdProvider {
    settings: SignIn,
    metadata: Metadata,
    http: Http,
}

impl SignIn {
    /// Requests the metadata of a provider with OpenID Connect (discovery). `issuer` is its URL,
    /// such as `https://accounts.google.com`.
    ///
    /// `send` sends a request and returns the response, now and for each sign-in. Its HTTP client
    /// must check TLS certificates, have a deadline, and **not follow redirects**. The example
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
    ///     .scopes(["email"])
    ///     .discover("https://accounts.example", send)
    ///     .await?;
    ///
    /// // To begin: set a cookie to attempt.cookie(), and redirect to attempt.url().
    /// let attempt = provider.begin("/me", "");
    ///
    /// // In the callback: pass the query and that cookie's value, and set the cookie to
    /// // Attempt::others(query, cookie), or clear it.
    /// # let (query, cookie) = ("", "");
    /// let user = provider.finish(query, cookie).await?;
    /// println!("{} goes to {}", user.subject(), user.next());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, or if the metadata names another issuer.
    pub async fn discover<F, E>(
        self,
        issuer: impl Into<String>,
        send: impl Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    ) -> Result<OpenIdProvider, SignInError>
    where
        F: Future<Output = Result<Response<Vec<u8>>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let http = Http::new(send);
        let issuer = IssuerUrl::new(issuer.into())
            .map_err(|error| SignInError::because(Kind::Issuer, error))?;
        let metadata = Metadata::discover_async(issuer, &http).await;
        let metadata = metadata.map_err(|error| match error {
            DiscoveryError::Validation(_) => SignInError::because(Kind::Issuer, error),
            _ => SignInError::because(Kind::Provider, error),
        })?;
        Ok(OpenIdProvider {
            settings: self,
            metadata,
            http,
        })
    }
}

impl OpenIdProvider {
    /// Begins a sign-in, after which the user goes to `next`, or to `/` if that is not
    /// [safe](crate::safe_next). `cookie` is the value of the cookie of earlier attempts, such as
    /// in another tab, or empty.
    #[must_use]
    pub fn begin(&self, next: &str, cookie: &str) -> Attempt {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client();
        let request = client.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        let (url, state, nonce) = request
            .add_scopes(self.settings.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        let kept = Kept::new(state.secret(), nonce.secret(), verifier.secret(), next);
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
    pub async fn finish(&self, query: &str, cookie: &str) -> Result<SignedIn, SignInError> {
        let response = AuthorizationResponse::read(query)?;
        let kept = Kept::read(cookie, &response)?;
        // Attempts with plain OAuth 2.0 have no nonce.
        if kept.nonce.is_empty() {
            return Err(Kind::State.into());
        }
        self.check_issuer(&response)?;
        let code = response.code()?;

        // Providers rotate their keys, so they are fetched for each sign-in.
        let keys = JsonWebKeySet::fetch_async(self.metadata.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|error| SignInError::because(Kind::Provider, error))?;
        let metadata = self.metadata.clone().set_jwks(keys);
        let client = self.settings.client(metadata);

        let request = client
            .exchange_code(code)
            .map_err(|error| SignInError::because(Kind::Provider, error))?
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier.to_owned()));
        let tokens = request.request_async(&self.http).await;
        let tokens = tokens.map_err(SignInError::no_tokens)?;
        let nonce = Nonce::new(kept.nonce.to_owned());
        let (subject, mut claims) = verified(&client, &tokens, &nonce)
            .map_err(|error| SignInError::because(Kind::IdToken, error))?;

        // Most claims of the scopes are here, and not in the ID token (OpenID Connect Core, section
        // 5.4).
        let token = tokens.access_token().clone();
        if let Ok(request) = client.user_info(token, Some(subject.clone())) {
            let info: Result<UserInfo, _> = request.request_async(&self.http).await;
            let info = info.map_err(|error| SignInError::because(Kind::Provider, error))?;
            for (name, value) in map(&info) {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(SignedIn {
            subject: subject.to_string(),
            next: kept.next,
            access_token: tokens.access_token().secret().clone(),
            claims,
        })
    }

    /// Rejects a callback whose `iss` is another provider, or missing though promised (RFC 9207).
    fn check_issuer(&self, response: &AuthorizationResponse) -> Result<(), SignInError> {
        let is_required = self
            .metadata
            .additional_metadata()
            .authorization_response_iss_parameter_supported;
        let is_ours = match response.get("iss") {
            Some(issuer) => issuer == self.metadata.issuer().as_str(),
            None => !is_required,
        };
        if is_ours {
            Ok(())
        } else {
            Err(Kind::Issuer.into())
        }
    }

    fn client(&self) -> Client {
        self.settings.client(self.metadata.clone())
    }
}

impl SignIn {
    fn client(&self, metadata: Metadata) -> Client {
        Client::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
            .set_auth_type(self.auth_type.clone())
            .set_redirect_uri(self.redirect_url.clone())
    }
}

/// Verifies the ID token, and returns its subject and claims.
fn verified(
    client: &Client,
    tokens: &Tokens,
    nonce: &Nonce,
) -> Result<(openidconnect::SubjectIdentifier, Map<String, Value>), Box<dyn Error + Send + Sync>> {
    let token = tokens.id_token().ok_or("the ID token is missing")?;
    let verifier = client.id_token_verifier();
    let claims = token.claims(&verifier, nonce)?;
    if let Some(hash) = claims.access_token_hash() {
        let key = token.signing_key(&verifier)?;
        let found = AccessTokenHash::from_token(tokens.access_token(), token.signing_alg()?, key)?;
        if found != *hash {
            return Err("the access token does not match at_hash of the ID token".into());
        }
    }
    Ok((claims.subject().clone(), map(claims)))
}

fn map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}
