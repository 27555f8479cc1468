//! Configuration errors.

use std::{error::Error, fmt};

/// A configuration error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL of the login page is neither a path of this site (`/login`) nor an absolute URL with
    /// http or https.
    LoginUrl {
        /// The text as it was given.
        login_url: String,
    },
    /// The provider's authorization endpoint is not an absolute URL with http or https.
    AuthorizeUrl {
        /// The text as it was given.
        authorize_url: String,
    },
    /// The provider's token endpoint is not an absolute URL with http or https.
    AccessTokenUrl {
        /// The text as it was given.
        access_token_url: String,
    },
    /// The redirect URL, to which the provider sends the user back, is not an absolute URL.
    RedirectUrl {
        /// The text as it was given.
        redirect_url: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoginUrl { login_url } => write!(
                f,
                "login_url is a path such as \"/login\", or an absolute URL, not {login_url:?}"
            ),
            Self::AuthorizeUrl { authorize_url } => {
                write!(f, "authorize_url is an absolute URL, not {authorize_url:?}")
            }
            Self::AccessTokenUrl { access_token_url } => write!(
                f,
                "access_token_url is an absolute URL, not {access_token_url:?}"
            ),
            Self::RedirectUrl { redirect_url } => {
                write!(f, "redirect_url is an absolute URL, not {redirect_url:?}")
            }
        }
    }
}

impl Error for ConfigError {}
