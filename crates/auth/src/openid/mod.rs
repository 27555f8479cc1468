//! Sign-in with the account of another site: OpenID Connect, with the authorization code flow, PKCE, state and nonce.

mod attempt;
mod error;
mod http;
mod signed_in;
mod types;

use std::error::Error;

use ::http::{Request, Response};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse, core::CoreResponseType,
};
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::{attempt::Attempt, error::OpenIdError, signed_in::SignedIn};
use self::{
    attempt::{Answer, Kept},
    error::Kind,
    http::Http,
    types::{Client, Metadata, Tokens, UserInfo},
};
use crate::ConfigError;

/// What this site is to a provider of accounts, such as Google, Keycloak or Entra.
///
/// ```no_run
/// use http::{Request, Response};
/// use squall_auth::OpenId;
///
/// async fn send(request: Request<Vec<u8>>) -> std::io::Result<Response<Vec<u8>>> {
///     // With the HTTP client that you have.
/// #   unreachable!()
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// // At start.
/// let provider = OpenId::new("client id", "https://site.example/signed-in")?
///     .client_secret("client secret")
///     .scopes(["email"])
///     .discover("https://accounts.example", send)
///     .await?;
///
/// // When somebody wants to sign in: set a cookie to attempt.cookie(), and redirect to attempt.url().
/// let attempt = provider.begin("/me");
///
/// // When they come back: give the query and that cookie's value, and clear the cookie.
/// # let (query, cookie) = ("", "");
/// let user = provider.finish(query, cookie).await?;
/// println!("{} goes to {}", user.subject(), user.next());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OpenId {
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    redirect_url: RedirectUrl,
    scopes: Vec<Scope>,
}

/// A provider of accounts; made by [`OpenId::discover`].
#[derive(Clone, Debug)]
pub struct OpenIdProvider {
    settings: OpenId,
    metadata: Metadata,
    http: Http,
}

impl OpenId {
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

    /// What this site wants to know or do beside knowing who the user is, such as `email` and `profile`.
    ///
    /// Defaults to nothing.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes
            .into_iter()
            .map(|scope| Scope::new(scope.into()))
            .collect();
        self
    }

    /// Asks the provider where its pages are. `issuer` is its name, a URL such as `https://accounts.google.com`.
    ///
    /// `send` sends a request and gives back the response, now and whenever somebody signs in. The client behind
    /// it must check TLS certificates, have a deadline, and **not follow redirects**. The example `axum_openid`
    /// does it with reqwest.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, or calls itself something else.
    pub async fn discover<F, E>(
        self,
        issuer: impl Into<String>,
        send: impl Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    ) -> Result<OpenIdProvider, OpenIdError>
    where
        F: Future<Output = Result<Response<Vec<u8>>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let http = Http::new(send);
        let issuer = IssuerUrl::new(issuer.into())
            .map_err(|error| OpenIdError::because(Kind::Issuer, error))?;
        let metadata = Metadata::discover_async(issuer, &http).await;
        let metadata = metadata.map_err(|error| match error {
            DiscoveryError::Validation(_) => OpenIdError::because(Kind::Issuer, error),
            _ => OpenIdError::because(Kind::Provider, error),
        })?;
        Ok(OpenIdProvider {
            settings: self,
            metadata,
            http,
        })
    }
}

impl OpenIdProvider {
    /// Begins a sign-in that leads to `next` at its end, or to `/` if that is not [safe](crate::safe_next).
    #[must_use]
    pub fn begin(&self, next: &str) -> Attempt {
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
        Attempt {
            url: url.into(),
            cookie: kept.write(),
        }
    }

    /// Finishes a sign-in, with the query that the provider has led back with (without its question mark) and
    /// the value of the cookie that was set at the beginning.
    ///
    /// Whatever comes out, clear that cookie: an attempt is good for one answer.
    ///
    /// # Errors
    ///
    /// When nobody has signed in; the error says why.
    pub async fn finish(&self, query: &str, cookie: &str) -> Result<SignedIn, OpenIdError> {
        let answer = Answer::read(query)?;
        let kept = Kept::read(cookie, &answer)?;
        let code = self.code(&answer)?;

        // A provider changes its keys now and then, so they are asked for each time.
        let keys = JsonWebKeySet::fetch_async(self.metadata.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|error| OpenIdError::because(Kind::Provider, error))?;
        let metadata = self.metadata.clone().set_jwks(keys);
        let client = self.settings.client(metadata);

        let request = client
            .exchange_code(code)
            .map_err(|error| OpenIdError::because(Kind::Provider, error))?
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier.to_owned()));
        let tokens = request
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => OpenIdError::because(Kind::Refused, error),
                _ => OpenIdError::because(Kind::Provider, error),
            })?;
        let nonce = Nonce::new(kept.nonce.to_owned());
        let (subject, mut claims) = verified(&client, &tokens, &nonce)
            .map_err(|error| OpenIdError::because(Kind::IdToken, error))?;

        // Most of what scopes ask for is told here, and not in the token (OpenID Connect Core, section 5.4).
        let token = tokens.access_token().clone();
        if let Ok(request) = client.user_info(token, Some(subject.clone())) {
            let info: Result<UserInfo, _> = request.request_async(&self.http).await;
            let info = info.map_err(|error| OpenIdError::because(Kind::Provider, error))?;
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

    /// The code, if the answer is from this provider and has one.
    fn code(&self, answer: &Answer) -> Result<AuthorizationCode, OpenIdError> {
        let must_say = self
            .metadata
            .additional_metadata()
            .authorization_response_iss_parameter_supported;
        let is_ours = match answer.get("iss") {
            Some(issuer) => issuer == self.metadata.issuer().as_str(),
            None => !must_say,
        };
        if !is_ours {
            return Err(Kind::Issuer.into());
        }
        match (answer.get("error"), answer.get("code")) {
            (Some("access_denied"), _) => Err(Kind::Denied.into()),
            (Some(error), _) => Err(OpenIdError::because(
                Kind::Refused,
                error.escape_debug().to_string(),
            )),
            (None, Some(code)) => Ok(AuthorizationCode::new(code.to_owned())),
            (None, None) => Err(Kind::State.into()),
        }
    }

    fn client(&self) -> Client {
        self.settings.client(self.metadata.clone())
    }
}

impl OpenId {
    fn client(&self, metadata: Metadata) -> Client {
        Client::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
            .set_redirect_uri(self.redirect_url.clone())
    }
}

/// What the ID token says, if it should be believed.
fn verified(
    client: &Client,
    tokens: &Tokens,
    nonce: &Nonce,
) -> Result<(openidconnect::SubjectIdentifier, Map<String, Value>), Box<dyn Error + Send + Sync>> {
    let token = tokens.id_token().ok_or("there is no ID token")?;
    let verifier = client.id_token_verifier();
    let claims = token.claims(&verifier, nonce)?;
    if let Some(hash) = claims.access_token_hash() {
        let key = token.signing_key(&verifier)?;
        let found = AccessTokenHash::from_token(tokens.access_token(), token.signing_alg()?, key)?;
        if found != *hash {
            return Err("the access token is another's".into());
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
